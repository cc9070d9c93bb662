import {
  PEOPLE,
  RECORD_TYPES,
  basisPointsFor,
  counted,
  isUpdateGuarded,
  limitsText,
  raiseText,
  thresholdFromText,
  updatePercentFromText,
} from '@rollbook/core';
import {
  activeRaise,
  activeUpdateRaise,
  nextRun,
  raiseThreshold,
  raiseUpdateThreshold,
  withdrawRaise,
  withdrawUpdateRaise,
  type ActiveRaise,
  type NextRun,
} from '@rollbook/store';
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
  readonly raiseUpdates?: string;
  readonly revertUpdates?: boolean;
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
    .description('the thresholds in force; with --raise or --raise-updates, raise one for one run or until a day')
    .option('--raise <percent>', 'raise the deletion threshold to this, for the next run or until a day')
    .option('--raise-updates <percent>', 'raise the update threshold instead')
    .option('--type <type>', 'only for this record type (repeat for more)', gather)
    .option('--next-run', 'for the next run alone')
    .option('--until <date>', "the first day on which it no longer holds, in the district's time zone")
    .option('--revert', 'end the raise of the deletion threshold now')
    .option('--revert-updates', 'end the raise of the update threshold now')
    .option('--comment <text>', 'why, for the record')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  rollbook threshold riverside-sis\n  rollbook threshold riverside-sis --raise 15 --next-run --comment "seniors leave"\n  rollbook threshold riverside-sis --raise 30 --type enrollments --until 2027-08-20\n  rollbook threshold riverside-sis --raise-updates 100 --next-run --comment "new e-mail domain"',
    )
    .action(async (syncId: string, options: Options) => {
      const request = requestOf(options);
      const { next, raise, updateRaise } = await withServices(
        { terminal, purpose: 'command' },
        async ({ database }) => {
          await findSync(database, syncId);
          const now = new Date();
          const decider = { syncId, actor: actor(), comment: options.comment ?? null };
          if (request?.act === 'revert')
            await (request.isOfUpdates ? withdrawUpdateRaise : withdrawRaise)(database.pool, decider, now);
          else if (request !== null)
            await (request.isOfUpdates ? raiseUpdateThreshold : raiseThreshold)(
              database.pool,
              { ...decider, ...request },
              now,
            );
          return {
            next: await nextRun(database.pool, syncId, now),
            raise: await activeRaise(database.pool, syncId, now),
            updateRaise: await activeUpdateRaise(database.pool, syncId, now),
          };
        },
      );
      if (options.json) outJson(terminal, thresholdJson(syncId, next, { raise, updateRaise }));
      else terminal.out(thresholdText(syncId, next, { raise, updateRaise }, terminal.colors));
    });
}

type Request = { readonly isOfUpdates: boolean } & (
  | { readonly act: 'revert' }
  | ({ readonly act: 'raise' } & Pick<ActiveRaise, 'basisPoints' | 'recordTypes' | 'until'>)
);

interface Raises {
  readonly raise: ActiveRaise | null;
  readonly updateRaise: ActiveRaise | null;
}

/** Null: only look. */
function requestOf(options: Options): Request | null {
  const acts = [
    options.raise !== undefined && '--raise',
    options.raiseUpdates !== undefined && '--raise-updates',
    options.revert && '--revert',
    options.revertUpdates && '--revert-updates',
  ].filter((act) => typeof act === 'string');
  const [act, other] = acts;
  if (other !== undefined) throw new CommandError(`${act} and ${other} are two acts: give one of them.`, USAGE);
  const { type, until, nextRun: forOneRun = false } = options;
  if (act === '--revert' || act === '--revert-updates')
    return { act: 'revert', isOfUpdates: act === '--revert-updates' };
  if (act === undefined) {
    const [stray] = [type && '--type', until && '--until', forOneRun && '--next-run'].filter(Boolean);
    if (stray) throw new CommandError(`${stray} says how --raise is meant, and --raise is missing.`, USAGE);
    return null;
  }
  if (forOneRun === (until !== undefined))
    throw new CommandError(
      forOneRun ? '--next-run and --until exclude each other.' : 'A raise ends by itself: for how long shall it hold?',
      { advice: 'Give --next-run, or --until with the first day on which it no longer holds.' },
    );
  const { raise, raiseUpdates } = options;
  return {
    act: 'raise',
    isOfUpdates: raise === undefined,
    basisPoints: raise === undefined ? updatePercentFromText(raiseUpdates as string) : thresholdFromText(raise).default,
    recordTypes: type === undefined ? null : type.map(recordTypeFrom),
    until: until === undefined ? null : dateFrom('--until', until),
  };
}

const USAGE = { advice: '"rollbook threshold --help" shows examples.' };

function thresholdJson(syncId: string, { settings, notes }: NextRun, { raise, updateRaise }: Raises): object {
  const percents = RECORD_TYPES.map((type) => [
    type,
    {
      thresholdPercent: basisPointsFor(settings.threshold, type) / 100,
      thresholdNote: limitsText(settings.limitsNote, type),
    },
  ]);
  const updates = PEOPLE.map((type) => {
    const basisPoints = settings.updateThreshold[type];
    return [
      type,
      {
        thresholdPercent: basisPoints === null ? null : basisPoints / 100,
        thresholdNote: basisPoints === null ? null : limitsText(settings.updateLimitsNote, type),
      },
    ];
  });
  return {
    sync: syncId,
    recordTypes: Object.fromEntries(percents),
    alwaysAllow: settings.alwaysAllow,
    updates: Object.fromEntries(updates),
    notes,
    raise,
    updateRaise,
  };
}

function thresholdText(
  syncId: string,
  { settings, notes }: NextRun,
  { raise, updateRaise }: Raises,
  colors: Colors,
): string {
  const rows = RECORD_TYPES.map((type) => [
    type,
    `${basisPointsFor(settings.threshold, type) / 100} %`,
    limitsText(settings.limitsNote, type) ?? 'as configured',
  ]);
  const by = [...raisedText(raise, 'deletion'), ...raisedText(updateRaise, 'update')];
  const known = [raise && raiseText(raise), updateRaise && raiseText(updateRaise, 'update')];
  const others = notes.filter((note) => !known.includes(note));
  const hours = settings.thresholdWindowHours;
  const window =
    hours === 0 ? [] : [`What was archived in the ${counted(hours, 'hour')} before the run counts with it.`];
  const always = settings.alwaysAllow === 0 ? [] : [`Always allowed of a type in a school: ${settings.alwaysAllow}.`];
  return [
    colors.bold(`The next run of "${syncId}" may archive, of the records of a school:`),
    table([{ title: '' }, { title: 'at most', isNumber: true }, { title: '' }], rows, colors),
    ...updatesText(settings, colors),
    ...[...window, ...always, ...by, ...others].map((line) => printable(line)),
  ].join('\n');
}

/** Who raised it and until when; nothing where nobody did. */
function raisedText(raise: ActiveRaise | null, threshold: 'deletion' | 'update'): string[] {
  if (raise === null) return [];
  const { actor: by, comment, createdAt, endsAt } = raise;
  return [
    `${raiseText(raise, threshold)} ${by} raised it at ${time(createdAt)}${comment === null ? '' : `: ${comment}`}. It ends at ${time(endsAt)} at the latest.`,
  ];
}

function updatesText({ updateThreshold, updateLimitsNote }: NextRun['settings'], colors: Colors): string[] {
  if (!isUpdateGuarded(updateThreshold)) return [];
  const rows = PEOPLE.map((type) => {
    const basisPoints = updateThreshold[type];
    if (basisPoints === null) return [type, 'all', 'no update threshold'];
    return [type, `${basisPoints / 100} %`, limitsText(updateLimitsNote, type) ?? 'as configured'];
  });
  return [
    colors.bold('It may change, of the names, e-mails, usernames and numbers of the people of a school:'),
    table([{ title: '' }, { title: 'at most', isNumber: true }, { title: '' }], rows, colors),
  ];
}
