import { RECORD_TYPES } from '@rollbook/core';
import type { PipelineHarness, RunResult } from '../pipeline-harness.ts';
import { columnsOf, comparable, type Values } from './roster-model.ts';
import type { RunModel, SyncModel } from './sync-model.ts';

interface RosterRow {
  readonly id: string;
  readonly status: string;
  readonly archivedBy: string | null;
  readonly archivedRun: number | null;
  readonly isManaged: boolean;
  readonly values: Values;
}

const written = ({ id, status, archivedBy, archivedRun, isManaged, values }: RosterRow): string =>
  `${id}: ${status} ${archivedBy} ${archivedRun} ${isManaged ? 'managed' : 'manual'} ${comparable(values)}`;

/** The roster of the database is the model's, record by record. */
export async function expectSameRoster(harness: PipelineHarness, model: SyncModel): Promise<void> {
  const queries = RECORD_TYPES.map((type) => {
    const values = columnsOf(type).map((column) => `'${column}', ${column}`);
    return `SELECT '${type} ' || sis_id AS id, status, archived_by AS "archivedBy", archived_run_id AS "archivedRun",
      sync_id IS NOT NULL AS "isManaged", jsonb_build_object(${values.join(', ')}) AS values FROM ${type}`;
  });
  const rows = await harness.sql<RosterRow>(queries.join(' UNION ALL '));
  const expected = [...model.roster.records].map(([id, record]) => written({ ...record, id }));
  expect(rows.map(written).sort()).toEqual(expected.sort());
}

/** What the database tells of a run is what the model says of it. */
export async function expectSameRun(harness: PipelineHarness, runId: number, expected: RunModel): Promise<void> {
  const { status, reason, counts } = await harness.result(runId);
  expect({ status, reason }).toEqual({ status: expected.status, reason: expected.reason });
  if (expected.counts) expect(countLines(counts)).toEqual(countLines(expected.counts));
  const findings = await harness.sql<object>(
    `SELECT record_type AS type, school_id AS school, active, to_archive AS "toArchive", approved, allowed, verdict
     FROM findings WHERE run_id = $1`,
    [runId],
  );
  const lines = (list: readonly object[]): string[] => list.map((item) => JSON.stringify(item)).sort();
  expect(lines(findings)).toEqual(lines(expected.findings ?? []));
}

const countLines = (counts: RunResult['counts']): string[] =>
  Object.entries(counts)
    .map(([type, count]) => `${type}: ${JSON.stringify(Object.entries(count).sort())}`)
    .sort();

/** Holds in the order in which they were opened, approvals, and what is kept, are those of the model. */
export async function expectSameDecisions(harness: PipelineHarness, model: SyncModel): Promise<void> {
  const holds = await harness.sql<{ status: string; records: string[] }>(
    `SELECT status, (SELECT array_agg(r.record_type || ' ' || r.sis_id ORDER BY 1) FROM hold_records r WHERE r.hold_id = h.id)
       AS records FROM holds h ORDER BY id`,
  );
  const told = (list: readonly { status: string; records: Iterable<string> }[]): object[] =>
    list.map(({ status, records }) => ({ status, records: [...records].sort() }));
  expect(told(holds)).toEqual(told(model.holds.map(({ status, records }) => ({ status, records: records.keys() }))));
  const approvals = await harness.sql<{ status: string; records: string[] }>(
    `SELECT status, (SELECT array_agg(r.record_type || ' ' || r.sis_id) FROM approval_records r WHERE r.approval_id = a.id)
       AS records FROM approvals a ORDER BY id`,
  );
  expect(told(approvals)).toEqual(told(model.approvals));
  const kept = await harness.sql<{ key: string }>(`SELECT record_type || ' ' || sis_id AS key FROM kept_records`);
  expect(kept.map(({ key }) => key).sort()).toEqual([...model.kept.keys()].sort());
}
