import { z } from 'zod';
import type { OneRosterCollection } from './objects.ts';

/** OneRoster 1.2 rostering as its OpenAPI has it: no other members than these, and all that is required. */
const id = z.string().min(1).max(255);
const moment = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const date = z.iso.date();
const flag = z.enum(['true', 'false']);
const extension = z.string().regex(/^ext:[a-zA-Z0-9.\-_]+$/);
const oneOf = <const T extends readonly [string, ...string[]]>(...words: T) => z.union([z.enum(words), extension]);
const ref = (type: string) => z.strictObject({ href: z.url(), sourcedId: id, type: z.literal(type) });
const texts = z.array(z.string());

const base = {
  sourcedId: id,
  status: z.enum(['active', 'tobedeleted']),
  dateLastModified: moment,
  metadata: z.record(z.string(), z.unknown()).optional(),
};

const org = z.strictObject({
  ...base,
  name: z.string(),
  type: oneOf('department', 'school', 'district', 'local', 'state', 'national'),
  identifier: z.string().optional(),
  parent: ref('org').optional(),
  children: z.array(ref('org')).optional(),
});

const academicSession = z.strictObject({
  ...base,
  title: z.string(),
  startDate: date,
  endDate: date,
  type: oneOf('gradingPeriod', 'semester', 'schoolYear', 'term'),
  parent: ref('academicSession').optional(),
  children: z.array(ref('academicSession')).optional(),
  schoolYear: z.string().regex(/^\d{4}$/),
});

const course = z.strictObject({
  ...base,
  title: z.string(),
  courseCode: z.string(),
  schoolYear: ref('academicSession').optional(),
  grades: texts.optional(),
  subjects: texts.optional(),
  org: ref('org').optional(),
  subjectCodes: texts.optional(),
  resources: z.array(ref('resource')).optional(),
});

const klass = z.strictObject({
  ...base,
  title: z.string(),
  classCode: z.string().optional(),
  classType: oneOf('homeroom', 'scheduled').optional(),
  location: z.string().optional(),
  grades: texts.optional(),
  subjects: texts.optional(),
  course: ref('course'),
  school: ref('org'),
  terms: z.array(ref('academicSession')).min(1),
  subjectCodes: texts.optional(),
  periods: texts.optional(),
  resources: z.array(ref('resource')).optional(),
});

const user = z.strictObject({
  ...base,
  userMasterIdentifier: z.string().optional(),
  username: z.string().optional(),
  userIds: z.array(z.strictObject({ type: z.string(), identifier: z.string() })).optional(),
  enabledUser: flag,
  givenName: z.string(),
  familyName: z.string(),
  middleName: z.string().optional(),
  preferredFirstName: z.string().optional(),
  preferredMiddleName: z.string().optional(),
  preferredLastName: z.string().optional(),
  pronouns: z.string().optional(),
  roles: z
    .array(
      z.strictObject({
        roleType: z.enum(['primary', 'secondary']),
        role: oneOf(
          'aide',
          'counselor',
          'districtAdministrator',
          'guardian',
          'parent',
          'principal',
          'proctor',
          'relative',
          'siteAdministrator',
          'student',
          'systemAdministrator',
          'teacher',
        ),
        org: ref('org'),
        userProfile: z.url().optional(),
        beginDate: date.optional(),
        endDate: date.optional(),
      }),
    )
    .min(1),
  userProfiles: z.array(z.unknown()).optional(),
  primaryOrg: ref('org').optional(),
  identifier: z.string().optional(),
  email: z.string().optional(),
  sms: z.string().optional(),
  phone: z.string().optional(),
  agents: z.array(ref('user')).optional(),
  grades: texts.optional(),
  password: z.string().optional(),
  resources: z.array(ref('resource')).optional(),
});

const enrollment = z.strictObject({
  ...base,
  user: ref('user'),
  class: ref('class'),
  school: ref('org'),
  role: oneOf('administrator', 'proctor', 'student', 'teacher'),
  primary: flag.optional(),
  beginDate: date.optional(),
  endDate: date.optional(),
});

const demographics = z.strictObject({
  ...base,
  birthDate: date.optional(),
  sex: oneOf('male', 'female', 'unspecified', 'other').optional(),
  americanIndianOrAlaskaNative: flag.optional(),
  asian: flag.optional(),
  blackOrAfricanAmerican: flag.optional(),
  nativeHawaiianOrOtherPacificIslander: flag.optional(),
  white: flag.optional(),
  demographicRaceTwoOrMoreRaces: flag.optional(),
  hispanicOrLatinoEthnicity: flag.optional(),
  countryOfBirthCode: z.string().optional(),
  stateOfBirthAbbreviation: z.string().optional(),
  cityOfBirth: z.string().optional(),
  publicSchoolResidenceStatus: z.string().optional(),
});

/** What an answer of each collection must be. */
export const COLLECTIONS_1_2: Readonly<Record<OneRosterCollection, z.ZodType>> = {
  orgs: z.strictObject({ orgs: z.array(org) }),
  academicSessions: z.strictObject({ academicSessions: z.array(academicSession) }),
  courses: z.strictObject({ courses: z.array(course) }),
  classes: z.strictObject({ classes: z.array(klass) }),
  users: z.strictObject({ users: z.array(user) }),
  enrollments: z.strictObject({ enrollments: z.array(enrollment) }),
  demographics: z.strictObject({ demographics: z.array(demographics) }),
};

/** `imsx_StatusInfoDType`. */
export const ERROR_1_2 = z.strictObject({
  imsx_codeMajor: z.enum(['success', 'processing', 'failure', 'unsupported']),
  imsx_severity: z.enum(['status', 'warning', 'error']),
  imsx_description: z.string().optional(),
  imsx_CodeMinor: z.strictObject({
    imsx_codeMinorField: z.array(
      z.strictObject({
        imsx_codeMinorFieldName: z.string(),
        imsx_codeMinorFieldValue: z.enum([
          'fullsuccess',
          'invalid_filter_field',
          'invalid_selection_field',
          'invaliddata',
          'unauthorisedrequest',
          'forbidden',
          'server_busy',
          'unknownobject',
          'internal_server_error',
        ]),
      }),
    ),
  }),
});
