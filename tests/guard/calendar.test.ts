import { Calendar } from '@rollbook/core';
import { requestSync, type SyncRequest } from '@rollbook/pipeline';
import { pauseSync, resumeSync } from '@rollbook/store';
import { PipelineHarness, type RunResult } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { someOf } from './explained.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;
let now: Date;

beforeAll(async () => {
  testDatabase = await createTestDatabase('calendar');
});
afterAll(() => testDatabase.drop());
/** Ten students, each with a guardian, on an ordinary day in Chicago. */
beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  now = new Date('2026-10-01T12:00:00Z');
  roster = new RosterBuilder().school('A').students(10, 'A', 'a');
  for (const n of someOf('', 1, 10)) roster.guardian(`g${n}`, `a${n}`);
  harness = new PipelineHarness(testDatabase.database, roster, () => now);
  await harness.createSync('sis', 'riverside');
  await setTimezone('America/Chicago');
  await harness.run('sis');
});

const setTimezone = (timezone: string) => harness.sql('UPDATE districts SET timezone = $1', [timezone]);
const setCalendar = (calendar: unknown) =>
  harness.sql('UPDATE syncs SET calendar = $1', [JSON.stringify(Calendar.parse(calendar))]);
const pause = (until: string, what: 'all' | 'all-but-contacts' = 'all') =>
  pauseSync(testDatabase.database.pool, { syncId: 'sis', until, what, actor: 'pat', comment: null }, now);
const run = async (request: Partial<SyncRequest> = {}): Promise<RunResult> => {
  const { runId } = await requestSync(harness.context, 'sis', { trigger: 'cli', ...request });
  await harness.work();
  return harness.result(runId);
};
const runAt = (time: string, request: Partial<SyncRequest> = {}): Promise<RunResult> => {
  now = new Date(time);
  return run(request);
};

/** Midnights, of days before and after which clocks are put forward or back too. */
const MIDNIGHTS = [
  ['Pacific/Auckland', '2027-04-04', '2027-04-03T11:00:00.000Z'],
  ['Pacific/Auckland', '2027-04-05', '2027-04-04T12:00:00.000Z'],
  ['Pacific/Auckland', '2027-09-26', '2027-09-25T12:00:00.000Z'],
  ['Pacific/Auckland', '2027-09-27', '2027-09-26T11:00:00.000Z'],
  ['America/Chicago', '2027-03-14', '2027-03-14T06:00:00.000Z'],
  ['America/Chicago', '2027-03-15', '2027-03-15T05:00:00.000Z'],
  ['America/Chicago', '2027-11-07', '2027-11-07T05:00:00.000Z'],
  ['America/Chicago', '2027-11-08', '2027-11-08T06:00:00.000Z'],
] as const;
const justBefore = (time: string): string => new Date(Date.parse(time) - 1).toISOString();

describe('guard §30: a pause', () => {
  it('stops runs by schedule and by hand, and says until when', async () => {
    await pause('2026-10-05');
    for (const trigger of ['schedule', 'cli'] as const)
      await expect(run({ trigger })).rejects.toMatchObject({
        name: 'SyncClosed',
        message:
          '"sis" does not run today: Paused until 2026-10-05, the first day it runs again. It runs again on 2026-10-05. ' +
          'A preview can be made at any time, and --anyway runs it all the same.',
      });
    expect(await harness.sql('SELECT 1 FROM runs')).toHaveLength(1);
  });

  it('leaves previews and runs that a person insists on', async () => {
    await pause('2026-10-05');
    roster.student('new', 'A');
    const preview = await run({ preview: true });
    expect(preview).toMatchObject({ status: 'succeeded', counts: { students: { created: 1 } } });
    expect(await harness.count('students')).toBe(10);
    expect(await run({ anyway: true })).toMatchObject({ status: 'succeeded', counts: { students: { created: 1 } } });
    expect(await harness.count('students')).toBe(11);
  });

  it.each(MIDNIGHTS)('in %s until %s ends by itself at %s', async (timezone, until, midnight) => {
    await setTimezone(timezone);
    await pause(until);
    await expect(runAt(justBefore(midnight))).rejects.toThrow(`It runs again on ${until}.`);
    expect(await runAt(midnight)).toMatchObject({ status: 'succeeded' });
  });

  it('ends when a person ends it, and is replaced by another', async () => {
    await pause('2026-10-05');
    await pause('2026-10-03');
    await expect(run()).rejects.toThrow('It runs again on 2026-10-03.');
    await resumeSync(testDatabase.database.pool, { syncId: 'sis', actor: 'pat', comment: null }, now);
    expect(await run()).toMatchObject({ status: 'succeeded' });
  });

  it('cannot be until today, in the time zone of the district, nor ended when it is over', async () => {
    now = new Date('2026-10-02T04:59:59Z');
    await expect(pause('2026-10-01')).rejects.toThrow('today is 2026-10-01');
    await pause('2026-10-02');
    now = new Date('2026-10-02T05:00:00Z');
    const resumed = resumeSync(testDatabase.database.pool, { syncId: 'sis', actor: 'pat', comment: null }, now);
    await expect(resumed).rejects.toThrow('"sis" is not paused.');
  });
});

describe('guard §30: a pause except contacts', () => {
  beforeEach(async () => {
    await pause('2026-10-05', 'all-but-contacts');
  });

  it('goes on syncing guardians and guardianships, and leaves all else untouched', async () => {
    roster.student('new', 'A').student('a1', 'A', { givenName: 'Other' }).removeStudents('a2');
    roster.guardian('g1', 'a1', { givenName: 'Other' }).guardian('g11', 'a3');
    const { counts, status } = await run();
    expect(status).toBe('succeeded');
    expect(counts.students).toMatchObject({ created: 0, updated: 0, archived: 0, withheld: 0 });
    expect(counts.guardians).toMatchObject({ created: 1, updated: 1 });
    expect(counts.guardianships).toMatchObject({ created: 1 });
    expect(await harness.ids('students')).toEqual(someOf('a', 1, 10).sort());
    expect(await harness.sql(`SELECT given_name FROM students WHERE sis_id = 'a1'`)).toEqual([
      { given_name: 'Given a1' },
    ]);
  });

  it('takes no guardianship of a student whom the roster does not have', async () => {
    roster.student('new', 'A').guardian('g11', 'new');
    const { counts } = await run();
    expect(counts.guardianships).toMatchObject({ created: 0 });
    now = new Date('2026-10-05T12:00:00Z');
    expect((await run()).counts).toMatchObject({ students: { created: 1 }, guardianships: { created: 1 } });
  });

  it('ends by itself: all types are synced again', async () => {
    roster.student('new', 'A');
    expect((await runAt('2026-10-05T04:59:59Z')).counts.students.created).toBe(0);
    expect((await runAt('2026-10-05T05:00:00Z')).counts.students.created).toBe(1);
  });
});

describe('guard §30: blackout days', () => {
  it('are days without a run, except for previews and for whoever insists', async () => {
    await setCalendar({ blackout: ['2026-10-12'] });
    await expect(runAt('2026-10-12T15:00:00Z', { trigger: 'schedule' })).rejects.toThrow(
      '"sis" does not run today: Blackout day 2026-10-12. It runs again on 2026-10-13.',
    );
    expect(await run({ preview: true })).toMatchObject({ status: 'succeeded' });
    expect(await run({ anyway: true })).toMatchObject({ status: 'succeeded' });
  });

  it('are days of the district, from the first to the last of a range over the end of a year', async () => {
    await setCalendar({ blackout: [{ from: '2026-12-24', to: '2027-01-03' }] });
    expect(await runAt('2026-12-24T05:59:59.999Z')).toMatchObject({ status: 'succeeded' });
    await expect(runAt('2026-12-24T06:00:00Z')).rejects.toThrow('It runs again on 2027-01-04.');
    await expect(runAt('2027-01-01T00:00:00Z')).rejects.toThrow('Blackout day 2026-12-31.');
    await expect(runAt('2027-01-04T05:59:59.999Z')).rejects.toThrow('Blackout day 2027-01-03.');
    expect(await runAt('2027-01-04T06:00:00Z')).toMatchObject({ status: 'succeeded' });
  });

  it.each(MIDNIGHTS)('in %s begin on %s at %s', async (timezone, day, midnight) => {
    await setTimezone(timezone);
    await setCalendar({ blackout: [day] });
    expect(await runAt(justBefore(midnight))).toMatchObject({ status: 'succeeded' });
    await expect(runAt(midnight)).rejects.toThrow(`Blackout day ${day}.`);
  });

  it('that follow a pause make it longer', async () => {
    await setCalendar({ blackout: [{ from: '2026-10-05', to: '2026-10-07' }] });
    await pause('2026-10-05');
    await expect(run()).rejects.toThrow(
      'Paused until 2026-10-05; blackout days follow, and 2026-10-08 is the first day it runs again.',
    );
  });
});
