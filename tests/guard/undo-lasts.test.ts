import { compositeKey } from '@rollbook/core';
import { releaseUndone } from '@rollbook/store';
import { DecidedDistrict, ids } from './decided-district.ts';

let district: DecidedDistrict;

beforeAll(async () => {
  district = await DecidedDistrict.create('guard_undo_lasts');
}, 30_000);
afterAll(() => district.drop());

/** Everything that is missing may go; a1 to a3 are in a class each. */
beforeEach(async () => {
  await district.begin((roster) => {
    roster.enroll('a1', 'c1').enroll('a2', 'c1').enroll('a3', 'c2').guardian('g1', 'a1');
  });
  await district.configure({ threshold: { default: 10_000, perType: {} } });
});

const enrollment = (person: string, classId = 'c1'): string => compositeKey(classId, person, 'student');

/** A run that archives these students; gives its id. */
async function archived(...students: string[]): Promise<number> {
  district.roster.removeStudents(...students);
  const { runId, counts } = await district.run();
  expect(counts.students.archived).toBe(students.length);
  return runId;
}

const kept = async (): Promise<string[]> =>
  (
    await district.harness.sql<{ name: string }>(
      `SELECT record_type || ' ' || sis_id AS name FROM kept_records ORDER BY 1`,
    )
  ).map(({ name }) => name);

const release = (runId: number) => releaseUndone(district.database.pool, { runId, actor: 'pat', comment: null });

const keptWarnings = ({ warnings }: { readonly warnings: readonly { code: string; message: string }[] }): string[] =>
  warnings.filter(({ code }) => code === 'kept_by_decision').map(({ message }) => message);

describe('guard §40: undo lasts', () => {
  it('no later night archives what was restored, and the runs say how many there are', async () => {
    await district.undo(await archived('a1', 'a2', 'a3'));
    expect(await kept()).toEqual(ids('students a', 3));
    for (let night = 0; night < 2; night++) {
      const run = await district.run();
      expect(run).toMatchObject({ status: 'succeeded', counts: { students: { archived: 0, kept: 3 } } });
      expect(run.counts).toMatchObject({ enrollments: { archived: 0, kept: 3 }, guardianships: { kept: 1 } });
      expect(keptWarnings(run)).toContain('3 students are missing from the data and stay active, as was decided');
      expect(await district.archived()).toEqual([]);
    }
    expect(await district.harness.ids('enrollments', 'archived')).toEqual([]);
  });

  it('also when the delivery is the same as the night before', async () => {
    district.roster.revision = 'one';
    await district.undo(await archived('a1'));
    expect(keptWarnings(await district.run())).not.toEqual([]);
    expect(await district.archived()).toEqual([]);
  });

  it('ends when the record was back in the data', async () => {
    await district.undo(await archived('a1', 'a2'));
    district.roster.student('a1', 'A');
    await district.run();
    expect(await kept()).toEqual(['students a2']);
    district.roster.removeStudents('a1');
    await district.run();
    expect(await district.archived()).toEqual(['a1']);
  });

  it('holds against a delta that marks the record as deleted again', async () => {
    await district.undo(await archived('a1'));
    for (const type of ['students', 'enrollments'] as const) district.roster.deliveries[type] = 'delta';
    district.roster.student('a1', 'A');
    district.roster.gone.add('students/a1');
    expect(await district.run()).toMatchObject({ status: 'succeeded', counts: { students: { archived: 0 } } });
    expect(await kept()).toEqual(['students a1']);
    district.roster.gone.clear();
    await district.run();
    expect(await kept()).toEqual([]);
  });

  it('keeps an enrollment that ended by itself for itself, and one that went along with its student', async () => {
    district.roster.remove('enrollments', enrollment('a2'));
    await district.undo(await archived('a1'));
    expect(await kept()).toEqual([`enrollments ${enrollment('a2')}`, 'students a1']);
    expect((await district.run()).counts).toMatchObject({ enrollments: { archived: 0, kept: 2 } });
  });

  it('keeps what hung on a record that had returned already', async () => {
    const run = await archived('a1');
    district.roster.student('a1', 'A');
    district.roster.deliveries.enrollments = 'absent';
    await district.harness.sql(`UPDATE students SET status = 'active', archived_by = NULL WHERE sis_id = 'a1'`);
    await district.undo(run);
    delete district.roster.deliveries.enrollments;
    expect(await kept()).toContain(`enrollments ${enrollment('a1')}`);
    expect((await district.run()).counts.enrollments).toMatchObject({ archived: 0, kept: 1 });
  });

  it('counts for classes and staff as well', async () => {
    district.roster.remove('classes', 'c1').remove('staff', 't1');
    district.roster.remove('enrollments', enrollment('a1'), enrollment('a2'));
    await district.undo((await district.run()).runId);
    expect(await kept()).toEqual(['classes c1', 'staff t1']);
    await district.run();
    expect(await district.harness.ids('classes', 'archived')).toEqual([]);
    expect(await district.harness.ids('enrollments', 'archived')).toEqual([]);
  });

  it('keeps the former ids that it gave back', async () => {
    await district.begin((roster) => {
      for (const id of ids('a', 4)) roster.student(id, 'A', { birthDate: '2010-01-01', givenName: id, familyName: id });
    });
    district.roster.removeStudents(...ids('a', 4));
    for (const id of ids('a', 4))
      district.roster.student(`n${id}`, 'A', { birthDate: '2010-01-01', givenName: id, familyName: id });
    expect(await district.run()).toMatchObject({ status: 'held' });
    const { runId } = await district.carryOut(await district.approve(await district.openHold(), { relink: true }));
    await district.undo(runId);
    expect(await kept()).toEqual(ids('students a', 4));
    expect(await district.run()).toMatchObject({ status: 'succeeded', counts: { students: { kept: 4 } } });
    expect(await district.archived()).toEqual([]);
  });

  it('without keeping nothing is kept', async () => {
    await district.undo(await archived('a1'), false);
    expect(await kept()).toEqual([]);
    await district.run();
    expect(await district.archived()).toEqual(['a1']);
  });
});

describe('guard §40: an undo is released', () => {
  it('and the next run measures its records again, also with the same delivery', async () => {
    district.roster.revision = 'one';
    const run = await archived('a1', 'a2', 'a3');
    await district.undo(run);
    await district.run();
    await district.configure();
    await expect(release(run)).resolves.toEqual({ syncId: 'sis', recordCount: 3 });
    expect(await district.run()).toMatchObject({ status: 'held', reason: 'threshold' });
    expect(await district.held(await district.openHold())).toEqual(ids('students a', 3));
  });

  it('and what a rejection keeps stays kept; reopening a hold leaves what an undo keeps', async () => {
    await district.configure();
    const hold = await district.heldWithout('a1', 'a2', 'a3');
    await district.reject(hold);
    await district.configure({ threshold: { default: 10_000, perType: {} } });
    const run = await archived('a4');
    await district.undo(run);
    await district.reopen(hold);
    expect(await kept()).toEqual(['students a4']);
    await district.configure();
    expect(await district.run()).toMatchObject({ status: 'held' });
    await district.reject(await district.openHold());
    await release(run);
    expect(await kept()).toEqual(ids('students a', 3));
  });

  it('a record that both keep is kept until both are taken back', async () => {
    await district.configure();
    const hold = await district.heldWithout('a1', 'a2', 'a3');
    await district.reject(hold);
    const run = await archivedBySql('a1');
    await district.undo(run);
    await district.reopen(hold);
    expect(await kept()).toEqual(['students a1']);
    await release(run);
    expect(await kept()).toEqual([]);
  });

  it('is refused with the reason where nothing is kept', async () => {
    await expect(release(99)).rejects.toThrow('There is no run 99.');
    const run = await archived('a1');
    await expect(release(run)).rejects.toThrow(`Run ${run} was not undone`);
    await district.undo(run, false);
    await expect(release(run)).rejects.toThrow('is kept any more');
  });
});

/** As if the latest run had archived a student that a rejection keeps. */
async function archivedBySql(sisId: string): Promise<number> {
  const [run] = await district.harness.sql<{ id: number }>('SELECT max(id) AS id FROM runs');
  await district.harness.sql(
    `UPDATE students SET status = 'archived', archived_by = 'sync', archived_run_id = $2 WHERE sis_id = $1`,
    [sisId, run?.id],
  );
  await district.harness.sql(
    `INSERT INTO roster_changes (run_id, record_type, sis_id, district_id, action, before, after)
     VALUES ($2, 'students', $1, 'riverside', 'archive', '{}', '{}')`,
    [sisId, run?.id],
  );
  return run?.id as number;
}
