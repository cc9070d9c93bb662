/** The record types that a user of OneRoster can become. */
export type PersonType = 'students' | 'staff' | 'guardians';

/** A role as it is kept, and what it makes of a user. */
export interface UserRole {
  readonly name: string;
  readonly type: PersonType;
}

const ROLES: Readonly<Record<PersonType, readonly string[]>> = {
  students: ['student'],
  guardians: ['guardian', 'parent', 'relative'],
  staff: [
    'administrator',
    'aide',
    'proctor',
    'teacher', // 1.1
    'counselor',
    'districtAdministrator',
    'principal',
    'siteAdministrator',
    'systemAdministrator', // 1.2
  ],
};

const BY_WORD = new Map(
  Object.entries(ROLES).flatMap(([type, names]) =>
    names.map((name) => [name.toLowerCase(), { name, type: type as PersonType }] as const),
  ),
);

/**
 * The role of users.csv (1.1) or roles.csv (1.2) that a cell names, matched without case. Extensions (`ext:nurse`) are
 * roles of staff and kept as they are. Undefined for an unknown role.
 */
export function userRoleOf(cell: string): UserRole | undefined {
  const word = cell.trim().toLowerCase();
  const known = BY_WORD.get(word);
  if (known !== undefined) return known;
  return word.startsWith('ext:') && word.length > 4 ? { name: cell.trim(), type: 'staff' } : undefined;
}

const ENROLLMENT_ROLES = new Set([
  'student',
  'teacher',
  'administrator',
  'aide',
  'guardian',
  'parent',
  'proctor',
  'relative',
]);

/** The role of an enrollment, in lower case; undefined for an unknown one. */
export function enrollmentRoleOf(cell: string): string | undefined {
  if (ENROLLMENT_ROLES.has(cell)) return cell;
  const word = cell.trim().toLowerCase();
  return ENROLLMENT_ROLES.has(word) || (word.startsWith('ext:') && word.length > 4) ? word : undefined;
}

export const EXPECTED_USER_ROLES = 'student, teacher, administrator, aide, proctor, parent, guardian, relative';
export const EXPECTED_ENROLLMENT_ROLES = [...ENROLLMENT_ROLES].join(', ');
