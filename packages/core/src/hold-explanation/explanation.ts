import { z } from 'zod';
import { RECORD_TYPES } from '../record-types.ts';

/** What a hold may look like (guard §25). Of two that account for equally many records, the first here is shown first. */
export const CAUSES = [
  'ids_changed',
  'zeros_lost',
  'sharing_narrowed',
  'school_empty',
  'graduation',
  'grade_left',
  'term_ended',
  'transfers',
  'class_gutted',
] as const;
export const Cause = z.enum(CAUSES);
export type Cause = z.infer<typeof Cause>;

export const MAX_EXAMPLES = 5;

const Count = z.int().min(0);

/**
 * Why a hold looks as it does, as far as the numbers tell, for people who have never seen the product. Ids, names of
 * schools, grades and numbers only. `explained` of the `of` archives of one record type have this cause: `of` counts
 * every root of that type (guard §6) that the run would archive in `schools`, or in the district if there are none.
 */
export const HoldExplanation = z.object({
  cause: Cause,
  recordType: z.enum(RECORD_TYPES),
  /** Ids, the schools with most of it first. Empty: records that belong to no school. */
  schools: z.array(z.string()),
  explained: Count,
  of: Count,
  /** What was seen, and what it looks like. */
  message: z.string(),
  /** What to do, who does it, and how to be sure. */
  advice: z.string(),
  /** The numbers it rests on. */
  evidence: z.record(z.string(), z.union([z.number(), z.string()])),
  /** Ids of records it speaks of. */
  examples: z.array(z.string()).max(MAX_EXAMPLES),
});
export type HoldExplanation = z.infer<typeof HoldExplanation>;
