import type { RunSettings } from '@rollbook/core';
import { PostgresRuns, archiveRecord, claimPerson, editRecord, readRecord, releasePerson } from '@rollbook/store';
import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('people_by_hand');
}, 30_000);
afterAll(() => testDatabase.drop());

/** A student, a teacher and a guardian who have joined, and one of each who has not. */
beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  roster = new RosterBuilder();
  roster.revision = 'one';
  harness = new PipelineHarness(testDatabase.database, roster);
  await configure({});
  roster
    .school('A')
    .class('c1', 'A')
    .students(10, 'A', 's')
    .staff('t1', 'A')
    .staff('t2', 'A')
    .enroll('s1', 'c1')
    .enroll('s2', 'c1');
  roster.guardian('g1', 's1').guardian('g2', 's2');
  await harness.run('sis');
  for (const [type, id] of JOINED) await claimPerson(testDatabase.database.pool, on(type, id));
});

const JOINED = [
  ['students', 's1'],
  ['staff', 't1'],
  ['guardians', 'g1'],
] as const;
const INVITED = [
  ['students', 's2'],
  ['staff', 't2'],
  ['guardians', 'g2'],
] as const;

const configure = (settings: Partial<RunSettings>) => harness.createSync('sis', 'riverside', settings);
const on = (recordType: string, sisId: string) => ({ districtId: 'riverside', recordType, sisId, actor: 'pat' });
const edit = (recordType: string, sisId: string, fields: Record<string, unknown>) =>
  editRecord(testDatabase.database.pool, { ...on(recordType, sisId), fields });
const read = (recordType: string, sisId: string) => readRecord(testDatabase.database.pool, on(recordType, sisId));
const field = async (recordType: string, sisId: string, name: string) => (await read(recordType, sisId)).fields[name];

/** What the source says of everybody from now on. */
function sourceSays(contacts: { email?: string; givenName?: string; sms?: string; language?: string }): void {
  roster.revision = null;
  for (const [type, id] of [...JOINED, ...INVITED]) {
    const records = roster.records[type] as Map<string, object>;
    records.set(id, { ...records.get(id), ...contacts });
  }
}

describe('contact details (guard §11)', () => {
  it('follow the source for the invited, and stay for those who have joined', async () => {
    sourceSays({ email: 'new@district.example', givenName: 'New', sms: '555-0100' });
    roster.student('s1', 'A', { ...roster.records.students.get('s1'), grade: '12' });
    const run = await harness.run('sis');
    expect(run.counts.students).toMatchObject({ updated: 2, unchanged: 8 });
    expect(run.counts.guardians).toMatchObject({ updated: 1, unchanged: 1 });
    for (const [type, id] of INVITED)
      expect((await read(type, id)).fields).toMatchObject({
        email: 'new@district.example',
        givenName: 'New',
        sms: '555-0100',
      });
    for (const [type, id] of JOINED)
      expect((await read(type, id)).fields).toMatchObject({
        email: `${id}@district.example`,
        givenName: `Given ${id}`,
        sms: null,
      });
    expect(await field('students', 's1', 'grade')).toBe('12');
    expect(await harness.sql(`SELECT after FROM roster_changes WHERE run_id = ${run.runId} AND sis_id = 's1'`)).toEqual(
      [{ after: { grade: '12' } }],
    );
    expect((await harness.run('sis')).counts.students).toMatchObject({ updated: 0, unchanged: 10 });
  });

  it('may be edited by hand of those who have joined, and are kept by later runs', async () => {
    for (const [type, id] of JOINED) {
      const { changed } = await edit(type, id, { email: `${id}@home.example`, givenName: 'Own', phone: '555-0199' });
      expect(changed).toEqual(['givenName', 'email', 'phone']);
    }
    sourceSays({ email: 'new@district.example' });
    await harness.run('sis');
    await harness.run('sis');
    for (const [type, id] of JOINED)
      expect((await read(type, id)).fields).toMatchObject({
        email: `${id}@home.example`,
        givenName: 'Own',
        phone: '555-0199',
      });
    for (const [type, id] of INVITED)
      await expect(edit(type, id, { email: 'x@home.example' })).rejects.toThrow(
        `the person has not joined, so that the sync "sis" keeps updating contact details`,
      );
  });

  it('are the source’s alone where the sync is set to update them', async () => {
    await configure({ updateActiveUserContacts: true });
    sourceSays({ email: 'new@district.example' });
    expect((await harness.run('sis')).counts.guardians).toMatchObject({ updated: 2 });
    for (const [type, id] of [...JOINED, ...INVITED]) {
      expect(await field(type, id, 'email')).toBe('new@district.example');
      await expect(edit(type, id, { email: 'x@home.example', phone: '1' })).rejects.toThrow(
        'email, phone: only the sync "sis" edits contact details',
      );
    }
  });

  it('come in line when that is switched on later, by the very delivery that was applied', async () => {
    await edit('guardians', 'g1', { email: 'g1@home.example' });
    await harness.run('sis');
    const read1 = roster.pullsRead;
    await harness.run('sis');
    expect(roster.pullsRead).toBe(read1);
    await configure({ updateActiveUserContacts: true });
    const run = await harness.run('sis');
    expect(run.counts.guardians).toMatchObject({ updated: 1, unchanged: 1 });
    expect(await field('guardians', 'g1', 'email')).toBe('g1@district.example');
    expect((await harness.run('sis')).counts.guardians).toMatchObject({ updated: 0, unchanged: 2 });
  });

  it('come in line after what the source changed meanwhile, and after a person is released', async () => {
    sourceSays({ email: 'new@district.example' });
    await harness.run('sis');
    expect(await releasePerson(testDatabase.database.pool, on('students', 's1'))).toMatchObject({ claimedAt: null });
    expect((await harness.run('sis')).counts.students).toMatchObject({ updated: 1 });
    expect(await field('students', 's1', 'email')).toBe('new@district.example');
    expect(await field('staff', 't1', 'email')).toBe('t1@district.example');
    await configure({ updateActiveUserContacts: true });
    expect((await harness.run('sis')).counts.staff).toMatchObject({ updated: 1 });
    expect(await field('staff', 't1', 'email')).toBe('new@district.example');
  });

  it('do not keep anybody who vanishes from the data, and are there again on the return', async () => {
    await edit('students', 's1', { email: 's1@home.example' });
    roster.revision = null;
    roster.removeStudents('s1').remove('guardians', 'g1').student('s1b', 'A');
    const gone = await harness.run('sis');
    expect(gone).toMatchObject({ status: 'held' });
    await configure({ threshold: { default: 10_000, perType: {} } });
    const run = await harness.run('sis');
    expect(run.counts.students).toMatchObject({ archived: 1 });
    expect(run.counts.guardians).toMatchObject({ archived: 1 });
    await expect(edit('students', 's1', { email: 'x@home.example' })).rejects.toThrow('it is archived');
    roster.student('s1', 'A');
    expect((await harness.run('sis')).counts.students).toMatchObject({ restored: 1 });
    expect(await read('students', 's1')).toMatchObject({
      status: 'active',
      fields: { email: 's1@home.example' },
      claimedAt: expect.any(String),
    });
  });
});

describe('what else people have for themselves (guard §11)', () => {
  it('languages are taken once, may be changed, and follow the source only where that is set', async () => {
    sourceSays({ language: 'es' });
    await harness.run('sis');
    expect(await field('guardians', 'g2', 'language')).toBe('es');
    expect((await edit('guardians', 'g2', { language: 'vi' })).changed).toEqual(['language']);
    sourceSays({ language: 'fr' });
    await harness.run('sis');
    expect(await field('guardians', 'g2', 'language')).toBe('vi');
    expect(await field('guardians', 'g1', 'language')).toBe('es');
    await configure({ updateLanguage: true });
    expect((await harness.run('sis')).counts.guardians).toMatchObject({ updated: 2 });
    expect(await field('guardians', 'g1', 'language')).toBe('fr');
    expect(await field('guardians', 'g2', 'language')).toBe('fr');
    await expect(edit('guardians', 'g2', { language: 'vi' })).rejects.toThrow('updateLanguage is on');
  });

  it('a role that was changed by hand stays until it is given back', async () => {
    expect((await edit('staff', 't2', { role: null })).changed).toEqual([]);
    await edit('staff', 't2', { role: 'administrator' });
    roster.revision = null;
    roster.staff('t2', 'A', { role: 'aide' }).staff('t1', 'A', { role: 'aide' });
    await harness.run('sis');
    expect(await field('staff', 't2', 'role')).toBe('administrator');
    expect(await field('staff', 't1', 'role')).toBe('aide');
    const { record } = await edit('staff', 't2', { role: null });
    expect(record.fields['role']).toBe('administrator');
    expect(record.edits[0]).toMatchObject({ action: 'edit', before: { role: 'administrator' }, after: { role: null } });
    expect((await harness.run('sis')).counts.staff).toMatchObject({ updated: 1 });
    expect(await field('staff', 't2', 'role')).toBe('aide');
  });

  it('nothing else: the source owns it', async () => {
    await expect(edit('students', 's1', { email: 'x@home.example', grade: '1', username: 'x' })).rejects.toThrow(
      'students "s1" cannot be edited so. username, grade: the source owns it (sync "sis"): change it in the SIS.',
    );
    expect(await field('students', 's1', 'email')).toBe('s1@district.example');
    expect((await edit('students', 's1', { grade: '09', username: null })).changed).toEqual([]);
    await expect(edit('classes', 'c1', { title: 'x' })).rejects.toThrow('title: the source owns it');
  });
});

it('a person joins once, and is released once', async () => {
  const pool = testDatabase.database.pool;
  expect(await read('students', 's1')).toMatchObject({
    claimedAt: expect.stringMatching(/^20.*Z$/),
    edits: [{ action: 'claim', actor: 'pat', before: { claimedAt: null } }],
  });
  await expect(claimPerson(pool, on('students', 's1'))).rejects.toThrow('students "s1" has joined already, at 20');
  await expect(claimPerson(pool, on('classes', 'c1'))).rejects.toThrow('only students, staff, guardians can join');
  await releasePerson(pool, on('students', 's1'));
  await expect(releasePerson(pool, on('students', 's1'))).rejects.toThrow('has not joined');
});

it('an undo spares who was changed by hand since (guard §29)', async () => {
  await configure({ archivedStudents: 'keep-archived', threshold: { default: 10_000, perType: {} } });
  roster.revision = null;
  roster.remove('students', 's3', 's4');
  const { runId } = await harness.run('sis');
  roster.student('s3', 'A');
  await harness.run('sis');
  await archiveRecord(testDatabase.database.pool, on('students', 's3'));
  const ledger = new PostgresRuns(testDatabase.database.pool);
  const undoing = await ledger.requestUndo({ runId, actor: 'pat', comment: null });
  await harness.step('apply', { version: 1, runId: undoing.runId, round: 1 });
  const undone = await harness.result(undoing.runId);
  expect(undone.counts.students).toMatchObject({ restored: 1 });
  expect(undone.warnings).toMatchObject([
    { code: 'not_restored', message: expect.stringContaining('changed by hand') },
  ]);
  expect(await harness.ids('students', 'archived')).toEqual(['s3']);
});
