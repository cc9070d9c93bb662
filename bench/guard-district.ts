/**
 * A district of 100,000 students in 300 schools, computed from indexes, on the day before and on the day after half of
 * all that can go wrong went wrong at once: what the guard has to measure and to explain at its worst.
 */
import {
  compositeKey,
  type Class,
  type Enrollment,
  type Guardian,
  type Guardianship,
  type RecordType,
  type RosterRecords,
  type School,
  type Student,
  type Term,
} from '@rollbook/core';
import type { PullEvent, RosterSource, SourceSurvey } from '@rollbook/pipeline';

export const SCHOOLS = 300;
const STUDENTS_OF_SCHOOL = 334;
const CLASSES_OF_SCHOOL = 40;
const CLASSES_OF_STUDENT = 5;
const CHUNK = 1_000;

/** What happens to a school: those of a kind are spread over all levels. */
const STORIES = {
  graduation: (school: number) => school % 3 === 2 && school < 150,
  rekeyed: (school: number) => school % 3 === 0 && school < 120,
  empty: (school: number) => school % 3 === 1 && school < 30,
  transfers: (school: number) => school % 3 === 1 && school >= 30 && school < 90,
  endedTerm: (school: number) => school >= 150 && school < 200,
  gutted: (school: number) => school >= 200 && school < 250,
} as const;

const LEVELS: readonly (readonly string[])[] = [
  ['KG', '01', '02', '03', '04', '05'],
  ['06', '07', '08'],
  ['09', '10', '11', '12'],
];
const GIVEN = ['Ana', 'Ben', 'Chloé', 'Dario', 'Émile', 'Fatima', 'Gus', 'Hana', 'Ivo', 'June', 'Kofi', 'Lena', 'Milo'];
const FAMILY = ['Álvarez', 'Brown', 'Chen', 'Díaz', 'Evans', 'Fischer', 'García', 'Haddad', 'Ito', 'Jones', 'Kim'];

const id = (prefix: string, number: number): string => `${prefix}${String(number).padStart(7, '0')}`;
const schoolId = (school: number): string => String(school + 1).padStart(4, '0');
const classId = (school: number, place: number): string => `${schoolId(school)}-${place}`;

interface Place {
  readonly school: number;
  readonly sisId: string;
  readonly number: number;
  readonly grade: string;
}

/** The students of a day, in the order of schools. */
function* studentsOf(day: 1 | 2): Generator<Place> {
  for (let school = 0; school < SCHOOLS; school++) {
    const grades = LEVELS[school % 3] as readonly string[];
    if (day === 2 && STORIES.empty(school)) continue;
    for (let index = 0; index < STUDENTS_OF_SCHOOL; index++) {
      const number = school * STUDENTS_OF_SCHOOL + index;
      const grade = grades[index % grades.length] as string;
      const place = { school, sisId: id('S', number), number, grade };
      if (day === 2 && STORIES.graduation(school) && grade === '12') continue;
      if (day === 2 && STORIES.rekeyed(school)) yield { ...place, sisId: id('N', number) };
      else if (day === 2 && STORIES.transfers(school) && index < 40)
        yield { ...place, sisId: id('N', number), school: school + 3 };
      else yield place;
    }
  }
}

const person = (number: number, domain: string) => ({
  givenName: `${GIVEN[number % GIVEN.length]} ${Math.floor(number / 143) % 97}`,
  middleName: null,
  familyName: `${FAMILY[number % FAMILY.length]}`,
  preferredName: null,
  email: `p${number}@${domain}.example`,
  username: null,
  phone: null,
  sms: null,
  language: null,
});

const birthDate = (number: number): string =>
  new Date(Date.UTC(2008 + (number % 13), 0, 1 + (number % 365))).toISOString().slice(0, 10);

const RECORDS: { readonly [T in RecordType]?: (day: 1 | 2) => Iterable<RosterRecords[T]> } = {
  *schools(): Generator<School> {
    for (let school = 0; school < SCHOOLS; school++)
      yield {
        sisId: schoolId(school),
        name: `School ${school + 1}`,
        number: null,
        stateId: null,
        ncesId: null,
        kind: 'school',
        parent: null,
      };
  },
  *terms(): Generator<Term> {
    for (const [sisId, endDate] of [
      ['past', '2026-01-31'],
      ['year', '2099-06-30'],
    ] as const)
      yield {
        sisId,
        title: sisId,
        kind: 'term',
        startDate: '2025-08-15',
        endDate,
        schoolYear: null,
        parent: null,
      };
  },
  *classes(day): Generator<Class> {
    for (let school = 0; school < SCHOOLS; school++)
      for (let place = 0; place < CLASSES_OF_SCHOOL; place++) {
        const isPast = STORIES.endedTerm(school) && place >= CLASSES_OF_SCHOOL - 10;
        if (day === 2 && isPast) continue;
        yield {
          sisId: classId(school, place),
          title: `Class ${place}`,
          code: null,
          kind: 'scheduled',
          school: schoolId(school),
          course: null,
          terms: [isPast ? 'past' : 'year'],
          grades: [],
          subjects: [],
          periods: [],
          location: null,
        };
      }
  },
  *students(day): Generator<Student> {
    for (const { sisId, number, school, grade } of studentsOf(day))
      yield {
        sisId,
        ...person(number, 'students'),
        grade,
        studentNumber: null,
        stateId: null,
        birthDate: birthDate(number),
        school: schoolId(school),
        schools: [schoolId(school)],
        enabled: true,
      };
  },
  *guardians(day): Generator<Guardian> {
    for (const { number } of studentsOf(day)) yield { sisId: id('G', number), ...person(number, 'home') };
  },
  *guardianships(day): Generator<Guardianship> {
    for (const { sisId, number } of studentsOf(day)) {
      const guardian = id('G', number);
      yield {
        sisId: compositeKey(sisId, guardian),
        student: sisId,
        guardian,
        relationship: 'parent',
        kind: null,
        primary: true,
      };
    }
  },
  *enrollments(day): Generator<Enrollment> {
    for (const { sisId, number, school } of studentsOf(day))
      for (let each = 0; each < CLASSES_OF_STUDENT; each++) {
        const place = (number + each * 5) % 25;
        if (day === 2 && STORIES.gutted(school) && place === 7) continue;
        yield {
          sisId: compositeKey(classId(school, place), sisId),
          class: classId(school, place),
          person: sisId,
          role: 'student',
          primary: null,
          beginDate: null,
          endDate: null,
          school: schoolId(school),
        };
      }
  },
};

/** The district as a source. */
export class GuardDistrict implements RosterSource {
  day: 1 | 2 = 1;

  async *pull(): AsyncIterable<PullEvent> {
    for (const [type, recordsOf] of Object.entries(RECORDS) as [RecordType, (day: 1 | 2) => Iterable<object>][]) {
      yield { kind: 'delivers', recordType: type, delivery: 'full', file: `${type}.csv` };
      let rows: { record: object; line: number; gone: boolean }[] = [];
      let line = 1;
      for (const record of recordsOf(this.day)) {
        rows.push({ record, line: ++line, gone: false });
        if (rows.length < CHUNK) continue;
        yield { kind: 'rows', recordType: type, file: `${type}.csv`, rows } as PullEvent;
        rows = [];
      }
      if (rows.length > 0) yield { kind: 'rows', recordType: type, file: `${type}.csv`, rows } as PullEvent;
    }
  }

  survey(): Promise<SourceSurvey> {
    return Promise.resolve({ schools: [], counts: {}, permissions: [], freshAt: null, notes: [] });
  }
}
