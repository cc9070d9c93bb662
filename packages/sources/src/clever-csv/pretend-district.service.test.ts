import {
  CLEVER_RELATIONSHIPS,
  cleverSubjectOf,
  generateDistrict,
  writeCleverFolder,
  writeCleverZip,
} from '@rollbook/sandbox';
import { join } from 'node:path';
import { pullPath, withFolder, type Pulled } from '../delivery.fixture.ts';

const DISTRICT = generateDistrict({ seed: 4, schoolSizes: [24, 18, 22, 20] });

const byId = <R extends { readonly sisId: string }>(records: readonly R[]): R[] =>
  records.toSorted((a, b) => (a.sisId < b.sisId ? -1 : 1));
/** What is left of repeated records: guardians stand at each of their students. */
const unique = <R extends { readonly sisId: string }>(records: readonly R[]): R[] =>
  byId([...new Map(records.map((record) => [record.sisId, record])).values()]);

const leaveOut = (record: object, ...names: string[]): object =>
  Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));

const allSchools = DISTRICT.schools.map(({ sisId }) => sisId);
const courseCodes = new Map(DISTRICT.courses.map(({ sisId, code }) => [sisId, code]));

let pulled: Pulled;
beforeAll(async () => {
  pulled = await withFolder({}, async (folder) => {
    await writeCleverFolder(DISTRICT, folder);
    return pullPath(folder);
  });
});

/** Every field is compared; those that the format does not carry are expected as null. */
describe('a generated district, written as Clever CSV files and read back', () => {
  it('says nothing of wrong rows', () => {
    expect(pulled.skipped).toEqual([]);
    expect(pulled.codes()).toEqual(['demographics_skipped']);
  });

  it('has its schools', () => {
    expect(pulled.records('schools')).toEqual(
      DISTRICT.schools.map(({ sisId, name, number, stateId }) => ({
        sisId,
        name,
        number,
        stateId,
        ncesId: null,
        kind: 'school',
        parent: null,
      })),
    );
  });

  it('has its students', () => {
    expect(pulled.records('students')).toEqual(
      DISTRICT.students.map((student) => ({
        ...leaveOut(student, 'demographics', 'address', 'cohort'),
        preferredName: null,
        phone: null,
        sms: null,
        enabled: null,
      })),
    );
  });

  it('has its staff, those of the district at every school', () => {
    const expected = DISTRICT.staff.map((person) => {
      const schools = person.schools.includes(DISTRICT.org.sisId) ? allSchools : person.schools;
      const isTeacher = person.role === 'teacher';
      return {
        ...person,
        phone: null,
        staffNumber: isTeacher ? person.staffNumber : null,
        stateId: isTeacher ? person.stateId : null,
        school: schools[0],
        schools,
        enabled: null,
      };
    });
    expect(expected.some(({ role, schools }) => role === 'teacher' && schools.length > 1)).toBe(true);
    const sorted = <R extends { schools: readonly string[] }>(person: R): R => ({
      ...person,
      schools: person.schools.toSorted(),
    });
    expect(byId(pulled.records('staff')).map(sorted)).toEqual(byId(expected).map(sorted));
  });

  it('has its guardians and guardianships', () => {
    expect(unique(pulled.records('guardians'))).toEqual(
      byId(DISTRICT.guardians).map((guardian) => ({
        ...leaveOut(guardian, 'role', 'phones'),
        username: null,
        phone: null,
        language: null,
      })),
    );
    expect(byId(pulled.records('guardianships'))).toEqual(
      byId(DISTRICT.guardianships).map((each) => ({
        ...each,
        relationship: CLEVER_RELATIONSHIPS[each.relationship ?? ''],
        primary: null,
      })),
    );
  });

  it('has its courses and classes', () => {
    const taught = new Set(DISTRICT.classes.map((each) => each.course));
    expect(byId(pulled.records('courses'))).toEqual(
      byId(
        DISTRICT.courses
          .filter(({ sisId }) => taught.has(sisId))
          .map(({ title, code }) => ({ sisId: code ?? '', title, code, school: null, grades: [], subjects: [] })),
      ),
    );
    expect(pulled.records('classes')).toEqual(
      DISTRICT.classes.map((each) => ({
        ...leaveOut(each, 'cohort'),
        kind: null,
        course: courseCodes.get(each.course ?? ''),
        terms: [expect.any(String)],
        subjects: [cleverSubjectOf(each)],
        location: null,
      })),
    );
  });

  it('has its terms, and the classes in them', () => {
    const terms = new Map(pulled.records('terms').map((term) => [term.sisId, term]));
    const facts = ({
      title,
      startDate,
      endDate,
    }: {
      title: string;
      startDate: string | null;
      endDate: string | null;
    }) => ({ title, startDate, endDate }) as const;
    expect(new Set([...terms.values()].map((term) => term.title))).toEqual(
      new Set(DISTRICT.terms.map((term) => term.title)),
    );
    const [year] = DISTRICT.terms;
    for (const [i, { terms: own }] of DISTRICT.classes.entries()) {
      const meant = own.length > 1 ? year : DISTRICT.terms.find(({ sisId }) => sisId === own[0]);
      const read = terms.get(pulled.records('classes')[i]?.terms[0] ?? '');
      expect(read && facts(read)).toEqual(meant && facts(meant));
    }
  });

  it('has its enrollments', () => {
    const key = ({ class: section, person, role }: { class: string; person: string; role: string }): string =>
      `${section} ${person} ${role}`;
    expect(pulled.records('enrollments').map(key).sort()).toEqual(DISTRICT.enrollments.map(key).sort());
    const primary = (records: readonly { primary: boolean | null }[]): number =>
      records.filter((record) => record.primary === true).length;
    expect(primary(pulled.records('enrollments'))).toBe(primary(DISTRICT.enrollments));
  });

  it('is the same in a zip', async () => {
    const zipped = await withFolder({}, async (folder) => {
      await writeCleverZip(DISTRICT, join(folder, 'clever.zip'));
      return pullPath(folder);
    });
    for (const type of ['students', 'guardians', 'staff', 'enrollments'] as const)
      expect(zipped.rows(type)).toEqual(pulled.rows(type));
    expect(zipped.revision).toBe(pulled.revision);
  });
});
