import { compositeKey } from '@rollbook/core';
import { pullFiles, sound } from '../delivery.fixture.ts';
import { append, ids, manifest, type Files } from './roster.fixture.ts';

describe('rows that are not as they should be (guard §20)', () => {
  it('skips rows it cannot use, with file, line, column and what was expected, and never with what stood there', async () => {
    const pulled = await pullFiles({
      ...append(
        'enrollments.csv',
        'E3,,,K1,0123,007,student,,1/05/2023,',
        'E4,,,K1,0123,007,pupil,,,',
        'E5,,,,0123,007,student,,,',
        'E6,,,K1,0123,,student,,,',
        'E7,,,K1,0123,007,student,,,2026-02-30',
        'E8,,,K1,0123,007,student,,,,extra',
        ',,,K1,0123,007,proctor,,2026-08-15T06:00:00.000Z,',
        ',,,,0123,,proctor,,,',
      ),
      'users.csv': `${sound['users.csv']},,,true,0123,student,,,A,B,,,,,,,,\nS9,,,true,0123,Emma,,,A,B,,,,,,,,\n`,
    });
    const told = pulled.skipped.map(({ sisId, warning }) => [sisId, warning.code, warning.message]);
    expect(told).toEqual([
      [null, 'missing_id', 'users.csv, line 5: column `sourcedId` is blank; the row was skipped.'],
      [
        'S9',
        'unknown_role',
        'users.csv, line 6: column `role`: expected one of student, teacher, administrator, aide, proctor, parent, guardian, relative; the row was skipped.',
      ],
      [
        'E3',
        'bad_date',
        'enrollments.csv, line 4: column `beginDate`: expected a date as YYYY-MM-DD; the row was skipped.',
      ],
      [
        'E4',
        'unknown_role',
        'enrollments.csv, line 5: column `role`: expected one of student, teacher, administrator, aide, guardian, parent, proctor, relative; the row was skipped.',
      ],
      ['E5', 'missing_value', 'enrollments.csv, line 6: column `classSourcedId` is blank; the row was skipped.'],
      ['E6', 'missing_value', 'enrollments.csv, line 7: column `userSourcedId` is blank; the row was skipped.'],
      [
        'E7',
        'bad_date',
        'enrollments.csv, line 8: column `endDate`: expected a date as YYYY-MM-DD; the row was skipped.',
      ],
      [null, 'missing_value', 'enrollments.csv, line 11: column `classSourcedId` is blank; the row was skipped.'],
      [
        'E8',
        'ragged_row',
        'enrollments.csv, line 9: the row has more values than the header has columns; it was skipped.',
      ],
    ]);
    expect(pulled.skipped[1]?.recordTypes).toEqual(['students', 'staff', 'guardians']);
    const keyed = pulled.records('enrollments').find(({ role }) => role === 'proctor');
    expect(keyed).toMatchObject({ sisId: compositeKey('K1', '007', 'proctor'), beginDate: '2026-08-15' });
  });

  it('reads marks of deletion in any case and unknown marks as active (guard §8)', async () => {
    const pulled = await pullFiles(
      append(
        'enrollments.csv',
        'E3,ToBeDeleted,,,,,,,1/05/2023,',
        'E4,inactive,2023-01-01,K1,0123,007,student,,,',
        'E5,enabled,,K1,0123,007,aide,maybe,,',
        'E6,paused,,K1,0123,007,parent,,,',
        ' E7,Active,,K1,0123,007,student,,,',
      ),
    );
    const marks = pulled.rows('enrollments').map(({ record, gone }) => [record.sisId, gone]);
    expect(marks).toEqual([
      ['E1', false],
      ['E2', false],
      ['E3', true],
      ['E4', true],
      ['E5', false],
      ['E6', false],
      [' E7', false],
    ]);
    expect(pulled.rows('enrollments')[2]?.record).toEqual({
      sisId: 'E3',
      class: '',
      person: '',
      role: '',
      primary: null,
      beginDate: null,
      endDate: null,
      school: null,
    });
    expect(pulled.warnings.map(({ code, line, message }) => [code, line, message])).toEqual([
      [
        'unknown_status',
        6,
        'enrollments.csv, line 6: column `status`: expected active or tobedeleted; the row was read as active (2 rows in all).',
      ],
      ['bad_flag', 6, 'enrollments.csv, line 6: column `primary`: expected true or false; it was left empty.'],
      ['space_in_id', 8, 'enrollments.csv, line 8: the id begins or ends with a space, which is kept as part of it.'],
    ]);
  });

  it('joins birth dates, loses bad ones alone, and says what it does not take', async () => {
    const pulled = await pullFiles({
      ...append('users.csv', 'S2,,,true,0123,student,,,A,B,,,,,,,,'),
      'demographics.csv':
        'sourcedId,status,dateLastModified,birthDate,sex,white\n007,,,2010-02-28,female,true\nS2,,,3/4/2010,,\nNOBODY,,,2010-01-01,,\n',
    });
    expect(pulled.records('students').map(({ birthDate }) => birthDate)).toEqual(['2010-02-28', null]);
    expect(pulled.warnings.map(({ message }) => message)).toEqual([
      'demographics.csv: only the birth date is taken; these columns were not read: sex, white.',
      'demographics.csv, line 3: column `birthDate`: expected a date as YYYY-MM-DD; it was left empty.',
    ]);
    expect(pulled.skipped).toEqual([]);
  });

  it('never reads passwords', async () => {
    expect(JSON.stringify((await pullFiles(sound)).rows('students'))).not.toContain('secret-word');
  });
});

describe('a delta delivery', () => {
  const modes = { orgs: 'absent', classes: 'absent', users: 'delta', enrollments: 'delta' };
  const delta = (users: string, enrollments = ''): Files => ({
    'manifest.csv': manifest('1.1', modes),
    'users.csv': `sourcedId,status,orgSourcedIds,role,givenName,familyName,enabledUser,agentSourcedIds\n${users}`,
    'enrollments.csv': `sourcedId,status,classSourcedId,userSourcedId,role\n${enrollments}`,
  });

  it('passes on deletions that carry their id and nothing else', async () => {
    const pulled = await pullFiles(delta('U1,tobedeleted\nU2,tobedeleted,,student\n', 'E1,tobedeleted\n'));
    expect(ids(pulled.rows('students'))).toEqual(['U1', 'U2']);
    expect(ids(pulled.rows('staff'))).toEqual(['U1']);
    expect(ids(pulled.rows('guardians'))).toEqual(['U1']);
    expect(pulled.rows('enrollments')).toMatchObject([{ record: { sisId: 'E1', class: '' }, gone: true }]);
    expect(pulled.rows('students').every(({ gone }) => gone)).toBe(true);
    expect(pulled.skipped).toEqual([]);
  });

  it('reads rows without a status as active and says so once', async () => {
    const pulled = await pullFiles(delta('U1,,S1,student,A,B\nU2,,S1,student,A,B\n', 'E1,active,K1,U1,student\n'));
    expect(pulled.rows('students').map(({ gone }) => gone)).toEqual([false, false]);
    expect(pulled.warnings).toMatchObject([{ code: 'missing_status', file: 'users.csv', line: 2 }]);
  });
});
