import type { PullEvent } from '@rollbook/pipeline';
import type { RecordTypes } from '../file-report.ts';
import { takeEnrollment } from '../oneroster/enrollment-rows.ts';
import type { FileKey, RosterRow, Version } from '../oneroster/layout.ts';
import { Organisations } from '../oneroster/organisations.ts';
import { takeClass, takeCourse, takeOrg, takeSession, type RowContext } from '../oneroster/structure-rows.ts';
import { PullOutput } from '../pull-output.ts';
import type { RosterSettings } from '../roster-settings.ts';
import { CollectionReport } from './collection-report.ts';
import { COLLECTIONS, getPage, probe, type Collection, type OneRosterAccess, type Probe } from './collections.ts';
import type { ApiObject } from './members.ts';
import { classRow, courseRow, enrollmentRow, orgRow, sessionRow } from './object-rows.ts';
import { readPages } from './pager.ts';
import { PagesAhead } from './pages-ahead.ts';
import { readUsers } from './read-users.ts';

export interface ReadApiOptions {
  /** What users look like if they do not show it themselves. */
  readonly version: Version;
  readonly pageSize: number;
  readonly settings: RosterSettings;
  readonly signal: AbortSignal;
}

/** What the readers of the collections share. */
export interface Reading {
  readonly options: ReadApiOptions;
  readonly ahead: PagesAhead<Collection, readonly ApiObject[]>;
  readonly out: PullOutput;
  readonly organisations: Organisations;
}

/**
 * Reads a OneRoster 1.1 or 1.2 server once: schools, terms, courses, classes, people, enrollments, in this order. The
 * records are those that the CSV binding of the same data would give. Terms and courses that may not be read are not
 * delivered (guard §19), with a warning. So it is with demographics; but a field is not left as it is like a type:
 * students then have no birth date, as in a delivery of files without demographics.csv. Everything else must be there.
 * Throws DataChanged if it has to be read anew.
 */
export async function* readApi(access: OneRosterAccess, options: ReadApiOptions): AsyncGenerator<PullEvent> {
  const out = new PullOutput();
  const { signal, settings } = options;
  const ask = (collection: Collection): Promise<Probe> => probe(access, collection, collection, signal);
  const [terms, courses, demographics] = await Promise.all([
    ask('academicSessions'),
    ask('courses'),
    ask('demographics'),
  ]);
  const hasTerms = isShared('academicSessions', terms, 'terms are left as they are');
  const hasCourses = isShared('courses', courses, 'courses are left as they are');
  const hasBirthDates = isShared('demographics', demographics, 'students come without birth dates');
  out.delivers('schools', 'full', 'orgs');
  if (hasTerms) out.delivers('terms', 'full', 'academicSessions');
  if (hasCourses) out.delivers('courses', 'full', 'courses');
  out.delivers('classes', 'full', 'classes');
  for (const recordType of ['students', 'staff'] as const) out.delivers(recordType, 'full', 'users');
  if (settings.manageGuardians) out.delivers('guardians', 'full', 'users');
  out.delivers('enrollments', 'full', 'enrollments');

  const withheld = new Set<Collection>([
    ...(hasTerms ? [] : (['academicSessions'] as const)),
    ...(hasCourses ? [] : (['courses'] as const)),
    ...(hasBirthDates ? [] : (['demographics'] as const)),
  ]);
  const ahead = new PagesAhead(
    COLLECTIONS.filter((collection) => !withheld.has(collection)),
    (collection, pageSignal) => pagesOf(access, { ...options, signal: pageSignal }, collection),
    signal,
  );
  const reading: Reading = { options, ahead, out, organisations: new Organisations() };
  try {
    yield* readRows('orgs', ['schools'], orgRow, takeOrg);
    if (hasTerms) yield* readRows('academicSessions', ['terms'], sessionRow, takeSession);
    if (hasCourses) yield* readRows('courses', ['courses'], courseRow, takeCourse);
    yield* readRows('classes', ['classes'], classRow, takeClass);
    yield* readUsers(reading, hasBirthDates);
    yield* readRows('enrollments', ['enrollments'], enrollmentRow, takeEnrollment);
  } finally {
    ahead.close();
  }

  function isShared(collection: Collection, found: Probe, consequence: string): boolean {
    if (found.isGranted) return true;
    const why = found.status === null ? 'no scope for it was granted' : `the server answered ${found.status}`;
    const message = `${collection} cannot be read (${why}): ${consequence}.`;
    out.warn({ code: 'collection_not_shared', file: collection, line: null, message });
    return false;
  }

  async function* readRows<K extends FileKey & Collection>(
    collection: K,
    recordTypes: RecordTypes,
    rowOf: (object: ApiObject, report: CollectionReport) => RosterRow<K>,
    take: (row: RosterRow<K>, line: number, context: RowContext) => void,
  ): AsyncGenerator<PullEvent> {
    const report = new CollectionReport(collection, recordTypes, 'full', out);
    const context = { ...reading, report };
    out.progress(`Reading ${collection}`);
    yield* out.take();
    for await (const objects of ahead.read(collection)) {
      for (const object of objects) {
        report.current = idOf(object);
        take(rowOf(object, report), 0, context);
      }
      yield* out.take();
    }
    report.finish();
    yield* out.drain();
  }
}

/** Requests under way at the same time: some servers ask for 5 at most (oneroster §1.8). */
export const REQUESTS_AT_ONCE = 3;

/** All objects of a collection, page by page. */
export const pagesOf = (
  access: OneRosterAccess,
  { pageSize, signal }: Pick<ReadApiOptions, 'pageSize' | 'signal'>,
  collection: Collection,
): AsyncGenerator<readonly ApiObject[]> =>
  readPages({
    name: collection,
    pageSize,
    ahead: REQUESTS_AT_ONCE,
    signal,
    idOf,
    fetch: (offset, limit, pageSignal) => getPage(access, { path: collection, collection, offset, limit }, pageSignal),
  });

/** The `sourcedId` of an object; '' if it has none. */
export function idOf({ sourcedId }: ApiObject): string {
  return typeof sourcedId === 'string' || typeof sourcedId === 'number' ? String(sourcedId) : '';
}
