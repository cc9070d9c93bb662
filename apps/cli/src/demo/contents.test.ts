import { RECORD_TYPES } from '@rollbook/core';
import { generateDistrict, newStudents, nextDay, removeStudents, renameClass } from '@rollbook/sandbox';
import { NO_CONTENTS, changesBetween, contentsOf, rosterAfter } from './contents.ts';

const first = generateDistrict({ seed: 3, schoolSizes: [60, 40] });
const school = first.schools[0]?.sisId ?? '';
const before = contentsOf(first);

describe('contentsOf', () => {
  it('leaves out the district itself and staff who belong to none of its schools', () => {
    expect([...before.schools.keys()]).toEqual(first.schools.map(({ sisId }) => sisId));
    expect(before.schools.has(first.org.sisId)).toBe(false);
    const office = first.staff.filter((each) => each.schools.every((id) => id === first.org.sisId));
    expect(office.length).toBeGreaterThan(0);
    expect(before.staff.size).toBe(first.staff.length - office.length);
  });
});

describe('changesBetween', () => {
  it('finds everything new in an empty roster', () => {
    const changes = changesBetween(NO_CONTENTS, before);
    for (const type of RECORD_TYPES)
      expect(changes[type]).toEqual({
        created: [...before[type].keys()],
        updated: [],
        unchanged: [],
        missing: [],
        missingRoots: [],
      });
  });

  it('tells a change from a record that only was copied', () => {
    const renamed = nextDay(first, [renameClass(), (district) => structuredClone(district)]);
    const changes = changesBetween(before, contentsOf(renamed));
    expect(changes.classes.updated).toHaveLength(1);
    expect(changes.classes.unchanged).toHaveLength(before.classes.size - 1);
    for (const type of RECORD_TYPES) if (type !== 'classes') expect(changes[type].updated).toEqual([]);
  });

  it('counts what goes with a student or guardian as missing, but not as a root', () => {
    const after = contentsOf(nextDay(first, [removeStudents(5, school), newStudents(2, school)]));
    const changes = changesBetween(before, after);
    expect(changes.students.created).toHaveLength(2);
    expect(changes.students.missingRoots).toEqual(changes.students.missing);
    expect(changes.students.missing).toHaveLength(5);
    for (const type of ['enrollments', 'guardianships'] as const) {
      expect(changes[type].missing.length).toBeGreaterThanOrEqual(5);
      expect(changes[type].missingRoots).toEqual([]);
    }
  });

  it('counts an enrollment as a root if student and class stay', () => {
    const [ended] = first.enrollments;
    const after = contentsOf({ ...first, enrollments: first.enrollments.slice(1) });
    expect(changesBetween(before, after).enrollments.missingRoots).toEqual([ended?.sisId]);
  });
});

describe('rosterAfter', () => {
  const after = contentsOf(nextDay(first, [removeStudents(5, school), newStudents(2, school)]));

  it('is what the files hold once archives are made', () => {
    expect(rosterAfter(before, after, 'made')).toBe(after);
  });

  it('keeps what is missing while archives are withheld', () => {
    const held = rosterAfter(before, after, 'withheld');
    expect(held.students.size).toBe(before.students.size + 2);
    expect(changesBetween(held, after).students.missing).toHaveLength(5);
  });
});
