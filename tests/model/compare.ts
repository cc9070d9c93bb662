import { RECORD_TYPES } from '@rollbook/core';
import type { PipelineHarness, RunResult } from '../pipeline-harness.ts';
import { columnsOf, comparable, type RosterModel, type Values } from './roster-model.ts';
import type { FindingModel } from './guard-model.ts';
import type { RunModel, SyncModel } from './sync-model.ts';

interface RosterRow {
  readonly id: string;
  readonly status: string;
  readonly archivedBy: string | null;
  readonly archivedRun: number | null;
  readonly owner: string | null;
  readonly values: Values;
}

const written = ({ id, status, archivedBy, archivedRun, owner, values }: RosterRow): string =>
  `${id}: ${status} ${archivedBy} ${archivedRun} ${owner ?? 'manual'} ${comparable(values)}`;

/** The roster of the database is the model's, record by record. */
export async function expectSameRoster(harness: PipelineHarness, roster: RosterModel): Promise<void> {
  const queries = RECORD_TYPES.map((type) => {
    const values = columnsOf(type).map((column) => `'${column}', ${column}`);
    return `SELECT '${type} ' || sis_id AS id, status, archived_by AS "archivedBy", archived_run_id AS "archivedRun",
      sync_id AS owner, jsonb_build_object(${values.join(', ')}) AS values FROM ${type}`;
  });
  const rows = await harness.sql<RosterRow>(queries.join(' UNION ALL '));
  const expected = [...roster.records].map(([id, record]) => written({ ...record, id }));
  expect(rows.map(written).sort()).toEqual(expected.sort());
}

/** What the database tells of a run is what the model says of it. */
export async function expectSameRun(harness: PipelineHarness, runId: number, expected: RunModel): Promise<void> {
  const { status, reason, counts } = await harness.result(runId);
  expect({ status, reason }).toEqual({ status: expected.status, reason: expected.reason });
  if (expected.counts === null) return;
  expect(countLines(counts)).toEqual(countLines(expected.counts));
  const findings = await harness.sql<FindingModel>(
    `SELECT record_type AS type, school_id AS school, active, newcomers, to_archive AS "toArchive", archived_before AS before, waiting,
       approved, allowed, verdict
     FROM findings WHERE run_id = $1`,
    [runId],
  );
  // A group of nothing may be listed or not.
  const lines = (list: readonly FindingModel[]): string[] =>
    list
      .filter(({ active, toArchive }) => active + toArchive > 0)
      .map((item) => JSON.stringify(item))
      .sort();
  expect(lines(findings)).toEqual(lines(expected.findings ?? []));
}

const countLines = (counts: RunResult['counts']): string[] =>
  Object.entries(counts)
    .map(([type, count]) => `${type}: ${JSON.stringify(Object.entries(count).sort())}`)
    .sort();

/** Holds in the order in which they were opened, approvals, what is kept and what is marked, are those of the model. */
export async function expectSameDecisions(harness: PipelineHarness, model: SyncModel): Promise<void> {
  const holds = await harness.sql<{ status: string; since: number; records: string[] }>(
    `SELECT status, since_run_id AS since,
       (SELECT array_agg(r.record_type || ' ' || r.sis_id) FROM hold_records r WHERE r.hold_id = h.id) AS records
     FROM holds h WHERE sync_id = $1 ORDER BY id`,
    [model.id],
  );
  const told = <T extends { records: Iterable<string> }>(list: readonly T[]): object[] =>
    list.map(({ records, ...rest }) => ({ ...rest, records: [...records].sort() }));
  expect(told(holds)).toEqual(
    told(model.holds.map(({ status, since, records }) => ({ status, since, records: records.keys() }))),
  );
  const approvals = await harness.sql<{ status: string; records: string[]; waiting: string[] | null }>(
    `SELECT a.status, array_agg(r.record_type || ' ' || r.sis_id) AS records,
       array_agg(r.record_type || ' ' || r.sis_id) FILTER (WHERE r.outcome IS NULL) AS waiting
     FROM approvals a JOIN approval_records r ON r.approval_id = a.id WHERE a.sync_id = $1 GROUP BY a.id ORDER BY a.id`,
    [model.id],
  );
  expect(told(approvals.map((row) => ({ ...row, waiting: row.waiting?.sort() ?? null })))).toEqual(
    told(
      model.approvals.map(({ status, records, waiting }) => {
        return { status, records, waiting: waiting.size === 0 ? null : [...waiting].sort() };
      }),
    ),
  );
  const kept = await harness.sql<{ key: string }>(
    `SELECT record_type || ' ' || sis_id AS key FROM kept_records WHERE sync_id = $1`,
    [model.id],
  );
  expect(kept.map(({ key }) => key).sort()).toEqual([...model.kept.keys()].sort());
  const marks = await harness.sql<{ key: string }>(
    `SELECT record_type || ' ' || sis_id AS key FROM delta_marks WHERE sync_id = $1`,
    [model.id],
  );
  expect(marks.map(({ key }) => key).sort()).toEqual([...model.marks].sort());
}
