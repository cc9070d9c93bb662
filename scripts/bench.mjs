import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './command.mjs';

/** Runs the benchmark from its sources; arguments are passed on. */
const { status } = spawnSync(
  process.execPath,
  ['--import', 'tsx', join(ROOT, 'bench', 'run.ts'), ...process.argv.slice(2)],
  { cwd: ROOT, stdio: 'inherit' },
);
process.exitCode = status ?? 1;
