import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runTool } from './command.mjs';
import { ensureInstalled } from './ensure-installed.mjs';

/**
 * `npm run verify`: everything that can be checked without servers, in seconds. What has not changed since it last
 * passed is not run again; the record of that stays in this folder.
 */
const CHECKS = ['check:format', 'check:lint', 'check:imports', 'check:dependencies', 'check:types', 'test:pure'];
const SUMMARIES = join(ROOT, '.turbo', 'runs');

async function verify() {
  // The build comes first: lint and types look at what other packages declare.
  const built = await ensureInstalled();
  console.log(`${built === 0 ? 'ok    ' : 'FAILED'} build`);
  if (built !== 0) return built;
  rmSync(SUMMARIES, { recursive: true, force: true });
  const status = await runTool(
    'turbo',
    [
      'run',
      ...CHECKS,
      '--continue=always',
      '--summarize',
      '--cache=local:rw',
      '--output-logs=errors-only',
      '--log-prefix=none',
    ],
    { env: { ...process.env, ...TURBO_ENVIRONMENT } },
  );
  for (const { name, passed } of results()) console.log(`${passed ? 'ok    ' : 'FAILED'} ${name}`);
  return status;
}

/** Nothing is reported to anybody. */
const TURBO_ENVIRONMENT = {
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
};

function results() {
  const [summary] = readdirSync(SUMMARIES).filter((name) => name.endsWith('.json'));
  const { tasks } = JSON.parse(readFileSync(join(SUMMARIES, summary), 'utf8'));
  return CHECKS.map((name) => {
    const task = tasks.find(({ taskId }) => taskId === `//#${name}`);
    return { name, passed: task?.execution?.exitCode === 0 || task?.cache?.status === 'HIT' };
  });
}

process.exitCode = await verify();
