import { RosterMoved, type JudgeAgain, type Lease, type RunInfo } from '@rollbook/pipeline';
import type { PoolClient } from 'pg';
import { differenceOf, snapshotOf, guardResult } from './run-commit.ts';
import { writeJudgement, writeWarnings } from './run-details.ts';
import { diffApprovalRun, diffRun, readRunEvidence } from './run-work.ts';
import { roundWarnings } from './rounds.ts';

/** A run that was sent back so often compares under the lock it is applied with: nobody can come between (guard §40). */
const UNDER_LOCK_FROM_ROUND = 3;

/**
 * Before a change set is applied, in the same transaction: if the roster moved on since it was compared, and the run was
 * sent back for that before, it is compared and judged once more while nobody else may change the roster.
 *
 * @throws RosterMoved if the judgement is now that nothing may be applied; SnapshotLost as a comparison does.
 */
export async function compareAgain(
  sql: PoolClient,
  lease: Lease,
  run: RunInfo,
  { judgeAgain, now }: { readonly judgeAgain: JudgeAgain; readonly now: Date },
): Promise<void> {
  if (run.round < UNDER_LOCK_FROM_ROUND) return;
  const version = await lockDistrict(sql, run.districtId);
  if (version === (await differenceOf(sql, run)).rosterVersion) return;
  const difference = await (run.kind === 'approval' ? diffApprovalRun(sql, lease, run, now) : diffRun(sql, run, now));
  const { contents } = await snapshotOf(sql, run.id);
  await writeWarnings(sql, run.id, 'diff', [...(await roundWarnings(sql, run)), ...difference.warnings]);
  await replaceResult(sql, run, 'diff', difference);
  const evidence = () => unharmed(sql, () => readRunEvidence(sql, run, now));
  const judgement = await judgeAgain({ difference, contents, evidence });
  if (judgement === null) throw new RosterMoved('the roster changed, and nothing may be applied to it as it is now');
  await writeJudgement(sql, run.id, judgement);
  await replaceResult(sql, run, 'guard', guardResult(judgement));
}

/** Taken by all who change a roster, acts by hand included. NO KEY: requests for runs of the district go on meanwhile. */
async function lockDistrict(sql: PoolClient, districtId: string): Promise<string> {
  const { rows } = await sql.query<{ version: string }>(
    'SELECT roster_version::text AS version FROM districts WHERE id = $1 FOR NO KEY UPDATE',
    [districtId],
  );
  return rows[0]?.version ?? '0';
}

/** A hold stands without its explanation: what fails on the way to one must not take the transaction with it. */
async function unharmed<R>(sql: PoolClient, work: () => Promise<R>): Promise<R> {
  await sql.query('SAVEPOINT unharmed');
  try {
    return await work();
  } catch (error) {
    await sql.query('ROLLBACK TO SAVEPOINT unharmed');
    throw error;
  }
}

async function replaceResult(sql: PoolClient, run: RunInfo, stage: 'diff' | 'guard', result: object): Promise<void> {
  await sql.query(
    `UPDATE run_stages SET result = $3 WHERE run_id = $1 AND stage = $2 AND round = (
       SELECT max(round) FROM run_stages WHERE run_id = $1 AND stage = $2 AND finished_at IS NOT NULL)`,
    [run.id, stage, JSON.stringify(result)],
  );
}
