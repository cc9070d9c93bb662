import { z } from 'zod';
import { ConfigError } from './config-problem.ts';
import { cronProblem } from './cron.ts';
import { DEFAULT_DELETION_THRESHOLD, DeletionThreshold, Percent } from './deletion-threshold.ts';
import { WITHHOLD } from './guard.ts';
import { received } from './received.ts';
import { repeatedIds } from './repeated-id.ts';
import { problemsOf } from './schema-problem.ts';
import { SourceConfig } from './source-config.ts';

/** A slug: lower-case letters, digits and inner hyphens, at most 63. It names the district or sync for good. */
const Id = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'expected an id of 1 to 63 lower-case letters, digits and hyphens, with no hyphen at either end',
  );

const Name = z.string().min(1).max(200);

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

/** A school of ours tied to a SIS school ID. */
export const SchoolLink = z
  .strictObject({ sisId: SisId, name: Name.optional() })
  .transform(({ sisId, name }) => ({ sisId, name: name ?? null }));
export type SchoolLink = z.infer<typeof SchoolLink>;

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
    error: ({ input }) => `expected a time zone such as America/Chicago, received ${received(input)}`,
  })
  .describe('IANA time zone');

/** One configured connection of a district to a source. */
export const SyncConfig = z.strictObject({
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
  maxSkippedPercent: Percent.default(5).describe(
    'A run fails if more than this share of the rows of a type is unusable',
  ),
  restoreUserArchived: z
    .boolean()
    .default(false)
    .describe('Whether a record that a user archived becomes active again when it returns'),
  enabled: z.boolean().default(true).describe('Off: no scheduled runs'),
});
export type SyncConfig = z.infer<typeof SyncConfig>;

/** A customer and its syncs. A name left out is the id. */
export const DistrictConfig = z
  .strictObject({
    id: Id,
    name: Name.optional(),
    timezone: Timezone.default('UTC'),
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

/** Intl also takes offsets such as `+05:00`, which know no daylight saving time. */
function isTimezone(timezone: string): boolean {
  if (!/^[A-Za-z]/.test(timezone)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: timezone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
