import { compositeKey, type Student } from '@rollbook/core';
import { DecidedDistrict, ids } from './decided-district.ts';

let district: DecidedDistrict;

beforeAll(async () => {
  district = await DecidedDistrict.create('guard_relink');
}, 30_000);
afterAll(() => district.drop());
beforeEach(() => district.begin((roster) => ids('a', 5).forEach((id) => roster.student(id, 'A', person(id)))));

/** Of whom no two share a name, a birth date or an e-mail. */
const person = (id: string): Partial<Student> => ({
  givenName: `Given ${id}`,
  familyName: `Family ${id}`,
  email: `${id}@district.example`,
  birthDate: `2010-01-0${id.slice(-1)}`,
});
/** The person of `id` comes under `newId`, with what is different about them. */
const comesAs = (id: string, newId: string, different: Partial<Student> = {}) =>
  district.roster.student(newId, 'A', { ...person(id), ...different });

/** The pairs of the open hold, as `old → new`. */
const pairs = async (): Promise<string[]> =>
  (
    await district.harness.sql<{ pair: string }>(
      `SELECT sis_id || ' → ' || new_id AS pair FROM hold_pairs WHERE hold_id = $1 ORDER BY 1`,
      [await district.openHold()],
    )
  ).map(({ pair }) => pair);
const relinks = () =>
  district.harness.sql('SELECT record_type, old_id, new_id, run_id FROM relinks ORDER BY record_type, old_id');
const enrollment = (who: string, classId: string): string => compositeKey(classId, who, 'student');

describe('guard §25: which records are a pair', () => {
  const others = ['a4', 'a5', 'b1', 'b2', 'b3'];

  it('the same name and the same birth date, whatever the e-mail', async () => {
    comesAs('a1', 'new', { email: 'other@district.example' });
    await district.heldWithout('a1', ...others);
    expect(await pairs()).toEqual(['a1 → new']);
  });

  it('the same name and the same e-mail, where a birth date is missing', async () => {
    comesAs('a1', 'new-1', { birthDate: null });
    await district.heldWithout('a1', ...others);
    expect(await pairs()).toEqual(['a1 → new-1']);
  });

  it('capitals and spaces aside', async () => {
    comesAs('a1', 'new-1', {
      givenName: ' GIVEN a1',
      familyName: 'family A1 ',
      birthDate: null,
      email: ' A1@District.Example',
    });
    await district.heldWithout('a1', ...others);
    expect(await pairs()).toEqual(['a1 → new-1']);
  });

  it('at another school too', async () => {
    comesAs('a1', 'new-1', { school: 'B', schools: ['B'] });
    await district.heldWithout('a1', ...others);
    expect(await pairs()).toEqual(['a1 → new-1']);
  });

  it.each<[string, Partial<Student>]>([
    ['another family name', { familyName: 'Married' }],
    ['another given name', { givenName: 'Other' }],
    ['another birth date, though the e-mail is the same', { birthDate: '2011-11-11' }],
    ['another e-mail and no birth date', { birthDate: null, email: 'other@district.example' }],
    ['neither e-mail nor birth date', { birthDate: null, email: null }],
  ])('not with %s', async (_, different) => {
    comesAs('a1', 'new-1', different);
    await district.heldWithout('a1', ...others);
    expect(await pairs()).toEqual([]);
  });

  it('not where two have come who could be the one that is gone', async () => {
    comesAs('a1', 'new-1');
    comesAs('a1', 'new-2', { email: 'twin@district.example' });
    comesAs('a2', 'new-3');
    await district.heldWithout('a1', 'a2', ...others);
    expect(await pairs()).toEqual(['a2 → new-3']);
  });

  it('not where two are gone who could be the one that has come', async () => {
    comesAs('a1', 'twin', { email: 'twin@district.example' });
    await district.run();
    comesAs('a1', 'new-1');
    district.roster.remove('students', 'twin');
    await district.heldWithout('a1', ...others);
    expect(await pairs()).toEqual([]);
  });

  it('not with somebody who was there before', async () => {
    comesAs('a1', 'namesake');
    await district.run();
    await district.heldWithout('a1', ...others);
    expect(await pairs()).toEqual([]);
  });

  it('not with somebody who is gone as well', async () => {
    comesAs('a1', 'new-1');
    await district.heldWithout('a1', ...others);
    expect(await pairs()).toEqual(['a1 → new-1']);
    await district.heldWithout('new-1');
    expect(await pairs()).toEqual([]);
  });

  it('also on the nights after the first, when the new record is in the roster already', async () => {
    comesAs('a1', 'new-1');
    comesAs('a2', 'new-2');
    await district.heldWithout('a1', 'a2', 'a3');
    await district.run();
    // Another hold, so the pairs are looked for anew.
    await district.heldWithout('a4');
    expect(await pairs()).toEqual(['a1 → new-1', 'a2 → new-2']);
  });

  it('staff and guardians too, by name and e-mail; classes never', async () => {
    const { roster } = district;
    roster.guardian('g1', 'b20').guardian('g2', 'b20');
    await district.run();
    roster
      .remove('staff', 't1')
      .staff('t1-new', 'A', { givenName: 'Given t1', familyName: 'Family t1', email: 't1@district.example' });
    roster.remove('guardians', 'g1').remove('guardianships', compositeKey('b20', 'g1'));
    roster.guardian('g1-new', 'b20', { givenName: 'Given g1', familyName: 'Family g1', email: 'g1@district.example' });
    roster.remove('classes', 'c1').class('c1-new', 'A', { title: 'Class c1' });
    await district.heldWithout();
    expect(await district.held(await district.openHold())).toEqual(['classes c1', 'guardians g1', 'staff t1']);
    expect(await pairs()).toEqual(['g1 → g1-new', 't1 → t1-new']);
  });
});

describe('guard §26: relink', () => {
  it('gives the old records the new ids, with their history; those without a pair wait', async () => {
    const [first] = await district.harness.sql<{ id: number }>('SELECT min(id) AS id FROM runs');
    for (const id of ids('a', 3)) comesAs(id, `${id}-new`, { grade: '10' });
    const hold = await district.heldWithout(...ids('a', 4));
    const approved = await district.approve(hold, { relink: true });
    expect(approved).toMatchObject({ recordCount: 3, rest: { recordCount: 1 } });
    const run = await district.carryOut(approved);
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(run.counts.students).toMatchObject({ updated: 3, archived: 0 });
    expect(
      await district.harness.sql(
        `SELECT sis_id, grade, status, created_run_id FROM students WHERE sis_id LIKE 'a_-new' OR sis_id IN ('a1', 'a2', 'a3') ORDER BY 1`,
      ),
    ).toEqual(
      ids('a', 3).map((id) => ({ sis_id: `${id}-new`, grade: '10', status: 'active', created_run_id: first?.id })),
    );
    expect(await district.archived()).toEqual([]);
    expect(await relinks()).toEqual(
      ids('a', 3).map((id) => ({ record_type: 'students', old_id: id, new_id: `${id}-new`, run_id: run.runId })),
    );
    expect(await district.held(await district.openHold())).toEqual(['students a4']);
    // One of twenty may go without asking.
    expect(await district.run()).toMatchObject({ status: 'succeeded' });
    expect(await district.archived()).toEqual(['a4']);
  });

  it('is a change with both sides in the history of the record', async () => {
    comesAs('a1', 'a1-new', { grade: '10' });
    const hold = await district.heldWithout('a1', 'a2', 'a3');
    const run = await district.carryOut(await district.approve(hold, { relink: true }));
    const [change, ...more] = await district.harness.sql<{ before: object; after: object }>(
      'SELECT record_type, sis_id, action, before, after FROM roster_changes WHERE run_id = $1',
      [run.runId],
    );
    expect(more).toEqual([]);
    expect(change).toMatchObject({
      record_type: 'students',
      sis_id: 'a1-new',
      action: 'relink',
      before: { sis_id: 'a1', grade: '09' },
      after: { sis_id: 'a1-new', grade: '10' },
    });
  });

  it('lets those who have joined keep what is their own', async () => {
    comesAs('a1', 'a1-new', { email: 'new@district.example', grade: '10' });
    const hold = await district.heldWithout('a1', 'a2', 'a3');
    await district.harness.sql(
      `UPDATE students SET claimed_at = '2026-01-02Z', email = 'own@home.example' WHERE sis_id = 'a1'`,
    );
    await district.carryOut(await district.approve(hold, { relink: true }));
    const joined = () =>
      district.harness.sql(
        `SELECT email, grade, claimed_at = '2026-01-02Z' AS joined FROM students WHERE sis_id = 'a1-new'`,
      );
    expect(await joined()).toEqual([{ email: 'own@home.example', grade: '10', joined: true }]);
    await district.run();
    expect(await joined()).toEqual([{ email: 'own@home.example', grade: '10', joined: true }]);
  });

  it('may leave out chosen records: they are kept', async () => {
    comesAs('a1', 'a1-new');
    comesAs('a2', 'a2-new');
    const hold = await district.heldWithout('a1', 'a2', 'a3');
    await district.carryOut(
      await district.approve(hold, { relink: true, except: [{ recordType: 'students', sisId: 'a2' }] }),
    );
    expect(await relinks()).toMatchObject([{ old_id: 'a1' }]);
    expect(await district.held(await district.openHold())).toEqual(['students a3']);
    expect(await district.harness.sql('SELECT sis_id FROM kept_records')).toEqual([{ sis_id: 'a2' }]);
  });

  it('of one school leaves the pairs of the other in the new hold', async () => {
    comesAs('a1', 'a1-new');
    district.roster.student('b1-new', 'B', { ...person('b1'), birthDate: null });
    const hold = await district.heldWithout('a1', 'a2', 'a3', 'b1');
    await district.approve(hold, { relink: true, schools: ['A'] });
    expect(await pairs()).toEqual(['b1 → b1-new']);
    expect(await district.held(await district.openHold())).toEqual(['students a2', 'students a3', 'students b1']);
  });

  it('is refused where nothing could be relinked, and nothing is decided', async () => {
    const hold = await district.heldWithout('a1', 'a2', 'a3');
    await expect(district.approve(hold, { relink: true })).rejects.toThrow(
      `Hold ${hold} has no record there that has another id in the data: there is nothing to relink. Without --relink they are archived.`,
    );
    expect(await district.harness.sql('SELECT 1 FROM approvals')).toEqual([]);
    expect(await district.openHold()).toBe(hold);
  });

  it('leaves a record whose counterpart has gone meanwhile', async () => {
    comesAs('a1', 'a1-new');
    comesAs('a2', 'a2-new');
    const hold = await district.heldWithout('a1', 'a2', 'a3');
    const approved = await district.approve(hold, { relink: true });
    await district.harness.sql(`UPDATE students SET status = 'archived', archived_by = 'user' WHERE sis_id = 'a1-new'`);
    expect((await district.carryOut(approved)).counts.students).toMatchObject({ updated: 1, archived: 0 });
    expect(await relinks()).toMatchObject([{ old_id: 'a2' }]);
    expect(await district.harness.sql(`SELECT status FROM students WHERE sis_id = 'a1'`)).toEqual([
      { status: 'active' },
    ]);
  });

  it('does the same in a sync that takes the approval along', async () => {
    await district.begin((roster) => {
      for (const id of ids('a', 3)) roster.student(id, 'A', person(id)).enroll(id, 'c1');
    });
    for (const id of ids('a', 3)) comesAs(id, `${id}-new`).enroll(`${id}-new`, 'c1');
    const hold = await district.heldWithout(...ids('a', 3));
    await district.approve(hold, { relink: true });
    const run = await district.run();
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(run.counts).toMatchObject({
      students: { updated: 3, archived: 0 },
      enrollments: { updated: 3, archived: 0 },
    });
    expect(
      (await relinks()).map(
        ({ record_type, old_id, new_id }: { record_type?: string; old_id?: string; new_id?: string }) => [
          record_type,
          old_id,
          new_id,
        ],
      ),
    ).toEqual([
      ...ids('a', 3).map((id) => ['enrollments', enrollment(id, 'c1'), enrollment(`${id}-new`, 'c1')]),
      ...ids('a', 3).map((id) => ['students', id, `${id}-new`]),
    ]);
    expect(await district.harness.ids('enrollments', 'archived')).toEqual([]);
    expect(await district.run()).toMatchObject({
      status: 'succeeded',
      counts: { students: { updated: 0, archived: 0 } },
    });
  });
});
