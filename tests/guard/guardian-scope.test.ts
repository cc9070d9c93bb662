import { compositeKey, type RunSettings } from '@rollbook/core';
import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { ids } from './decided-district.ts';
import { measured } from './measured.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('guard_guardian_scope');
});
afterAll(() => testDatabase.drop());

/** Twenty students at the linked school A with a guardian each, of whom one may go without asking; students may go freely. */
beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  roster = new RosterBuilder().school('A').school('B').students(20, 'A', 'a').students(2, 'B', 'b');
  for (const id of ids('a', 20)) roster.guardian(`of-${id}`, id);
  harness = new PipelineHarness(testDatabase.database, roster);
  await linkedTo(['A']);
  expect(await harness.run('sis')).toMatchObject({ status: 'succeeded', counts: { guardians: { created: 20 } } });
});

const linkedTo = (schools: readonly string[], settings: Partial<RunSettings> = {}) =>
  harness.createSync('sis', 'riverside', {
    schools: schools.map((sisId) => ({ sisId, name: null })),
    threshold: { default: 10_000, perType: { guardians: 500 } },
    withhold: 'school',
    ...settings,
  });

/** The students leave with their guardianships and their guardians. */
function leave(...students: string[]): void {
  roster.removeStudents(...students).remove('guardians', ...students.map((id) => `of-${id}`));
}

describe('guard §33: the scope of guardians', () => {
  it('a guardian who was withheld while the guardianships went is measured in every later night', async () => {
    leave('a1', 'a2');
    for (let night = 1; night <= 3; night++) {
      const run = await harness.run('sis');
      expect(run).toMatchObject({ status: 'held', counts: { guardians: { archived: 0, withheld: 2 } } });
      expect(await measured(harness, run, 'guardians')).toEqual([['guardians', null, 2, 20, 1]]);
    }
    expect(await harness.ids('guardianships', 'archived')).toHaveLength(2);
    await linkedTo(['A'], { threshold: { default: 10_000, perType: {} } });
    expect((await harness.run('sis')).counts.guardians).toMatchObject({ archived: 2 });
  });

  it('so is one of whom a delta says that they are deleted, after a delta has said so of the student', async () => {
    for (const type of ['students', 'guardians', 'guardianships', 'enrollments', 'classes', 'staff'] as const) {
      roster.deliveries[type] = type === 'students' || type === 'guardians' ? 'delta' : 'absent';
      if (type !== 'students' && type !== 'guardians') roster.records[type].clear();
    }
    roster.gone.add('students/a1');
    expect((await harness.run('sis')).counts).toMatchObject({
      students: { archived: 1 },
      guardianships: { archived: 1 },
    });
    expect(await harness.ids('guardians')).toContain('of-a1');
    roster.gone.add('guardians/of-a1');
    expect((await harness.run('sis')).counts.guardians).toMatchObject({ archived: 1 });
  });

  it('so is one in grace, whose student had none', async () => {
    await linkedTo(['A'], { transferGrace: 3 });
    roster.gone.add('students/a1');
    roster.remove('guardianships', compositeKey('a1', 'of-a1')).remove('guardians', 'of-a1');
    const first = await harness.run('sis');
    expect(first.counts).toMatchObject({ students: { archived: 1 }, guardians: { archived: 0 } });
    expect((await harness.run('sis')).counts.guardians).toMatchObject({ archived: 0 });
    expect((await harness.run('sis')).counts.guardians).toMatchObject({ archived: 1 });
  });

  it('one with an active student of a school that is not linked any more is left alone', async () => {
    await linkedTo(['A', 'B']);
    roster.guardian('of-a1', 'b1').guardian('of-b2', 'b2');
    expect((await harness.run('sis')).status).toBe('succeeded');
    await linkedTo(['A']);
    leave('a1');
    roster.remove('guardians', 'of-b2').removeStudents('b1', 'b2');
    const run = await harness.run('sis');
    expect(run.counts.guardians).toMatchObject({ archived: 0, withheld: 0 });
    expect(await measured(harness, run, 'guardians')).toEqual([['guardians', null, 0, 19, 0]]);
    expect(await harness.ids('guardians')).toEqual(expect.arrayContaining(['of-a1', 'of-b2']));
    // Linked again, they are measured again.
    await linkedTo(['A', 'B']);
    roster.student('b9', 'B');
    expect((await harness.run('sis')).counts.guardians).toMatchObject({ archived: 0, withheld: 2 });
  });

  it('where no guardian is in the data any more, those whose students are gone count too', async () => {
    leave('a1', 'a2');
    await harness.run('sis');
    leave(...ids('a', 20).slice(2));
    roster.student('a21', 'A');
    expect(await harness.run('sis')).toMatchObject({ status: 'failed', reason: 'invalid_data' });
  });
});
