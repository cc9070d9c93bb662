import { z } from 'zod';
import { ConfigError } from './config-problem.ts';
import { cronProblem } from './cron.ts';
import { DEFAULT_DELETION_THRESHOLD, DeletionThreshold, Percent } from './deletion-threshold.ts';
import { Calendar, NO_CALENDAR } from './calendar/calendar-config.ts';
import { WITHHOLD } from './guard.ts';
import { quoted, received } from './received.ts';
import { repeatedIds } from './repeated-id.ts';
import { ARCHIVED_STUDENTS, GUARDIANS_WITHOUT_CONTACT, PHONE_COLUMNS } from './run-settings.ts';
import { problemsOf } from './schema-problem.ts';
import { checkContradictions } from './contradictions.ts';
import { SourceConfig } from './source-config.ts';
import { NO_UPDATE_THRESHOLD, UpdateThresholdSetting } from './update-threshold.ts';
import { DEFAULT_WINDOW_HOURS, ThresholdWindow } from './threshold-window.ts';
import { isTimezone, nearestTimezone } from './timezone.ts';

/** A slug: lower-case letters, digits and inner hyphens, at most 63. It names the district or sync for good. */
const Id = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'expected an id of 1 to 63 lower-case letters, digits and hyphens, with no hyphen at either end',
  );

const Name = z.string().min(1).max(200);

/** Who may decide (guard §28). */
export const ROLES = ['viewer', 'approver', 'administrator'] as const;

/** Verbatim: neither trimmed nor changed in case. YAML reads an unquoted `0123` as a number. */
const SisId = z
  .string({
    error: ({ input }) =>
      typeof input === 'number' || typeof input === 'bigint'
        ? `expected a school ID as text, received the number ${input}: quote it, leading zeros would be lost`
        : undefined,
  })
  .min(1)
  .max(255)
  .describe('The school ID of the student information system, in quotes, leading zeros kept');

const Adopts = z
  .string()
  .min(1)
  .max(255)
  .optional()
  .describe('The id of a manual record, which the sync takes over with everything that refers to it');

/** A school of ours tied to a SIS school ID. */
export const SchoolLink = z
  .strictObject({ sisId: SisId, name: Name.optional(), adopts: Adopts })
  .transform(({ sisId, name, adopts }) => ({ sisId, name: name ?? null, adopts: adopts ?? null }));
export type SchoolLink = z.infer<typeof SchoolLink>;

/** A manual class tied to a SIS class ID. */
export const ClassLink = z
  .strictObject({ sisId: SisId.describe('The class ID of the source, in quotes'), adopts: Adopts.unwrap() })
  .transform(({ sisId, adopts }) => ({ sisId, adopts }));
export type ClassLink = z.infer<typeof ClassLink>;

const Schedule = z
  .string()
  .superRefine((expression, context) => {
    const message = cronProblem(expression);
    if (message !== null) context.addIssue({ code: 'custom', message });
  })
  .transform((expression) => expression.trim().replace(/\s+/g, ' '))
  .describe("Cron in the district's time zone; left out: only on request");

const Timezone = z
  .string()
  .refine(isTimezone, {
    error: ({ input }) => timezoneProblem(input),
  })
  .describe('IANA time zone');

const SyncShape = z.strictObject({
  id: Id,
  source: SourceConfig,
  schedule: Schedule.optional().transform((schedule) => schedule ?? null),
  schools: z
    .array(SchoolLink)
    .min(1, 'expected at least one school (leave the key out to sync every school in the data)')
    .optional()
    .transform((schools) => schools ?? null)
    .describe('Left out: every school in the data'),
  deletionThreshold: DeletionThreshold.default(DEFAULT_DELETION_THRESHOLD).describe(
    'Percent, or percents by record type, such as {default: 10, staff: 5}; left out: 10',
  ),
  alwaysAllow: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(0)
    .describe('So many records of a type may always be archived in a school, whatever the threshold'),
  withhold: z
    .enum(WITHHOLD)
    .default('sync')
    .describe('Over the threshold, withhold every archive of the run (sync) or those of the school alone (school)'),
  updateThreshold: UpdateThresholdSetting.default(NO_UPDATE_THRESHOLD).describe(
    'Percent of a group of people whose name, e-mail, username or number may change at once, or percents by type, such as {default: 30, staff: 50}; left out: off',
  ),
  thresholdWindow: ThresholdWindow.default(DEFAULT_WINDOW_HOURS).describe(
    'Archives of so many hours before a run count with its own, such as 20 or "7 days"; 0: each run counts alone',
  ),
  maxSkippedPercent: Percent.default(5).describe(
    'A run fails if more than this share of the rows of a type is unusable',
  ),
  archivedStudents: z
    .enum(ARCHIVED_STUDENTS)
    .default('restore')
    .describe('Whether students that a user archived become active again as long as they are in the data'),
  unarchiveClasses: z
    .boolean()
    .default(false)
    .describe('Whether classes that a user archived become active again as long as they are in the data'),
  updateActiveUserContacts: z
    .boolean()
    .default(false)
    .describe('Whether the sync, and nobody else, changes names, e-mails and numbers of people who have joined'),
  updateLanguage: z.boolean().default(false).describe('Whether the sync changes languages after it created a person'),
  phoneCredentialColumn: z
    .enum(PHONE_COLUMNS)
    .default('sms')
    .describe('The column whose number is the one for login and messages, and is kept as sms'),
  maxGuardiansPerStudent: z.int().min(1).max(100).default(6).describe('Further guardians of a student are left out'),
  guardiansWithoutContact: z
    .enum(GUARDIANS_WITHOUT_CONTACT)
    .default('leave-out')
    .describe('New guardians with neither an e-mail nor a number for messages: left out until they have one, or taken'),
  transferGrace: z
    .int()
    .min(1)
    .max(30)
    .default(1)
    .describe('Students, staff and guardians count as gone when they are missing in so many good runs in a row'),
  classes: z.array(ClassLink).default([]).describe('Manual classes that the sync takes over'),
  calendar: Calendar.optional()
    .transform((calendar) => calendar ?? NO_CALENDAR)
    .describe('Days without runs, without archiving, or with limits of their own'),
  enabled: z.boolean().default(true).describe('Off: no scheduled runs'),
});

/** One configured connection of a district to a source. */
export const SyncConfig = SyncShape.superRefine(checkSync);
export type SyncConfig = z.infer<typeof SyncConfig>;

/** Settings that cannot both hold: each message names both. */
function checkSync(sync: z.output<typeof SyncShape>, context: z.RefinementCtx): void {
  const refuse = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path, message });
  const isClever = sync.source.type === 'clever' || ('format' in sync.source && sync.source.format === 'clever-csv');
  if (isClever && sync.phoneCredentialColumn === 'phone')
    refuse(
      ['phoneCredentialColumn'],
      'expected sms: phoneCredentialColumn is for the columns sms and phone of OneRoster, but source is Clever, where phoneTypes choose the numbers',
    );
  checkContradictions(sync, refuse);
  const adopted = new Map<string, string>();
  for (const key of ['schools', 'classes'] as const)
    for (const [index, { adopts }] of (sync[key] ?? []).entries()) {
      if (adopts === null) continue;
      const path = `${key}[${index}].adopts`;
      const first = adopted.get(`${key} ${adopts}`);
      if (first === undefined) adopted.set(`${key} ${adopts}`, path);
      else
        refuse(
          [key, index, 'adopts'],
          `expected each manual record once, received ${quoted(adopts)}, which ${first} has`,
        );
    }
}

/** Who may do what in a district. Without any, whoever can run commands may decide. */
const Role = z.strictObject({
  actor: z.string().min(1).max(200).describe('As in ROLLBOOK_ACTOR, else user@host'),
  role: z.enum(ROLES).describe('viewer: looks; approver: decides too; administrator: changes records by hand too'),
});

/** A customer and its syncs. A name left out is the id. */
export const DistrictConfig = z
  .strictObject({
    id: Id,
    name: Name.optional(),
    timezone: Timezone.default('UTC'),
    roles: z.array(Role).default([]),
    syncs: z.array(SyncConfig).default([]),
  })
  .transform(({ name, ...district }) => ({ ...district, name: name ?? district.id }));
export type DistrictConfig = z.infer<typeof DistrictConfig>;

export const ConfigFile = z.strictObject({ districts: z.array(DistrictConfig).min(1) });
export type ConfigFile = z.infer<typeof ConfigFile>;

/**
 * Reads a configuration from parsed YAML, with `${env:NAME}` already resolved. Gives it with every default filled in:
 * thresholds in basis points; `schedule` and `schools` null where left out.
 *
 * @throws ConfigError with everything that is wrong, each by its path; values of secrets are not shown.
 */
export function parseConfig(value: unknown): ConfigFile {
  const parsed = ConfigFile.safeParse(value);
  const problems = [
    ...(parsed.success ? [] : problemsOf(parsed.error, value, configJsonSchema())),
    ...repeatedIds(value),
  ];
  if (parsed.success && problems.length === 0) return parsed.data;
  throw new ConfigError(problems);
}

/** The JSON Schema (2020-12) of the configuration file, for editors. Ids' uniqueness and cron are beyond it. */
export function configJsonSchema(): object {
  return { title: 'Rollbook configuration', ...z.toJSONSchema(ConfigFile, { io: 'input' }) };
}

function timezoneProblem(input: unknown): string {
  const problem = `expected a time zone such as America/Chicago, received ${received(input)}`;
  const meant = typeof input === 'string' ? nearestTimezone(input) : undefined;
  return meant === undefined ? problem : `${problem}. Did you mean "${meant}"?`;
}
