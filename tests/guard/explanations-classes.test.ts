import { approveHold } from '@rollbook/store';
import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { causesOf, explainedHold, someOf } from './explained.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;
let now: Date;

beforeAll(async () => {
  testDatabase = await createTestDatabase('explanations_classes');
});
afterAll(() => testDatabase.drop());
beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  now = new Date('2027-01-20T12:00:00Z');
  roster = new RosterBuilder().school('A');
  harness = new PipelineHarness(testDatabase.database, roster, () => now);
  await harness.createSync('sis', 'riverside', { threshold: { default: 1000, perType: {} } });
});

const term = (sisId: string, endDate: string | null): void => {
  const fields = { title: `Term ${sisId}`, kind: 'term', startDate: '2026-08-20', schoolYear: null, parent: null };
  roster.records.terms.set(sisId, { sisId, endDate, ...fields });
};

describe('guard §25: a term that has ended', () => {
  /** Two classes of the autumn, two of the spring, one of both and one without a term. */
  beforeEach(async () => {
    term('autumn', '2027-01-20');
    term('spring', '2027-06-12');
    for (const id of ['a1', 'a2']) roster.class(id, 'A', { terms: ['autumn'] });
    for (const id of ['s1', 's2']) roster.class(id, 'A', { terms: ['spring'] });
    roster.class('both', 'A', { terms: ['autumn', 'spring'] }).class('none', 'A');
    await harness.run('sis');
  });

  it('is that of classes which go on the day it is over, or later', async () => {
    roster.remove('classes', 'a1', 'a2');
    const told = await explainedHold(harness);
    expect(told).toMatchObject([
      {
        cause: 'term_ended',
        recordType: 'classes',
        schools: ['A'],
        explained: 2,
        of: 2,
        message:
          'All 2 classes due to be archived at School A belong to terms that have ended, the last one before 2027-01-20: ' +
          'this looks like the end of a term.',
        evidence: { classes: 2, toArchive: 2, lastEndDate: '2027-01-20', today: '2027-01-20' },
        examples: ['a1', 'a2'],
      },
    ]);
    expect(await explainedHold(harness)).toEqual(told);
  });

  it('is not told of on its last day', async () => {
    roster.remove('classes', 'a1', 'a2');
    now = new Date('2027-01-19T23:59:59Z');
    expect(await explainedHold(harness)).toEqual([]);
  });

  it('is over by the days of the district', async () => {
    roster.remove('classes', 'a1', 'a2');
    await harness.sql(`UPDATE districts SET timezone = 'America/Chicago'`);
    now = new Date('2027-01-20T05:59:59Z');
    expect(await explainedHold(harness)).toEqual([]);
    now = new Date('2027-01-20T06:00:00Z');
    expect(causesOf(await explainedHold(harness))).toEqual(['term_ended']);
  });

  it('is told of where half of the missing classes belong to it, and not where fewer do', async () => {
    roster.remove('classes', 'a1', 'a2', 's1', 's2');
    expect(await explainedHold(harness)).toMatchObject([{ cause: 'term_ended', explained: 2, of: 4 }]);
    roster.remove('classes', 'both');
    expect(await explainedHold(harness)).toEqual([]);
  });

  it('is not told of for classes that go on in another term, or have none', async () => {
    roster.remove('classes', 'both', 'none');
    expect(await explainedHold(harness)).toEqual([]);
  });
});

describe('guard §25: a class that was gutted', () => {
  /** Two classes with ten students each. */
  beforeEach(async () => {
    roster.students(20, 'A', 'a').class('c1', 'A').class('c2', 'A');
    for (const id of someOf('a', 1, 10)) roster.enroll(id, 'c1');
    for (const id of someOf('a', 11, 20)) roster.enroll(id, 'c2');
    await harness.run('sis');
  });
  const leave = (classId: string, ...people: string[]): void => {
    for (const [key, { class: of, person }] of roster.records.enrollments)
      if (of === classId && people.includes(person)) roster.records.enrollments.delete(key);
  };

  it('lost four fifths of its enrollments while class and people stay', async () => {
    leave('c1', ...someOf('a', 1, 8));
    const told = await explainedHold(harness);
    expect(told).toMatchObject([
      {
        cause: 'class_gutted',
        recordType: 'enrollments',
        schools: ['A'],
        explained: 8,
        of: 8,
        message:
          '8 of the 10 enrollments of class "c1" at School A are gone, though the class and its people are still there: ' +
          'this looks like a class that was emptied by mistake, or given up.',
        evidence: { classes: 1, lost: 8, active: 10 },
        examples: ['c1'],
      },
    ]);
    expect(await explainedHold(harness)).toEqual(told);
  });

  it('is not told of where it lost less', async () => {
    leave('c1', ...someOf('a', 1, 7));
    expect(await explainedHold(harness)).toEqual([]);
  });

  it('is not told of where the people are gone, whose enrollments go with them', async () => {
    roster.removeStudents(...someOf('a', 1, 8));
    expect(await explainedHold(harness)).toEqual([]);
  });

  it('is not told of where that is less than half of what the enrollments of the school would lose', async () => {
    for (const [i, id] of ['c3', 'c4', 'c5'].entries())
      for (const student of someOf('a', 1 + 5 * i, 9 + 5 * i)) roster.class(id, 'A').enroll(student, id);
    await harness.run('sis');
    leave('c1', ...someOf('a', 1, 8));
    leave('c3', ...someOf('a', 1, 3));
    leave('c4', ...someOf('a', 6, 8));
    leave('c5', 'a11', 'a12');
    expect(await explainedHold(harness)).toMatchObject([{ cause: 'class_gutted', explained: 8, of: 16 }]);
    leave('c5', 'a13');
    expect(await explainedHold(harness)).toEqual([]);
  });

  it('is not told of where as many enrollments came: the students changed to another class', async () => {
    leave('c1', ...someOf('a', 1, 8));
    for (const id of someOf('a', 1, 8)) roster.enroll(id, 'c2');
    expect(await explainedHold(harness)).toEqual([]);
    expect(await explainedHold(harness)).toEqual([]);
  });

  it('is told of by what came since its enrollments were missing, not since a hold that was approved long ago', async () => {
    roster.removeStudents('a19', 'a20', 'a18');
    await explainedHold(harness);
    await approveHold(testDatabase.database.pool, {
      holdId: (await harness.sql<{ id: number }>('SELECT id FROM holds'))[0]?.id as number,
      actor: 'tester',
      comment: null,
      schools: null,
      recordTypes: null,
    });
    for (const id of someOf('a', 1, 10)) roster.enroll(id, 'c2');
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded' });
    leave('c1', ...someOf('a', 1, 8));
    expect(causesOf(await explainedHold(harness))).toEqual(['class_gutted']);
  });
});

describe('guard §25: sharing that was narrowed to some of the courses', () => {
  const course = (sisId: string): void => {
    roster.records.courses.set(sisId, {
      sisId,
      title: `Course ${sisId}`,
      code: null,
      school: 'A',
      grades: [],
      subjects: [],
    });
  };
  beforeEach(async () => {
    for (const id of someOf('k', 1, 20)) course(id);
    for (const id of someOf('c', 1, 4)) roster.class(id, 'A');
    await harness.run('sis');
  });

  it('is half of the courses and classes gone while hardly any came', async () => {
    roster.remove('courses', ...someOf('k', 1, 11)).remove('classes', 'c1', 'c2');
    course('new');
    expect(await explainedHold(harness)).toMatchObject([
      {
        cause: 'sharing_narrowed',
        recordType: 'courses',
        schools: ['A'],
        explained: 11,
        of: 11,
        message:
          '11 of the 20 courses and 2 of the 4 classes are gone and hardly any came: ' +
          'this looks like sharing that was reduced to some of the courses.',
      },
    ]);
    expect(await explainedHold(harness)).toMatchObject([{ cause: 'sharing_narrowed', explained: 11, of: 11 }]);
  });

  it('is not told of where fewer went, or as many came', async () => {
    roster.remove('courses', ...someOf('k', 1, 9)).remove('classes', 'c1', 'c2');
    expect(await explainedHold(harness)).toEqual([]);
    roster.remove('courses', 'k10');
    for (const id of ['n1', 'n2']) course(id);
    expect(await explainedHold(harness)).toEqual([]);
    expect(await explainedHold(harness)).toEqual([]);
  });

  it('is not told of where the classes stay', async () => {
    roster.remove('courses', ...someOf('k', 1, 10));
    expect(await explainedHold(harness)).toEqual([]);
  });
});

describe('guard §25: several explanations', () => {
  it('are told together, what accounts for most records first', async () => {
    roster.school('B').students(5, 'B', 'b');
    for (const id of someOf('g', 1, 8)) roster.student(id, 'A', { grade: '12' });
    for (const id of someOf('a', 1, 8)) roster.student(id, 'A', { grade: '11' });
    await harness.run('sis');
    roster.removeStudents(...someOf('g', 1, 8), ...someOf('b', 1, 5));
    expect(await explainedHold(harness)).toMatchObject([
      { cause: 'graduation', explained: 8 },
      { cause: 'school_empty', explained: 5 },
    ]);
  });
});
