import type { RecordType } from '@rollbook/core';
import type { SourceSurvey, SurveyedSchool } from '@rollbook/pipeline';
import type { RosterSettings } from '../roster-settings.ts';
import { textOrNull } from '../oneroster/cells.ts';
import { PullOutput } from '../pull-output.ts';
import { CollectionReport } from './collection-report.ts';
import { COLLECTIONS, probe, type Collection, type OneRosterAccess, type Probe } from './collections.ts';
import { orgRow } from './object-rows.ts';
import { pagesOf } from './read-api.ts';

export interface SurveyApiOptions {
  readonly pageSize: number;
  readonly settings: RosterSettings;
  readonly signal: AbortSignal;
}

/**
 * What a OneRoster server lets us see: each collection is asked for one row, which tells permission and number; orgs
 * alone are read whole, for the list of schools. Collections that answer 403 or 404 are permissions not granted; other
 * failures are thrown like those of a pull.
 */
export async function surveyApi(access: OneRosterAccess, options: SurveyApiOptions): Promise<SourceSurvey> {
  const { signal, settings } = options;
  const probes = new Map<Collection, Probe>();
  for (const collection of COLLECTIONS) probes.set(collection, await probe(access, collection, collection, signal));
  const isGranted = (collection: Collection): boolean => probes.get(collection)?.isGranted === true;
  const totalOf = (collection: Collection): number | null => {
    const found = probes.get(collection);
    return found?.isGranted === true ? found.total : null;
  };

  const schools = isGranted('orgs') ? await readSchools(access, options) : [];
  const counts: Partial<Record<RecordType, number | null>> = {};
  if (isGranted('orgs')) counts.schools = schools.length;
  if (isGranted('academicSessions')) counts.terms = totalOf('academicSessions');
  if (isGranted('courses')) counts.courses = totalOf('courses');
  if (isGranted('classes')) counts.classes = totalOf('classes');
  if (isGranted('users')) {
    // An endpoint that shows students alone is not everywhere.
    const students = await probe(access, 'students', 'users', signal);
    counts.students = students.isGranted ? students.total : null;
    counts.staff = null;
    if (settings.manageGuardians) Object.assign(counts, { guardians: null, guardianships: null });
  }
  if (isGranted('enrollments')) counts.enrollments = totalOf('enrollments');

  const granted = COLLECTIONS.filter(isGranted);
  return {
    schools,
    counts,
    permissions: COLLECTIONS.map((collection) => ({ name: collection, granted: isGranted(collection) })),
    freshAt: null,
    notes: notesOf(granted, schools, totalOf('users')),
  };
}

async function readSchools(access: OneRosterAccess, options: SurveyApiOptions): Promise<SurveyedSchool[]> {
  const report = new CollectionReport('orgs', ['schools'], 'full', new PullOutput());
  const schools: SurveyedSchool[] = [];
  for await (const objects of pagesOf(access, options, 'orgs')) {
    for (const object of objects) {
      const row = orgRow(object, report);
      if (row.sourcedId === '' || row.type.trim().toLowerCase() !== 'school' || report.isGone(row.status, 0)) continue;
      schools.push({ sisId: row.sourcedId, name: textOrNull(row.name), number: textOrNull(row.identifier) });
    }
  }
  return schools;
}

function notesOf(granted: readonly Collection[], schools: readonly SurveyedSchool[], users: number | null): string[] {
  const notes: string[] = [];
  if (!granted.includes('demographics')) notes.push('Demographics cannot be read: students come without birth dates.');
  if (granted.includes('orgs') && schools.length === 0)
    notes.push(
      'No school is shared, although the credentials are accepted. They may belong to no organisation: ask the district what they may see.',
    );
  else if (users === 0) notes.push('No user is shared, although the credentials are accepted.');
  return notes;
}
