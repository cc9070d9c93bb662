import { RECORD_TYPES, basisPointsFor, limitsText, raiseText, thresholdFromText } from '@rollbook/core';
import { activeRaise, nextRun, raiseThreshold, withdrawRaise, type ActiveRaise, type NextRun } from '@rollbook/store';
import type { Command } from 'commander';
import { actor, dateFrom, gather, recordTypeFrom } from '../arguments.ts';
import type { CommandLine } from '../command-line.ts';
import { findSync } from '../lookup.ts';
import { CommandError } from '../problem.ts';
import { withServices } from '../session.ts';
import { table } from '../table.ts';
import { outJson, printable, type Colors } from '../terminal.ts';
import { time } from '../wording.ts';

interface Options {
  readonly raise?: string;
  readonly type?: readonly string[];
  readonly until?: string;
  readonly nextRun?: boolean;
  readonly revert?: boolean;
  readonly comment?: string;
  readonly json?: boolean;
}

/** `threshold SYNC`. */
export function registerThreshold(program: Command, { terminal }: CommandLine): void {
  program
    .command('threshold <sync>')
    .description('the deletion threshold in force; with --raise, raise it for one run or until a day')
    .option('--raise <percent>', 'raise it to this, for the next run or until a day')
    .option('--type <type>', 'only for this record type (repeat for more)', gather)
    .option('--next-run', 'for the next run alone')
    .option('--until <date>', "the first day on which it no longer holds, in the district's time zone")
    .option('--revert', 'end the raise now')
    .option('--comment <text>', 'why, for the record')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  rollbook threshold riverside-sis\n  rollbook threshold riverside-sis --raise 15 --next-run --comment "seniors leave"\n  rollbook threshold riverside-sis --raise 30 --type enrollments --until 2027-08-20',
    )
    .action(async (syncId: string, options: Options) => {
      const request = requestOf(options);
      const { next, raise } = await withServices({ terminal, purpose: 'command' }, async ({ database }) => {
        await findSync(database, syncId);
        const now = new Date();
        const decider = { syncId, actor: actor(), comment: options.comment ?? null };
        if (request === 'revert') await withdrawRaise(database.pool, decider, now);
        else if (request !== null) await raiseThreshold(database.pool, { ...decider, ...request }, now);
        return {
          next: await nextRun(database.pool, syncId, now),
          raise: await activeRaise(database.pool, syncId, now),
        };
      });
      if (options.json) outJson(terminal, thresholdJson(syncId, next, raise));
      else terminal.out(thresholdText(syncId, next, raise, terminal.colors));
    });
}

type Request = Pick<ActiveRaise, 'basisPoints' | 'recordTypes' | 'until'>;

/** Null: only look. */
function requestOf({
  raise,
  type,
  until,
  nextRun: forOneRun = false,
  revert = false,
}: Options): Request | 'revert' | null {
  if (revert) {
    if (raise !== undefined)
      throw new CommandError('--revert ends a raise, and --raise begins one: give one of them.', USAGE);
    return 'revert';
  }
  if (raise === undefined) {
    const [stray] = [type && '--type', until && '--until', forOneRun && '--next-run'].filter(Boolean);
    if (stray) throw new CommandError(`${stray} says how --raise is meant, and --raise is missing.`, USAGE);
    return null;
  }
  if (forOneRun === (until !== undefined))
    throw new CommandError(
      forOneRun ? '--next-run and --until exclude each other.' : 'A raise ends by itself: for how long shall it hold?',
      { advice: 'Give --next-run, or --until with the first day on which it no longer holds.' },
    );
  return {
    basisPoints: thresholdFromText(raise).default,
    recordTypes: type === undefined ? null : type.map(recordTypeFrom),
    until: until === undefined ? null : dateFrom('--until', until),
  };
}

const USAGE = { advice: '"rollbook threshold --help" shows examples.' };

function thresholdJson(syncId: string, { settings, notes }: NextRun, raise: ActiveRaise | null): object {
  const percents = RECORD_TYPES.map((type) => [
    type,
    {
      thresholdPercent: basisPointsFor(settings.threshold, type) / 100,
      thresholdNote: limitsText(settings.limitsNote, type),
    },
  ]);
  return { sync: syncId, recordTypes: Object.fromEntries(percents), alwaysAllow: settings.alwaysAllow, notes, raise };
}

function thresholdText(
  syncId: string,
  { settings, notes }: NextRun,
  raise: ActiveRaise | null,
  colors: Colors,
): string {
  const rows = RECORD_TYPES.map((type) => [
    type,
    `${basisPointsFor(settings.threshold, type) / 100} %`,
    limitsText(settings.limitsNote, type) ?? 'as configured',
  ]);
  const by =
    raise === null
      ? []
      : [
          `${raiseText(raise)} ${raise.actor} raised it at ${time(raise.createdAt)}${raise.comment === null ? '' : `: ${raise.comment}`}. It ends at ${time(raise.endsAt)} at the latest.`,
        ];
  const others = raise === null ? notes : notes.filter((note) => note !== raiseText(raise));
  const always = settings.alwaysAllow === 0 ? [] : [`Always allowed of a type in a school: ${settings.alwaysAllow}.`];
  return [
    colors.bold(`The next run of "${syncId}" may archive, of the records of a school:`),
    table([{ title: '' }, { title: 'at most', isNumber: true }, { title: '' }], rows, colors),
    ...[...always, ...by, ...others].map((line) => printable(line)),
  ].join('\n');
}
