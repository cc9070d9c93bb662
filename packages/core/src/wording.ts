import type { RecordType } from './record-types.ts';

const NOUNS: Readonly<Record<RecordType, readonly [one: string, many: string]>> = {
  schools: ['school', 'schools'],
  terms: ['term', 'terms'],
  courses: ['course', 'courses'],
  classes: ['class', 'classes'],
  students: ['student', 'students'],
  staff: ['staff member', 'staff members'],
  guardians: ['guardian', 'guardians'],
  enrollments: ['enrollment', 'enrollments'],
  guardianships: ['guardianship', 'guardianships'],
};

/** `1,234`. */
export const number = (value: number): string => value.toLocaleString('en-US');

/** `1 record`, `1,234 records`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${number(count)} ${count === 1 ? one : many}`;

/** What `count` records of a type are called: `class`, `staff members`. */
export const recordNoun = (recordType: RecordType, count: number): string => NOUNS[recordType][count === 1 ? 0 : 1];

/** `1 class`, `1,234 staff members`. */
export const countedRecords = (count: number, recordType: RecordType): string =>
  `${number(count)} ${recordNoun(recordType, count)}`;

/** `a`, `a and b`, `a, b and c`. */
export const listed = (parts: readonly string[]): string =>
  parts.length <= 1 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;

export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
