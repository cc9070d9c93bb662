import { guard } from './guard.ts';
import type { ArchiveCount, GuardInput, GuardResult } from './guard.ts';

/** A threshold in basis points, the same for every record type. */
export const threshold = (basisPoints: number) => ({ default: basisPoints, perType: {} });

/** One group of students of school "0123" unless told otherwise. */
export const group = (count: Partial<ArchiveCount>): ArchiveCount => ({
  recordType: 'students',
  school: '0123',
  active: 0,
  toArchive: 0,
  approved: 0,
  ...count,
});

/** Judges groups under 10 %, with every school in the data synced, unless told otherwise. */
export const judge = (counts: readonly Partial<ArchiveCount>[], input: Partial<GuardInput> = {}): GuardResult =>
  guard({
    threshold: threshold(1000),
    alwaysAllow: 0,
    withhold: 'sync',
    schoolLinks: null,
    schoolsInData: [],
    ...input,
    counts: counts.map(group),
  });
