import { objectWith } from './objects.fixture.ts';
import { staffOf, staffRoleOf, studentOf } from './user-objects.ts';

const ID = '5a25ffb0c1bc2a00360003ee';
const name = { first: 'Ada', middle: 'K', last: 'Byron' };

describe('students', () => {
  const role = {
    sis_id: 'S1',
    student_number: '0017',
    state_id: '498006597',
    school: 'A',
    schools: ['B', 'A'],
    grade: 'Kindergarten',
    dob: '6/18/2020',
    credentials: { district_username: 'abyron' },
    home_language: 'Spanish',
    home_language_code: 'es',
    preferred_name: 'Addie',
    gender: 'F',
    race: 'Asian',
  };
  const read = (user: object, facts: object, studentIdSource: 'student_number' | 'student_id' = 'student_number') => {
    const { object, report, warnings } = objectWith({ ...user, roles: { student: facts } });
    const student = studentOf(object, object.part('roles').part('student'), { studentIdSource }, report);
    return { student, warnings };
  };

  it('are read field by field, and no demographics', () => {
    expect(read({ name, email: 'ada@school.example' }, role).student).toEqual({
      sisId: ID,
      givenName: 'Ada',
      middleName: 'K',
      familyName: 'Byron',
      preferredName: 'Addie',
      email: 'ada@school.example',
      username: 'abyron',
      phone: null,
      sms: null,
      language: 'es',
      grade: 'KG',
      studentNumber: '0017',
      stateId: '498006597',
      birthDate: '2020-06-18',
      school: 'A',
      schools: ['A', 'B'],
      enabled: null,
    });
  });

  it('may lack nearly everything', () => {
    expect(read({ name: { first: 'Ada', last: 'Byron' } }, {}).student).toMatchObject({
      middleName: null,
      email: null,
      username: null,
      grade: null,
      studentNumber: null,
      birthDate: null,
      school: null,
      schools: [],
    });
    expect(read({ name: { first: '', last: 'Byron' } }, role).student).toEqual({ lacks: 'name.first' });
    expect(read({}, role).student).toEqual({ lacks: 'name.first' });
    expect(read({ name: { first: 'Ada' } }, role).student).toEqual({ lacks: 'name.last' });
  });

  it.each([
    [{ schools: ['B', 'A'] }, 'B', ['B', 'A']],
    [{ school: 'A' }, 'A', ['A']],
    [{ school: '', schools: null }, null, []],
  ])('have a home school: %j', (facts, school, schools) => {
    expect(read({ name }, facts).student).toMatchObject({ school, schools });
  });

  it('have the number that is asked for, the e-mail of the role for want of another, and names in parts', () => {
    expect(read({ name }, role, 'student_id').student).toMatchObject({ studentNumber: 'S1' });
    expect(read({ name, email: '' }, { email: 'role@school.example' }).student).toMatchObject({
      email: 'role@school.example',
    });
    expect(read({ name }, { preferred_name: { first: 'Addie', last: null } }).student).toMatchObject({
      preferredName: 'Addie',
    });
    expect(read({ name }, { home_language: 'Spanish' }).student).toMatchObject({ language: 'Spanish' });
  });

  it('lose a birth date that is none, which is told without it', () => {
    const { student, warnings } = read({ name }, { dob: '13/13/2013' });
    expect([student, warnings()]).toMatchObject([
      { birthDate: null },
      [`users, "${ID}": \`dob\` is not a date; it was left empty.`],
    ]);
  });
});

describe('staff', () => {
  const read = (roles: object) => {
    const { object } = objectWith({ name, email: 'ada@school.example', roles });
    return staffOf(object, object.part('roles'));
  };
  const teacher = {
    sis_id: 'T1',
    teacher_number: '7',
    state_id: 'IL7',
    title: 'Teacher, Math',
    school: 'A',
    schools: ['A'],
  };
  const staff = { staff_id: 'X1', title: 'Dean', schools: ['B', 'A'], credentials: { district_username: 'ada' } };

  it('of several roles are one record', () => {
    expect(read({ teacher, staff, district_admin: { title: 'Director' } })).toEqual({
      sisId: ID,
      givenName: 'Ada',
      middleName: 'K',
      familyName: 'Byron',
      preferredName: null,
      email: 'ada@school.example',
      username: 'ada',
      phone: null,
      sms: null,
      language: null,
      role: 'teacher',
      title: 'Teacher, Math',
      staffNumber: '7',
      stateId: 'IL7',
      school: 'A',
      schools: ['A', 'B'],
      enabled: null,
    });
  });

  it('have the id of the SIS for a number of their own', () => {
    expect(read({ teacher: { sis_id: 'T1' } })).toMatchObject({ staffNumber: 'T1', schools: [], school: null });
    expect(read({ staff })).toMatchObject({ staffNumber: 'X1', school: 'B', role: 'administrator' });
    expect(read({ district_admin: {} })).toMatchObject({ staffNumber: null, role: 'administrator', title: null });
  });

  it.each([
    [true, true, 'Principal', 'teacher'],
    [false, true, 'Instructional Aide', 'aide'],
    [false, true, null, 'administrator'],
    [false, true, 'Secretary to the Superintendent', 'administrator'],
    [false, false, 'Assistant Principal', 'administrator'],
    [false, false, 'DEAN OF STUDENTS', 'administrator'],
    [false, false, 'School Administrator', 'administrator'],
    [false, false, 'Paraeducator', 'aide'],
    [false, false, 'Para-professional', 'aide'],
    [false, false, 'Teaching Assistant', 'aide'],
    [false, false, 'Administrative Assistant', 'staff'],
    [false, false, "Principal's Secretary", 'staff'],
    [false, false, 'Executive Assistant to the Director', 'staff'],
    [false, false, 'Counselor', 'staff'],
    [false, false, null, 'staff'],
  ])('teacher %p, district administrator %p, title %p: %s', (isTeacher, isDistrictAdmin, title, role) => {
    expect(staffRoleOf({ isTeacher, isDistrictAdmin, title })).toBe(role);
  });
});
