import type { GroupEvidence, HoldEvidence } from '../hold-evidence.ts';
import type { RecordType } from '../record-types.ts';

export type Counted = 'active' | 'toArchive' | 'toCreate';

/** The measured group of a record type in a school, or in the district (null). */
export const groupAt = (
  { groups }: HoldEvidence,
  recordType: RecordType,
  school: string | null,
): GroupEvidence | undefined => groups.find((group) => group.recordType === recordType && group.school === school);

export const groupsOf = ({ groups }: HoldEvidence, recordType: RecordType): GroupEvidence[] =>
  groups.filter((group) => group.recordType === recordType);

/** How many records of a type the run would archive in a school, or in the district (null). */
export const archivesAt = (evidence: HoldEvidence, recordType: RecordType, school: string | null): number =>
  groupAt(evidence, recordType, school)?.toArchive ?? 0;

/** How many records of a type the run would archive in these schools together. */
export const archivesIn = (evidence: HoldEvidence, recordType: RecordType, schools: readonly string[]): number =>
  sumOf(schools, (school) => archivesAt(evidence, recordType, school));

/** One count over several groups. */
export const total = (groups: readonly GroupEvidence[], count: Counted): number =>
  sumOf(groups, (group) => group[count]);

export const sumOf = <T>(items: readonly T[], count: (item: T) => number): number =>
  items.reduce((sum, item) => sum + count(item), 0);
