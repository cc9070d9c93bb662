import type { DistrictCourse, SchoolLevel } from './model.ts';
import { LEVEL_GRADES } from './model.ts';

/** One line of a timetable: what every cohort of a level has at the same time; its courses take turns among the cohorts. */
export interface Slot {
  readonly kind: 'homeroom' | 'scheduled';
  readonly courses: readonly string[];
  /** `year`: both semesters. */
  readonly term: 'year' | 'S1' | 'S2';
  /** Sections of one teacher at most. */
  readonly load: number;
  /** The teachers are shared by all schools of the level. */
  readonly itinerant?: boolean;
}

interface CourseKind {
  readonly code: string;
  readonly title: string;
  readonly subjects: readonly string[];
  readonly subjectCodes: readonly string[];
}

const kind = (code: string, title: string, subjects: string[], ...subjectCodes: string[]): CourseKind => ({
  code,
  title,
  subjects,
  subjectCodes,
});

const COURSE_KINDS: Readonly<Record<SchoolLevel, readonly CourseKind[]>> = {
  elementary: [
    kind('HR', 'Homeroom', ['English', 'Mathematics', 'Science'], '73031', '73032'),
    kind('MUS', 'Music', ['Music'], '55130'),
    kind('PE', 'Physical Education', ['Physical Education'], '58030'),
  ],
  middle: [
    kind('ADV', 'Advisory', ['Advisory'], '72106'),
    kind('ELA', 'Reading, Writing & Language', ['English'], '51028'),
    kind('MATH', 'Mathematics', ['Mathematics'], '52038'),
    kind('SCI', 'Science', ['Science'], '53230'),
    kind('SOC', 'Social Studies', ['Social Studies'], '54438'),
    kind('ART', 'Art', ['Art'], '55180'),
    kind('PE', 'Physical Education', ['Physical Education'], '58030'),
    kind('CS', 'Computer Science Discoveries', ['Computer Science'], '60002'),
  ],
  high: [
    kind('ADV', 'Advisory', ['Advisory'], '22106'),
    kind('ENG', 'English Language Arts', ['English'], '01001'),
    kind('MATH', 'Mathematics', ['Mathematics'], '02052'),
    kind('SCI', 'Science', ['Science'], '03051'),
    kind('SOC', 'History, Civics & Economics', ['Social Studies'], '04101'),
    kind('SPA', 'Spanish', ['World Languages'], '24052'),
    kind('ART', 'Studio Art', ['Art'], '05155'),
    kind('CS', 'Computer Science', ['Computer Science'], '10012'),
    kind('PE', 'Physical Education', ['Physical Education'], '08001'),
  ],
};

const year = (load: number, ...courses: string[]): Slot => ({ kind: 'scheduled', courses, term: 'year', load });

export const TIMETABLES: Readonly<Record<SchoolLevel, readonly Slot[]>> = {
  elementary: [
    { kind: 'homeroom', courses: ['HR'], term: 'year', load: 1 },
    { ...year(26, 'MUS'), itinerant: true },
    year(20, 'PE'),
  ],
  middle: [
    year(5, 'ELA'),
    year(5, 'MATH'),
    year(5, 'SCI'),
    year(5, 'SOC'),
    { ...year(5, 'ART', 'CS'), term: 'S1' },
    { ...year(5, 'CS', 'PE'), term: 'S2' },
    { kind: 'homeroom', courses: ['ADV'], term: 'year', load: 1 },
  ],
  high: [
    year(5, 'ENG'),
    year(5, 'MATH'),
    year(5, 'SCI'),
    year(5, 'SOC'),
    { ...year(5, 'SPA', 'ART', 'PE'), term: 'S1' },
    { ...year(5, 'CS', 'PE', 'SPA'), term: 'S2' },
    { kind: 'homeroom', courses: ['ADV'], term: 'year', load: 1 },
  ],
};

const gradeName = (grade: string): string => (grade === 'KG' ? 'Kindergarten' : `Grade ${Number(grade)}`);

export const courseId = (code: string, grade: string): string => `CRS-${code}-${grade}`;

/** The catalogue: one course for each subject and grade of the levels taught. They belong to the district, so `school` is null. */
export function coursesOf(levels: ReadonlySet<SchoolLevel>): DistrictCourse[] {
  return [...levels].flatMap((level) =>
    LEVEL_GRADES[level].flatMap((grade) =>
      COURSE_KINDS[level].map((each) => ({
        sisId: courseId(each.code, grade),
        title: `${each.title}, ${gradeName(grade)}`,
        code: `${each.code}${grade}`,
        school: null,
        grades: [grade],
        subjects: [...each.subjects],
        subjectCodes: each.subjectCodes,
      })),
    ),
  );
}
