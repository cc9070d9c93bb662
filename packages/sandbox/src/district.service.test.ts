import fc from 'fast-check';
import { daysApart } from './calendar.ts';
import { generateDistrict } from './district.ts';
import { GRADES } from './model.ts';
import type { District } from './model.ts';

const DEMO = generateDistrict({ seed: 1, schoolSizes: [501, 480, 520, 499] });

const countBy = <T>(list: readonly T[], key: (each: T) => string | null): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const each of list) counts[key(each) ?? ''] = (counts[key(each) ?? ''] ?? 0) + 1;
  return counts;
};

/** Every reference of the model that leads nowhere. */
function danglingOf(district: District): string[] {
  const ids = (list: readonly { sisId: string }[]) => new Set(list.map((each) => each.sisId));
  const schools = ids([district.org, ...district.schools]);
  const [terms, courses, classes] = [ids(district.terms), ids(district.courses), ids(district.classes)];
  const [students, staff, guardians] = [ids(district.students), ids(district.staff), ids(district.guardians)];
  const dangling: string[] = [];
  const check = (known: ReadonlySet<string>, id: string | null, from: string): void => {
    if (id !== null && !known.has(id)) dangling.push(`${from} → ${id}`);
  };
  for (const each of district.schools) check(schools, each.parent, each.sisId);
  for (const each of district.classes) {
    check(schools, each.school, each.sisId);
    check(courses, each.course, each.sisId);
    for (const term of each.terms) check(terms, term, each.sisId);
  }
  for (const each of [...district.students, ...district.staff])
    for (const school of [...each.schools, each.school]) check(schools, school, each.sisId);
  for (const each of district.enrollments) {
    check(classes, each.class, each.sisId);
    check(each.role === 'student' ? students : staff, each.person, each.sisId);
    check(schools, each.school, each.sisId);
  }
  for (const each of district.guardianships) {
    check(students, each.student, each.sisId);
    check(guardians, each.guardian, each.sisId);
  }
  return dangling;
}

describe('generateDistrict', () => {
  it('gives the same district for the same seed, and another for another', () => {
    const options = { schools: 3, students: 300 };
    expect(generateDistrict({ seed: 4, ...options })).toEqual(generateDistrict({ seed: 4, ...options }));
    expect(generateDistrict({ seed: 5, ...options }).students).not.toEqual(
      generateDistrict({ seed: 4, ...options }).students,
    );
  });

  it('has exactly the sizes asked for, under school ids with leading zeros', () => {
    expect(countBy(DEMO.students, (student) => student.school)).toEqual({
      '0101': 501,
      '0102': 480,
      '0103': 520,
      '0104': 499,
    });
    const spread = generateDistrict({ seed: 1, schools: 3, students: 1000 });
    expect(Object.values(countBy(spread.students, (student) => student.school))).toEqual([334, 333, 333]);
  });

  it('is whole for any number and size of schools: all references lead somewhere, no id is used twice', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.integer(), sizes, (seed, schoolSizes) => {
        const district = generateDistrict({ seed, schoolSizes });
        expect(danglingOf(district)).toEqual([]);
        expect(district.students).toHaveLength(schoolSizes.reduce((sum, size) => sum + size, 0));
        const lists = [district.classes, district.enrollments, district.guardianships, district.courses];
        for (const list of [...lists, [...district.students, ...district.staff, ...district.guardians]])
          expect(new Set(list.map((each) => each.sisId)).size).toBe(list.length);
      }),
      { numRuns: 20 },
    );
  });

  it('has classes of 20 to 28 students, each with one primary teacher', () => {
    const students = countBy(
      DEMO.enrollments.filter((each) => each.role === 'student'),
      (each) => each.class,
    );
    const teachers = countBy(
      DEMO.enrollments.filter((each) => each.primary === true),
      (each) => each.class,
    );
    for (const each of DEMO.classes) {
      expect(students[each.sisId]).toBeGreaterThanOrEqual(20);
      expect(students[each.sisId]).toBeLessThanOrEqual(28);
      expect(teachers[each.sisId]).toBe(1);
    }
  });

  it('enrolls everybody three times in elementary and seven times in secondary schools', () => {
    const counts = countBy(DEMO.enrollments, (each) => each.person);
    const byLevel: Record<string, Set<number | undefined>> = {};
    const levels = new Map(DEMO.schools.map((school) => [school.sisId, school.level ?? '']));
    for (const { sisId, school } of DEMO.students)
      (byLevel[levels.get(school ?? '') ?? ''] ??= new Set()).add(counts[sisId]);
    expect(byLevel).toEqual({ elementary: new Set([3]), middle: new Set([7]), high: new Set([7]) });
  });

  it('never puts a student in two classes of one period and semester', () => {
    const classes = new Map(DEMO.classes.map((each) => [each.sisId, each]));
    const taken = new Set<string>();
    const clashes: string[] = [];
    for (const { person, class: id, role } of DEMO.enrollments) {
      if (role !== 'student') continue;
      const target = classes.get(id);
      for (const term of target?.terms ?? []) {
        const place = `${person} ${term} ${target?.periods[0]}`;
        if (taken.has(place)) clashes.push(place);
        taken.add(place);
      }
    }
    expect(clashes).toEqual([]);
    expect(taken.size).toBeGreaterThan(10_000);
  });

  it('gives birth dates that fit the grade: five years old on 1 September of the kindergarten year', () => {
    for (const { grade, birthDate } of DEMO.students) {
      const kindergartenYear = 2026 - GRADES.findIndex((each) => each === grade);
      const fifthBirthday = `${Number(birthDate?.slice(0, 4)) + 5}${birthDate?.slice(4)}`;
      expect(fifthBirthday <= `${kindergartenYear}-09-01`).toBe(true);
      expect(fifthBirthday > `${kindergartenYear - 1}-09-01`).toBe(true);
    }
  });

  it('has one or two guardians a student, shared by brothers and sisters who bear one name', () => {
    const perStudent = countBy(DEMO.guardianships, (each) => each.student);
    expect(new Set(DEMO.students.map((student) => perStudent[student.sisId]))).toEqual(new Set([1, 2]));
    const students = new Map(DEMO.students.map((student) => [student.sisId, student]));
    const children = new Map<string, string[]>();
    for (const { guardian, student } of DEMO.guardianships)
      children.set(guardian, [...(children.get(guardian) ?? []), student]);
    const families = [...children.values()].filter((each) => each.length > 1);
    expect(families.length).toBeGreaterThan(100);
    for (const family of families) {
      const [first, second] = family.map((id) => students.get(id));
      expect(first?.familyName).toBe(second?.familyName);
      const days = daysApart(first?.birthDate ?? '', second?.birthDate ?? '');
      expect(days === 0 || days > 270).toBe(true);
    }
  });

  it('uses addresses and numbers that belong to nobody', () => {
    const people = [...DEMO.students, ...DEMO.staff, ...DEMO.guardians];
    const emails = people.flatMap((each) => each.email ?? []);
    const numbers = people.flatMap((each) => [each.phone ?? [], each.sms ?? []].flat());
    expect(emails.filter((email) => !/^[a-z0-9.]+@[a-z.]+\.example$/.test(email))).toEqual([]);
    expect(numbers.filter((number) => !/^\(\d{3}\) 555-01\d\d$/.test(number))).toEqual([]);
    expect(Math.min(emails.length, numbers.length)).toBeGreaterThan(2000);
    const usernames = people.map((each) => each.username);
    expect(new Set(usernames).size).toBe(usernames.length);
  });

  it('has a teacher who works at two schools', () => {
    expect(DEMO.staff.filter((each) => each.schools.length > 1).map((each) => each.schools)).toContainEqual([
      '0101',
      '0102',
    ]);
  });

  it.each([[[]], [[0]], [[12.5]], [[-3]]])('says what is wrong with sizes %j', (schoolSizes) => {
    expect(() => generateDistrict({ seed: 1, schoolSizes })).toThrow(/needs one student or more/);
  });
});
