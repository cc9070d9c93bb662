import { clever, pullClever, spoil, without } from './clever.fixture.ts';

const person = {
  middleName: null,
  preferredName: null,
  email: null,
  username: null,
  phone: null,
  sms: null,
  language: null,
};

describe('a delivery in the format of Clever', () => {
  it('is recognised by its file names, announced and given out in order', async () => {
    const pulled = await pullClever();
    expect(pulled.skipped).toEqual([]);
    expect(pulled.codes()).toEqual(['demographics_skipped']);
    expect(Object.keys(pulled.delivers)).toEqual([
      'schools',
      'terms',
      'courses',
      'classes',
      'students',
      'guardians',
      'guardianships',
      'staff',
      'enrollments',
    ]);
    expect(new Set(Object.values(pulled.delivers))).toEqual(new Set(['full']));
    for (const [before, after] of [
      ['schools', 'classes'],
      ['terms', 'classes'],
      ['courses', 'classes'],
      ['classes', 'enrollments'],
      ['staff', 'enrollments'],
    ] as const)
      expect(pulled.order.indexOf(before)).toBeLessThan(pulled.order.indexOf(after));
  });

  it('has schools, and courses and terms that its sections name', async () => {
    const pulled = await pullClever();
    const school = { stateId: null, ncesId: null, kind: 'school', parent: null, number: null };
    expect(pulled.records('schools')).toEqual([
      { ...school, sisId: '0123', name: 'North High', number: 'N-1', stateId: 'ST-1' },
      { ...school, sisId: '0124', name: 'South High' },
    ]);
    const course = { school: null, grades: [], subjects: [] };
    expect(pulled.records('courses')).toEqual([
      { ...course, sisId: 'ALG', title: 'Algebra', code: 'ALG' },
      { ...course, sisId: 'Reading', title: 'Reading', code: null },
    ]);
    expect(pulled.rows('terms')).toEqual([
      {
        record: {
          sisId: 'Fall~2026-08-15~2026-12-19',
          title: 'Fall',
          kind: null,
          startDate: '2026-08-15',
          endDate: '2026-12-20',
          schoolYear: null,
          parent: null,
        },
        line: 2,
        gone: false,
      },
    ]);
  });

  it('has a class for each section', async () => {
    const bare = {
      code: null,
      kind: null,
      course: null,
      terms: [],
      grades: [],
      subjects: [],
      periods: [],
      location: null,
    };
    expect((await pullClever()).records('classes')).toEqual([
      {
        ...bare,
        sisId: 'K1',
        title: 'Algebra 1',
        code: 'A-1',
        school: '0123',
        course: 'ALG',
        terms: ['Fall~2026-08-15~2026-12-19'],
        grades: ['09'],
        subjects: ['math'],
        periods: ['2'],
      },
      {
        ...bare,
        sisId: 'K2',
        title: 'Reading - 2',
        code: '2',
        school: '0124',
        course: 'Reading',
        terms: ['Fall~2026-08-15~2026-12-19'],
      },
      { ...bare, sisId: 'K3', title: 'Advisory', school: '0124', grades: ['KG'], subjects: ['homeroom/advisory'] },
    ]);
  });

  it('has each student once, at every school where one of its sections is', async () => {
    expect((await pullClever()).rows('students')).toEqual([
      {
        record: {
          ...person,
          sisId: '007',
          givenName: 'Ada',
          middleName: 'A',
          familyName: 'Byron',
          email: 'ada@example.org',
          username: 'ada',
          language: 'en',
          grade: '09',
          studentNumber: 'S-7',
          stateId: '99',
          birthDate: '2011-03-07',
          school: '0123',
          schools: ['0123', '0124'],
          enabled: null,
        },
        line: 2,
        gone: false,
      },
      {
        record: {
          ...person,
          sisId: '008',
          givenName: 'Ralph',
          familyName: 'Lovelace',
          grade: 'KG',
          studentNumber: null,
          stateId: null,
          birthDate: '2019-07-02',
          school: '0124',
          schools: ['0124'],
          enabled: null,
        },
        line: 4,
        gone: false,
      },
    ]);
  });

  it('has staff of both files, at all their schools, once each', async () => {
    const pulled = await pullClever();
    const staff = { ...person, title: null, staffNumber: null, stateId: null, enabled: null };
    expect(pulled.records('staff')).toEqual([
      {
        ...staff,
        sisId: 'T7',
        givenName: 'Charles',
        familyName: 'Babbage',
        email: 'ch@example.org',
        username: 'ch',
        role: 'teacher',
        title: 'Head of Mathematics',
        staffNumber: 'E-1',
        stateId: 'IL-1',
        school: '0123',
        schools: ['0123', '0124'],
      },
      {
        ...staff,
        sisId: 'T8',
        givenName: 'Mary',
        familyName: 'Somerville',
        email: 'ms@example.org',
        role: 'teacher',
        title: 'Teacher',
        school: '0124',
        schools: ['0124', '0123'],
      },
      {
        ...staff,
        sisId: 'P1',
        givenName: 'George',
        familyName: 'Boole',
        email: 'gb@example.org',
        username: 'gb',
        role: 'administrator',
        title: 'Principal',
        school: '0123',
        schools: ['0123'],
      },
    ]);
    expect((await pullClever(without('staff.csv'))).records('staff').map(({ sisId }) => sisId)).toEqual(['T7', 'T8']);
  });

  it('has the enrollments of teachers, the first of a section as primary, and of students', async () => {
    const enrollments = (await pullClever()).records('enrollments');
    expect(enrollments.map(({ sisId, primary, school }) => [sisId, primary, school])).toEqual([
      ['K1~T7~teacher', true, '0123'],
      ['K1~T8~teacher', false, '0123'],
      ['K2~T8~teacher', true, '0124'],
      ['K1~007~student', null, '0123'],
      ['K2~007~student', null, '0124'],
      ['K2~008~student', null, '0124'],
    ]);
    expect(enrollments[0]).toMatchObject({
      class: 'K1',
      person: 'T7',
      role: 'teacher',
      beginDate: null,
      endDate: null,
    });
  });

  it('never gives out what it does not keep', async () => {
    const told = JSON.stringify((await pullClever()).all);
    expect(told).toContain('Byron');
    expect(told).not.toMatch(/secret-word|Somebody/);
  });

  it('may have its header in any spelling of case, spaces and underscores, and a BOM', async () => {
    const spelt = Object.fromEntries(
      Object.entries(clever).map(([name, text]) => {
        const [header = '', ...rows] = text.split('\r\n');
        const other = name === 'students.csv' ? header.replaceAll('_', ' ') : header.replaceAll('_', '').toUpperCase();
        return [name, `\uFEFF${other}\n${rows.join('\n')}`];
      }),
    );
    const [plain, pulled] = [await pullClever(), await pullClever(spelt)];
    expect(pulled.skipped).toEqual([]);
    for (const type of ['students', 'guardians', 'staff', 'classes', 'enrollments'] as const)
      expect(pulled.records(type)).toEqual(plain.records(type));
  });

  it('has a revision that changes with the files and with how they are read', async () => {
    const first = (await pullClever()).revision;
    expect(first).toMatch(/^[\w-]{43}$/);
    expect((await pullClever()).revision).toBe(first);
    const others = [
      await pullClever(spoil('staff.csv', (text) => text.replace('Principal', 'Head'))),
      await pullClever(without('staff.csv')),
      await pullClever(clever, { manageGuardians: false }),
      await pullClever(clever, { studentIdSource: 'student_id' }),
    ];
    expect(new Set([first, ...others.map(({ revision }) => revision)]).size).toBe(5);
  });

  it('gives students the number that is asked for, and leaves guardians alone if told to', async () => {
    const pulled = await pullClever(clever, { studentIdSource: 'student_id', manageGuardians: false });
    expect(pulled.records('students').map(({ studentNumber }) => studentNumber)).toEqual(['007', '008']);
    expect(pulled.delivers).not.toHaveProperty('guardians');
    expect(pulled.delivers).not.toHaveProperty('guardianships');
    expect(pulled.rows('guardians')).toEqual([]);
  });
});
