import type { Database } from '@rollbook/store';
import pg from 'pg';
import { hearPlans } from './notices.ts';

/** So many rows may be gone through again and again; more must be found by an index, or joined whole. */
const HANDFUL = 20;
/** In districts as small as those of the tests, going through a few hundred rows so often is no worse than an index. */
const MANY = 250_000;

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'CTE Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** Nodes that read all they have whenever they are started, and so must not be started often. */
const READS_ALL = new Set(['Seq Scan', 'Materialize', 'CTE Scan', 'Function Scan', 'Subquery Scan', 'WorkTable Scan']);

/**
 * Watches the plan of every statement in a test database, on any connection opened after, and keeps those that go through
 * more than a handful of rows again for each row of something else.
 */
export class PlanWatch {
  readonly #bad = new Set<string>();
  readonly #stop: () => void;
  #seen = 0;

  private constructor() {
    this.#stop = hearPlans((plan) => this.#look(plan as { 'Query Text': string; Plan: PlanNode }));
  }

  /** `url` names the database, which must have no connections yet; the user must be a superuser. */
  static async start(url: string): Promise<PlanWatch> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      const database = `"${new URL(url).pathname.slice(1)}"`;
      for (const setting of [
        `session_preload_libraries = 'auto_explain'`,
        'auto_explain.log_min_duration = 0',
        'auto_explain.log_analyze = on',
        'auto_explain.log_timing = off',
        `auto_explain.log_format = 'json'`,
        `auto_explain.log_level = 'warning'`,
        'auto_explain.log_parameter_max_length = 0',
      ])
        await client.query(`ALTER DATABASE ${database} SET ${setting}`);
    } finally {
      await client.end();
    }
    return new PlanWatch();
  }

  stop(): void {
    this.#stop();
  }

  /** What was found since it was last asked, the worst of each statement; throws if no plan was seen at all. */
  take(): string[] {
    if (this.#seen === 0) throw new Error('no plan was seen: the watch does not work');
    this.#seen = 0;
    const found = [...this.#bad];
    this.#bad.clear();
    return found;
  }

  #look({ 'Query Text': text, Plan: plan }: { 'Query Text': string; Plan: PlanNode }): void {
    this.#seen++;
    for (const node of nodesOf(plan)) {
      const loops = node['Actual Loops'];
      const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
      const readAgain = READS_ALL.has(node['Node Type']) ? node['Actual Rows'] + removed : removed;
      if (Math.min(loops, readAgain) <= HANDFUL || loops * readAgain <= MANY) continue;
      const what = [node['Node Type'], node['Relation Name'] ?? node['CTE Name'] ?? ''].join(' ');
      this.#bad.add(
        `${what}: ${Math.round(readAgain)} rows, ${loops} times, in ${text.replace(/\s+/g, ' ').slice(0, 400)}`,
      );
    }
  }
}

function* nodesOf(node: PlanNode): Iterable<PlanNode> {
  yield node;
  for (const child of node.Plans ?? []) yield* nodesOf(child);
}

/** From now on no table of the database that outlives a run has its statistics renewed, by autovacuum or by Rollbook. */
export async function stopStatistics({ pool }: Database): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'public'`,
  );
  for (const { name } of rows) await pool.query(`ALTER TABLE ${name} SET (autovacuum_enabled = false)`);
  const query = pool.query.bind(pool) as (...args: unknown[]) => unknown;
  pool.query = ((...args: unknown[]) =>
    typeof args[0] === 'string' && args[0].startsWith('ANALYZE')
      ? Promise.resolve({ rows: [], rowCount: 0 })
      : query(...args)) as typeof pool.query;
}
