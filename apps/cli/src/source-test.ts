import { tmpdir } from 'node:os';
import {
  SyncError,
  explainSchoolsNotFound,
  missingSchools,
  type MissingSchool,
  type Reason,
  type SourceType,
} from '@rollbook/core';
import type { SourceSurvey, SurveyedSchool } from '@rollbook/pipeline';
import { createSource } from '@rollbook/sources';
import { openSourceConfig, type SyncItem } from '@rollbook/store';
import type { Session } from './session.ts';

/** What a source lets us see when asked with the stored credentials, and whether a sync could work with it. */
export interface SourceTest {
  readonly sync: { readonly id: string; readonly district: string; readonly sourceType: SourceType };
  /** Whether the source answered and let itself be read. */
  readonly connected: boolean;
  /** Why a run would fail; null: it can start. */
  readonly reason: Reason | null;
  readonly message: string | null;
  readonly advice: string | null;
  /** Every school in the data, by ID. */
  readonly schools: readonly LinkableSchool[];
  /** Linked schools that are not in the data, with the IDs that may be meant. */
  readonly schoolsNotFound: readonly MissingSchool[];
  /** Whether the sync takes every school in the data, as its configuration names none. */
  readonly takesEverySchool: boolean;
  readonly counts: SourceSurvey['counts'];
  readonly permissions: SourceSurvey['permissions'];
  readonly freshAt: string | null;
  readonly notes: readonly string[];
}

export interface LinkableSchool extends SurveyedSchool {
  readonly linked: boolean;
}

/**
 * Asks the source of a sync what it lets us see. Writes nothing.
 *
 * @returns also where it fails: then with the reason. Throws only what is no fault of the source.
 */
export async function testSource(session: Session, sync: SyncItem): Promise<SourceTest> {
  const { environment, log, shutdown } = session;
  try {
    const config = await openSourceConfig(session.database, sync.id, session.secretKeys());
    const source = createSource(config, {
      spoolDir: tmpdir(),
      allowPrivate: environment.allowPrivateSources,
      log: (message) => log.info({ syncId: sync.id }, message),
    });
    return judged(sync, await source.survey(shutdown.signal));
  } catch (error) {
    if (error instanceof SyncError) return failed(sync, error);
    throw error;
  }
}

const known = ({ id, district, sourceType, settings }: SyncItem) => ({
  sync: { id, district, sourceType },
  takesEverySchool: settings.schools === null,
});

function judged(sync: SyncItem, survey: SourceSurvey): SourceTest {
  const links = sync.settings.schools ?? [];
  const linked = new Set(links.map(({ sisId }) => sisId));
  const schools = survey.schools
    .map((school) => ({ ...school, linked: linked.has(school.sisId) }))
    .sort((a, b) => (a.sisId < b.sisId ? -1 : 1));
  const schoolsNotFound = missingSchools(links, schools);
  return {
    ...known(sync),
    connected: true,
    ...judgement(schoolsNotFound, schools.length),
    schools,
    schoolsNotFound,
    counts: survey.counts,
    permissions: survey.permissions,
    freshAt: survey.freshAt,
    notes: survey.notes,
  };
}

function judgement(
  schoolsNotFound: readonly MissingSchool[],
  schoolsInDataCount: number,
): Pick<SourceTest, 'reason' | 'message' | 'advice'> {
  if (schoolsNotFound.length > 0)
    return { reason: 'schools_not_found', ...explainSchoolsNotFound({ schoolsNotFound, schoolsInDataCount }) };
  if (schoolsInDataCount > 0) return { reason: null, message: null, advice: null };
  return {
    reason: 'schools_not_found',
    message: 'The source answers, but there is no school in what it lets us see.',
    advice:
      'District administrator: check that schools are shared with this application, or that the export is not empty. Then test again.',
  };
}

const failed = (sync: SyncItem, { reason, message, advice }: SyncError): SourceTest => ({
  ...known(sync),
  connected: false,
  reason,
  message,
  advice,
  schools: [],
  schoolsNotFound: [],
  counts: {},
  permissions: [],
  freshAt: null,
  notes: [],
});
