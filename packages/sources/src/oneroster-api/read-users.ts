import type { PullEvent } from '@rollbook/pipeline';
import { dateOf } from '../oneroster/cells.ts';
import type { RolesById } from '../oneroster/held-roles.ts';
import { personTypes, takeUser } from '../oneroster/user-rows.ts';
import { BirthDates } from './birth-dates.ts';
import { CollectionReport } from './collection-report.ts';
import { demographicsRow, userRow } from './object-rows.ts';
import { idOf, type Reading } from './read-api.ts';

/**
 * Reads users into students, staff, guardians and guardianships, with the birth dates of demographics, which are read
 * before. Guardianships count as delivered once a user shows the member that names them: many servers never do.
 */
export async function* readUsers(reading: Reading, hasBirthDates: boolean): AsyncGenerator<PullEvent> {
  const { out, options } = reading;
  const { settings } = options;
  const birthDates = new BirthDates();
  if (hasBirthDates) yield* readBirthDates(reading, birthDates);

  const report = new CollectionReport('users', personTypes(settings), 'full', out);
  let hasGuardianships = false;
  out.progress('Reading users');
  yield* out.take();
  for await (const objects of reading.ahead.read('users')) {
    const roles: RolesById = new Map();
    const sides = { roles, roleWord: 'role', birthDates };
    for (const object of objects) {
      report.current = idOf(object);
      if (!hasGuardianships && settings.manageGuardians && Array.isArray(object['agents'])) {
        hasGuardianships = true;
        out.delivers('guardianships', 'full', 'users');
      }
      const { row, version } = userRow(object, options.version, report, roles);
      takeUser(row, 0, { ...reading, report, settings, version, sides });
    }
    yield* out.take();
  }
  report.finish();
  yield* out.drain();
}

/** All that is looked at in demographics; servers send the rest as well. */
const WANTED = ['sourcedId', 'status', 'dateLastModified', 'birthDate'];

async function* readBirthDates(reading: Reading, birthDates: BirthDates): AsyncGenerator<PullEvent> {
  const { out } = reading;
  const report = new CollectionReport('demographics', ['students'], 'full', out);
  const others = new Set<string>();
  out.progress('Reading demographics');
  yield* out.take();
  for await (const objects of reading.ahead.read('demographics')) {
    for (const object of objects) {
      report.current = idOf(object);
      for (const member of Object.keys(object)) others.add(member);
      const row = demographicsRow(object, report);
      if (row.sourcedId === '') report.note('missing_id', 0, '`sourcedId` is blank; the row was left out');
      else if (!report.isGone(row.status, 0)) {
        const birthDate = dateOf(row.birthDate);
        if (birthDate === undefined)
          report.note('bad_birth_date', 0, '`birthDate`: expected a date as YYYY-MM-DD; it was left empty');
        else if (birthDate !== null) birthDates.set(row.sourcedId, birthDate);
      }
    }
  }
  report.finish();
  for (const member of WANTED) others.delete(member);
  if (others.size > 0)
    out.warn({
      code: 'demographics_skipped',
      file: 'demographics',
      line: null,
      message: `demographics: only the birth date is taken; these members were not read: ${[...others].join(', ')}.`,
    });
  yield* out.drain();
}
