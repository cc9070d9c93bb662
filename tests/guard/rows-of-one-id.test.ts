import type { RecordType, RosterRecord, RunSettings } from '@rollbook/core';
import type { PullEvent } from '@rollbook/pipeline';
import { PipelineHarness, type RunResult } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('guard_rows_of_one_id');
}, 30_000);
afterAll(() => testDatabase.drop());

const OPEN = { threshold: { default: 10_000, perType: {} }, maxSkippedPercent: 100 } as const;
const LINKED: Partial<RunSettings> = { ...OPEN, schools: [{ sisId: 'A', name: 'North' }] };
const ALL: Partial<RunSettings> = { ...OPEN, schools: null };

async function begin(settings: Partial<RunSettings>, prepare: () => void = () => undefined): Promise<void> {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  roster = new RosterBuilder();
  harness = new PipelineHarness(testDatabase.database, roster);
  await harness.createSync('sis', 'riverside', settings);
  roster.school('A').school('B').term('T1').term('T2').course('C', 'A');
  roster
    .class('k1', 'A', { terms: ['T1'] })
    .class('k2', 'A')
    .students(10, 'A', 'a')
    .students(5, 'B', 'b');
  roster.staff('t1', 'A').staff('t2', 'A');
  for (const id of ['a1', 'a2', 'a3']) roster.enroll(id, 'k1');
  roster.enroll('a4', 'k2').enroll('t1', 'k1', { role: 'teacher', sisId: 'k1~t1' });
  prepare();
  expect(await harness.run('sis')).toMatchObject({ status: 'succeeded' });
}

interface Further {
  readonly gone?: boolean;
  readonly [field: string]: unknown;
}

/** Rows of one id in this order, in place of the one that the roster has. */
function rows(recordType: RecordType, sisId: string, ...all: Further[]): void {
  const known = roster.records[recordType].get(sisId) as RosterRecord;
  roster.remove(recordType, sisId);
  roster.furtherRows.push({
    kind: 'rows',
    recordType,
    file: `${recordType}.csv`,
    rows: all.map(({ gone = false, ...fields }, index) => ({
      record: { ...known, ...fields },
      line: 90 + index,
      gone,
    })),
  } as Extract<PullEvent, { kind: 'rows' }>);
}
const at = (...schools: string[]): Further => ({ school: schools[0] ?? null, schools });
const changes = (run: RunResult) =>
  harness.sql('SELECT record_type, sis_id, action FROM roster_changes WHERE run_id = $1 ORDER BY 1, 2', [run.runId]);
const one = async (type: RecordType, sisId: string, columns: string) =>
  (await harness.sql(`SELECT ${columns} FROM ${type} WHERE sis_id = $1 AND status = 'active'`, [sisId]))[0];
const warned = (run: RunResult, code: string) => run.warnings.filter((warning) => warning.code === code);
const runs = async (count: number): Promise<RunResult[]> => {
  const results: RunResult[] = [];
  for (let i = 0; i < count; i++) results.push(await harness.run('sis'));
  return results;
};

/** Enrollments that are active without an active class and person. */
const orphans = () =>
  harness.sql(
    `SELECT e.sis_id FROM enrollments e WHERE e.status = 'active' AND NOT (
       EXISTS (SELECT 1 FROM classes c WHERE c.sis_id = e.class_id AND c.status = 'active')
       AND (EXISTS (SELECT 1 FROM students p WHERE p.sis_id = e.person_id AND p.status = 'active')
            OR EXISTS (SELECT 1 FROM staff p WHERE p.sis_id = e.person_id AND p.status = 'active')))`,
  );
/** Enrollments whose school is not that of their class. */
const misplaced = () =>
  harness.sql(
    `SELECT e.sis_id FROM enrollments e JOIN classes c ON c.sis_id = e.class_id
     WHERE e.status = 'active' AND c.status = 'active' AND e.school_id IS DISTINCT FROM c.school_id`,
  );

const ORDERS: readonly [string, string[]][] = [
  ['first', ['A', 'B']],
  ['last', ['B', 'A']],
];

describe('guard §38: a row for each school', () => {
  describe.each<[string, Partial<RunSettings>]>([
    ['one school is linked', LINKED],
    ['all schools are taken', ALL],
  ])('where %s', (_, settings) => {
    it.each(ORDERS)('keeps both schools of people, and the home school, which stands %s', async (__, order) => {
      await begin(settings);
      rows('students', 'a1', ...order.map((school) => at(school)));
      rows('staff', 't1', ...order.map((school) => at(school)));
      const [first, second] = await runs(2);
      expect(first).toMatchObject({ status: 'succeeded' });
      expect(await changes(first!)).toEqual([
        { record_type: 'staff', sis_id: 't1', action: 'update' },
        { record_type: 'students', sis_id: 'a1', action: 'update' },
      ]);
      expect(warned(first!, 'repeated_id')).toEqual([]);
      expect(warned(first!, 'rows_joined')).toMatchObject([{ count: 1 }, { count: 1 }]);
      expect(await one('students', 'a1', 'school_id, school_ids')).toEqual({ school_id: 'A', school_ids: ['A', 'B'] });
      expect(await one('staff', 't1', 'school_id, school_ids')).toEqual({ school_id: 'A', school_ids: ['A', 'B'] });
      expect(await changes(second!)).toEqual([]);
      // The other order says the same.
      roster.furtherRows.reverse().forEach((event) => (event.rows as unknown[]).reverse());
      expect(await changes(await harness.run('sis'))).toEqual([]);
    });

    it.each(ORDERS)('is somebody new of the linked school, which stands %s', async (__, order) => {
      await begin(settings);
      roster.student('n1', 'A').enroll('n1', 'k1');
      rows('students', 'n1', ...order.map((school) => at(school)));
      const [first, second] = await runs(2);
      expect(first!.counts.students).toMatchObject({ created: 1 });
      const home = settings.schools === null ? order[1] : 'A';
      expect(await one('students', 'n1', 'school_id, school_ids')).toEqual({ school_id: home, school_ids: ['A', 'B'] });
      expect(await changes(second!)).toEqual([]);
    });

    it.each(ORDERS)('keeps a class with its enrollments, whose school stands %s', async (__, order) => {
      await begin(settings);
      roster.enroll('a5', 'k1').student('b1', 'A').enroll('b1', 'k1');
      rows('classes', 'k1', ...order.map((school, i) => ({ school, terms: [`T${i + 1}`], grades: ['09', `1${i}`] })));
      const [first, second] = await runs(2);
      expect(first).toMatchObject({ status: 'succeeded', counts: { classes: { archived: 0, updated: 1 } } });
      const joined = settings.schools === null;
      const own = order.indexOf('A');
      expect(await one('classes', 'k1', 'school_id, term_ids, grades')).toEqual({
        school_id: 'A',
        term_ids: joined ? ['T1', 'T2'] : [`T${own + 1}`],
        grades: joined ? ['09', '10', '11'] : ['09', `1${own}`],
      });
      expect(first!.counts.enrollments).toMatchObject({ archived: 0, created: 2, skipped: 0 });
      expect(await misplaced()).toEqual([]);
      expect(await changes(second!)).toEqual([]);
    });

    it('beside one of the roster the next night: a row that is known may repeat', async () => {
      await begin(settings, () => roster.student('a1', 'A', { schools: ['A', 'B'] }));
      // One row says what the roster has, and the other less.
      for (const order of [
        [at('A', 'B'), at('B')],
        [at('B'), at('A', 'B')],
      ]) {
        roster.furtherRows.length = 0;
        roster.student('a1', 'A');
        rows('students', 'a1', ...order);
        const [first, second] = await runs(2);
        expect(await changes(first!)).toEqual([]);
        expect(await changes(second!)).toEqual([]);
        expect(first!.counts.students).toMatchObject({ unchanged: settings.schools === null ? 15 : 10 });
      }
    });

    it('in a delta is joined too', async () => {
      await begin(settings);
      for (const type of ['schools', 'terms', 'courses', 'classes', 'students', 'staff', 'enrollments'] as const) {
        roster.deliveries[type] = 'delta';
        if (type !== 'students' && type !== 'schools') roster.records[type].clear();
      }
      rows('students', 'a1', at('A'), at('B'));
      roster.records.students.clear();
      const run = await harness.run('sis');
      expect(await changes(run)).toEqual([{ record_type: 'students', sis_id: 'a1', action: 'update' }]);
      expect(await one('students', 'a1', 'school_id, school_ids')).toEqual({ school_id: 'A', school_ids: ['A', 'B'] });
    });
  });

  it('stays at the school of the roster also if the winning row is of another linked one', async () => {
    await begin({ ...OPEN, schools: [...LINKED.schools!, { sisId: 'B', name: 'South' }] });
    rows('students', 'a1', at('A'), at('B'));
    rows('students', 'b1', at('A'), at('B'));
    await harness.run('sis');
    expect(await one('students', 'a1', 'school_id')).toEqual({ school_id: 'A' });
    expect(await one('students', 'b1', 'school_id')).toEqual({ school_id: 'B' });
  });
});

describe('guard §38: which row is taken', () => {
  it('for other fields the last, or the first where the format has it so', async () => {
    await begin(ALL);
    rows('students', 'a1', { ...at('A'), grade: '10' }, { ...at('B'), grade: '11' });
    const run = await harness.run('sis');
    expect(warned(run, 'repeated_id')).toMatchObject([{ line: 90, count: 1 }]);
    expect(await one('students', 'a1', 'grade, school_ids')).toEqual({ grade: '11', school_ids: ['A', 'B'] });
    roster.wins = 'first';
    const first = await harness.run('sis');
    expect(warned(first, 'repeated_id')).toMatchObject([
      { line: 91, message: 'id "a1" stands further up with other values; the first row was taken' },
    ]);
    expect(await one('students', 'a1', 'grade, school_ids')).toEqual({ grade: '10', school_ids: ['A', 'B'] });
    expect(await changes(await harness.run('sis'))).toEqual([]);
  });

  const PRESENT = at('A');
  it.each<[string, Further]>([
    ['outside', at('B')],
    ['marked as deleted', { ...at('A'), gone: true }],
    ['of an unknown school', at('X')],
    ['of no school', at()],
  ])('one in scope before one that is %s', async (_, other) => {
    await begin(LINKED);
    for (const order of [
      [PRESENT, other],
      [other, PRESENT],
      [
        { ...PRESENT, grade: '12' },
        { ...other, grade: '08' },
      ],
    ]) {
      roster.furtherRows.length = 0;
      roster.student('a1', 'A');
      rows('students', 'a1', ...order);
      const run = await harness.run('sis');
      expect(run.counts.students).toMatchObject({ archived: 0 });
      expect(warned(run, 'place_unknown')).toEqual([]);
    }
    expect(await one('students', 'a1', 'grade, school_id')).toEqual({ grade: '12', school_id: 'A' });
  });

  it('one whose place cannot be told before one that ends the record', async () => {
    await begin(LINKED);
    rows('students', 'a1', at('X'), at('B'));
    rows('students', 'a2', { ...at('A'), gone: true }, at());
    rows('classes', 'k1', { school: null }, { school: 'B' });
    const run = await harness.run('sis');
    expect(await changes(run)).toEqual([]);
    expect(
      warned(run, 'place_unknown')
        .map(({ count }) => count)
        .sort(),
    ).toEqual([1, 1, 1]);
  });

  it('a usable row of an enrollment before one of somebody unknown', async () => {
    await begin(ALL);
    rows('enrollments', 'k2~a4~student', { person: 'a4' }, { person: 'nobody' });
    const run = await harness.run('sis');
    expect(await changes(run)).toEqual([]);
    expect(run.counts.enrollments).toMatchObject({ archived: 0, skipped: 0 });
  });
});

describe('guard §38: class and enrollments agree', () => {
  it('in a delta that ends a class or a person and speaks of their enrollments', async () => {
    await begin(LINKED);
    for (const type of ['schools', 'terms', 'courses', 'classes', 'students', 'staff', 'enrollments'] as const)
      roster.deliveries[type] = 'delta';
    const { enrollments } = roster.records;
    // That of a1 says what the roster holds.
    for (const id of ['k2~a4~student', 'k1~a2~student'])
      enrollments.set(id, { ...enrollments.get(id)!, beginDate: '2026-10-01' });
    rows('classes', 'k2', { gone: true });
    rows('students', 'a1', { ...at('A'), gone: true });
    rows('students', 'a2', at('B'));
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(await harness.ids('classes', 'archived')).toEqual(['k2']);
    expect(await harness.ids('students', 'archived')).toEqual(['a1', 'a2']);
    expect(await orphans()).toEqual([]);
  });

  it('in a delta that speaks of the enrollments of those whom an earlier one has marked', async () => {
    await begin({ ...LINKED, threshold: { default: 0, perType: {} } });
    for (const type of ['schools', 'terms', 'courses', 'classes', 'students', 'staff', 'enrollments'] as const)
      roster.deliveries[type] = 'delta';
    const students = new Map(roster.records.students);
    const classes = new Map(roster.records.classes);
    rows('classes', 'k2', { gone: true });
    rows('students', 'a1', { ...at('A'), gone: true });
    expect(await harness.run('sis')).toMatchObject({ status: 'held' });
    roster.furtherRows.length = 0;
    roster.records.students = new Map([...students].filter(([id]) => id !== 'a1'));
    roster.records.classes = new Map([...classes].filter(([id]) => id !== 'k2'));
    const { enrollments } = roster.records;
    for (const id of ['k1~a1~student', 'k2~a4~student'])
      enrollments.set(id, { ...enrollments.get(id)!, beginDate: '2026-10-01' });
    await harness.createSync('sis', 'riverside', LINKED);
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded' });
    expect(await harness.ids('classes', 'archived')).toEqual(['k2']);
    expect(await harness.ids('students', 'archived')).toEqual(['a1']);
    expect(await orphans()).toEqual([]);
  });

  it.each<[string, number[]]>([
    ['archived at once', [10_000]],
    ['withheld on some nights', [0, 10_000]],
  ])(
    'whatever rows there are of either, in whatever order, night after night, %s',
    async (_, thresholds) => {
      let seed = 7;
      const random = (below: number): number => {
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
        return (seed >>> 8) % below;
      };
      const pick = <T>(of: readonly T[]): T => of[random(of.length)]!;
      await begin(LINKED);
      const base = { ...roster.records };
      const saved = Object.fromEntries(
        Object.entries(base).map(([type, records]) => [type, new Map<string, unknown>(records)]),
      );
      for (let night = 0; night < 8; night++) {
        for (const [type, records] of Object.entries(saved))
          (roster.records as Record<string, unknown>)[type] = new Map(records as Map<string, unknown>);
        roster.furtherRows.length = 0;
        roster.skipped.length = 0;
        roster.wins = pick(['first', 'last'] as const);
        const isDelta = random(3) === 0;
        for (const type of ['classes', 'students', 'staff', 'enrollments'] as const)
          roster.deliveries[type] = isDelta ? 'delta' : 'full';
        const threshold = { default: pick(thresholds), perType: {} };
        await harness.createSync('sis', 'riverside', { ...pick([LINKED, LINKED, ALL]), threshold });
        for (const id of ['k1', 'k2'])
          rows(
            'classes',
            id,
            ...Array.from({ length: random(4) }, () => ({
              school: pick(['A', 'B', 'X', null]),
              gone: random(5) === 0,
            })),
          );
        for (const [type, id] of [
          ['students', 'a1'],
          ['students', 'a4'],
          ['staff', 't1'],
        ] as const)
          rows(
            type,
            id,
            ...Array.from({ length: random(4) }, () => ({
              ...at(...pick([['A'], ['B'], ['X'], [], ['A', 'B']])),
              gone: random(5) === 0,
            })),
          );
        if (random(3) === 0) roster.student('t1', 'A');
        for (const recordType of ['classes', 'students'] as const)
          if (random(3) === 0)
            roster.skipped.push({
              kind: 'skipped',
              recordTypes: [recordType],
              sisId: recordType === 'classes' ? 'k1' : 'a1',
              warning: { code: 'missing_value', file: recordType, line: 1 + random(200), message: 'blank' },
            });
        for (let again = 0; again < 2; again++) {
          const run = await harness.run('sis');
          expect([night, run.status]).toEqual([night, expect.stringMatching(/succeeded|held/)]);
          expect([night, again, await orphans()]).toEqual([night, again, []]);
          // What is withheld stays as it was, also where its class has moved.
          if (thresholds.length === 1) expect([night, await misplaced()]).toEqual([night, []]);
          if (again === 1) expect([night, await changes(run)]).toEqual([night, []]);
        }
      }
    },
    60_000,
  );
});
