import type { RunSettings } from '@rollbook/core';
import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { measured } from './measured.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('guard_scope');
});
afterAll(() => testDatabase.drop());

beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  roster = new RosterBuilder().school('A').school('B').school('C');
  harness = new PipelineHarness(testDatabase.database, roster);
});

const configure = (settings: Partial<RunSettings>) => harness.createSync('sis', 'riverside', settings);
const linkedTo = (ids: readonly string[], settings: Partial<RunSettings> = {}) =>
  configure({ schools: ids.map((sisId) => ({ sisId, name: null })), ...settings });

describe('guard §12: first run, newly linked school', () => {
  it('archives nothing where nothing is active, whatever the threshold', async () => {
    const strict = { threshold: { default: 0, perType: {} } };
    await linkedTo(['A'], strict);
    roster
      .class('ca', 'A')
      .class('cb', 'B')
      .students(5, 'A', 'a')
      .students(5, 'B', 'b')
      .enroll('a1', 'ca')
      .enroll('b1', 'cb');
    const first = await harness.run('sis');
    expect(first).toMatchObject({
      status: 'succeeded',
      counts: { students: { created: 5 }, enrollments: { created: 1 } },
    });
    expect(await measured(harness, first)).toEqual([]);
    await linkedTo(['A', 'B'], strict);
    const second = await harness.run('sis');
    expect(second).toMatchObject({
      status: 'succeeded',
      counts: { schools: { created: 1 }, students: { created: 5, archived: 0 }, enrollments: { created: 1 } },
    });
    expect(await measured(harness, second, 'students')).toEqual([['students', 'A', 0, 5, 0]]);
  });
});

describe('guard §13: a school taken off the list', () => {
  it('leaves its records as they are, and measures them again when it is put back', async () => {
    await linkedTo(['A', 'B']);
    roster.class('cb', 'B').students(10, 'A', 'a').students(10, 'B', 'b').enroll('b1', 'cb').enroll('b9', 'cb');
    await harness.run('sis');
    await linkedTo(['A']);
    roster.removeStudents('b1', 'b2').student('b3', 'B', { grade: '12' }).student('b11', 'B');
    const off = await harness.run('sis');
    expect(off).toMatchObject({ status: 'succeeded', counts: { students: { updated: 0, created: 0, archived: 0 } } });
    expect(await measured(harness, off, 'schools', 'classes', 'students', 'enrollments')).toEqual([
      ['schools', 'A', 0, 1, 0],
      ['students', 'A', 0, 10, 1],
    ]);
    expect([await harness.count('students'), await harness.count('enrollments')]).toEqual([20, 2]);

    await linkedTo(['A', 'B']);
    const back = await harness.run('sis');
    expect(back).toMatchObject({
      status: 'held',
      counts: { students: { updated: 1, created: 1, withheld: 2 }, enrollments: { withheld: 0 } },
    });
    expect(await measured(harness, back, 'students')).toEqual([
      ['students', 'A', 0, 10, 1],
      ['students', 'B', 2, 10, 1],
    ]);
  });

  it('takes guardians along, and those who have an active student elsewhere are left alone (guard §33)', async () => {
    await linkedTo(['A', 'B'], { alwaysAllow: 9 });
    roster.students(2, 'A', 'a').students(3, 'B', 'b').guardian('of-a', 'a1').guardian('of-b', 'b1');
    roster.guardian('of-both', 'a2').guardian('of-both', 'b2').guardian('stays', 'a1').guardian('stays', 'b3');
    await harness.run('sis');
    await linkedTo(['A'], { alwaysAllow: 9 });
    roster.remove('guardians', 'of-a', 'of-b', 'of-both');
    roster.remove('guardianships', 'a1~of-a', 'b1~of-b', 'a2~of-both', 'b2~of-both', 'b3~stays');
    const run = await harness.run('sis');
    expect(await measured(harness, run, 'guardians', 'guardianships')).toEqual([
      ['guardians', null, 1, 1, 1],
      ['guardianships', null, 1, 3, 3],
    ]);
    expect(await harness.ids('guardians', 'archived')).toEqual(['of-a']);
    // That of `a1` hangs on a guardian who is archived; those of students of B are out of the scope.
    expect(await harness.ids('guardianships', 'archived')).toEqual(['a1~of-a', 'a2~of-both']);
    expect(await harness.ids('guardianships')).toEqual(['a1~stays', 'b1~of-b', 'b2~of-both', 'b3~stays']);
  });

  it('leaves records without a school in the scope', async () => {
    await configure({ alwaysAllow: 1 });
    roster.term('y1').term('y2').course('k1', null).course('k2', null).student('a1', 'A');
    roster.student('x1', 'none', { school: null, schools: [] });
    await harness.run('sis');
    await linkedTo(['A'], { alwaysAllow: 1 });
    roster.remove('terms', 'y2').remove('courses', 'k2').remove('students', 'x1');
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(await measured(harness, run, 'terms', 'courses', 'students')).toEqual([
      ['terms', null, 1, 2, 1],
      ['courses', null, 1, 2, 1],
      ['students', null, 1, 1, 1],
      ['students', 'A', 0, 1, 1],
    ]);
    expect(await harness.ids('students')).toEqual(['a1']);
  });
});
