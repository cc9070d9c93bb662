import { z } from 'zod';
import { limitsText } from './effective-settings.ts';
import type { Finding } from './guard.ts';
import { HoldExplanation } from './hold-explanation/explanation.ts';
import { REASONS } from './reasons.ts';
import { RECORD_TYPES } from './record-types.ts';
import type { RecordType } from './record-types.ts';
import type { LimitsNote } from './run-settings.ts';
import type { UpdateFinding } from './update-guard.ts';
import { PEOPLE } from './update-threshold.ts';

export const RunStatus = z.enum(['queued', 'running', 'succeeded', 'held', 'failed']);
export type RunStatus = z.infer<typeof RunStatus>;

/** A run in a few words. Times are ISO 8601 in UTC; null: not yet. */
export const RunSummary = z.object({
  id: z.string(),
  district: z.string(),
  sync: z.string(),
  status: RunStatus,
  reason: z.enum(REASONS).nullable(),
  message: z.string().nullable(),
  advice: z.string().nullable(),
  startedAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime().nullable(),
});
export type RunSummary = z.infer<typeof RunSummary>;

const Count = z.int().min(0);

/**
 * What became of the records of one type. Missing and not archived: `withheld` because of the threshold, `kept` by a
 * decision, `inGrace` until they were missing for long enough. `withheldUpdates`: updates not made (guard §36). `skipped`:
 * rows that could not be used.
 */
export const RecordCounts = z.object({
  created: Count,
  updated: Count,
  archived: Count,
  restored: Count,
  unchanged: Count,
  withheld: Count,
  withheldUpdates: Count.default(0),
  kept: Count.default(0),
  inGrace: Count.default(0),
  skipped: Count,
});
export type RecordCounts = z.infer<typeof RecordCounts>;

/** One guard measurement; `school` is null for record types of the whole district. */
export const ReportFinding = z.object({
  school: z.string().nullable(),
  recordType: z.enum(RECORD_TYPES),
  active: Count,
  toArchive: Count,
  approved: Count,
  /** Active records that came since the open hold began, and are not in `active` (guard §32). */
  newcomers: Count,
  /** What runs of the sync archived within the window, newest first; it counts on both sides (guard §35). */
  archivedBefore: z.array(z.object({ run: z.string(), at: z.iso.datetime(), count: Count })),
  /** Held, and not looked at by the run; it counts with `toArchive` (guard §33). */
  waiting: Count,
  allowed: Count,
  thresholdPercent: z.number().min(0).max(100),
  /** Why that is not the configured threshold, such as `raised for this run`; null if it is. */
  thresholdNote: z.string().nullable(),
  percent: z.number().min(0).max(100),
  smallestPassingPercent: z.int().min(0).max(100),
  verdict: z.enum(['pass', 'hold']),
});
export type ReportFinding = z.infer<typeof ReportFinding>;

/** One measurement of updates against the update threshold (guard §36); `allowed` and `thresholdPercent` null: off. */
export const ReportUpdateFinding = z.object({
  school: z.string().nullable(),
  recordType: z.enum(PEOPLE),
  active: Count,
  /** Records whose name, e-mail, username or number would change or be emptied. */
  changed: Count,
  allowed: Count.nullable(),
  thresholdPercent: z.number().min(0).max(100).nullable(),
  thresholdNote: z.string().nullable(),
  percent: z.number().min(0).max(100),
  smallestPassingPercent: z.int().min(0).max(100),
  verdict: z.enum(['pass', 'hold']),
  /** Updates of the group that were not made, whatever they change. */
  withheld: Count,
});
export type ReportUpdateFinding = z.infer<typeof ReportUpdateFinding>;

/** A linked school that is not in the data, with the ids in the data that may be meant, best first. */
export const SchoolNotFound = z.object({
  sisId: z.string(),
  name: z.string().nullable(),
  nearest: z.array(z.string()),
});
export type SchoolNotFound = z.infer<typeof SchoolNotFound>;

/** Something worth looking at; `file` and `line` are those of the first of `count`. Holds ids, no personal data. */
export const ReportWarning = z.object({
  code: z.string(),
  file: z.string().nullable(),
  line: z.int().min(1).nullable(),
  message: z.string(),
  count: z.int().min(1),
});
export type ReportWarning = z.infer<typeof ReportWarning>;

export const HoldExplanations = z.array(HoldExplanation);

/** The document that `--json` prints for one run. `counts` holds every record type. */
export const RunReport = z.object({
  run: RunSummary,
  counts: z.record(z.enum(RECORD_TYPES), RecordCounts),
  findings: z.array(ReportFinding),
  /** Groups of people of which something would change; empty where `updateThreshold` is off. */
  updateFindings: z.array(ReportUpdateFinding).optional(),
  /** Why what was withheld looks as it does, the most telling first. */
  explanations: HoldExplanations,
  /** What was special: a raised threshold, a window of the calendar. */
  notes: z.array(z.string()),
  schoolsNotFound: z.array(SchoolNotFound),
  warnings: z.array(ReportWarning),
});
export type RunReport = z.infer<typeof RunReport>;

/** Zero of everything for every record type; a new object each time. */
export function emptyCounts(): Record<RecordType, RecordCounts> {
  const zero: RecordCounts = {
    created: 0,
    updated: 0,
    archived: 0,
    restored: 0,
    unchanged: 0,
    withheld: 0,
    withheldUpdates: 0,
    kept: 0,
    inGrace: 0,
    skipped: 0,
  };
  return Object.fromEntries(RECORD_TYPES.map((recordType) => [recordType, { ...zero }])) as Record<
    RecordType,
    RecordCounts
  >;
}

/** The findings for a report: those with something to archive, under limits that may be special. */
export function reportFindings(findings: readonly Finding[], limitsNote: LimitsNote | null): ReportFinding[] {
  return findings
    .filter(({ toArchive }) => toArchive > 0)
    .map((finding) => ReportFinding.parse({ ...finding, thresholdNote: limitsText(limitsNote, finding.recordType) }));
}

/** The same of updates: groups of which something would change, or whose updates are withheld. */
export function reportUpdateFindings(
  findings: readonly UpdateFinding[],
  note: LimitsNote | null,
): ReportUpdateFinding[] {
  return findings
    .filter(({ changed, withheld }) => changed > 0 || withheld > 0)
    .map(({ basisPoints, ...finding }) =>
      ReportUpdateFinding.parse({
        ...finding,
        thresholdPercent: basisPoints === null ? null : basisPoints / 100,
        thresholdNote: basisPoints === null ? null : limitsText(note, finding.recordType),
        percent:
          finding.active === 0 ? 0 : Math.min(100, Math.round((finding.changed * 10_000) / finding.active) / 100),
      }),
    );
}
