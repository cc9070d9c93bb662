import { sound } from '../../packages/sources/src/delivery.fixture.ts';
import { clever } from '../../packages/sources/src/clever-csv/clever.fixture.ts';
import { PipelineHarness, type RunResult } from '../pipeline-harness.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { DeliveredFolder, type Files } from './delivered-folder.ts';

let testDatabase: TestDatabase;
let folder: DeliveredFolder;
let harness: PipelineHarness;

beforeAll(async () => {
  testDatabase = await createTestDatabase('guard_places_in_files');
  folder = await DeliveredFolder.create();
}, 30_000);
afterAll(async () => {
  await folder.remove();
  await testDatabase.drop();
});

const LINKED = [{ sisId: '0123', name: 'North High' }];

/** The first night, on which nothing is to be archived on the second. */
async function begin(files: Files, schools: typeof LINKED | null): Promise<void> {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  harness = new PipelineHarness(testDatabase.database, folder.source);
  await harness.createSync('sis', 'riverside', {
    schools,
    threshold: { default: 0, perType: {} },
    maxSkippedPercent: 100,
    guardiansWithoutContact: 'take',
  });
  await folder.deliver(files);
  expect(await harness.run('sis')).toMatchObject({ status: 'succeeded', reason: null });
}

async function night(files: Files): Promise<RunResult> {
  await folder.deliver(files);
  const run = await harness.run('sis');
  expect(run).toMatchObject({ status: 'succeeded', reason: null });
  return run;
}

/** `files` with one text put in place of another. */
function changed(files: Files, name: string, from: string, to: string): Files {
  const text = String(files[name]);
  expect(text).toContain(from);
  return { ...files, [name]: text.replace(from, to) };
}
const changes = async (run: RunResult) =>
  (
    await harness.sql<{ name: string }>(
      `SELECT record_type || ' ' || sis_id || ' ' || action AS name FROM roster_changes WHERE run_id = $1 ORDER BY 1`,
      [run.runId],
    )
  ).map(({ name }) => name);
const schoolsOf = async (type: 'students' | 'staff', sisId: string) =>
  (await harness.sql(`SELECT school_id, school_ids FROM ${type} WHERE sis_id = $1 AND status = 'active'`, [sisId]))[0];
const placeUnknown = (run: RunResult) => run.warnings.filter(({ code }) => code === 'place_unknown');

describe.each<[string, typeof LINKED | null]>([
  ['one school is linked', LINKED],
  ['all schools are taken', null],
])('where %s', (_, schools) => {
  describe('guard §37: OneRoster files', () => {
    it.each([
      ['blank', ''],
      ['spaces', '  '],
      ['an empty list', '[]'],
      ['a pair of quotes', '""""""'],
    ])('show a student and a class whose school is %s where they were', async (__, cell) => {
      await begin(sound, schools);
      let files = changed(sound, 'users.csv', '007,,,TRUE,0123,', `007,,,TRUE,${cell},`);
      files = changed(files, 'classes.csv', 'R5,0123,T1', `R5,${cell},T1`);
      const run = await night(files);
      expect(await changes(run)).toEqual([]);
      expect(placeUnknown(run)).toMatchObject([
        { file: 'classes.csv', line: 2, count: 1 },
        { file: 'users.csv', line: 2, count: 1 },
      ]);
      expect(placeUnknown(run).map(({ message }) => message)).toEqual([
        '1 class names no school. 1 active record stays as it is. Correct the school of "K1" (line 2) in the export.',
        '1 student names no school. 1 active record stays as it is. Correct the school of "007" (line 2) in the export.',
      ]);
      expect(await harness.count('enrollments')).toBe(2);
    });

    it('show a student and a class without the leading zero where they were, and say so', async () => {
      await begin(sound, schools);
      let files = changed(sound, 'users.csv', '007,,,TRUE,0123,', '007,,,TRUE,123,');
      files = changed(files, 'classes.csv', 'R5,0123,T1', 'R5,123,T1');
      const run = await night(files);
      expect(await changes(run)).toEqual([]);
      for (const { message } of placeUnknown(run)) expect(message).toContain('"123" (did you mean "0123"?)');
      expect(run.warnings.map(({ code }) => code)).toEqual(['place_unknown', 'place_unknown']);
    });
  });

  describe('guard §37: Clever files', () => {
    /** Whoever is of one school only, by every file. */
    const apart: Files = {
      ...clever,
      'teachers.csv': clever['teachers.csv'].replace('0124,T7', '0123,T9'),
      'sections.csv': clever['sections.csv'].replace('T7,T8,Algebra', 'T7,,Algebra'),
    };

    it('show people and a section of an unknown school where they were', async () => {
      await begin(apart, schools);
      const files = Object.fromEntries(
        Object.entries(apart).map(([name, text]) => [
          name,
          name === 'schools.csv' ? text : String(text).replaceAll(/^0123,/gm, '123,'),
        ]),
      );
      const run = await night(files);
      // Where all schools are taken, that of the other section is known.
      const moved = schools === null ? ['students 007 update'] : [];
      expect(await changes(run)).toEqual(moved);
      expect(placeUnknown(run).map(({ file, count }) => [file, count])).toEqual([
        ['sections.csv', 1],
        ...(schools === null ? [] : [['students.csv', 1]]),
        ['teachers.csv', 3],
      ]);
      expect(await harness.count('enrollments')).toBe(schools === null ? 5 : 2);
      expect(await changes(await night(files))).toEqual([]);
    });

    it('keep the teachers of a section whose school is blank', async () => {
      await begin(apart, schools);
      expect(await changes(await night(changed(apart, 'sections.csv', '0123,K1', ',K1')))).toEqual([]);
    });
  });

  describe('guard §38: Clever files', () => {
    const again = '0124,007,S-7,99,Byron,A,Ada,9,F,3/7/2011,en,ada@example.org,,,,,,,,ada,secret-word,12\r\n';
    const head = String(clever['students.csv']).split('\r\n')[0]!;
    const noEnrollmentElsewhere = {
      ...clever,
      'enrollments.csv': clever['enrollments.csv'].replace('0124,K2,007\r\n', ''),
    };

    it.each<[string, (text: string) => string]>([
      ['below', (text) => text + again],
      ['above', (text) => text.replace(`${head}\r\n`, `${head}\r\n${again}`)],
    ])('keep a student with a row of another school %s', async (__, add) => {
      await begin(noEnrollmentElsewhere, schools);
      const files = { ...noEnrollmentElsewhere, 'students.csv': add(clever['students.csv']) };
      const run = await night(files);
      expect(await changes(run)).toEqual(['students 007 update']);
      expect(await schoolsOf('students', '007')).toEqual({ school_id: '0123', school_ids: ['0123', '0124'] });
      expect(run.warnings.map(({ code }) => code)).toContain('rows_joined');
      expect(await changes(await night(files))).toEqual([]);
    });

    it.each<[string, (text: string) => string]>([
      ['below', (text) => `${text}0124,K1,T7,,Other name,A-1,9,Algebra,ALG,,3,math,Fall,8/15/2026,12/19/2026\r\n`],
      [
        'above',
        (text) =>
          text.replace(
            '0123,K1',
            '0124,K1,T7,,Other name,A-1,9,Algebra,ALG,,3,math,Fall,8/15/2026,12/19/2026\r\n0123,K1',
          ),
      ],
    ])('keep a section with a row of another school %s, at its school', async (__, add) => {
      await begin(clever, schools);
      const files = { ...clever, 'sections.csv': add(clever['sections.csv']) };
      await night(files);
      const rows = await harness.sql(
        `SELECT DISTINCT c.school_id, e.school_id AS enrolled FROM classes c JOIN enrollments e ON e.class_id = c.sis_id
         WHERE c.sis_id = 'K1' AND c.status = 'active' AND e.status = 'active'`,
      );
      expect(rows).toEqual([{ school_id: '0123', enrolled: '0123' }]);
      expect(await harness.ids('enrollments', 'archived')).toEqual([]);
      expect(await changes(await night(files))).toEqual([]);
    });
  });

  describe('guard §38: OneRoster files', () => {
    it('with a row for each school join them, whatever their order', async () => {
      const orgs = changed(sound, 'orgs.csv', 'MATH,', '0124,,,South High,School,N-2,D1\nMATH,');
      await begin(orgs, schools);
      const row = (school: string): string =>
        `007,,,TRUE,${school},student,ada,"{Fed:1},{StateID:99}",Ada,Byron,,S-7,ada@example.org,,,G1,"09,10",\n`;
      const rest = sound['users.csv']
        .split('\n')
        .filter((line) => !line.startsWith('007'))
        .join('\n');
      const files = (...order: string[]): Files => ({ ...orgs, 'users.csv': rest + order.map(row).join('') });
      expect(await changes(await night(files('0123', '0124')))).toEqual(['students 007 update']);
      expect(await schoolsOf('students', '007')).toEqual({ school_id: '0123', school_ids: ['0123', '0124'] });
      expect(await changes(await night(files('0124', '0123')))).toEqual([]);
      expect(await changes(await night(files('0123', '0124', '0123')))).toEqual([]);
    });

    it('with a class in two rows keep it with its enrollments, which are read in bulk', async () => {
      const orgs = changed(sound, 'orgs.csv', 'MATH,', '0124,,,South High,School,N-2,D1\nMATH,');
      await begin(orgs, schools);
      const row = sound['classes.csv'].split('\n')[1]!;
      const elsewhere = row.replace('0123', '0124');
      for (const rows of [
        [row, elsewhere],
        [elsewhere, row],
      ]) {
        const header = sound['classes.csv'].split('\n')[0]!;
        const run = await night({ ...orgs, 'classes.csv': [header, ...rows, ''].join('\n') });
        expect(await changes(run)).toEqual([]);
        expect(run.counts.enrollments).toMatchObject({ unchanged: 2, skipped: 0 });
      }
    });
  });
});
