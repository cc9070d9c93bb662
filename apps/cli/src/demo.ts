import { parseArgs } from 'node:util';
import { UsageError, number } from '@rollbook/core';
import { createLogger, installShutdown, type Logger } from '@rollbook/runtime';
import { DISTRICT_ID, THRESHOLD_PERCENT, type PretendDistrict } from './demo/pretend-district.ts';
import { playSteps, type StepResult } from './demo/play.ts';
import { Screen } from './demo/screen.ts';
import { withSetting, type Setting } from './demo/setting.ts';
import { stepsOf } from './demo/steps.ts';
import { summaryLines } from './demo/summary.ts';
import { seconds } from './demo/words.ts';

const USAGE = `Usage: npm run demo [-- --keep]

Shows Rollbook at work on three pretend districts, in less than a minute. It starts a database, queues, workers, an SFTP
site, a pretend Clever and a pretend ClassLink of its own on this computer, and leaves nothing behind.

  --keep   keep the database in its temporary folder, to look at it with the rollbook command
  --help   show this text
`;

/** Only an end that hangs is forced; tidying up takes a second or two, and is not cut short by a second Ctrl-C. */
const TIDY_TIMEOUT_MS = 20_000;
const LOG_LINES_SHOWN = 20;
const SERVERS_LOST = 'The built-in servers stopped too early. With --keep their logs can be looked at afterwards.';
const LINGER_MS = 1_000;

/** @returns the exit status. */
async function main(args: string[]): Promise<number> {
  const { keep, help } = readArguments(args);
  if (help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const screen = new Screen();
  const lastLogLines: string[] = [];
  const log = createLogger({
    purpose: 'command',
    write: (line) => lastLogLines.splice(0, lastLogLines.push(line) - LOG_LINES_SHOWN),
  });
  const ending = new AbortController();
  const played = play({ keep, screen, log, ending });
  const shutdown = installShutdown({
    log,
    timeoutMs: TIDY_TIMEOUT_MS,
    forceTimeoutMs: TIDY_TIMEOUT_MS,
    signals: ['SIGINT', 'SIGTERM', 'SIGHUP'],
  });
  shutdown.signal.addEventListener('abort', () => {
    screen.line();
    screen.line('Interrupted: stopping everything …');
    ending.abort(new UsageError('The demonstration was interrupted.'));
  });
  shutdown.acquire('the demonstration', () => played.then(nothing, nothing));
  try {
    const isGood = await played;
    if (!isGood) process.stderr.write(lastLogLines.join(''));
    return isGood ? 0 : 1;
  } catch (caught) {
    // Servers that went away show themselves in other errors first.
    const error: unknown = ending.signal.aborted ? ending.signal.reason : caught;
    screen.line();
    process.stderr.write(`${describeFailure(error)}\n`);
    if (!(error instanceof UsageError)) process.stderr.write(lastLogLines.join(''));
    return 1;
  }
}

const nothing = (): void => undefined;

function readArguments(args: string[]): { keep: boolean; help: boolean } {
  try {
    const { values } = parseArgs({
      args,
      options: { keep: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
    return { keep: values.keep ?? false, help: values.help ?? false };
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : 'The arguments cannot be read.'}\n\n${USAGE}`);
  }
}

interface PlayOptions {
  readonly keep: boolean;
  readonly screen: Screen;
  readonly log: Logger;
  /** Aborted when the demonstration must end before its time. */
  readonly ending: AbortController;
}

/** @returns whether every step ended as it should. */
async function play({ keep, screen, log, ending }: PlayOptions): Promise<boolean> {
  const startedAtMs = performance.now();
  const { signal } = ending;
  const onLost = (message: string): void => ending.abort(new UsageError(keep ? message : SERVERS_LOST));
  screen.line(screen.colors.bold('Rollbook keeps school rosters in step with student information systems.'));
  screen.passing('  Starting a database, queues and workers on this computer …');
  const { setting, isGood } = await withSetting({ log, keep, signal, onLost }, async (setting) => {
    introduce(setting, screen);
    const steps = stepsOf(setting);
    const results = await playSteps(steps, setting, screen, signal);
    screen.line();
    for (const line of summaryLines(steps, results, screen.width)) screen.line(line);
    return { setting, isGood: isEachGood(results, steps.length) };
  });
  if (keep) describeKept(setting, screen);
  conclude(isGood, keep, performance.now() - startedAtMs, screen);
  return isGood;
}

const isEachGood = (results: readonly StepResult[], count: number): boolean =>
  results.length === count && results.every(({ problems }) => problems.length === 0);

function introduce({ describe, district }: Setting, screen: Screen): void {
  screen.paragraph(describe);
  screen.line();
  screen.paragraph(contentsText(district));
  screen.paragraph(
    'Every night it puts files with all of them on an SFTP site. Rollbook collects these in four stages: fetch reads ' +
      'the files, diff compares them with the roster, guard stops what looks like a mistake, apply saves the rest.',
  );
}

function contentsText({ days: [first] }: Pick<PretendDistrict, 'days'>): string {
  const counts = (['schools', 'students', 'classes', 'staff', 'guardians', 'enrollments'] as const)
    .map((type) => `${number(first[type].length)} ${type}`)
    .join(', ');
  return `The pretend district "${first.org.name}" has ${counts}. Its deletion threshold is ${THRESHOLD_PERCENT} %.`;
}

function describeKept({ folder, home, district }: Setting, screen: Screen): void {
  const commands = [
    'runs',
    'run 4',
    'hold 1',
    `export ${DISTRICT_ID} students --status archived`,
    `preview ${district.uploadFolder} --against ${DISTRICT_ID}`,
  ];
  screen.line();
  screen.paragraph('The database and the last files are kept. To look at them, from the folder of Rollbook:');
  screen.line(`    export ROLLBOOK_HOME=${home}`);
  for (const command of commands) screen.line(`    npx rollbook ${command}`);
  screen.paragraph(
    'The pretend sites are gone, so that a new sync would not reach them ("npx rollbook sandbox start" runs others). ' +
      'When you have seen enough:',
  );
  screen.line(`    unset ROLLBOOK_HOME; rm -r ${folder}`);
}

function conclude(isGood: boolean, keep: boolean, durationMs: number, screen: Screen): void {
  const { green, red } = screen.colors;
  screen.line();
  const rest = keep ? 'Everything was stopped.' : 'Everything was stopped, and the temporary files are removed.';
  if (isGood) return screen.paragraph(`Every step ended as it should, in ${seconds(durationMs)}. ${rest}`, 0, green);
  screen.paragraph(`A step did not end as it should: see "NOT as expected" in the table. ${rest}`, 0, red);
}

/** Only what is meant for people is shown; of other errors the name and code, for they may hold data. */
function describeFailure(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  const { name, code } = error instanceof Error ? (error as NodeJS.ErrnoException) : { name: 'Error', code: undefined };
  return `The demonstration failed because of a fault in Rollbook (${code ?? name}). Its last log lines follow.`;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
// Connections to servers that went away may be tried again for ever; by now nothing is left to be done.
setTimeout(() => process.exit(), LINGER_MS).unref();
