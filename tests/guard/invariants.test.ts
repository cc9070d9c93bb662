import { checkRoster, type InvariantCode } from '@rollbook/store';
import { compositeKey } from '@rollbook/core';
import { brokenInvariants } from '../roster-invariants.ts';
import { DecidedDistrict } from './decided-district.ts';

let district: DecidedDistrict;

beforeAll(async () => {
  district = await DecidedDistrict.create('guard_invariants');
}, 30_000);
afterAll(() => district.drop());
beforeEach(() => district.begin((roster) => roster.enroll('a1', 'c1').guardian('g1', 'a1')));

const sql = (text: string) => district.harness.sql(text);
const broken = async (): Promise<[InvariantCode, number, readonly string[]][]> =>
  (await checkRoster(district.database.pool))
    .filter(({ count }) => count > 0)
    .map(({ code, count, examples }) => [code, count, examples]);

describe('guard §6, §35, §39: the invariants of the roster', () => {
  it('hold after runs that archive, hold, restore and undo', async () => {
    district.roster.removeStudents('a1', 'a2');
    const { runId } = await district.run();
    await district.undo(runId);
    expect(await brokenInvariants(district.database.pool)).toEqual([]);
    await district.heldWithout('b1', 'b2', 'b3');
    expect(await broken()).toEqual([]);
  });

  it('name enrollments and guardianships without an end', async () => {
    await sql(`UPDATE students SET status = 'archived', archived_by = 'user' WHERE sis_id = 'a1'`);
    expect(await broken()).toEqual([
      ['enrollment_without_end', 1, [compositeKey('c1', 'a1', 'student')]],
      ['guardianship_without_end', 1, [compositeKey('a1', 'g1')]],
    ]);
    expect(await brokenInvariants(district.database.pool)).toEqual([
      `enrollment_without_end 1: ${compositeKey('c1', 'a1', 'student')}`,
      `guardianship_without_end 1: ${compositeKey('a1', 'g1')}`,
    ]);
  });

  it('name what went along with a record that is active', async () => {
    await sql(`UPDATE enrollments SET status = 'archived', archived_by = 'parent' WHERE person_id = 'a1'`);
    expect(await broken()).toEqual([
      ['archived_without_cause', 1, [`enrollments ${compositeKey('c1', 'a1', 'student')}`]],
    ]);
    await sql(`UPDATE enrollments SET archived_by = 'user' WHERE person_id = 'a1'`);
    expect(await broken()).toEqual([]);
  });

  it('name runs that archived more than was allowed or measured, unless a person approved it', async () => {
    district.roster.removeStudents('a1', 'a2');
    const { runId } = await district.run();
    expect(await broken()).toEqual([]);
    await sql(
      `UPDATE findings SET archived_before = 1 WHERE run_id = ${runId} AND record_type = 'students' AND school_id = 'A'`,
    );
    expect(await broken()).toEqual([['archived_beyond_threshold', 1, [`run ${runId} students A`]]]);
    await sql(`DELETE FROM findings WHERE run_id = ${runId}`);
    expect(await broken()).toEqual([['archived_beyond_threshold', 1, [`run ${runId} students`]]]);
    await sql(`UPDATE roster_changes SET is_approved = true WHERE run_id = ${runId}`);
    expect(await broken()).toEqual([]);
  });

  it('name guardians without students whom the last full run passed over', async () => {
    await district.configure({ schools: ['A', 'B'].map((sisId) => ({ sisId, name: null })) });
    district.roster.removeStudents('a1').remove('guardians', 'g1');
    await district.configure({
      schools: ['A', 'B'].map((sisId) => ({ sisId, name: null })),
      threshold: { default: 10_000, perType: {} },
    });
    await district.run();
    expect(await district.harness.ids('guardians', 'archived')).toEqual(['g1']);
    await sql(`UPDATE guardians SET status = 'active', archived_by = NULL, archived_run_id = NULL WHERE sis_id = 'g1'`);
    expect(await broken()).toEqual([['guardian_left_behind', 1, ['g1']]]);
  });

  it('are checked of one district where that is wanted', async () => {
    await sql(`UPDATE students SET status = 'archived', archived_by = 'user' WHERE sis_id = 'a1'`);
    await sql(`INSERT INTO districts (id, name, timezone) VALUES ('other', 'other', 'UTC')`);
    const results = await checkRoster(district.database.pool, 'other');
    expect(results.map(({ count }) => count)).toEqual([0, 0, 0, 0, 0]);
    await expect(checkRoster(district.database.pool, 'otter')).rejects.toThrow('Is "other" meant?');
  });
});
