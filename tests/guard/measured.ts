import type { RecordType } from '@rollbook/core';
import type { PipelineHarness, RunResult } from '../pipeline-harness.ts';

type Measurement = [type: RecordType, school: string | null, toArchive: number, active: number, allowed: number];

/** What a run has measured, in the order of its findings; of all record types, or of these. */
export async function measured(
  harness: PipelineHarness,
  { runId }: Pick<RunResult, 'runId'>,
  ...types: readonly RecordType[]
): Promise<Measurement[]> {
  const rows = await harness.sql<{ values: Measurement }>(
    `SELECT jsonb_build_array(record_type, school_id, to_archive, active, allowed) AS values FROM findings
     WHERE run_id = $1 AND (cardinality($2::text[]) = 0 OR record_type = ANY ($2)) ORDER BY ordinal`,
    [runId, types],
  );
  return rows.map(({ values }) => values);
}
