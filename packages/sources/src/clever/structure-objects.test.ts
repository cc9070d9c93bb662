import { objectWith } from './objects.fixture.ts';
import { membersOf } from './section-members.ts';
import { classOf, courseOf, schoolOf, termOf } from './structure-objects.ts';

const ID = '5a25ffb0c1bc2a00360003ee';
const of = (fields: object) => objectWith(fields as Readonly<Record<string, unknown>>);

describe('schools', () => {
  it('have their number, or else the id of the SIS for it', () => {
    const school = { name: 'North High', nces_id: '170440040000', state_id: 'IL-1' };
    expect(schoolOf(of({ ...school, school_number: '0123', sis_id: '9' }).object)).toEqual({
      sisId: ID,
      name: 'North High',
      number: '0123',
      stateId: 'IL-1',
      ncesId: '170440040000',
      kind: 'school',
      parent: null,
    });
    expect(schoolOf(of({ ...school, school_number: '', sis_id: '09' }).object)).toMatchObject({ number: '09' });
    expect(schoolOf(of({ sis_id: '9' }).object)).toEqual({ lacks: 'name' });
  });
});

describe('terms', () => {
  it.each([
    [{ name: 'Fall', start_date: '2026-08-17', end_date: '2027-01-10' }, ['Fall', '2026-08-17', '2027-01-11']],
    [{ name: 'Fall', start_date: '2026-08-17T00:00:00.000Z', end_date: '' }, ['Fall', '2026-08-17', null]],
    [{ name: 'Fall' }, ['Fall', null, null]],
    [{ start_date: '2026-08-17', end_date: '2027-01-10' }, ['2026-08-17 to 2027-01-10', '2026-08-17', '2027-01-11']],
    [{ end_date: '2027-01-10' }, ['to 2027-01-10', null, '2027-01-11']],
  ])('%j', (fields, [title, startDate, endDate]) => {
    const { object, report } = of(fields);
    expect(termOf(object, report)).toMatchObject({ sisId: ID, title, startDate, endDate });
  });

  it('need a name or a date, and lose a date that is none', () => {
    const { object, report, warnings } = of({ name: 'Fall', end_date: 'soon' });
    expect(termOf(object, report)).toMatchObject({ title: 'Fall', endDate: null });
    expect(warnings()).toEqual([`users, "${ID}": \`end_date\` is not a date; it was left empty.`]);
    expect(termOf(of({ name: '' }).object, report)).toEqual({ lacks: 'name' });
  });
});

describe('courses', () => {
  it('have a name, or else a number for it', () => {
    expect(courseOf(of({ name: 'Algebra', number: 'ALG' }).object)).toMatchObject({ title: 'Algebra', code: 'ALG' });
    expect(courseOf(of({ number: 'ALG' }).object)).toMatchObject({ title: 'ALG', code: 'ALG' });
    expect(courseOf(of({ name: null }).object)).toEqual({ lacks: 'name' });
  });
});

describe('sections', () => {
  const section = {
    name: 'Algebra - Byron - 2',
    school: 'S1',
    course: 'C1',
    term_id: 'T1',
    grade: '9',
    subject: 'math',
    period: '2',
    section_number: '',
    sis_id: '0101-0001',
    teacher: 'P2',
    teachers: ['P1', 'P2', 'P1'],
    students: ['P3', 'P4', 'P3', ''],
  };

  it('are classes', () => {
    expect(classOf(of(section).object)).toEqual({
      sisId: ID,
      title: 'Algebra - Byron - 2',
      code: '0101-0001',
      kind: null,
      school: 'S1',
      course: 'C1',
      terms: ['T1'],
      grades: ['09'],
      subjects: ['math'],
      periods: ['2'],
      location: null,
    });
    const bare = classOf(of({ name: 'Algebra', school: 'S1' }).object);
    expect(bare).toMatchObject({ course: null, terms: [], grades: [], subjects: [], periods: [], code: null });
    expect(classOf(of({ ...section, name: '' }).object)).toEqual({ lacks: 'name' });
    expect(classOf(of({ ...section, school: null }).object)).toEqual({ lacks: 'school' });
  });

  const everybody = (): boolean => true;
  const rolesOf = (fields: object, visible: Parameters<typeof membersOf>[1] = everybody) =>
    membersOf(of(fields).object, visible).enrollments.map(({ person, role, primary }) => [person, role, primary]);

  it('enroll everybody they name, once; the teacher named as such is the primary one', () => {
    expect(rolesOf(section)).toEqual([
      ['P2', 'teacher', true],
      ['P1', 'teacher', false],
      ['P3', 'student', null],
      ['P4', 'student', null],
    ]);
    expect(membersOf(of(section).object, everybody).enrollments[2]).toMatchObject({
      sisId: `${ID}~P3~student`,
      class: ID,
      school: 'S1',
      beginDate: null,
      endDate: null,
    });
  });

  it.each([
    [{ teachers: ['P1', 'P2'], teacher: null }, ['P1', true]],
    [{ teacher: 'P5' }, ['P5', true]],
    [{ teachers: 'P6' }, ['P6', true]],
  ])('have the first for the primary teacher if none is named: %j', (fields, [person, primary]) => {
    expect(rolesOf(fields)[0]).toEqual([person, 'teacher', primary]);
  });

  it.each([{}, { teacher: '', teachers: [], students: null }, { teachers: '', students: '' }])(
    'may be empty: %j',
    (fields) => {
      expect(rolesOf(fields)).toEqual([]);
    },
  );

  it('leave out those who are not visible, and count them', () => {
    const visible = (type: string, id: string): boolean => id === (type === 'staff' ? 'P1' : 'P4');
    expect(rolesOf(section, visible)).toEqual([
      ['P1', 'teacher', false],
      ['P4', 'student', null],
    ]);
    expect(membersOf(of(section).object, visible).invisible).toBe(2);
    expect(membersOf(of(section).object, (type) => type === 'staff').enrollments).toHaveLength(2);
  });
});
