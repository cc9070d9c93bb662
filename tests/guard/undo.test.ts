import { compositeKey } from '@rollbook/core';
import { payloadOf, requestSync } from '@rollbook/pipeline';
import { DecidedDistrict, ids } from './decided-district.ts';

let district: DecidedDistrict;

beforeAll(async () => {
  district = await DecidedDistrict.create('guard_undo');
}, 30_000);
afterAll(() => district.drop());

/** a1 to a3 are in a class each and a1 has a guardian; everything that is missing may go. */
beforeEach(async () => {
  await district.begin((roster) => {
    roster.class('c3', 'A').enroll('a1', 'c1').enroll('a2', 'c1').enroll('a3', 'c3').guardian('g1', 'a1');
  });
  await district.configure({ threshold: { default: 10_000, perType: {} } });
});

const enrollment = (person: string, classId: string): string => compositeKey(classId, person, 'student');

/** A run that archives these students; gives its id. */
async function archived(...students: string[]): Promise<number> {
  district.roster.removeStudents(...students);
  const run = await district.run();
  expect(run).toMatchObject({ status: 'succeeded' });
  expect(run.counts.students.archived).toBe(students.length);
  return run.runId;
}

/** Every record in full, but for the number of the run that changed it last. */
const wholeRoster = () =>
  Promise.all(
    ['students', 'staff', 'classes', 'guardians', 'enrollments', 'guardianships'].map((table) =>
      district.harness.sql(`SELECT to_jsonb(r) - 'changed_run_id' AS record FROM ${table} r ORDER BY sis_id`),
    ),
  );
const notRestored = ({ warnings }: { readonly warnings: readonly { code: string; message: string }[] }): string[] =>
  warnings.filter(({ code }) => code === 'not_restored').map(({ message }) => message);

describe('guard §29: an undo', () => {
  it('restores what the run archived, with its enrollments and guardianships, as it was', async () => {
    const before = await wholeRoster();
    const undone = await archived('a1', 'a2', 'a3');
    expect(await district.harness.ids('enrollments', 'archived')).toHaveLength(3);
    const run = await district.undo(undone);
    expect(run).toMatchObject({ status: 'succeeded', reason: null, warnings: [] });
    expect(run.counts).toMatchObject({
      students: { restored: 3, archived: 0 },
      enrollments: { restored: 3 },
      guardianships: { restored: 1 },
      guardians: { restored: 0 },
    });
    expect(await wholeRoster()).toEqual(before);
    expect(
      await district.harness.sql(
        `SELECT record_type, sis_id, action, before, after FROM roster_changes WHERE run_id = $1 AND sis_id = 'a1'`,
        [run.runId],
      ),
    ).toEqual([
      {
        record_type: 'students',
        sis_id: 'a1',
        action: 'restore',
        before: { status: 'archived' },
        after: { status: 'active' },
      },
    ]);
    expect(
      await district.harness.sql('SELECT kind, undoes_run_id, requested_by FROM runs WHERE id = $1', [run.runId]),
    ).toEqual([{ kind: 'undo', undoes_run_id: undone, requested_by: 'pat' }]);
  });

  it('restores classes and staff as well', async () => {
    const before = await wholeRoster();
    district.roster.remove('classes', 'c1').remove('staff', 't1');
    district.roster.remove('enrollments', enrollment('a1', 'c1'), enrollment('a2', 'c1'));
    const { runId, counts } = await district.run();
    expect(counts).toMatchObject({ classes: { archived: 1 }, staff: { archived: 1 }, enrollments: { archived: 2 } });
    expect((await district.undo(runId)).warnings).toEqual([]);
    expect(await wholeRoster()).toEqual(before);
  });

  it('restores what a run for an approval archived', async () => {
    await district.configure();
    const before = await wholeRoster();
    const hold = await district.heldWithout('a1', 'a2', 'a3');
    const { runId } = await district.carryOut(await district.approve(hold));
    expect(await district.archived()).toEqual(['a1', 'a2', 'a3']);
    await district.undo(runId);
    expect(await wholeRoster()).toEqual(before);
  });

  it('leaves what other runs archived, and what the run did besides', async () => {
    await archived('a1');
    district.roster.student('new', 'A').class('c2', 'B', { title: 'Renamed' });
    const run = await archived('a2');
    await archived('b1');
    await district.undo(run);
    expect(await district.archived()).toEqual(['a1', 'b1']);
    expect(await district.harness.ids('students')).toContain('new');
    expect(await district.harness.sql(`SELECT title FROM classes WHERE sis_id = 'c2'`)).toEqual([{ title: 'Renamed' }]);
  });

  it('without keeping leaves what it restored to the next sync, which archives it again only through the guard', async () => {
    await district.undo(await archived('a1', 'a2', 'a3'), false);
    await district.configure();
    expect(await district.run()).toMatchObject({ status: 'held', reason: 'threshold' });
    expect(await district.held(await district.openHold())).toEqual(ids('students a', 3));
    expect(await district.archived()).toEqual([]);
  });

  it('is seen by the next sync also when the delivery is the same', async () => {
    district.roster.revision = 'one';
    await district.undo(await archived('a1'), false);
    await district.configure();
    const run = await district.run();
    expect(run.counts.students).toMatchObject({ archived: 1 });
    expect(await district.archived()).toEqual(['a1']);
  });

  it('makes another sync of the district that had compared already compare again', async () => {
    const undone = await archived('a1');
    await district.harness.createSync('other', 'riverside', { schools: [{ sisId: 'Z', name: null }] });
    district.roster.school('Z').student('z1', 'Z');
    const payload = payloadOf(await requestSync(district.harness.context, 'other', { trigger: 'cli' }));
    for (const stage of ['fetch', 'diff', 'guard'] as const) await district.harness.step(stage, payload);
    await district.undo(undone);
    expect(await district.harness.step('apply', payload)).toEqual({ outcome: 'restarted', next: 'diff' });
  });
});

describe('guard §29: what an undo leaves as it is, with the reason', () => {
  it('what was changed by hand since', async () => {
    const edit = (sisId: string) =>
      district.harness.sql(
        `INSERT INTO record_edits (district_id, record_type, sis_id, action, actor, before, after)
         VALUES ('riverside', 'students', $1, 'edit', 'pat', '{}', '{}')`,
        [sisId],
      );
    await edit('a2');
    const run = await archived('a1', 'a2');
    await edit('a1');
    const undone = await district.undo(run);
    expect(undone.counts.students.restored).toBe(1);
    expect(await district.archived()).toEqual(['a1']);
    expect(notRestored(undone)).toEqual([
      'students "a1" was not restored: it was changed by hand since',
      `enrollments "${enrollment('a1', 'c1')}" was not restored: its person is not active`,
      `guardianships "${compositeKey('a1', 'g1')}" was not restored: its student is not active`,
    ]);
  });

  it('what was archived again since; the run that did so can be undone', async () => {
    const first = await archived('a2');
    district.roster.student('a2', 'A').enroll('a2', 'c1');
    await district.run();
    const second = await archived('a2');
    expect(notRestored(await district.undo(first))).toEqual([
      'students "a2" was not restored: it was archived again since',
      `enrollments "${enrollment('a2', 'c1')}" was not restored: it was archived again since`,
    ]);
    expect(await district.archived()).toEqual(['a2']);
    expect(notRestored(await district.undo(second))).toEqual([]);
    expect(await district.archived()).toEqual([]);
  });

  it('what is active already', async () => {
    const run = await archived('a1', 'a2');
    district.roster.student('a2', 'A', { grade: '10' });
    await district.run();
    const undone = await district.undo(run);
    expect(undone.counts).toMatchObject({ students: { restored: 1 }, enrollments: { restored: 2 } });
    expect(notRestored(undone)).toEqual(['students "a2" was not restored: it is active again already']);
    expect(await district.harness.sql(`SELECT grade FROM students WHERE sis_id = 'a2'`)).toEqual([{ grade: '10' }]);
  });

  it('what is gone', async () => {
    const run = await archived('a2', 'a3');
    await district.harness.sql(`DELETE FROM students WHERE sis_id = 'a2'`);
    expect(notRestored(await district.undo(run))).toEqual([
      'students "a2" was not restored: it is not in the roster any more',
      `enrollments "${enrollment('a2', 'c1')}" was not restored: its person is not active`,
    ]);
    expect(await district.harness.ids('students')).toContain('a3');
  });

  it('what hangs on a class that is not active', async () => {
    const run = await archived('a1', 'a3');
    district.roster.remove('classes', 'c3');
    await district.run();
    const undone = await district.undo(run);
    expect(undone.counts).toMatchObject({ students: { restored: 2 }, enrollments: { restored: 1 } });
    expect(notRestored(undone)).toEqual([
      `enrollments "${enrollment('a3', 'c3')}" was not restored: its class is not active`,
    ]);
  });

  it('what hangs on a guardian who is not active', async () => {
    const run = await archived('a1');
    district.roster.remove('guardians', 'g1');
    await district.run();
    expect(notRestored(await district.undo(run))).toEqual([
      `guardianships "${compositeKey('a1', 'g1')}" was not restored: its guardian is not active`,
    ]);
  });

  it('what belongs to the sync no longer', async () => {
    const run = await archived('a2', 'a4');
    await district.harness.sql(`UPDATE students SET sync_id = NULL WHERE sis_id = 'a4'`);
    expect(notRestored(await district.undo(run))).toEqual([
      'students "a4" was not restored: it belongs to the sync no longer',
    ]);
    expect(await district.archived()).toEqual(['a4']);
  });
});
