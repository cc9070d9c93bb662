import { UsageError } from '@rollbook/core';
import { nextDay } from './changes.ts';
import { generateDistrict } from './district.ts';
import { loseLeadingZeros, rekeyStudents } from './id-changes.ts';
import { changeTeacher, removeSchool, renameClass } from './school-changes.ts';
import { changeStudents, graduate, newStudents, removeStudents, transferStudents } from './student-changes.ts';

const DISTRICT = generateDistrict({ seed: 3, schoolSizes: [120, 110, 90, 80] });
const idsOf = (list: readonly { sisId: string }[]) => new Set(list.map((each) => each.sisId));
const at = (district: typeof DISTRICT, school: string) => district.students.filter((each) => each.school === school);

describe('nextDay', () => {
  it('leaves the day before untouched and gives the same day again', () => {
    const copy = structuredClone(DISTRICT);
    const changes = [changeStudents(9), removeStudents(5, '0101'), newStudents(4, '0102')];
    expect(nextDay(DISTRICT, changes)).toEqual(nextDay(DISTRICT, changes));
    expect(DISTRICT).toEqual(copy);
  });

  it('does something else on the next day', () => {
    const second = nextDay(DISTRICT, [removeStudents(5, '0101')]);
    const third = nextDay(second, [removeStudents(5, '0101')]);
    expect([at(second, '0101').length, at(third, '0101').length]).toEqual([115, 110]);
  });
});

describe('transferStudents', () => {
  it('moves home school, cohort and classes, and keeps the students', () => {
    const after = nextDay(DISTRICT, [transferStudents(10, '0101', '0102')]);
    expect([at(after, '0101').length, at(after, '0102').length]).toEqual([110, 120]);
    expect(idsOf(after.students)).toEqual(idsOf(DISTRICT.students));
    expect(after.guardianships).toEqual(DISTRICT.guardianships);
    const classes = new Map(after.classes.map((each) => [each.sisId, each]));
    for (const student of at(after, '0102')) {
      const own = after.enrollments.filter((each) => each.person === student.sisId);
      expect(own).toHaveLength(3);
      for (const each of own) expect(classes.get(each.class)).toMatchObject({ school: '0102', cohort: student.cohort });
    }
  });

  it('refuses a school that does not teach their grades, and one that is not there', () => {
    expect(() => nextDay(DISTRICT, [transferStudents(1, '0101', '0104')])).toThrow(
      'Cannot choose 1 students of "0101" whose grade is taught at "0104": there are 0.',
    );
    expect(() => nextDay(DISTRICT, [transferStudents(1, '101', '0102')])).toThrow(
      'The district has no school "101"; it has "0101", "0102", "0103", "0104".',
    );
  });
});

describe('newStudents', () => {
  it('brings students with classes and guardians under ids never used before', () => {
    const smaller = nextDay(DISTRICT, [removeStudents(20, '0104')]);
    const after = nextDay(smaller, [newStudents(6, '0104')]);
    const known = idsOf(DISTRICT.students);
    const added = after.students.filter((student) => !known.has(student.sisId));
    expect(added.map((student) => student.school)).toEqual(Array.from({ length: 6 }, () => '0104'));
    for (const { sisId } of added) {
      expect(after.enrollments.filter((each) => each.person === sisId)).toHaveLength(7);
      const own = after.guardianships.filter((each) => each.student === sisId);
      expect(own.length).toBeGreaterThan(0);
      for (const each of own) expect(idsOf(DISTRICT.guardians).has(each.guardian)).toBe(false);
    }
  });
});

describe('changeStudents', () => {
  it('changes exactly as many students, in e-mail, telephone or grade alone', () => {
    const after = nextDay(DISTRICT, [changeStudents(30)]);
    const before = new Map(DISTRICT.students.map((student) => [student.sisId, student]));
    const fields: string[] = [];
    for (const student of after.students) {
      const old = before.get(student.sisId);
      for (const [field, value] of Object.entries(student))
        if (JSON.stringify(value) !== JSON.stringify(old?.[field as keyof typeof old])) fields.push(field);
    }
    expect(fields.sort()).toEqual(
      ['email', 'grade', 'phone'].flatMap((field) => Array.from({ length: 10 }, () => field)),
    );
    expect(after.enrollments).toBe(DISTRICT.enrollments);
  });
});

describe('removeStudents', () => {
  it('takes enrollments and guardianships along, and guardians only without any child left', () => {
    const after = nextDay(DISTRICT, [removeStudents(60, '0101')]);
    const gone = [...idsOf(DISTRICT.students)].filter((id) => !idsOf(after.students).has(id));
    expect(gone).toHaveLength(60);
    expect(after.enrollments.some((each) => gone.includes(each.person))).toBe(false);
    expect(idsOf(after.guardians)).toEqual(new Set(after.guardianships.map((each) => each.guardian)));
    const siblingsOfGone = DISTRICT.guardianships.filter(
      (each) => gone.includes(each.student) && idsOf(after.guardians).has(each.guardian),
    );
    expect(siblingsOfGone.length).toBeGreaterThan(0);
  });

  it.each([[121], [-1], [1.5]])('refuses to remove %p of 120', (count) => {
    expect(() => nextDay(DISTRICT, [removeStudents(count, '0101')])).toThrow(UsageError);
  });
});

describe('graduate', () => {
  it('takes the highest grade and nobody else', () => {
    const after = nextDay(DISTRICT, [graduate('0104')]);
    expect(new Set(at(DISTRICT, '0104').map((each) => each.grade))).toEqual(new Set(['09', '10', '11', '12']));
    expect(at(after, '0104')).toEqual(at(DISTRICT, '0104').filter((each) => each.grade !== '12'));
    expect(after.students).toHaveLength(380);
  });
});

describe('renameClass and changeTeacher', () => {
  it('change the named class alone', () => {
    const after = nextDay(DISTRICT, [renameClass('0101-0002', 'Grade 1, blue'), changeTeacher('0101-0002')]);
    const changed = after.classes.filter((each, index) => each !== DISTRICT.classes[index]);
    expect(changed.map((each) => [each.sisId, each.title])).toEqual([['0101-0002', 'Grade 1, blue']]);
    const teachers = (district: typeof DISTRICT) =>
      district.enrollments
        .filter((each) => each.class === '0101-0002' && each.primary === true)
        .map((each) => each.person);
    expect(teachers(after)).toHaveLength(1);
    expect(teachers(after)).not.toEqual(teachers(DISTRICT));
    expect(() => nextDay(DISTRICT, [renameClass('9')])).toThrow('The district has no class "9".');
  });
});

describe('removeSchool', () => {
  it('takes classes, students and staff along, but not those who also work elsewhere', () => {
    const after = nextDay(DISTRICT, [removeSchool('0101')]);
    expect(after.schools.map((each) => each.sisId)).toEqual(['0102', '0103', '0104']);
    for (const list of [after.classes, after.students, after.staff, after.enrollments])
      expect(list.filter((each) => each.school === '0101')).toEqual([]);
    const shared = DISTRICT.staff.filter((each) => each.schools.length > 1 && each.schools.includes('0101'));
    expect(shared.length).toBeGreaterThan(0);
    for (const each of shared) expect(after.staff).toContainEqual({ ...each, school: '0102', schools: ['0102'] });
    const people = idsOf([...after.students, ...after.staff]);
    expect(after.enrollments.every((each) => people.has(each.person))).toBe(true);
  });
});

describe('rekeyStudents', () => {
  it('gives every student of the school a new id and nothing else', () => {
    const after = nextDay(DISTRICT, [rekeyStudents('0103')]);
    const old = idsOf(DISTRICT.students);
    expect(at(after, '0103').filter((each) => old.has(each.sisId))).toEqual([]);
    expect(after.students.map((each) => ({ ...each, sisId: '' }))).toEqual(
      DISTRICT.students.map((each) => ({ ...each, sisId: '' })),
    );
    const people = idsOf([...after.students, ...after.staff]);
    expect(after.enrollments.every((each) => people.has(each.person))).toBe(true);
    expect(after.enrollments).toHaveLength(DISTRICT.enrollments.length);
    expect(after.guardianships.every((each) => people.has(each.student))).toBe(true);
  });
});

describe('loseLeadingZeros', () => {
  it('shortens school ids wherever they stand, grades and student numbers, and no other id', () => {
    const after = nextDay(DISTRICT, [loseLeadingZeros()]);
    expect(after.schools.map((each) => [each.sisId, each.parent])).toEqual([
      ['101', '100'],
      ['102', '100'],
      ['103', '100'],
      ['104', '100'],
    ]);
    for (const list of [after.classes, after.students, after.staff, after.enrollments])
      expect(list.filter((each) => each.school?.startsWith('0'))).toEqual([]);
    expect(
      after.students.filter((each) => each.schools[0] !== each.school || each.studentNumber?.startsWith('0')),
    ).toEqual([]);
    expect(new Set(at(after, '101').map((each) => each.grade))).toEqual(new Set(['KG', '1', '2', '3', '4', '5']));
    expect(idsOf(after.students)).toEqual(idsOf(DISTRICT.students));
    expect(idsOf(after.classes)).toEqual(idsOf(DISTRICT.classes));
  });
});
