import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateDistrict, writeGuardiansFile, writeOneRosterFolder } from '@rollbook/sandbox';
import {
  collect,
  filesSource,
  neverAborted,
  refusal,
  sound,
  withFolder,
  zipOf,
  type Pulled,
  type Settings,
} from '../delivery.fixture.ts';

const HEADER = 'student id,guardian id,first name,last name,email,mobile,phone,language';
const file = (...rows: string[]): string => `${[HEADER, ...rows].join('\r\n')}\r\n`;

/** Two more students beside Ada, 007, whose number is S-7; the number of the last is the ID of the one before. */
const roster = {
  ...sound,
  'users.csv': `${sound['users.csv']}S8,,,true,0123,student,,,Ralph,King,,N-8,,,,,,\nS9,,,true,0123,student,,,Anna,King,,S8,,,,,,\n`,
};

/** Pulls the roster with guardians from the file at a path inside the same folder. */
async function pullWith(guardians: string | Buffer, at = 'guardians.csv', settings: Settings = {}): Promise<Pulled> {
  return withFolder(roster, async (folder) => {
    await mkdir(join(folder, 'extra'));
    await writeFile(join(folder, 'extra', at), guardians);
    return collect(sourceOf(folder, join(folder, 'extra'), settings).pull(neverAborted));
  });
}
const sourceOf = (folder: string, path: string, settings: Settings = {}) =>
  filesSource(folder, { manageGuardians: false, guardiansFile: { type: 'files', path }, ...settings }, folder);

const anne = '007,G7,Anne,Noel,anne@example.org,(217) 555-0101,(217) 555-0102,en';

describe('guardians.csv beside a source', () => {
  it('adds guardians and guardianships to all that the source says', async () => {
    const alone = await withFolder(roster, (folder) =>
      collect(filesSource(folder, { manageGuardians: false }).pull(neverAborted)),
    );
    const pulled = await pullWith(file(anne, 'S8,G7,Anne,Noel,anne@example.org,(217) 555-0101,(217) 555-0102,en'));
    for (const type of ['schools', 'terms', 'courses', 'classes', 'students', 'staff', 'enrollments'] as const)
      expect(pulled.rows(type)).toEqual(alone.rows(type));
    expect(alone.delivers).not.toHaveProperty('guardians');
    expect(pulled.delivers).toEqual({ ...alone.delivers, guardians: 'full', guardianships: 'full' });
    expect(pulled.skipped).toEqual([]);
    expect(pulled.warnings).toEqual([]);
    const guardian = {
      sisId: 'G7',
      givenName: 'Anne',
      middleName: null,
      familyName: 'Noel',
      preferredName: null,
      email: 'anne@example.org',
      username: null,
      phone: '(217) 555-0102',
      sms: '(217) 555-0101',
      language: 'en',
    };
    expect(pulled.rows('guardians')).toEqual([
      { record: guardian, line: 2, gone: false },
      { record: guardian, line: 3, gone: false },
    ]);
    expect(pulled.records('guardianships')).toEqual(
      ['007', 'S8'].map((student) => ({
        sisId: `${student}~G7`,
        student,
        guardian: 'G7',
        relationship: null,
        kind: null,
        primary: null,
      })),
    );
  });

  it('may be named itself, lie in a zip, or beside the roster', async () => {
    const content = file(anne);
    const zipped = await pullWith(zipOf([{ name: 'export/Guardians.csv', content }]), 'family data.zip');
    const beside = await withFolder({ ...roster, 'guardians.csv': content }, (folder) =>
      collect(sourceOf(folder, folder).pull(neverAborted)),
    );
    const named = await withFolder({ ...roster, 'families.csv': content }, (folder) =>
      collect(sourceOf(folder, join(folder, 'families.csv')).pull(neverAborted)),
    );
    const zip = zipOf(Object.entries(roster).map(([name, text]) => ({ name, content: text })));
    const besideZip = await withFolder({ 'roster.zip': zip, 'guardians.csv': content }, (folder) =>
      collect(sourceOf(folder, folder).pull(neverAborted)),
    );
    for (const pulled of [zipped, beside, named, besideZip])
      expect(pulled.records('guardians').map(({ sisId }) => sisId)).toEqual(['G7']);
    expect(beside.warnings).toEqual([]);
  });

  it('goes by SIS IDs or by student numbers, never by both', async () => {
    const pairs = async (...rows: string[]) =>
      (await pullWith(file(...rows))).records('guardianships').map(({ student, guardian }) => `${student} ${guardian}`);
    // S8 is the ID of one student and the number of another.
    expect(await pairs('007,G7,A,B', 'S8,G8,A,B', 'S9,G9,A,B')).toEqual(['007 G7', 'S8 G8', 'S9 G9']);
    expect(await pairs('S-7,G7,A,B', 'N-8,G8,A,B', 'S8,G9,A,B')).toEqual(['007 G7', 'S8 G8', 'S9 G9']);
    expect(await pairs('S8,G8,A,B')).toEqual(['S8 G8']);
  });

  it('leaves out guardians of students who are not in the roster, and counts them', async () => {
    const pulled = await pullWith(file(anne, 'X1,G1,A,B', 'X2,G2,A,B'));
    expect(pulled.records('guardians').map(({ sisId }) => sisId)).toEqual(['G7']);
    expect(pulled.skipped).toEqual([]);
    expect(pulled.warnings).toEqual([
      {
        code: 'unknown_student',
        file: 'guardians.csv',
        line: 3,
        message: 'guardians.csv, line 3: the student is not in the roster; the guardian was left out (2 rows in all).',
      },
    ]);
  });

  it('keeps the first six guardians of a student', async () => {
    const rows = [1, 2, 3, 4, 5, 6, 1, 7, 8].map((n) => `007,G${n},Guardian,Number ${n}`);
    const pulled = await pullWith(file(...rows));
    expect(new Set(pulled.records('guardians').map(({ sisId }) => sisId))).toEqual(
      new Set(['G1', 'G2', 'G3', 'G4', 'G5', 'G6']),
    );
    expect(pulled.warnings).toMatchObject([{ code: 'too_many_guardians', line: 9 }]);
    expect(pulled.warnings[0]?.message).toMatch(/more than 6 guardians; .* \(2 rows in all\)\.$/);
  });

  it('gives guardians without an ID one that stays', async () => {
    const rows = ['007,,Anne,Noel,anne@example.org', 'S8,,anne, Noel,ANNE@example.org', 'S9,,Anne,Noel,'];
    const ids = (await pullWith(file(...rows))).records('guardians').map(({ sisId }) => sisId);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
    expect(ids.join()).not.toMatch(/anne|noel/i);
  });

  it('skips rows that cannot be used, and names them', async () => {
    const pulled = await pullWith(file(anne, ',G1,A,B', '007,G2,,B', '007,,A,', '007,G3,A,B,,,,,x'));
    expect(
      pulled.skipped.map(({ recordTypes, sisId, warning }) => [recordTypes, sisId, warning.line, warning.code]),
    ).toEqual([
      [['guardians', 'guardianships'], 'G1', 3, 'missing_id'],
      [['guardians'], 'G2', 4, 'missing_value'],
      [['guardians', 'guardianships'], null, 5, 'missing_value'],
      [['guardians', 'guardianships'], 'G3', 6, 'ragged_row'],
    ]);
    // What is known of the pair stands.
    expect(pulled.records('guardianships').map(({ sisId }) => sisId)).toEqual(['007~G7', '007~G2']);
  });

  it('is read in Windows-1252 with a warning', async () => {
    const pulled = await pullWith(Buffer.from(file('007,G7,Zoë,Müller'), 'latin1'));
    expect(pulled.records('guardians')[0]).toMatchObject({ givenName: 'Zoë', familyName: 'Müller' });
    expect(pulled.codes()).toEqual(['windows_1252']);
  });

  it('has a revision together with the roster', async () => {
    const [one, other] = [await pullWith(file(anne)), await pullWith(file(anne.replace('en', 'es')))];
    const again = await pullWith(file(anne));
    const numbered = await pullWith(file(anne), 'guardians.csv', { studentIdSource: 'student_id' });
    expect(again.revision).toBe(one.revision);
    expect(new Set([one, other, numbered].map(({ revision }) => revision)).size).toBe(3);
    expect(one.all.filter(({ kind }) => kind === 'revision')).toHaveLength(1);
    const firstDelivery = one.all.findIndex(({ kind }) => kind === 'delivers');
    expect(one.all.findIndex(({ kind }) => kind === 'revision')).toBeLessThan(firstDelivery);
  });

  it.each<[string, string | Buffer, string, RegExp]>([
    ['missing', 'x', 'other.csv', /extra" holds no guardians\.csv\. Found: "other\.csv"\.$/],
    ['not in its zip', zipOf([{ name: 'users.csv', content: 'x' }]), 'a.zip', /holds no guardians\.csv\.$/],
    ['empty', '', 'guardians.csv', /^guardians\.csv is empty/],
    ['without a header', `${anne}\n${anne}\n`, 'guardians.csv', /found what looks like data\.$/],
    ['of other students', file('X1,G1,A,B'), 'guardians.csv', /none of its 1 rows names a student of the roster/],
    ['cut', file('007,G7,"Anne'), 'guardians.csv', /a quote is opened there and the file ends/],
  ])('fails the whole pull if it is %s', async (_, content, at, expected) => {
    const error = await refusal(pullWith(content, at));
    expect(error.reason).toBe('invalid_data');
    expect(error.message).toMatch(expected);
    expect(error.advice).not.toBe('');
  });

  it('fails the pull before anything is read, and leaves no copy behind', async () => {
    await withFolder(roster, async (folder) => {
      const kinds: string[] = [];
      const pull = async (): Promise<void> => {
        for await (const event of sourceOf(folder, join(folder, 'nowhere')).pull(neverAborted)) kinds.push(event.kind);
      };
      expect((await refusal(pull())).message).toMatch(/nowhere" does not exist\.$/);
      expect(new Set(kinds)).toEqual(new Set(['progress']));
      expect((await readdir(folder)).sort()).toEqual(Object.keys(roster).sort());
    });
  });

  it('shows in a survey', async () => {
    await withFolder({ ...roster, 'guardians.csv': file(anne, 'S8,G7,A,B', 'S9,,A,B') }, async (folder) => {
      const at = new Date('2026-09-01T02:00:00Z');
      for (const name of [...Object.keys(roster), 'guardians.csv']) await utimes(join(folder, name), at, at);
      const survey = await sourceOf(folder, folder).survey(neverAborted);
      expect(survey.counts).toEqual({
        schools: 1,
        terms: 1,
        courses: 1,
        classes: 1,
        students: 3,
        staff: 1,
        enrollments: 2,
        guardians: 2,
        guardianships: 3,
      });
      expect(survey.schools).toEqual([{ sisId: '0123', name: 'North High', number: 'N-1' }]);
      expect(survey.freshAt).toBe(at.toISOString());
      expect(survey.permissions.map(({ name }) => name).sort()).toEqual(
        [...Object.keys(roster), 'guardians.csv'].sort(),
      );
      expect(survey.notes[0]).toMatch(/^Guardians come from guardians\.csv, written 2026-09-01 02:00 UTC\./);
    });
  });

  it('brings back the guardians of a pretend district, by either identifier', async () => {
    const district = generateDistrict({ seed: 3, schoolSizes: [15, 10] });
    for (const studentId of ['sisId', 'studentNumber'] as const) {
      const pulled = await withFolder({}, async (folder) => {
        await writeOneRosterFolder(district, join(folder, 'roster'), { version: '1.2' });
        await writeGuardiansFile(district, join(folder, 'guardians.csv'), { studentId });
        return collect(sourceOf(join(folder, 'roster'), join(folder, 'guardians.csv')).pull(neverAborted));
      });
      const pair = ({ student, guardian }: { student: string; guardian: string }): string => `${student} ${guardian}`;
      expect(pulled.records('guardianships').map(pair).sort()).toEqual(district.guardianships.map(pair).sort());
      const guardians = new Map(pulled.records('guardians').map((record) => [record.sisId, record]));
      expect(guardians.size).toBe(district.guardians.length);
      for (const { sisId, givenName, familyName, email, sms, phone, language } of district.guardians)
        expect(guardians.get(sisId)).toMatchObject({ givenName, familyName, email, sms, phone, language });
    }
  });
});
