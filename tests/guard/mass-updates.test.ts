import { NO_UPDATE_THRESHOLD, type RunSettings, type Student } from '@rollbook/core';
import { requestSync } from '@rollbook/pipeline';
import { listRunChanges, readRun, type ListedChange } from '@rollbook/store';
import { PipelineHarness, type RunResult } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { someOf } from './explained.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('guard_mass_updates');
});
afterAll(() => testDatabase.drop());

const configure = (settings: Partial<RunSettings>) => harness.createSync('sis', 'riverside', settings);
const at = (percent: number): Partial<RunSettings> => ({
  updateThreshold: { students: percent * 100, staff: percent * 100, guardians: percent * 100 },
});

/** 60 students in school A, 40 in B, 10 staff members in A, a guardian of each student of A. */
beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  roster = new RosterBuilder().school('A').school('B');
  harness = new PipelineHarness(testDatabase.database, roster);
  await configure({});
  for (const id of someOf('a', 1, 60))
    roster.student(id, 'A', {
      givenName: 'José',
      studentNumber: `00${id}`,
      username: id,
      stateId: `s${id}`,
      birthDate: '2012-03-04',
    });
  for (const id of someOf('b', 1, 40)) roster.student(id, 'B');
  for (const id of someOf('t', 1, 10)) roster.staff(id, 'A');
  for (const id of someOf('a', 1, 60)) roster.guardian(`of-${id}`, id, { phone: '555' });
  await harness.run('sis');
});

/** The first `count` students of a school get other values. */
const change = (count: number, fields: Partial<Student> | ((student: Student) => Partial<Student>), prefix = 'a') => {
  for (const id of someOf(prefix, 1, count)) {
    const student = roster.records.students.get(id) as Student;
    Object.assign(student, typeof fields === 'function' ? fields(student) : fields);
  }
};
const massUpdatesOf = ({ warnings }: RunResult) => warnings.filter(({ code }) => code === 'mass_update');
const messagesOf = (run: RunResult): string =>
  massUpdatesOf(run)
    .map(({ message }) => message)
    .join('\n');
const namesOf = async (where: string): Promise<Record<string, number>> => {
  const rows = await harness.sql<{ name: string; count: number }>(
    `SELECT given_name AS name, count(*)::integer AS count FROM students WHERE ${where} GROUP BY 1`,
  );
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
};
const changesOf = async (runId: number): Promise<ListedChange[]> => {
  const changes: ListedChange[] = [];
  for await (const one of listRunChanges(testDatabase.database.pool, runId)) changes.push(one);
  return changes;
};

describe('guard §36: a warning of many updates at once', () => {
  it('says nothing of 19 records, and warns of 20', async () => {
    change(19, { familyName: 'Other' });
    expect(massUpdatesOf(await harness.run('sis'))).toEqual([]);
    change(20, { familyName: 'Another' });
    expect(massUpdatesOf(await harness.run('sis'))).toMatchObject([{ count: 20, file: null, line: null }]);
  });

  it('says nothing of 30 % of a group, and warns of more', async () => {
    roster.students(20, 'A', 'more');
    await harness.run('sis');
    change(24, { givenName: 'Other' });
    expect(massUpdatesOf(await harness.run('sis'))).toEqual([]);
    change(25, { givenName: 'Another' });
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', counts: { students: { updated: 25, withheldUpdates: 0 } } });
    expect(messagesOf(run)).toContain('25 of 80 students of school "A" have another name');
  });

  it.each<[string, Partial<Student>]>([
    ['givenName', { givenName: 'Other' }],
    ['familyName', { familyName: 'Other' }],
    ['email', { email: 'other@district.example' }],
    ['email', { email: null }],
    ['username', { username: null }],
    ['studentNumber', { studentNumber: '7' }],
  ])('counts %s: %j', async (field, fields) => {
    change(30, fields);
    const run = await harness.run('sis');
    expect(messagesOf(run)).toMatch(new RegExp(`^30 of 60 students of school "A" .*\\(${field}: 30\\)`));
    expect(messagesOf(run)).toContain('Examples: "a1", "a10", "a11", "a12", "a13".');
    expect(messagesOf(run)).not.toMatch(/Other|other@|José/);
  });

  it.each(['upper(email)', `' ' || email || ' '`])('does not count e-mails that were %s', async (before) => {
    await harness.sql(`UPDATE students SET email = ${before}, source_hash = NULL`);
    const run = await harness.run('sis');
    expect(run.counts.students.updated).toBe(100);
    expect(massUpdatesOf(run)).toEqual([]);
  });

  it.each<[string, Partial<Student>]>([
    ['grades', { grade: '10' }],
    ['state ids', { stateId: 'other' }],
    ['middle names', { middleName: 'other' }],
  ])('does not count %s', async (_, fields) => {
    change(60, fields);
    const run = await harness.run('sis');
    expect(run.counts.students.updated).toBe(60);
    expect(massUpdatesOf(run)).toEqual([]);
  });

  it('measures staff by school and guardians in the district', async () => {
    for (const id of someOf('t', 11, 30)) roster.staff(id, 'A');
    await harness.run('sis');
    for (const person of roster.records.staff.values()) person.staffNumber = '1';
    for (const person of roster.records.guardians.values()) person.familyName = 'Other';
    const run = await harness.run('sis');
    expect(messagesOf(run)).toContain('60 of 60 guardians of the district');
    expect(messagesOf(run)).toContain('30 of 30 staff members of school "A"');
    expect(messagesOf(run)).toContain('30 of them had nothing there before');
  });

  it('counts by the school that people had', async () => {
    change(40, { school: 'B', schools: ['B'], familyName: 'Other' });
    expect(messagesOf(await harness.run('sis'))).toContain('40 of 60 students of school "A"');
  });

  it('measures a delta against the whole group', async () => {
    const all = new Map(roster.records.students);
    for (const id of someOf('a', 26, 60)) roster.records.students.delete(id);
    for (const id of someOf('b', 1, 40)) roster.records.students.delete(id);
    roster.deliveries.students = 'delta';
    change(25, { familyName: 'Other' });
    expect(messagesOf(await harness.run('sis'))).toContain('25 of 60 students of school "A"');
    expect(all.size).toBe(100);
    expect(await harness.count('students')).toBe(100);
  });

  it('leaves out what people keep for themselves', async () => {
    await harness.sql(`UPDATE students SET claimed_at = now()`);
    change(60, { givenName: 'Other', email: null });
    expect(massUpdatesOf(await harness.run('sis'))).toEqual([]);
    await configure({ updateActiveUserContacts: true });
    expect(messagesOf(await harness.run('sis'))).toContain('60 of 60 students');
  });

  it('does not count who comes back with another name', async () => {
    await harness.sql(`UPDATE students SET status = 'archived', archived_by = 'sync' WHERE school_id = 'A'`);
    change(60, { givenName: 'Other' });
    const run = await harness.run('sis');
    expect(run.counts.students).toMatchObject({ restored: 60, updated: 0 });
    expect(massUpdatesOf(run)).toEqual([]);
  });

  it('is not said again by a run that has nothing to do', async () => {
    roster.revision = 'one';
    change(30, { familyName: 'Other' });
    expect(massUpdatesOf(await harness.run('sis'))).toHaveLength(1);
    expect(massUpdatesOf(await harness.run('sis'))).toEqual([]);
  });
});

describe('guard §36: the likely cause', () => {
  it.each<[string, Partial<Student> | ((student: Student) => Partial<Student>), string]>([
    ['letters lost', { givenName: 'Jos?' }, 'Letters seem to be lost: in 60 of them'],
    ['letters left out', { givenName: 'Jos' }, 'Letters seem to be lost: in 60 of them'],
    ['letters replaced', { givenName: 'Jos\uFFFD' }, 'Letters seem to be lost: in 60 of them'],
    ['text encoded twice', { givenName: 'JosÃ©' }, 'Text seems to be encoded twice: in 60 of them'],
    [
      'columns shifted',
      ({ familyName }) => ({ givenName: familyName, familyName: 'x' }),
      'Columns seem to be shifted: in 60 of them givenName holds what familyName held before.',
    ],
    ['an e-mail as the username', ({ email }) => ({ username: email }), 'username holds what email held before'],
    ['e-mails that are none', { email: '09' }, 'The column of e-mails seems to be wrong: in 60 of them'],
    [
      'zeros lost',
      ({ studentNumber }) => ({ studentNumber: studentNumber?.slice(2) ?? null }),
      'Leading zeros seem to be lost in 60 of them',
    ],
    [
      'another domain',
      ({ email }) => ({ email: email?.replace('district', 'other') ?? null }),
      'The e-mails of 60 of them have another domain',
    ],
    ['a field emptied', { email: null }, 'email is empty in the data for 60 of the 60 students who had one.'],
  ])('tells %s', async (_, fields, message) => {
    change(60, fields);
    expect(messagesOf(await harness.run('sis'))).toContain(message);
  });

  it('says when the data was put right', async () => {
    change(60, { givenName: 'Jos?' });
    await harness.run('sis');
    change(60, { givenName: 'José' });
    const said = messagesOf(await harness.run('sis'));
    expect(said).toContain('This looks like a correction: in 60 of them');
    expect(said).toContain('there is nothing to do');
  });

  it('says nothing of a cause that only a few records show', async () => {
    change(60, ({ sisId }) => ({ givenName: sisId === 'a1' ? 'Jos?' : 'Other' }));
    expect(messagesOf(await harness.run('sis'))).not.toContain('Letters');
  });
});

describe('guard §36: a field that empties for a whole group', () => {
  it.each<[string, Partial<Student>]>([
    ['birthDate', { birthDate: null }],
    ['stateId', { stateId: null }],
    ['grade', { grade: null }],
    ['enabled', { enabled: null }],
  ])('is reported: %s', async (field, fields) => {
    change(60, fields);
    const run = await harness.run('sis');
    expect(run.status).toBe('succeeded');
    expect(massUpdatesOf(run)).toMatchObject([{ count: 60 }]);
    expect(messagesOf(run)).toContain(
      `${field} is empty in the data for 60 of the 60 students who had one (school "A").`,
    );
    expect(messagesOf(run)).toContain(`A column or a file with ${field} seems to be gone`);
    expect(messagesOf(run)).toContain('Examples: "a1"');
  });

  it('waits where updateThreshold is set, until it is right or raised', async () => {
    await harness.createSync('sis', 'riverside', {
      updateThreshold: { students: 3_000, staff: null, guardians: null },
    });
    change(60, { birthDate: null });
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'held', reason: 'threshold', counts: { students: { withheldUpdates: 60 } } });
    expect(run.message).toContain('60 of 60 students of school "A" would lose the field birthDate');
    expect(await harness.sql(`SELECT sis_id FROM students WHERE school_id = 'A' AND birth_date IS NULL`)).toEqual([]);
    change(60, { birthDate: '2012-03-04' });
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded' });
  });

  it('takes nine of ten who had a value for nearly all', async () => {
    change(53, { birthDate: null });
    expect(massUpdatesOf(await harness.run('sis'))).toEqual([]);
    change(60, { birthDate: '2012-03-04' });
    await harness.run('sis');
    change(54, { birthDate: null });
    expect(massUpdatesOf(await harness.run('sis'))).toHaveLength(1);
  });

  it('counts those who had a value, and not those who are missing from the data', async () => {
    change(35, { birthDate: null });
    await harness.run('sis');
    change(60, { birthDate: null });
    for (const id of someOf('a', 56, 60)) roster.removeStudents(id);
    const run = await harness.run('sis');
    expect(messagesOf(run)).toContain('birthDate is empty in the data for 20 of the 20 students who had one');
  });

  it('says nothing of 19', async () => {
    change(41, { birthDate: null });
    await harness.run('sis');
    change(60, { birthDate: null });
    expect(massUpdatesOf(await harness.run('sis'))).toEqual([]);
  });

  it('says nothing of what people keep, and counts them on neither side', async () => {
    await harness.sql(`UPDATE guardians SET claimed_at = now() WHERE sis_id <= 'of-a4'`);
    for (const guardian of roster.records.guardians.values()) guardian.phone = null;
    const [kept] = await harness.sql<{ count: number }>(
      `SELECT count(*)::integer AS count FROM guardians WHERE claimed_at IS NULL`,
    );
    const run = await harness.run('sis');
    expect(messagesOf(run)).toContain(`phone is empty in the data for ${kept?.count} of the ${kept?.count} guardians`);
    expect(massUpdatesOf(run)).toHaveLength(1);
  });
});

describe('guard §36: the update threshold', () => {
  it('withholds no update at 30 % of 60 for 18, and all for 19', async () => {
    await configure(at(30));
    change(18, { familyName: 'Other' });
    expect(await harness.run('sis')).toMatchObject({
      status: 'succeeded',
      counts: { students: { updated: 18, withheldUpdates: 0 } },
    });
    change(19, { familyName: 'Another' });
    expect(await harness.run('sis')).toMatchObject({
      status: 'held',
      reason: 'threshold',
      counts: { students: { updated: 0, withheldUpdates: 19, unchanged: 81 } },
    });
  });

  /** School A loses its letters; a teacher, a guardian and a student of B are renamed, somebody comes and somebody goes. */
  const aBadNight = (): void => {
    change(60, { givenName: 'Jos?' });
    change(1, { givenName: 'Renamed' }, 'b');
    roster.staff('t1', 'A', { givenName: 'Renamed' });
    Object.assign(roster.records.guardians.get('of-a1') as object, { givenName: 'Renamed' });
    roster.student('new', 'A').class('K1', 'A');
    roster.removeStudents('b40');
  };

  it('with `withhold: sync` updates nobody; creates and archives go on, and nothing is to be approved', async () => {
    await configure({ ...at(30), withhold: 'sync' });
    aBadNight();
    const run = await harness.run('sis');
    expect(run).toMatchObject({
      status: 'held',
      reason: 'threshold',
      counts: {
        students: { created: 1, updated: 0, withheldUpdates: 61, archived: 1, withheld: 0 },
        staff: { updated: 0, withheldUpdates: 1 },
        guardians: { updated: 0, withheldUpdates: 1 },
        classes: { created: 1 },
      },
    });
    expect(run.message).toContain('60 of 60 students of school "A" would get another name');
    expect(run.message).toContain('63 updates of people were withheld');
    expect(await namesOf(`school_id = 'A' AND sis_id <> 'new'`)).toEqual({ José: 60 });
    expect(await harness.sql('SELECT 1 FROM holds')).toEqual([]);
    expect(await harness.sql(`SELECT 1 FROM roster_changes WHERE run_id = ${run.runId} AND action = 'update'`)).toEqual(
      [],
    );
    expect(messagesOf(run)).toContain('Letters seem to be lost');
  });

  it('with `withhold: school` updates everybody but the people of the school', async () => {
    await configure({ ...at(30), withhold: 'school' });
    aBadNight();
    const run = await harness.run('sis');
    expect(run).toMatchObject({
      status: 'held',
      counts: {
        students: { updated: 1, withheldUpdates: 60 },
        staff: { updated: 0, withheldUpdates: 1 },
        guardians: { updated: 1, withheldUpdates: 0 },
      },
    });
    expect(run.message).toContain('61 updates of people of school "A" were withheld');
    expect(await namesOf(`sis_id = 'b1'`)).toEqual({ Renamed: 1 });
  });

  it('with `withhold: school` withholds guardians alone where they alone are over', async () => {
    await configure({ ...at(30), withhold: 'school' });
    change(1, { givenName: 'Renamed' });
    for (const person of roster.records.guardians.values()) person.familyName = 'Other';
    expect(await harness.run('sis')).toMatchObject({
      status: 'held',
      counts: { students: { updated: 1, withheldUpdates: 0 }, guardians: { updated: 0, withheldUpdates: 60 } },
    });
  });

  it('counts only types that have a threshold, and then withholds all people', async () => {
    await configure({ updateThreshold: { ...NO_UPDATE_THRESHOLD, guardians: 3000 } });
    change(60, { familyName: 'Other' });
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded', counts: { students: { updated: 60 } } });
    change(60, { familyName: 'Another' });
    for (const person of roster.records.guardians.values()) person.familyName = 'Other';
    expect(await harness.run('sis')).toMatchObject({
      status: 'held',
      counts: { students: { withheldUpdates: 60 }, guardians: { withheldUpdates: 60 } },
    });
  });

  it('measures again the next night, and passes when the data is right', async () => {
    await configure(at(30));
    aBadNight();
    await harness.run('sis');
    const second = await harness.run('sis');
    expect(second).toMatchObject({
      status: 'held',
      counts: { students: { created: 0, updated: 0, withheldUpdates: 61, archived: 0 } },
    });
    expect(await harness.count('students')).toBe(100);
    change(60, { givenName: 'José' });
    expect(await harness.run('sis')).toMatchObject({
      status: 'succeeded',
      counts: { students: { updated: 1, withheldUpdates: 0 }, staff: { updated: 1 }, guardians: { updated: 1 } },
    });
    expect(await namesOf(`school_id = 'A' AND sis_id <> 'new'`)).toEqual({ José: 60 });
  });

  it('holds archives and updates at once, says both, and keeps a hold for the archives alone', async () => {
    await configure(at(30));
    change(50, { givenName: 'Jos?' });
    roster.removeStudents(...someOf('b', 21, 40));
    const run = await harness.run('sis');
    expect(run).toMatchObject({
      status: 'held',
      counts: { students: { updated: 0, withheldUpdates: 50, archived: 0, withheld: 20 } },
    });
    expect(run.message).toContain('20 of 40 students of school "B" would be archived');
    expect(run.message).toContain('Nothing was archived; new records were applied.');
    expect(run.message).toContain('50 of 60 students of school "A" would get another name');
    expect(await harness.sql('SELECT record_count FROM holds')).toEqual([{ record_count: 20 }]);
  });

  it('withholds no archive for an update, and no update for an archive', async () => {
    await configure(at(90));
    change(50, { givenName: 'Other' });
    roster.removeStudents(...someOf('b', 21, 40));
    expect(await harness.run('sis')).toMatchObject({
      status: 'held',
      counts: { students: { updated: 50, withheldUpdates: 0, archived: 0, withheld: 20 } },
    });
  });

  it('withholds updates on a day of additions only too', async () => {
    await configure({ ...at(30), additionsOnly: true });
    change(60, { givenName: 'Other' });
    expect(await harness.run('sis')).toMatchObject({ status: 'held', counts: { students: { withheldUpdates: 60 } } });
  });

  it('withholds updates of a delta', async () => {
    await configure(at(30));
    for (const type of ['students', 'staff', 'guardians', 'guardianships'] as const) roster.deliveries[type] = 'delta';
    for (const id of someOf('a', 31, 60)) roster.records.students.delete(id);
    change(30, { givenName: 'Other' });
    expect(await harness.run('sis')).toMatchObject({ status: 'held', counts: { students: { withheldUpdates: 30 } } });
    expect(await namesOf(`school_id = 'A'`)).toEqual({ José: 60 });
  });

  it('does not withhold what people own, nor who returns', async () => {
    await configure(at(30));
    await harness.sql(`UPDATE students SET claimed_at = now() WHERE school_id = 'A'`);
    await harness.sql(`UPDATE students SET status = 'archived', archived_by = 'sync' WHERE school_id = 'B'`);
    change(60, { givenName: 'Other' });
    change(40, { givenName: 'Other' }, 'b');
    expect(await harness.run('sis')).toMatchObject({
      status: 'succeeded',
      counts: { students: { restored: 40, withheldUpdates: 0 } },
    });
  });

  it('withholds them also where the roster moved before they were applied, and the run compares again', async () => {
    await configure(at(30));
    aBadNight();
    const { runId } = await requestSync(harness.context, 'sis', { trigger: 'cli', preview: false });
    for (const stage of ['fetch', 'diff', 'guard'])
      for (const job of harness.queue.jobs.splice(0)) {
        expect(job.stage).toBe(stage);
        await harness.step(job.stage, job.payload);
      }
    await harness.sql(`UPDATE districts SET roster_version = roster_version + 1`);
    await harness.work();
    const run = await harness.result(runId);
    expect(run).toMatchObject({ status: 'held', counts: { students: { updated: 0, withheldUpdates: 61 } } });
    expect(massUpdatesOf(run)).toHaveLength(1);
    expect(await harness.sql(`SELECT count(*)::integer AS count FROM update_findings WHERE run_id = ${runId}`)).toEqual(
      [{ count: 4 }],
    );
    expect(await namesOf(`school_id = 'A' AND sis_id <> 'new'`)).toEqual({ José: 60 });
  });

  it('measures nothing of another sync of the district', async () => {
    const other = new RosterBuilder().school('C').students(60, 'C', 'c');
    const { source } = harness;
    await harness.createSync('other', 'riverside', at(30));
    harness.source = other;
    await harness.run('other');
    for (const student of other.records.students.values()) student.familyName = 'Other';
    expect(await harness.run('other')).toMatchObject({ counts: { students: { withheldUpdates: 60 } } });
    harness.source = source;
    change(20, { familyName: 'Other' });
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded', counts: { students: { updated: 20 } } });
  });

  it('is in the report, with what would pass', async () => {
    await configure(at(30));
    change(30, { givenName: 'Other' });
    change(1, { givenName: 'Other' }, 'b');
    const { runId } = await harness.run('sis');
    const report = await readRun(testDatabase.database, runId);
    expect(report.updateFindings).toEqual([
      {
        school: 'A',
        recordType: 'students',
        active: 60,
        changed: 30,
        allowed: 18,
        thresholdPercent: 30,
        thresholdNote: null,
        percent: 50,
        smallestPassingPercent: 50,
        verdict: 'hold',
        withheld: 30,
      },
      expect.objectContaining({ school: 'B', changed: 1, verdict: 'pass', withheld: 1 }),
    ]);
    expect(report.findings).toEqual([]);
    expect(report.hold).toBeNull();
    expect(report.run.advice).toContain('raise the update threshold to 50 % for the next run');
  });

  it('is shown by a preview, which changes nothing', async () => {
    await configure({ ...at(30), withhold: 'school' });
    aBadNight();
    const preview = await harness.run('sis', true);
    const changes = await changesOf(preview.runId);
    expect(changes.filter(({ action, withheld }) => action === 'update' && withheld)).toHaveLength(61);
    expect(
      changes.filter(({ action, withheld }) => action === 'update' && !withheld).map(({ sisId }) => sisId),
    ).toEqual(['b1', 'of-a1']);
    const run = await harness.run('sis');
    expect(preview).toMatchObject({ status: 'held', message: run.message, counts: run.counts, warnings: run.warnings });
  });

  it('is off unless it is set', async () => {
    change(60, { givenName: 'Jos?' });
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', counts: { students: { updated: 60, withheldUpdates: 0 } } });
    expect((await readRun(testDatabase.database, run.runId)).updateFindings).toEqual([]);
  });
});
