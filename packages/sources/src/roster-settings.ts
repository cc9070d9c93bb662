import type { SourceConfig } from '@rollbook/core';

/** What the configuration of every source says of guardians, and of the number that students carry. */
export type RosterSettings = Pick<SourceConfig, 'manageGuardians' | 'studentIdSource' | 'guardiansFile'>;

/** What of it changes how the same data reads: part of every revision. */
export const readingOf = ({ manageGuardians, studentIdSource }: RosterSettings): readonly unknown[] => [
  manageGuardians,
  studentIdSource,
];
