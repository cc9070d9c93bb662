import { UNSEEN } from '../csv-columns.ts';
import type { CsvHeader } from '../csv-header.ts';
import { invalidData } from '../invalid-data.ts';

/** The columns of guardians.csv in their documented order (connect-settings.md §2.5), as messages name them. */
export const COLUMNS = [
  'student ID',
  'guardian ID',
  'first name',
  'last name',
  'e-mail',
  'mobile number',
  'other phone',
  'language',
] as const;
export type Column = (typeof COLUMNS)[number];

const words = (text: string): readonly string[] => text.split(' ');

/**
 * Names that columns have been seen under, or may well be, without case, spaces, punctuation and a leading `guardian`,
 * `parent` or `contact`. The documented thing is the order; the names are not.
 */
const NAMES: Readonly<Record<Column, readonly string[]>> = {
  'student ID': words(
    'studentid studentsisid studentsourcedid studentuniqueid studentnumber student studentidentifier',
  ),
  'guardian ID': words('id sisid sourcedid uniqueid identifier'),
  'first name': words('firstname givenname first'),
  'last name': words('lastname familyname surname last'),
  'e-mail': words('email emailaddress mail'),
  'mobile number': words(
    'mobile mobilenumber mobilephone mobilephonenumber cell cellphone cellnumber cellphonenumber sms smsnumber',
  ),
  'other phone': words(
    'otherphone homephone homephonenumber phone phonenumber secondaryphone phone2 landline otherphonenumber',
  ),
  language: words('language languagecode preferredlanguage lang preferredlanguagecode'),
};
const BY_NAME = new Map(COLUMNS.flatMap((column) => NAMES[column].map((name) => [name, column] as const)));

/** Nothing can be done without these. A guardian may lack an ID of its own. */
const REQUIRED: readonly Column[] = ['student ID', 'first name', 'last name'];

export interface MatchedColumns {
  /** For each column of the file what it holds, or '' if it is not read. */
  readonly keys: readonly (Column | '')[];
  /** Columns whose names nobody knows, taken by their place. */
  readonly byPlace: readonly Column[];
}

/**
 * Finds the columns of guardians.csv: by name, and those of unknown names by place, as long as the known ones stand in
 * their documented places. Throws `invalid_data` for a first line that is not a header, for a column that stands twice,
 * and where names and places leave a required column open.
 */
export function matchColumns(fileName: string, { cells, line }: Pick<CsvHeader, 'cells' | 'line'>): MatchedColumns {
  const place = `${fileName}, line ${line}`;
  const named = cells.map((cell) => BY_NAME.get(nameOf(cell)) ?? '');
  const isUnknown = named.every((column) => column === '');
  if (cells.some((cell) => cell.includes('@') || /\d{5}/.test(cell) || (isUnknown && /\d/.test(cell))))
    throw invalidData(
      `${place}: expected a header, found what looks like data.`,
      `Ask the district to export guardians.csv with a header line. Its columns are, in this order: ${COLUMNS.join(', ')}.`,
    );
  const twice = named.find((column, index) => column !== '' && named.indexOf(column) !== index);
  if (twice !== undefined && twice !== '')
    throw invalidData(`${place}: two columns hold the ${twice}.`, 'Ask the district to export each column once.');
  const isInOrder = named.every((column, index) => column === '' || COLUMNS[index] === column);
  if (!isInOrder) return { keys: demandRequired(place, named), byPlace: [] };
  const keys = cells.map((_, index) => COLUMNS[index] ?? '');
  const byPlace = keys.filter((column, index): column is Column => column !== '' && named[index] === '');
  return { keys: demandRequired(place, keys), byPlace };
}

const nameOf = (cell: string): string => {
  const name = cell
    .replaceAll(UNSEEN, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '');
  return name.replace(/^(guardian|parent|contact)(?=.)/, '');
};

function demandRequired(place: string, keys: readonly (Column | '')[]): readonly (Column | '')[] {
  const missing = REQUIRED.filter((column) => !keys.includes(column));
  if (missing.length === 0) return keys;
  throw invalidData(
    `${place}: no column holds the ${missing.join(' or the ')}.`,
    `Columns are known by name, or else by place. Ask the district to export them in this order: ${COLUMNS.join(', ')}.`,
  );
}
