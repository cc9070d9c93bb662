import type { CountedWarning, RunInfo } from '@rollbook/pipeline';
import type { Sql } from './database.ts';

/** Says that a run was sent back, and how often: people see why it took so long (guard §40). */
export async function roundWarnings(sql: Sql, run: RunInfo): Promise<CountedWarning[]> {
  if (run.round === 1) return [];
  const { rows } = await sql.query<{ round: number }>('SELECT round FROM snapshots WHERE run_id = $1', [run.id]);
  const wasReadAgain = run.kind === 'sync' && rows[0]?.round === run.round;
  const message = wasReadAgain
    ? `what was read did not last to the comparison; the data was read again (round ${run.round})`
    : `the roster changed during this run; it was compared again (round ${run.round})`;
  return [{ code: 'another_round', file: null, line: null, message, count: 1 }];
}

/** What people see of a run that was sent back until it says more. */
export const progressOfRound = (stage: 'fetch' | 'diff', round: number): string =>
  stage === 'fetch'
    ? `round ${round}: the data is read again`
    : `round ${round}: compared again, because the roster changed`;
