import type { RecordType } from '@rollbook/core';
import { pullFiles, sound } from '../delivery.fixture.ts';
import { append, ids, spoil } from './roster.fixture.ts';

describe('a OneRoster 1.1 delivery', () => {
  it('becomes canonical records, announced and given out in order', async () => {
    const pulled = await pullFiles(sound);
    expect(pulled.warnings).toEqual([]);
    expect(pulled.skipped).toEqual([]);
    const all: RecordType[] = [
      'schools',
      'terms',
      'courses',
      'classes',
      'students',
      'staff',
      'guardians',
      'guardianships',
      'enrollments',
    ];
    expect(pulled.delivers).toEqual(Object.fromEntries(all.map((type) => [type, 'full'])));
    expect(pulled.order.at(0)).toBe('schools');
    expect(pulled.order.at(-1)).toBe('enrollments');
    expect(pulled.records('schools')).toEqual([
      {
        sisId: 'D1',
        name: 'Riverside Unified',
        number: null,
        stateId: null,
        ncesId: null,
        kind: 'district',
        parent: null,
      },
      { sisId: '0123', name: 'North High', number: 'N-1', stateId: null, ncesId: null, kind: 'school', parent: 'D1' },
      {
        sisId: 'MATH',
        name: 'Mathematics',
        number: null,
        stateId: null,
        ncesId: null,
        kind: 'department',
        parent: '0123',
      },
    ]);
    expect(pulled.records('terms')).toEqual([
      {
        sisId: 'T1',
        title: 'Fall',
        kind: 'semester',
        startDate: '2026-08-15',
        endDate: '2026-12-20',
        schoolYear: '2027',
        parent: null,
      },
    ]);
    expect(pulled.records('courses')).toEqual([
      { sisId: 'C1', title: 'Algebra', code: 'ALG', school: 'D1', grades: ['09', '10'], subjects: ['Math'] },
    ]);
    expect(pulled.records('classes')).toEqual([
      {
        sisId: 'K1',
        title: 'Algebra 1',
        code: 'A-1',
        kind: 'scheduled',
        school: '0123',
        course: 'C1',
        terms: ['T1'],
        grades: ['09'],
        subjects: ['Math'],
        periods: ['1', '2'],
        location: 'R5',
      },
    ]);
    expect(pulled.rows('students')).toEqual([
      {
        record: {
          sisId: '007',
          givenName: 'Ada',
          middleName: null,
          familyName: 'Byron',
          preferredName: null,
          email: 'ada@example.org',
          username: 'ada',
          phone: null,
          sms: null,
          language: null,
          grade: '09',
          studentNumber: 'S-7',
          stateId: '99',
          birthDate: null,
          school: '0123',
          schools: ['0123'],
          enabled: true,
        },
        line: 2,
        gone: false,
      },
    ]);
    expect(pulled.records('staff')).toEqual([
      {
        sisId: 'T7',
        givenName: 'Charles',
        middleName: null,
        familyName: 'Babbage',
        preferredName: null,
        email: 'ch@example.org',
        username: 'ch',
        phone: null,
        sms: null,
        language: null,
        role: 'teacher',
        title: null,
        staffNumber: 'E-1',
        stateId: null,
        school: '0123',
        schools: ['0123', 'D1'],
        enabled: true,
      },
    ]);
    expect(pulled.records('guardians')).toEqual([
      {
        sisId: 'G1',
        givenName: 'Anne',
        middleName: null,
        familyName: 'Noel',
        preferredName: null,
        email: null,
        username: null,
        phone: null,
        sms: null,
        language: null,
      },
    ]);
    expect(pulled.records('enrollments')).toEqual([
      {
        sisId: 'E1',
        class: 'K1',
        person: '007',
        role: 'student',
        primary: false,
        beginDate: '2026-08-15',
        endDate: '2026-12-20',
        school: '0123',
      },
      {
        sisId: 'E2',
        class: 'K1',
        person: 'T7',
        role: 'teacher',
        primary: true,
        beginDate: null,
        endDate: null,
        school: '0123',
      },
    ]);
  });

  it('takes guardianships from both directions, under one key', async () => {
    const rows = (await pullFiles(sound)).rows('guardianships');
    const record = {
      sisId: '007~G1',
      student: '007',
      guardian: 'G1',
      relationship: null,
      kind: null,
      primary: null,
    };
    expect(rows).toEqual([
      { record, line: 2, gone: false },
      { record, line: 4, gone: false },
    ]);
  });

  it('does not announce guardianships if no column names them', async () => {
    const pulled = await pullFiles(spoil('users.csv', (text) => text.replace(',agentSourcedIds', ',metadata.x')));
    expect(pulled.delivers).not.toHaveProperty('guardianships');
    expect(pulled.rows('guardianships')).toEqual([]);
  });

  it('keeps the guardianship of a student whose own row cannot be used', async () => {
    const pulled = await pullFiles(spoil('users.csv', (text) => text.replace('Ada,Byron', 'Ada,')));
    expect(ids(pulled.rows('guardianships'))).toEqual(['007~G1', '007~G1']);
    expect(pulled.skipped).toMatchObject([
      { sisId: '007', recordTypes: ['students', 'staff', 'guardians'], warning: { file: 'users.csv', line: 2 } },
    ]);
    expect(pulled.skipped[0]?.warning.message).toBe(
      'users.csv, line 2: column `familyName` is blank; the row was skipped.',
    );
  });

  it('gives people of a department the school above it, and unknown orgs as they are (guard §5)', async () => {
    const pulled = await pullFiles(
      append(
        'users.csv',
        'S2,,,true,MATH,student,,,A,B,,,,,,,,',
        'S3,,,true,D1,student,,,A,B,,,,,,,,',
        'S4,,,true,"NOPE,MATH",student,,,A,B,,,,,,,,',
        'S5,,,true,,student,,,A,B,,,,,,,,',
      ),
    );
    const schools = pulled.records('students').map(({ sisId, school, schools: all }) => [sisId, school, all]);
    expect(schools.slice(1)).toEqual([
      ['S2', '0123', ['0123']],
      ['S3', 'D1', ['D1']],
      ['S4', '0123', ['0123', 'NOPE']],
      ['S5', null, []],
    ]);
  });
});
