import { UNSEEN, type ColumnRules } from '../csv-columns.ts';
import type { CsvRow } from '../csv-scanner.ts';
import { fileKey } from '../delivery-names.ts';

interface Layout {
  /** The columns that are read. */
  readonly columns: readonly string[];
  /** Columns of the format that are not needed: known, so that nobody is told about them. */
  readonly ignored: readonly string[];
  /** Without these the file cannot be used; fewer than Clever requires, because exports leave much out. */
  readonly required: readonly string[];
}

/** Facts about students that are not taken, and of which the reader says so. */
export const DEMOGRAPHICS = [
  'Gender',
  'Race',
  'Hispanic_Latino',
  'Ell_status',
  'Frl_status',
  'IEP_status',
  'Section_504_status',
  'Gifted_status',
  'Disability_status',
  'Disability_type',
  'Disability_code',
] as const;

export const CO_TEACHERS = [
  'Teacher_2_id',
  'Teacher_3_id',
  'Teacher_4_id',
  'Teacher_5_id',
  'Teacher_6_id',
  'Teacher_7_id',
  'Teacher_8_id',
  'Teacher_9_id',
  'Teacher_10_id',
] as const;

/**
 * The files that are read and their columns (clever.md §5), in Clever's spelling, which messages use. Contacts are
 * rows of students.csv that repeat the student; courses and terms are columns of sections.csv.
 */
export const LAYOUTS = {
  schools: {
    columns: ['School_id', 'School_name', 'School_number', 'State_id'],
    ignored: [
      'Low_grade',
      'High_grade',
      'Principal',
      'Principal_email',
      'School_address',
      'School_city',
      'School_state',
      'School_zip',
      'School_phone',
    ],
    required: ['School_id', 'School_name'],
  },
  students: {
    columns: [
      'School_id',
      'Student_id',
      'Student_number',
      'State_id',
      'Last_name',
      'Middle_name',
      'First_name',
      'Grade',
      'DOB',
      'Home_language',
      'Student_email',
      'Username',
      'Contact_relationship',
      'Contact_type',
      'Contact_name',
      'Contact_phone',
      'Contact_phone_type',
      'Contact_email',
      'Contact_sis_id',
    ],
    ignored: [
      ...DEMOGRAPHICS,
      'Graduation_year',
      'Student_street',
      'Student_city',
      'Student_state',
      'Student_zip',
      'Password',
    ],
    required: ['School_id', 'Student_id', 'Last_name', 'First_name'],
  },
  teachers: {
    columns: [
      'School_id',
      'Teacher_id',
      'Teacher_number',
      'State_teacher_id',
      'Teacher_email',
      'First_name',
      'Middle_name',
      'Last_name',
      'Title',
      'Username',
    ],
    ignored: ['Password'],
    required: ['School_id', 'Teacher_id', 'First_name', 'Last_name'],
  },
  staff: {
    columns: ['School_id', 'Staff_id', 'Staff_email', 'First_name', 'Last_name', 'Title', 'Role', 'Username'],
    ignored: ['Department', 'Password'],
    required: ['School_id', 'Staff_id', 'First_name', 'Last_name'],
  },
  sections: {
    columns: [
      'School_id',
      'Section_id',
      'Teacher_id',
      ...CO_TEACHERS,
      'Name',
      'Section_number',
      'Grade',
      'Course_name',
      'Course_number',
      'Period',
      'Subject',
      'Term_name',
      'Term_start',
      'Term_end',
    ],
    ignored: ['Course_description'],
    required: ['School_id', 'Section_id', 'Teacher_id'],
  },
  enrollments: {
    columns: ['School_id', 'Section_id', 'Student_id'],
    ignored: [],
    required: ['Section_id', 'Student_id'],
  },
} as const satisfies Record<string, Layout>;

export type FileKey = keyof typeof LAYOUTS;
export const FILE_KEYS = Object.keys(LAYOUTS) as FileKey[];
export const REQUIRED_FILES: readonly FileKey[] = ['schools', 'students', 'teachers', 'sections', 'enrollments'];
export type Column<K extends FileKey> = (typeof LAYOUTS)[K]['columns'][number];
export type FileRow<K extends FileKey> = CsvRow<Column<K>>;

/** Files of the format that hold nothing Rollbook keeps. */
export const UNREAD_FILES: readonly string[] = ['admins', 'resources', 'attendance'];

/** Exporters write `School_id`, `School id` and `SchoolID`. */
const plain = (cell: string): string => cell.replaceAll(UNSEEN, '').replaceAll('_', '').toLowerCase();

/** The rules for a file's header. */
export function columnRules<K extends FileKey>(key: K): ColumnRules<Column<K>> {
  const { ignored, required }: Layout = LAYOUTS[key];
  const columns: readonly Column<K>[] = LAYOUTS[key].columns;
  return {
    columns,
    ignored,
    required,
    expected: columns,
    plain,
    extensionPrefix: 'ext.',
    headerWord: /[_ ](id|name|email)$|[a-z](Id|ID|Name|Email)$|^(Section|Student|Teacher|School|Staff)_/,
  };
}

const WANTED = new Set<string>(FILE_KEYS);

/** Whether a file of that name belongs to a Clever delivery and is read. */
export const isCleverFileName = (fileName: string): boolean =>
  /\.csv$/i.test(fileName) && WANTED.has(fileKey(fileName));

/** Whether a file of that name shows that the delivery is Clever's; OneRoster has an enrollments.csv too. */
export const isCleverMark = (fileName: string): boolean =>
  isCleverFileName(fileName) && fileKey(fileName) !== 'enrollments';
