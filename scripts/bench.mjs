import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './command.mjs';

/** Runs a benchmark from its sources: that of the pipeline, with --sources that of the HTTP sources, with --guard that of the guard, with --cold that of runs without statistics. */
const args = process.argv.slice(2);
const BENCHES = { '--sources': 'sources.ts', '--guard': 'guard.ts', '--cold': 'cold.ts' };
const bench = Object.entries(BENCHES).find(([flag]) => args.includes(flag))?.[1] ?? 'run.ts';
const { status } = spawnSync(process.execPath, ['--import', 'tsx', join(ROOT, 'bench', bench), ...args], {
  cwd: ROOT,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
