import { refusal, sound, type Pulled } from '../delivery.fixture.ts';
import { append, clever, pullClever, spoil, without, type Files } from './clever.fixture.ts';

describe('a delivery that cannot be trusted', () => {
  it.each<[string, Files, RegExp]>([
    [
      'a missing file',
      without('sections.csv'),
      /^Required file is missing \(Clever CSV\): sections\.csv\. Found: "enrollments\.csv", /,
    ],
    ['an empty file', { ...clever, 'students.csv': '' }, /^students\.csv is empty: it has not even a header\.$/],
    ['an empty optional file', { ...clever, 'staff.csv': '\n' }, /^staff\.csv is empty/],
    [
      'a misspelt header',
      spoil('students.csv', (text) => text.replace('Student_id', 'Studnet_id')),
      /^students\.csv, line 1: the required column `Student_id` \(found `Studnet_id`; did you mean `Student_id`\?\) is missing\.$/,
    ],
    [
      'a misspelt header that is not required',
      spoil('students.csv', (text) => text.replace('Student_email', 'Student_emial')),
      /^students\.csv, line 1: found the column `Student_emial`; did you mean `Student_email`\?$/,
    ],
    [
      'a misspelt co-teacher',
      spoil('sections.csv', (text) => text.replace('Teacher_2_id', 'Teachr_2_id')),
      /found the column `Teachr_2_id`; did you mean `Teacher_2_id`\?$/,
    ],
    [
      'a column that stands twice',
      spoil('enrollments.csv', (text) => text.replace('School_id', 'Section id')),
      /the column `Section_id` stands twice/,
    ],
    ['a file cut in a quote', append('students.csv', '0123,9,,,"By'), /a quote is opened there and the file ends/],
  ])('with %s is refused', async (_, files, expected) => {
    const error = await refusal(pullClever(files));
    expect(error.reason).toBe('invalid_data');
    expect(error.message).toMatch(expected);
    expect(error.advice).not.toBe('');
  });

  it('whose first line is data does not show it', async () => {
    const error = await refusal(pullClever(spoil('students.csv', (text) => text.split('\r\n').slice(3).join('\r\n'))));
    expect(`${error.message} ${error.advice}`).not.toMatch(/Lovelace|Ralph/);
    expect(error.advice).toMatch(/does not look like a header/);
  });

  it('is refused beside files of OneRoster, unless the format is told', async () => {
    const both = { ...sound, ...clever };
    const error = await refusal(pullClever(both));
    expect(error.reason).toBe('invalid_data');
    expect(error.message).toMatch(
      /holds files of two formats: OneRoster \("[^)]*"users\.csv"\) and Clever \("[^)]*"students\.csv", "teachers\.csv"\)\.$/,
    );
    expect(error.advice).toMatch(/format: clever-csv/);
    const forced = await pullClever(both, { format: 'clever-csv' });
    expect(forced.rows('students')).toHaveLength(2);
    expect(forced.warnings.find(({ code }) => code === 'unknown_file')?.message).toMatch(/"users\.csv"/);
    // The enrollments.csv is Clever's; read as OneRoster it cannot be understood.
    expect((await refusal(pullClever(both, { format: 'oneroster-csv' }))).message).toMatch(/`classSourcedId`/);
    expect((await refusal(pullClever(clever, { format: 'oneroster-csv' }))).message).toMatch(
      /^Required files are missing/,
    );
  });
});

describe('rows that cannot be used', () => {
  let unspoilt: Pulled;
  beforeAll(async () => {
    unspoilt = await pullClever();
  });

  it.each<[string, Files, object]>([
    [
      'schools without a name',
      append('schools.csv', '0125,,,,,'),
      { recordTypes: ['schools'], sisId: '0125', warning: { code: 'missing_value', file: 'schools.csv', line: 4 } },
    ],
    [
      'students without an id',
      append('students.csv', '0123,,,,Doe,,Jo'),
      { recordTypes: ['students'], sisId: null, warning: { code: 'missing_id', line: 5 } },
    ],
    [
      'students without a school, who would count as gone from theirs',
      append('students.csv', ',9,,,Doe,,Jo'),
      { recordTypes: ['students'], sisId: '9', warning: { code: 'missing_value' } },
    ],
    [
      'teachers without a name',
      append('teachers.csv', '0123,T9,,,,,,'),
      { recordTypes: ['staff'], sisId: 'T9', warning: { file: 'teachers.csv', code: 'missing_value' } },
    ],
    [
      'staff under the id of a teacher with another e-mail',
      append('staff.csv', '0123,T8,other@example.org,Jo,Doe,,,,,'),
      { recordTypes: ['staff'], sisId: 'T8', warning: { file: 'staff.csv', code: 'repeated_id' } },
    ],
    [
      'sections without an id',
      append('sections.csv', '0123,,T7'),
      { recordTypes: ['classes'], sisId: null, warning: { code: 'missing_id' } },
    ],
    [
      'enrollments without a student',
      append('enrollments.csv', '0123,K1,'),
      { recordTypes: ['enrollments'], sisId: null, warning: { code: 'missing_value', line: 5 } },
    ],
    [
      'rows with too many values',
      append('enrollments.csv', '0123,K1,008,x'),
      { recordTypes: ['enrollments'], sisId: null, warning: { code: 'ragged_row', line: 5 } },
    ],
  ])('are skipped and listed: %s', async (_, files, expected) => {
    const pulled = await pullClever(files);
    expect(pulled.skipped).toHaveLength(1);
    expect(pulled.skipped[0]).toMatchObject(expected);
    expect(pulled.skipped[0]?.warning.message).not.toMatch(/Jo|Doe/);
    for (const type of ['schools', 'students', 'staff', 'classes', 'enrollments'] as const)
      expect(pulled.records(type)).toEqual(unspoilt.records(type));
  });

  it('lose a birth date or a term that is none, and are kept', async () => {
    const born = await pullClever(spoil('students.csv', (text) => text.replaceAll('3/7/2011', '31/7/2011')));
    expect(born.records('students')[0]?.birthDate).toBeNull();
    expect(born.warnings.find(({ code }) => code === 'bad_birth_date')?.line).toBe(2);
    const term = await pullClever(spoil('sections.csv', (text) => text.replace('8/15/2026', 'August')));
    expect(term.records('classes')[0]).toMatchObject({ sisId: 'K1', terms: [] });
    expect(term.records('terms')).toHaveLength(1);
    expect(term.warnings.find(({ code }) => code === 'bad_term_date')).toMatchObject({ file: 'sections.csv', line: 2 });
  });

  it('that are repeated are told of, and change nothing', async () => {
    const student = clever['students.csv'].split('\r\n')[3] ?? '';
    const pulled = await pullClever(append('students.csv', student, student));
    expect(pulled.records('students')).toHaveLength(2);
    expect(pulled.warnings.find(({ code }) => code === 'repeated_row')?.message).toBe(
      'students.csv, line 5: the student stands in a row above, and this row names no contact; it was left out (2 rows in all).',
    );
    const teacher = '0124,T8,,,ms@example.org,Mary,,Somerville,Teacher,,';
    const same = await pullClever(append('teachers.csv', teacher, teacher.replace('Mary', 'Maria')));
    expect(same.records('staff')).toEqual((await pullClever()).records('staff'));
    expect(same.codes()).toEqual(expect.arrayContaining(['repeated_row', 'repeated_id']));
  });

  it('in Windows-1252 are read with a warning', async () => {
    const text = spoil('students.csv', (csv) => csv.replaceAll('Ada', 'Zoë'))['students.csv'] as string;
    const pulled = await pullClever({ ...clever, 'students.csv': Buffer.from(text, 'latin1') });
    expect(pulled.records('students')[0]?.givenName).toBe('Zoë');
    expect(pulled.warnings.find(({ code }) => code === 'windows_1252')).toMatchObject({
      file: 'students.csv',
      line: 2,
    });
  });
});
