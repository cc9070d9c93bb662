import { RECORD_TYPES, type RecordCounts, type RecordType, type UpdateJudgement } from '@rollbook/core';
import type { Difference, Judgement, SnapshotContents } from '@rollbook/pipeline';
import { withheldOfType } from './withheld-updates.ts';

/**
 * What the run would do, in the form of what a run did. Where only some schools are withheld, what hangs on the records of
 * the others is not counted: nobody knows before they are archived which it is.
 */
export function previewCounts(
  difference: Difference,
  contents: SnapshotContents,
  judgement: Pick<Judgement, 'findings'>,
  updates: Pick<UpdateJudgement, 'findings'> = { findings: [] },
): Record<RecordType, RecordCounts> {
  const isAnyWithheld = judgement.findings.some(({ withheld }) => withheld > 0);
  const entries = RECORD_TYPES.map((recordType): [RecordType, RecordCounts] => {
    const type = difference.types[recordType];
    const findings = judgement.findings.filter((finding) => finding.recordType === recordType);
    const toArchive = findings.reduce((sum, finding) => sum + finding.toArchive, 0);
    const withheld = findings.reduce((sum, finding) => sum + finding.withheld, 0);
    return [
      recordType,
      {
        created: type?.created ?? 0,
        updated: (type?.updated ?? 0) + (type?.adopted ?? 0) - withheldOfType(updates, recordType),
        archived: toArchive - withheld + (isAnyWithheld ? 0 : (type?.dependents ?? 0)),
        restored: (type?.restored ?? 0) + (type?.returning ?? 0),
        unchanged: (type?.unchanged ?? 0) + (type?.keptArchived ?? 0),
        withheld,
        withheldUpdates: withheldOfType(updates, recordType),
        kept: type?.kept ?? 0,
        inGrace: type?.inGrace ?? 0,
        skipped: contents.types[recordType]?.unusable ?? 0,
      },
    ];
  });
  return Object.fromEntries(entries) as Record<RecordType, RecordCounts>;
}
