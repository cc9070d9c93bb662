import { z } from 'zod';
import { BasisPoints, Percent } from './deletion-threshold.ts';
import { UsageError } from './errors.ts';
import { received } from './received.ts';
import { RECORD_TYPES, type RecordType } from './record-types.ts';

/** The record types whose updates are measured (guard §36). */
export const PEOPLE = ['students', 'staff', 'guardians'] as const satisfies readonly RecordType[];
export type PeopleType = (typeof PEOPLE)[number];

export const isPeople = (recordType: RecordType): recordType is PeopleType =>
  (PEOPLE as readonly RecordType[]).includes(recordType);

const EXPECTED =
  'expected a percentage from 0 to 100 with at most two decimals, or one for each type of people, such as {default: 30, staff: 50}';

const percent = Percent.transform((value) => Math.round(value * 100) + 0).optional();

const isOther = (key: string): boolean => RECORD_TYPES.some((type) => type === key && !isPeople(type));

/** Record types that are not people are refused with the reason: nobody finds it in a list of the known keys. */
const PercentsByPeople = z
  .looseObject({ default: percent, students: percent, staff: percent, guardians: percent })
  .superRefine((value, context) => {
    const known = ['default', ...PEOPLE];
    for (const key of Object.keys(value)) {
      if (known.includes(key)) continue;
      const message = isOther(key)
        ? `expected students, staff, guardians or default: updateThreshold counts the people whose names, e-mails, usernames or numbers change, and ${key} have none`
        : `expected students, staff, guardians or default, received ${received(key)}`;
      context.addIssue({ code: 'custom', path: [key], message });
    }
  });

/** An update threshold as it is kept with a run: basis points by type of people; null: off. */
export const UpdateThreshold = z.strictObject({
  students: BasisPoints.nullable(),
  staff: BasisPoints.nullable(),
  guardians: BasisPoints.nullable(),
});
export type UpdateThreshold = z.infer<typeof UpdateThreshold>;

/** What holds where nothing is configured: updates are never withheld. */
export const NO_UPDATE_THRESHOLD: UpdateThreshold = { students: null, staff: null, guardians: null };

/**
 * The share of a group of people that a run may rename or renumber (guard §36). Reads a percentage, or
 * `{default: 30, staff: 50}`; gives basis points. A type without a percentage is not guarded.
 */
export const UpdateThresholdSetting = z
  .union([Percent.transform((value) => Math.round(value * 100) + 0), PercentsByPeople], {
    error: (issue) => `${EXPECTED}, received ${received(issue.input)}`,
  })
  .transform((parsed): UpdateThreshold => {
    if (typeof parsed === 'number') return { students: parsed, staff: parsed, guardians: parsed };
    const of = (type: PeopleType): number | null => parsed[type] ?? parsed.default ?? null;
    return { students: of('students'), staff: of('staff'), guardians: of('guardians') };
  });

/** Whether the updates of any type of people may be withheld. */
export const isUpdateGuarded = (threshold: UpdateThreshold): boolean => PEOPLE.some((type) => threshold[type] !== null);

/** A raise never lowers what is configured, and turns nothing on. */
export function raisedUpdates(
  threshold: UpdateThreshold,
  raise: { readonly basisPoints: number; readonly recordTypes: readonly RecordType[] | null },
): UpdateThreshold {
  const of = (type: PeopleType): number | null => {
    const configured = threshold[type];
    const isMeant = raise.recordTypes === null || raise.recordTypes.includes(type);
    return configured === null || !isMeant ? configured : Math.max(configured, raise.basisPoints);
  };
  return { students: of('students'), staff: of('staff'), guardians: of('guardians') };
}

/**
 * Reads a percentage typed by a person, such as the value of `--raise-updates`; gives basis points.
 *
 * @throws UsageError if the text is not a plain decimal from 0 to 100 with at most two decimals.
 */
export function updatePercentFromText(text: string): number {
  const isPlainDecimal = /^\d{1,3}(\.\d{1,2})?$/.test(text.trim());
  const parsed = Percent.safeParse(isPlainDecimal ? Number(text) : Number.NaN);
  if (parsed.success) return Math.round(parsed.data * 100);
  throw new UsageError(
    `Update threshold: expected a percentage from 0 to 100 with at most two decimals, such as 40, received ${received(text)}.`,
  );
}
