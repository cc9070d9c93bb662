import { compositeKey, type Student } from '@rollbook/core';
import { DecidedDistrict, ids } from './decided-district.ts';

let district: DecidedDistrict;

const person = (id: string): Partial<Student> => ({
  givenName: `Given ${id}`,
  familyName: `Family ${id}`,
  email: `${id}@district.example`,
});
const enrollment = (who: string, classId: string, role = 'student'): string => compositeKey(classId, who, role);

beforeAll(async () => {
  district = await DecidedDistrict.create('guard_relink_undo');
}, 30_000);
afterAll(() => district.drop());

/**
 * a1 is in the classes c1 and c3 and has the guardian g1. The next night a1 and g1 have other ids, a1 is in c1 and c4, and
 * two more are gone without another id.
 */
beforeEach(async () => {
  await district.begin((roster) => {
    roster.class('c3', 'A').class('c4', 'A').guardian('g1', 'a1');
    roster.enroll('a1', 'c1').enroll('a1', 'c3').enroll('a9', 'c4');
  });
  district.roster.student('a1-new', 'A', { ...person('a1'), grade: '10' });
  district.roster.enroll('a1-new', 'c1').enroll('a1-new', 'c4');
  district.roster.guardian('g1-new', 'a1-new', person('g1')).remove('guardians', 'g1');
  await district.heldWithout(...ids('a', 3));
});

const relink = async () => district.carryOut(await district.approve(await district.openHold(), { relink: true }));
const enrollments = () =>
  district.harness.sql<{ sis_id: string; person_id: string; status: string }>(
    `SELECT sis_id, person_id, status, archived_by FROM enrollments WHERE person_id LIKE 'a1%' ORDER BY sis_id`,
  );
const guardianships = () =>
  district.harness.sql(
    `SELECT sis_id, student_id, guardian_id, status FROM guardianships WHERE student_id LIKE 'a1%' ORDER BY sis_id`,
  );
/** Every record in full, but for the number of the run that changed it last. */
const wholeRoster = () =>
  Promise.all(
    ['students', 'guardians', 'enrollments', 'guardianships'].map((table) =>
      district.harness.sql(`SELECT to_jsonb(r) - 'changed_run_id' AS record FROM ${table} r ORDER BY sis_id`),
    ),
  );

describe('guard §25: a relinked record', () => {
  it('keeps the enrollments that it still has, under the ids of the new record; those it lacks end', async () => {
    const [created] = await district.harness.sql<{ id: number }>(
      'SELECT created_run_id AS id FROM enrollments WHERE sis_id = $1',
      [enrollment('a1', 'c1')],
    );
    const run = await relink();
    expect(run.counts.enrollments).toMatchObject({ updated: 1, archived: 1 });
    expect(await enrollments()).toEqual([
      { sis_id: enrollment('a1-new', 'c1'), person_id: 'a1-new', status: 'active', archived_by: null },
      { sis_id: enrollment('a1', 'c3'), person_id: 'a1-new', status: 'archived', archived_by: 'sync' },
      { sis_id: enrollment('a1-new', 'c4'), person_id: 'a1-new', status: 'active', archived_by: null },
    ]);
    expect(
      await district.harness.sql('SELECT created_run_id AS id FROM enrollments WHERE sis_id = $1', [
        enrollment('a1-new', 'c1'),
      ]),
    ).toEqual([created]);
  });

  it('keeps its guardian, who has another id as well', async () => {
    await relink();
    expect(await district.harness.ids('guardians')).toEqual(['g1-new', 'g20']);
    const active = (await guardianships()).filter((row) => (row as { status?: string }).status === 'active');
    expect(active).toEqual([
      { sis_id: compositeKey('a1-new', 'g1-new'), student_id: 'a1-new', guardian_id: 'g1-new', status: 'active' },
    ]);
  });

  it('is as the data says: the next sync has nothing to change', async () => {
    await relink();
    await district.reject(await district.openHold());
    const { status, counts } = await district.run();
    expect(status).toBe('succeeded');
    for (const type of ['students', 'guardians', 'enrollments', 'guardianships'] as const)
      expect(counts[type]).toMatchObject({ created: 0, updated: 0, restored: 0, archived: 0 });
  });
});

describe('guard §29: an undo of a relink', () => {
  it('puts both records back as they were, and what hangs on them', async () => {
    const before = await wholeRoster();
    const { runId } = await relink();
    expect(await wholeRoster()).not.toEqual(before);
    const undone = await district.undo(runId);
    expect(undone).toMatchObject({ status: 'succeeded', warnings: [] });
    // That a person may hold something else than the data says is found out by the next run.
    const expected = JSON.parse(JSON.stringify(before)) as typeof before;
    for (const { record } of expected.flat() as { record: Record<string, unknown> }[])
      if (['a1-new', 'g1-new'].includes(record['sis_id'] as string)) record['differs_from_source'] = true;
    expect(await wholeRoster()).toEqual(expected);
  });

  it('without keeping leaves everything to the next sync, which withholds the same records again', async () => {
    const held = await district.held(await district.openHold());
    const { runId } = await relink();
    await district.undo(runId, false);
    expect(await district.run()).toMatchObject({ status: 'held', reason: 'threshold' });
    expect(await district.held(await district.openHold())).toEqual(held);
    // And it can be relinked again.
    expect((await relink()).counts.students).toMatchObject({ updated: 1 });
    expect(await district.harness.ids('students')).not.toContain('a1');
  });

  it('leaves who was changed by hand since, with all that hangs on them, and says so', async () => {
    const { runId } = await relink();
    await district.harness.sql(
      `INSERT INTO record_edits (district_id, record_type, sis_id, action, actor, before, after)
       VALUES ('riverside', 'students', 'a1-new', 'edit', 'pat', '{}', '{}')`,
    );
    const { warnings } = await district.undo(runId);
    expect(warnings.map(({ code, message }) => `${code}: ${message}`)).toEqual(
      expect.arrayContaining([
        'not_restored: students "a1" did not get its former id back: it was changed by hand since',
        `not_restored: enrollments "${enrollment('a1', 'c1')}" did not get its former id back: its person is not active`,
      ]),
    );
    expect(await district.harness.ids('students')).not.toContain('a1');
    expect((await enrollments()).map(({ sis_id, person_id }) => [sis_id, person_id])).toEqual([
      [enrollment('a1-new', 'c1'), 'a1-new'],
      [enrollment('a1', 'c3'), 'a1-new'],
      [enrollment('a1-new', 'c4'), 'a1-new'],
    ]);
  });

  it('brings back no enrollment in a class that is not active', async () => {
    const { runId } = await relink();
    await district.configure({ threshold: { default: 10_000, perType: {} } });
    district.roster.remove('classes', 'c1').remove('enrollments', enrollment('a1-new', 'c1'));
    await district.run();
    await district.undo(runId);
    expect((await enrollments()).filter(({ status }) => status === 'active').map(({ sis_id }) => sis_id)).toEqual([
      enrollment('a1', 'c3'),
      enrollment('a1-new', 'c4'),
    ]);
  });
});
