import { RECORD_TYPES, type RecordType } from '@rollbook/core';
import {
  isSynced,
  type CompareOptions,
  type CountedWarning,
  type Difference,
  type SnapshotContents,
  type TypeDifference,
} from '@rollbook/pipeline';
import type { PoolClient } from 'pg';
import { planAdoptions } from './adoptions.ts';
import { markApproved } from './approved.ts';
import { changesTable, createChanges } from './changes.ts';
import { NO_ACTIONS, compare, countPresent, type Comparison } from './compare.ts';
import { carryMarks } from './delta-marks.ts';
import { addDependents } from './dependents.ts';
import { noteHeldElsewhere } from './held-elsewhere.ts';
import { withholdKept, type KeptCounts } from './kept-records.ts';
import { countUpdates, massUpdateWarnings } from './mass-updates.ts';
import { measureGroups } from './measured-groups.ts';
import { planForRun } from './plans.ts';
import { createTouched } from './recognised.ts';
import { planReturns } from './return-along.ts';
import { noteRoleChanges } from './role-changes.ts';
import { limitSnapshot } from './snapshot-limits.ts';
import { verifySnapshot } from './snapshot-verify.ts';
import {
  countOvertaken,
  noteTouched,
  overtakenWarnings,
  passOverLost,
  takeUpArchived,
  type Overtaken,
} from './touched.ts';

export interface DiffInput extends CompareOptions {
  /** Names the snapshot's tables; the change set is written beside them. */
  readonly prefix: string;
  readonly contents: SnapshotContents;
  /** The clock of whoever compares: for the window (guard §35). */
  readonly now: Date;
}

/**
 * Compares a snapshot with the roster, record type by record type, in the caller's transaction, which must be REPEATABLE
 * READ, or hold the lock of the district: what is counted is then what was compared (guard §1).
 *
 * @throws SnapshotLost if the snapshot's tables do not hold what its contents say, or it is not known what was changed in
 *   the roster since its records were recognised.
 */
export async function diff(sql: PoolClient, given: DiffInput): Promise<Difference> {
  await verifySnapshot(sql, given.prefix, given.contents);
  const rosterVersion = await readRosterVersion(sql, given.districtId);
  await createTouched(sql, given.prefix);
  const { hasMoved, count: touched } = await noteTouched(sql, given, {
    since: given.contents.recognition.rosterVersion,
    isRecognised: Object.values(given.contents.types).some(({ recognised }) => recognised > 0),
  });
  const input = touched === 0 ? given : { ...given, contents: await takeUpArchived(sql, given, given.contents) };
  await planForRun(sql, { ...input, prefix: null });
  const warnings: CountedWarning[] = await limitSnapshot(sql, input);
  if (hasMoved) await passOverLost(sql, input, input.contents);
  const overtaken = touched > 0 ? await countOvertaken(sql, input, input.contents) : {};
  warnings.push(...overtakenWarnings(overtaken));
  const changes = await createChanges(sql, input.prefix);
  const comparisons = await compareAll(sql, input);
  await carryMarks(sql, input);
  const adopted = await planAdoptions(sql, input, warnings);
  for (const recordType of ['schools', 'classes'] as const)
    if (comparisons[recordType]) comparisons[recordType].counts.c -= adopted[recordType];
  // What follows, apply included, joins it: the planner must know whether it is small or large.
  await sql.query(`ANALYZE ${changes}`);
  await planForRun(sql, input);
  const approvalIds = await markApproved(sql, input.syncId, changes);
  const kept = await withholdKept(sql, input, warnings);
  const dependents = await addDependents(sql, input, changes);
  const returning = await planReturns(sql, input);
  await noteRoleChanges(sql, input, warnings);
  const updates = await countUpdates(sql, input, comparisons);
  warnings.push(...massUpdateWarnings(updates));
  await noteHeldElsewhere(sql, input, comparisons, warnings);
  return {
    rosterVersion,
    types: await summarise(sql, input, { comparisons, dependents, adopted, kept, overtaken, returning }),
    groups: await measureGroups(sql, input, comparisons),
    updates,
    changeCount: await countChanges(sql, changes),
    approvalIds,
    touched,
    overtaken: Object.values(overtaken).reduce((sum, { left }) => sum + left, 0),
    warnings,
  };
}

/** What the roster of a district is called as it is now; it changes with every commit to it. */
export async function readRosterVersion(sql: PoolClient, districtId: string): Promise<string> {
  const { rows } = await sql.query<{ version: string }>(
    'SELECT roster_version::text AS version FROM districts WHERE id = $1',
    [districtId],
  );
  return rows[0]?.version ?? '0';
}

export async function countChanges(sql: PoolClient, changes: string): Promise<number> {
  const { rows } = await sql.query<{ count: number }>(`SELECT count(*)::integer AS count FROM ${changes}`);
  return rows[0]?.count ?? 0;
}

export type Comparisons = { [T in RecordType]?: Comparison };

async function compareAll(sql: PoolClient, input: DiffInput): Promise<Comparisons> {
  const comparisons: Comparisons = {};
  const { rows: filled } = await sql.query<{ type: RecordType }>(
    RECORD_TYPES.map(
      (type) => `SELECT '${type}' AS type WHERE EXISTS (SELECT 1 FROM ${type} WHERE district_id = $1)`,
    ).join(' UNION ALL '),
    [input.districtId],
  );
  const held = new Set(filled.map(({ type }) => type));
  // The planner cannot know that the groups are few, and would sort all rows.
  await sql.query('SET LOCAL enable_sort = off');
  for (const recordType of RECORD_TYPES) {
    const delivered = input.contents.types[recordType];
    if (!delivered || !isSynced(recordType, input.settings)) continue;
    comparisons[recordType] = held.has(recordType)
      ? await compare(sql, input, recordType, delivered)
      : {
          counts: { ...NO_ACTIONS, c: await countPresent(sql, input.prefix, recordType, input.contents) },
          active: [],
        };
  }
  await sql.query('RESET enable_sort');
  return comparisons;
}

interface Parts {
  readonly comparisons: Comparisons;
  readonly dependents: Partial<Record<RecordType, number>>;
  readonly adopted: Readonly<Record<'schools' | 'classes', number>>;
  readonly kept: KeptCounts;
  readonly overtaken: Partial<Record<RecordType, Overtaken>>;
  readonly returning: Partial<Record<RecordType, number>>;
}

async function summarise(
  sql: PoolClient,
  input: DiffInput,
  { comparisons, dependents, adopted, kept, overtaken, returning }: Parts,
): Promise<Difference['types']> {
  const { rows } = await sql.query<{ type: RecordType; count: number }>(
    `SELECT record_type AS type, count(*)::integer AS count FROM ${changesTable(input.prefix)} WHERE action = 'l' GROUP BY 1`,
  );
  const relinked = new Map(rows.map(({ type, count }) => [type, count]));
  const types: Partial<Record<RecordType, TypeDifference>> = {};
  for (const recordType of RECORD_TYPES) {
    const count = comparisons[recordType]?.counts ?? NO_ACTIONS;
    const canBeAdopted = recordType === 'schools' || recordType === 'classes';
    if (!comparisons[recordType] && !dependents[recordType] && !returning[recordType]) continue;
    const delivery = comparisons[recordType] && input.contents.types[recordType]?.delivery;
    types[recordType] = {
      ...(delivery && { delivery }),
      created: count.c,
      updated: count.u,
      restored: count.r,
      rehashed: count.h,
      adopted: canBeAdopted ? adopted[recordType] : 0,
      unchanged: count.n + count.h + (comparisons[recordType] ? recognisedCount(input, recordType, overtaken) : 0),
      foreign: count.f,
      keptArchived: count.k,
      dependents: dependents[recordType] ?? 0,
      kept: kept.kept[recordType] ?? 0,
      inGrace: kept.inGrace[recordType] ?? 0,
      relinked: relinked.get(recordType) ?? 0,
      returning: returning[recordType] ?? 0,
    };
  }
  return types;
}

const recognisedCount = ({ contents }: DiffInput, type: RecordType, overtaken: Parts['overtaken']): number =>
  Math.max(0, (contents.types[type]?.recognised ?? 0) - (overtaken[type]?.ended ?? 0));
