import { z } from 'zod';
import { RECORD_TYPES } from './record-types.ts';
import type { RecordType } from './record-types.ts';
import { UsageError } from './errors.ts';
import { received } from './received.ts';
import type { SourceType } from './source-config.ts';

const EXPECTED_PERCENT = 'expected a percentage from 0 to 100 with at most two decimals, such as 10 or 33.33';
const EXPECTED_THRESHOLD = `${EXPECTED_PERCENT}, or one for each record type, such as {default: 10, staff: 5}`;
const DEFAULT_PERCENT = 10;

const percentError = (issue: { readonly input?: unknown }) => `${EXPECTED_PERCENT}, received ${received(issue.input)}`;

/** A percentage from 0 to 100 with at most two decimals. A number only: text, a blank and NaN are refused. */
export const Percent = z
  .number({ error: percentError })
  .min(0)
  .max(100)
  .refine((percent) => Math.round(percent * 100) / 100 === percent, { error: percentError });

/** Hundredths of a percent, 0 to 10,000: whole numbers, so that 29 % of 100 is 29 and not 28.999… (guard §2). */
export const BasisPoints = z.int().min(0).max(10_000);

// Adding 0 turns the -0 that YAML can write into 0.
const PercentAsBasisPoints = Percent.transform((percent) => Math.round(percent * 100) + 0);

const perTypeShape = Object.fromEntries(
  RECORD_TYPES.map((recordType) => [recordType, PercentAsBasisPoints.optional()]),
) as Record<RecordType, z.ZodOptional<typeof PercentAsBasisPoints>>;

const PercentsByType = z.strictObject({ default: PercentAsBasisPoints.optional(), ...perTypeShape });

/** A threshold as it is kept with a run: basis points, with overrides for single record types. */
export const ThresholdBasisPoints = z.strictObject({
  default: BasisPoints,
  perType: z.partialRecord(z.enum(RECORD_TYPES), BasisPoints),
});

/**
 * The share of a school's active managed records of one type that a run may archive (guard §2, §4). Reads a percentage,
 * or `{default: 10, staff: 5, enrollments: 25}`; gives basis points. A `default` left out is 10 %.
 */
export const DeletionThreshold = z
  .union([PercentAsBasisPoints, PercentsByType], {
    error: (issue) => `${EXPECTED_THRESHOLD}, received ${received(issue.input)}`,
  })
  .transform(toThreshold);
export type DeletionThreshold = z.infer<typeof ThresholdBasisPoints>;

/** What holds where nothing is configured: 10 % for every record type. */
export const DEFAULT_DELETION_THRESHOLD: DeletionThreshold = { default: DEFAULT_PERCENT * 100, perType: {} };

function toThreshold(parsed: number | z.infer<typeof PercentsByType>): DeletionThreshold {
  if (typeof parsed === 'number') return { default: parsed, perType: {} };
  const perType: Partial<Record<RecordType, number>> = {};
  for (const recordType of RECORD_TYPES) {
    const basisPoints = parsed[recordType];
    if (basisPoints !== undefined) perType[recordType] = basisPoints;
  }
  return { default: parsed.default ?? DEFAULT_DELETION_THRESHOLD.default, perType };
}

/**
 * Overrides that a source type brings along. Clever makes terms and courses up from sections and gives them new ids
 * without cause (guard §4): a year's worth of them may go, and come back under other ids, in any run.
 */
const SOURCE_OVERRIDES: Partial<Readonly<Record<SourceType, DeletionThreshold['perType']>>> = {
  clever: { terms: 10_000, courses: 10_000 },
};

/** The threshold for runs from a source of this type: what is configured for a record type outweighs the source's own. */
export function thresholdFor(threshold: DeletionThreshold, sourceType: SourceType): DeletionThreshold {
  return { default: threshold.default, perType: { ...SOURCE_OVERRIDES[sourceType], ...threshold.perType } };
}

/** The threshold that holds for a record type, in basis points: its own, else the default. */
export function basisPointsFor(threshold: DeletionThreshold, recordType: RecordType): number {
  return threshold.perType[recordType] ?? threshold.default;
}

/**
 * Reads a percentage typed by a person, such as the value of `--threshold`.
 *
 * @throws UsageError if the text is not a plain decimal from 0 to 100 with at most two decimals.
 */
export function thresholdFromText(text: string): DeletionThreshold {
  const isPlainDecimal = /^\d{1,3}(\.\d{1,2})?$/.test(text.trim());
  const parsed = DeletionThreshold.safeParse(isPlainDecimal ? Number(text) : Number.NaN);
  if (parsed.success) return parsed.data;
  throw new UsageError(`Deletion threshold: ${EXPECTED_PERCENT}, received ${received(text)}.`);
}
