export type OneRosterVersion = '1.1' | '1.2';

/** The files of a OneRoster bulk delivery that this project writes. */
export const ONEROSTER_FILES = [
  'academicSessions',
  'orgs',
  'courses',
  'classes',
  'users',
  'roles',
  'enrollments',
  'demographics',
] as const;
export type OneRosterFile = (typeof ONEROSTER_FILES)[number];

/** Every `file.` property of a manifest, in the order of the binding. */
const MANIFEST_FILES: Readonly<Record<OneRosterVersion, readonly string[]>> = {
  '1.1': (
    'academicSessions categories classes classResources courses courseResources demographics enrollments lineItems orgs ' +
    'resources results users'
  ).split(' '),
  '1.2': (
    'academicSessions categories classes classResources courses courseResources demographics enrollments ' +
    'lineItemLearningObjectiveIds lineItems lineItemScoreScales orgs resources resultLearningObjectiveIds results ' +
    'resultScoreScales roles scoreScales userProfiles userResources users'
  ).split(' '),
};

const base = (columns: string): readonly string[] => ['sourcedId', 'status', 'dateLastModified', ...columns.split(' ')];

const BOTH_VERSIONS = {
  academicSessions: base('title type startDate endDate parentSourcedId schoolYear'),
  orgs: base('name type identifier parentSourcedId'),
  courses: base('schoolYearSourcedId title courseCode grades orgSourcedId subjects subjectCodes'),
  classes: base(
    'title grades courseSourcedId classCode classType location schoolSourcedId termSourcedIds subjects subjectCodes periods',
  ),
  enrollments: base('classSourcedId schoolSourcedId userSourcedId role primary beginDate endDate'),
  demographics: base(
    'birthDate sex americanIndianOrAlaskaNative asian blackOrAfricanAmerican nativeHawaiianOrOtherPacificIslander white ' +
      'demographicRaceTwoOrMoreRaces hispanicOrLatinoEthnicity countryOfBirthCode stateOfBirthAbbreviation cityOfBirth ' +
      'publicSchoolResidenceStatus',
  ),
};

/** Column names in the order that the binding prescribes (oneroster §2.3). Version 1.1 has no `roles`. */
export const ONEROSTER_COLUMNS = {
  '1.1': {
    ...BOTH_VERSIONS,
    users: base(
      'enabledUser orgSourcedIds role username userIds givenName familyName middleName identifier email sms phone ' +
        'agentSourcedIds grades password',
    ),
    roles: null,
  },
  '1.2': {
    ...BOTH_VERSIONS,
    users: base(
      'enabledUser username userIds givenName familyName middleName identifier email sms phone agentSourcedIds grades ' +
        'password userMasterIdentifier preferredGivenName preferredMiddleName preferredFamilyName primaryOrgSourcedId pronouns',
    ),
    roles: base('userSourcedId roleType role beginDate endDate orgSourcedId userProfileSourcedId'),
  },
} as const satisfies Record<OneRosterVersion, Record<OneRosterFile, readonly string[] | null>>;

/** The rows of `manifest.csv`, header first: the files that are there are `bulk`, all others `absent` (oneroster §2.2). */
export function manifestRows(version: OneRosterVersion, present: ReadonlySet<string>): string[][] {
  return [
    ['propertyName', 'value'],
    ['manifest.version', '1.0'],
    ['oneroster.version', version],
    ...MANIFEST_FILES[version].map((file) => [`file.${file}`, present.has(file) ? 'bulk' : 'absent']),
    ['source.systemName', 'Rollbook Sandbox'],
    ['source.systemCode', 'rollbook-sandbox'],
  ];
}
