import type { ColumnRules } from '../csv-columns.ts';
import type { CsvRow } from '../csv-scanner.ts';

export type Version = '1.1' | '1.2';

/** What is known of the columns of one OneRoster file. */
export interface Layout {
  /** The columns that are read. */
  readonly columns: readonly string[];
  /** Columns of the standard that are not needed: known, so that nobody is told about them. */
  readonly ignored: readonly string[];
  /** Without these the file cannot be used; fewer than the standard requires, because SIS leave much out. */
  readonly required: Readonly<Record<Version, readonly string[]>>;
  /** Columns that exist in one version only. In the other they are read if there, but not missed. */
  readonly only?: Readonly<Partial<Record<string, Version>>>;
}

const both = (...names: string[]) => ({ '1.1': names, '1.2': names });

/**
 * The files that are read and their columns: OneRoster 1.1 and 1.2 CSV binding. The spelling here is the standard's
 * and the one that messages use.
 */
export const LAYOUTS = {
  orgs: {
    columns: ['sourcedId', 'status', 'name', 'type', 'identifier', 'parentSourcedId'],
    ignored: ['dateLastModified'],
    required: both('sourcedId', 'name', 'type'),
  },
  academicSessions: {
    columns: ['sourcedId', 'status', 'title', 'type', 'startDate', 'endDate', 'parentSourcedId', 'schoolYear'],
    ignored: ['dateLastModified'],
    required: both('sourcedId', 'title', 'type', 'startDate', 'endDate'),
  },
  courses: {
    columns: ['sourcedId', 'status', 'title', 'courseCode', 'grades', 'orgSourcedId', 'subjects'],
    ignored: ['dateLastModified', 'schoolYearSourcedId', 'subjectCodes'],
    required: both('sourcedId', 'title'),
  },
  classes: {
    columns: [
      'sourcedId',
      'status',
      'title',
      'grades',
      'courseSourcedId',
      'classCode',
      'classType',
      'location',
      'schoolSourcedId',
      'termSourcedIds',
      'subjects',
      'periods',
    ],
    ignored: ['dateLastModified', 'subjectCodes'],
    required: both('sourcedId', 'title', 'schoolSourcedId'),
  },
  users: {
    columns: [
      'sourcedId',
      'status',
      'enabledUser',
      'orgSourcedIds',
      'role',
      'username',
      'userIds',
      'givenName',
      'familyName',
      'middleName',
      'identifier',
      'email',
      'sms',
      'phone',
      'agentSourcedIds',
      'grades',
      'preferredGivenName',
      'preferredFamilyName',
      'primaryOrgSourcedId',
    ],
    ignored: ['dateLastModified', 'password', 'userMasterIdentifier', 'preferredMiddleName', 'pronouns'],
    required: {
      '1.1': ['sourcedId', 'orgSourcedIds', 'role', 'givenName', 'familyName'],
      '1.2': ['sourcedId', 'givenName', 'familyName'],
    },
    only: {
      orgSourcedIds: '1.1',
      role: '1.1',
      preferredGivenName: '1.2',
      preferredFamilyName: '1.2',
      primaryOrgSourcedId: '1.2',
    },
  },
  roles: {
    columns: ['status', 'userSourcedId', 'roleType', 'role', 'orgSourcedId'],
    ignored: ['sourcedId', 'dateLastModified', 'beginDate', 'endDate', 'userProfileSourcedId'],
    required: both('userSourcedId', 'role', 'orgSourcedId'),
  },
  enrollments: {
    columns: [
      'sourcedId',
      'status',
      'classSourcedId',
      'schoolSourcedId',
      'userSourcedId',
      'role',
      'primary',
      'beginDate',
      'endDate',
    ],
    ignored: ['dateLastModified'],
    required: both('classSourcedId', 'userSourcedId', 'role'),
  },
  demographics: {
    columns: ['sourcedId', 'status', 'birthDate'],
    ignored: [
      'dateLastModified',
      'sex',
      'americanIndianOrAlaskaNative',
      'asian',
      'blackOrAfricanAmerican',
      'nativeHawaiianOrOtherPacificIslander',
      'white',
      'demographicRaceTwoOrMoreRaces',
      'hispanicOrLatinoEthnicity',
      'countryOfBirthCode',
      'stateOfBirthAbbreviation',
      'cityOfBirth',
      'publicSchoolResidenceStatus',
    ],
    required: both('sourcedId', 'birthDate'),
  },
} as const satisfies Record<string, Layout>;

export type FileKey = keyof typeof LAYOUTS;
export const FILE_KEYS = Object.keys(LAYOUTS) as FileKey[];
export type Column<K extends FileKey> = (typeof LAYOUTS)[K]['columns'][number];
export type FileRow<K extends FileKey> = CsvRow<Column<K>>;

/** Columns of cells that hold a list. */
type ListColumn = 'agentSourcedIds' | 'grades' | 'orgSourcedIds' | 'periods' | 'subjects' | 'termSourcedIds';

/** A row of a file, or an object of the REST binding in the same terms; there, lists come as lists. */
export type RosterRow<K extends FileKey> = {
  readonly [C in Column<K>]: C extends ListColumn ? string | readonly string[] : string;
};

/** The rules for a file's header: those of its version, and in a delta the column that says what has ended. */
export function columnRules<K extends FileKey>(key: K, version: Version, isDelta: boolean): ColumnRules<Column<K>> {
  const layout: Layout = LAYOUTS[key];
  const columns: readonly Column<K>[] = LAYOUTS[key].columns;
  return {
    columns,
    ignored: layout.ignored,
    required: isDelta ? [...layout.required[version], 'status'] : layout.required[version],
    expected: columns.filter((name) => (layout.only?.[name] ?? version) === version),
    extensionPrefix: 'metadata.',
    headerWord: /sourced|status|name|type|title|role|date/i,
  };
}

/** Files of the standard that hold nothing Rollbook keeps. */
export const UNREAD_FILES = [
  'categories',
  'classResources',
  'courseResources',
  'lineItems',
  'lineItemLearningObjectiveIds',
  'lineItemScoreScales',
  'resources',
  'results',
  'resultLearningObjectiveIds',
  'resultScoreScales',
  'scoreScales',
  'userProfiles',
  'userResources',
];

/** Unless the manifest declares them absent, a delivery without these is not whole. */
export const REQUIRED_FILES: Readonly<Record<Version, readonly FileKey[]>> = {
  '1.1': ['orgs', 'users', 'classes', 'enrollments'],
  '1.2': ['orgs', 'users', 'roles', 'classes', 'enrollments'],
};

const WANTED = new Set(['manifest', ...FILE_KEYS].map((key) => key.toLowerCase()));

/** Whether a file of that name belongs to a OneRoster delivery and is read. */
export const isOneRosterFileName = (fileName: string): boolean =>
  /\.csv$/i.test(fileName) && WANTED.has(fileName.slice(0, -4).toLowerCase());
