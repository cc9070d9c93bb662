import type { CleverSource, RecordType } from '@rollbook/core';
import type { SourceSurvey, SurveyedSchool } from '@rollbook/pipeline';
import { HttpFailure } from '../http/http-failure.ts';
import { PullOutput } from '../pull-output.ts';
import type { CleverApi } from './clever-api.ts';
import { wrappedObject, type CleverObject } from './clever-object.ts';
import { readDistrict } from './district.ts';
import { ObjectReport } from './object-report.ts';
import type { PageReader } from './pages.ts';
import { ALL_SCOPES, COLLECTIONS, isGranted, planReading, type Collection } from './permissions.ts';

/** Collections that are small enough to be read whole for a survey. */
const SMALL = ['schools', 'terms', 'courses'] as const satisfies readonly Collection[];

/**
 * What the token lets us see. Of people and sections, Clever gives no count short of reading them all, so that theirs
 * is null.
 */
export async function surveyClever(
  api: CleverApi,
  pages: PageReader,
  config: CleverSource,
  signal: AbortSignal,
): Promise<SourceSurvey> {
  const district = await readDistrict(api, config, signal);
  const scopes = await api.scopes(signal);
  const plan = planReading(scopes, config);
  const probed = scopes === null ? await probe(api, signal) : null;
  const isReadable = (name: Collection): boolean =>
    plan.collections.includes(name) && probed?.some((each) => each.name === name && !each.granted) !== true;
  const counts: Partial<Record<RecordType, number | null>> = {};
  for (const { recordType, collection } of plan.announced) if (isReadable(collection)) counts[recordType] = null;
  const schools: SurveyedSchool[] = [];
  const report = new ObjectReport('schools', new PullOutput());
  for (const collection of SMALL.filter(isReadable)) {
    let count = 0;
    for await (const { items } of pages.read([collection], signal)) {
      count += items.length;
      if (collection === 'schools') for (const item of items) schools.push(...surveyed(wrappedObject(item, report)));
    }
    counts[collection] = count;
  }
  return {
    schools,
    counts,
    permissions: probed ?? ALL_SCOPES.map((name) => ({ name, granted: isGranted(scopes, name) })),
    freshAt: freshAtOf(district.lastSync),
    notes: [...district.remarks, ...plan.warnings.map(({ message }) => message)],
  };
}

function surveyed(school: CleverObject | undefined): SurveyedSchool[] {
  if (school === undefined) return [];
  const number = school.text('school_number') ?? school.text('sis_id');
  return [{ sisId: school.id, name: school.text('name'), number }];
}

/** A fixed token does not tell its scopes: one object of each collection shows whether it may be read. */
async function probe(api: CleverApi, signal: AbortSignal): Promise<SourceSurvey['permissions']> {
  const permissions: { name: string; granted: boolean }[] = [];
  for (const collection of COLLECTIONS) {
    const granted = await api.get(`${api.pathOf(collection)}?limit=1`, signal).then(
      () => true,
      (error: unknown) => {
        if (error instanceof HttpFailure && [401, 403, 404].includes(error.status ?? 0)) return false;
        throw error;
      },
    );
    permissions.push({ name: collection, granted });
  }
  return permissions;
}

function freshAtOf(lastSync: string | null): string | null {
  const timeMs = Date.parse(lastSync ?? '');
  return Number.isNaN(timeMs) ? null : new Date(timeMs).toISOString();
}
