import { compositeKey } from '@rollbook/core';
import { archiveRecord, createRecord, editRecord, readRecord, restoreRecord } from '@rollbook/store';
import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('records_by_hand');
}, 30_000);
afterAll(() => testDatabase.drop());

/** A school with a class of ten and a teacher, synced once. */
beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  roster = new RosterBuilder();
  harness = new PipelineHarness(testDatabase.database, roster);
  await harness.createSync('sis', 'riverside');
  roster.school('A').class('c1', 'A').students(10, 'A', 's').staff('t1', 'A').guardian('g1', 's1');
  for (let i = 1; i <= 10; i++) roster.enroll(`s${i}`, 'c1');
  roster.enroll('t1', 'c1', { sisId: 'e-t1', role: 'teacher' });
  await harness.run('sis');
});

const on = (recordType: string, sisId = '') => ({ districtId: 'riverside', recordType, sisId, actor: 'pat' });
const create = (recordType: string, fields: Record<string, unknown>, sisId?: string) =>
  createRecord(testDatabase.database.pool, { ...on(recordType), fields, sisId });
const edit = (recordType: string, sisId: string, fields: Record<string, unknown>) =>
  editRecord(testDatabase.database.pool, { ...on(recordType, sisId), fields });
const archive = (recordType: string, sisId: string) => archiveRecord(testDatabase.database.pool, on(recordType, sisId));
const restore = (recordType: string, sisId: string) => restoreRecord(testDatabase.database.pool, on(recordType, sisId));
const read = (recordType: string, sisId: string) => readRecord(testDatabase.database.pool, on(recordType, sisId));
const version = async (): Promise<number> =>
  Number((await harness.sql<{ v: string }>('SELECT roster_version::text AS v FROM districts'))[0]?.v);

describe('a manual record', () => {
  it('has every field by its name, an id of its own, and the act in its history', async () => {
    const before = await version();
    const created = await create('students', {
      givenName: 'Ada',
      familyName: 'Byron',
      birthDate: '2012-02-29',
      school: 'A',
      enabled: true,
      email: ' ',
    });
    expect(created).toMatchObject({
      district: 'riverside',
      sisId: expect.stringMatching(/^manual-[0-9a-f-]{36}$/),
      status: 'active',
      sync: null,
      archivedBy: null,
      claimedAt: null,
    });
    expect(created.fields).toMatchObject({ birthDate: '2012-02-29', schools: ['A'], enabled: true, email: null });
    expect(created.edits).toMatchObject([
      { action: 'create', actor: 'pat', before: {}, after: { givenName: 'Ada', schools: ['A'] } },
    ]);
    expect(Object.keys(created.edits[0]?.after ?? {})).not.toContain('email');
    expect(await version()).toBe(before + 1);
    expect(await read('students', created.sisId)).toEqual(created);
  });

  it('is left alone when a sync comes to deliver its id (guard §11)', async () => {
    await create('students', { givenName: 'Ada', familyName: 'Byron' }, 'n1');
    roster.student('n1', 'A').student('n2', 'A');
    const run = await harness.run('sis');
    expect(run.counts.students).toMatchObject({ created: 1, updated: 0, unchanged: 10 });
    roster.remove('students', 'n1', 'n2').student('n3', 'A');
    const gone = await harness.run('sis');
    expect(gone.counts.students).toMatchObject({ archived: 1 });
    expect(
      await harness.sql(`SELECT active, to_archive FROM findings WHERE run_id = ${gone.runId} AND to_archive > 0`),
    ).toEqual([{ active: 11, to_archive: 1 }]);
    expect(await read('students', 'n1')).toMatchObject({ status: 'active', sync: null, fields: { givenName: 'Ada' } });
  });

  it('is refused with all that is wrong with it, and what was meant', async () => {
    const person = { givenName: 'Ada', familyName: 'Byron' };
    const cases: [Promise<unknown>, RegExp[]][] = [
      [create('pupils', person), [/no record type "pupils"/]],
      [create('student', person), [/Is "students" meant/]],
      [
        create('students', { givenName: ' ', gradee: '9' }),
        [/"gradee". Is "grade" meant/, /givenName must have/, /familyName is missing/],
      ],
      [create('students', { ...person, birthDate: '2011-02-29' }), [/birthDate: expected a date that exists/]],
      [
        create('students', { ...person, enabled: 'yes', email: ['a'] }),
        [/enabled: expected true or false/, /email: expected one line/],
      ],
      [create('students', { ...person, schools: 'A' }), [/schools: expected a list/]],
      [create('students', { ...person, givenName: 'A\nB' }), [/givenName: expected one line/]],
      [create('students', person, 's1'), [/students "s1" exists already: of the sync "sis", active/]],
      [create('students', person, ' '), [/" " cannot be an id/]],
      [
        create('classes', { title: 'Art', school: 'AA' }),
        [/school "AA" cannot be referred to by classes/, /no such record in schools/],
      ],
      [create('classes', { title: 'Art', school: 'A', terms: ['t'] }), [/terms "t"/]],
      [create('guardianships', { student: 's1', guardian: 'g9' }), [/guardian "g9"/, /Is "g1" meant/]],
      [create('guardianships', { student: 's2', guardian: 'g1' }, 'x'), [/it is "s2~g1", and cannot be "x"/]],
    ];
    for (const [refused, parts] of cases) {
      const error = await refused.catch((thrown: Error) => thrown);
      expect(error).toMatchObject({ name: 'UsageError' });
      for (const part of parts) expect((error as Error).message).toMatch(part);
      expect((error as Error).message).not.toContain('2011-02-29');
    }
    const elsewhere = createRecord(testDatabase.database.pool, {
      ...on('schools'),
      districtId: 'riversid',
      fields: {},
    });
    await expect(elsewhere).rejects.toThrow('There is no district "riversid". Is "riverside" meant?');
    expect(await harness.sql('SELECT 1 FROM record_edits')).toEqual([]);
  });

  it('is edited in every field but its id, and nothing is written where nothing changes', async () => {
    const { sisId } = await create('classes', { title: 'Art', school: 'A', periods: ['2', '1', '2'] });
    const before = await version();
    const same = await edit('classes', sisId, { title: 'Art', periods: ['1', '2'] });
    expect(same.changed).toEqual([]);
    expect(await version()).toBe(before);
    const { record, changed } = await edit('classes', sisId, { title: 'Arts', periods: null, location: '12' });
    expect(changed).toEqual(['title', 'periods', 'location']);
    expect(record.fields).toMatchObject({ title: 'Arts', periods: [], location: '12' });
    expect(record.edits[0]).toMatchObject({
      action: 'edit',
      before: { title: 'Art', periods: ['1', '2'], location: null },
      after: { title: 'Arts', periods: [], location: '12' },
    });
    await expect(edit('classes', sisId, { title: '' })).rejects.toThrow('title must have a value');
    await expect(edit('classes', sisId, { school: 'B' })).rejects.toThrow('school "B" cannot be referred to');
    await expect(edit('classes', 'c2', { title: 'x' })).rejects.toThrow('Is "c1" meant?');
  });

  it('goes with the school of its class as an enrollment, and with its two people as a guardianship', async () => {
    roster.school('B').class('c2', 'B');
    await harness.run('sis');
    const enrollment = await create('enrollments', { class: 'c2', person: 's1', role: 'student' });
    expect(enrollment.fields['school']).toBe('B');
    const moved = await edit('enrollments', enrollment.sisId, { class: 'c1' });
    expect(moved).toMatchObject({ changed: ['class', 'school'], record: { fields: { school: 'A' } } });
    const guardianship = await create('guardianships', { student: 's2', guardian: 'g1' });
    expect(guardianship.sisId).toBe(compositeKey('s2', 'g1'));
    await expect(edit('guardianships', guardianship.sisId, { student: 's3' })).rejects.toThrow(
      'Archive it, and create',
    );
    expect((await edit('guardianships', guardianship.sisId, { primary: true })).changed).toEqual(['primary']);
  });
});

describe('archiving and restoring by hand', () => {
  it('takes along what hangs on a manual record, and brings it back', async () => {
    const { sisId } = await create('classes', { title: 'Art', school: 'A' });
    await create('enrollments', { class: sisId, person: 's1', role: 'student' }, 'm1');
    await create('enrollments', { class: sisId, person: 's2', role: 'student' }, 'm2');
    const before = await version();
    expect(await archive('classes', sisId)).toMatchObject({
      record: { status: 'archived', archivedBy: 'user', archivedRun: null },
      along: { enrollments: 2, guardianships: 0 },
      notes: [],
    });
    expect(await version()).toBe(before + 1);
    expect(await read('enrollments', 'm1')).toMatchObject({ status: 'archived', archivedBy: 'parent' });
    expect((await read('enrollments', 'm1')).edits[0]).toMatchObject({ action: 'archive', actor: 'pat' });
    await expect(archive('classes', sisId)).rejects.toThrow(/is archived already, by "pat" at 20\d\d-/);
    await expect(edit('classes', sisId, { title: 'x' })).rejects.toThrow('it is archived. Restore it first.');
    await expect(create('enrollments', { class: sisId, person: 's3', role: 'student' })).rejects.toThrow(
      'it is archived',
    );
    await expect(restore('enrollments', 'm1')).rejects.toThrow(/its class "manual-.*" is not active/);
    expect(await restore('classes', sisId)).toMatchObject({
      record: { status: 'active', archivedBy: null },
      along: { enrollments: 2 },
      notes: [],
    });
    await expect(restore('classes', sisId)).rejects.toThrow('is active: there is nothing to restore');
    expect(await read('enrollments', 'm2')).toMatchObject({ status: 'active', archivedBy: null });
  });

  it('brings back what went along, with this record or its other end, as far as it has both again', async () => {
    const { sisId: ada } = await create('students', { givenName: 'Ada', familyName: 'Byron' });
    await create('enrollments', { class: 'c1', person: ada, role: 'student' }, 'first');
    await create('enrollments', { class: 'c1', person: ada, role: 'helper' }, 'second');
    await create('guardianships', { student: ada, guardian: 'g1' });
    await archive('enrollments', 'first');
    expect((await archive('students', ada)).along).toEqual({ enrollments: 1, guardianships: 1 });
    await archive('classes', 'c1');
    expect(await restore('students', ada)).toMatchObject({
      along: { enrollments: 0, guardianships: 1 },
      notes: ['1 that went along stays archived: the other end is not active.'],
    });
    const back = await restore('classes', 'c1');
    expect(back.along).toEqual({ enrollments: 12, guardianships: 0 });
    expect(await read('enrollments', 'first')).toMatchObject({ status: 'archived', archivedBy: 'user' });
    expect(await read('enrollments', 'second')).toMatchObject({ status: 'active', archivedBy: null });
  });

  it('leaves to the source what is the source’s, and to undo what a sync archived (guard §10, §29)', async () => {
    for (const [type, id] of [
      ['staff', 't1'],
      ['guardians', 'g1'],
      ['schools', 'A'],
      ['enrollments', 'e-t1'],
    ] as const)
      await expect(archive(type, id)).rejects.toThrow(/the source owns it \(sync "sis"\)/);
    await expect(archive('students', 's1')).rejects.toThrow('archivedStudents is "restore"');
    roster.removeStudents('s10');
    const run = await harness.run('sis');
    await expect(restore('students', 's10')).rejects.toThrow(
      `was archived by run ${run.runId} of "sis", and cannot be restored by hand. "rollbook undo ${run.runId}"`,
    );
    await expect(restore('enrollments', compositeKey('c1', 's10', 'student'))).rejects.toThrow(/with what it hangs on/);
    await expect(archive('students', 's10')).rejects.toThrow(`is archived already, by run ${run.runId} of "sis".`);
  });

  it('is for administrators where a district names its people (guard §28)', async () => {
    await harness.sql(
      `INSERT INTO district_roles VALUES ('riverside', 'sam', 'administrator'), ('riverside', 'pat', 'approver')`,
    );
    await expect(archive('classes', 'c1')).rejects.toThrow(
      '"pat" may not change records of the district "riverside" (role approver); these may: "sam".',
    );
    expect(
      (await archiveRecord(testDatabase.database.pool, { ...on('classes', 'c1'), actor: 'sam' })).record.status,
    ).toBe('archived');
  });

  it('makes a run that has compared compare again', async () => {
    const { ledger } = harness.context;
    roster.class('c1', 'A', { title: 'Renamed' });
    const { runId } = await ledger.request('sis', { trigger: 'cli', preview: false, requestedBy: null });
    for (const stage of ['fetch', 'diff', 'guard'] as const) await harness.step(stage, { version: 1, runId, round: 1 });
    await archive('classes', 'c1');
    await harness.work();
    const run = await harness.result(runId);
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(run.counts.classes).toMatchObject({ updated: 0, restored: 0, unchanged: 1 });
    expect(await read('classes', 'c1')).toMatchObject({ status: 'archived', archivedBy: 'user' });
  });
});
