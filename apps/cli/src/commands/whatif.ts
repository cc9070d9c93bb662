import { thresholdFromText, whatIf, type RecordType, type WhatIf, counted, number } from '@rollbook/core';
import { readPastFindings } from '@rollbook/store';
import type { Command } from 'commander';
import { countFrom, recordTypeFrom } from '../arguments.ts';
import type { CommandLine } from '../command-line.ts';
import { findSync } from '../lookup.ts';
import { withServices } from '../session.ts';
import { table } from '../table.ts';
import { outJson, type Colors } from '../terminal.ts';
import { time } from '../wording.ts';

const MOST_RUNS = 1_000;
/** `45 + 50`: what the run would have archived, with what counts beside it (guard §33, §35). */
const sumText = (numbers: readonly number[]): string =>
  numbers
    .filter((value) => value > 0)
    .map(number)
    .join(' + ');

const MOST_ROWS = 30;

interface Options {
  readonly threshold: string;
  readonly type?: string;
  readonly last: string;
  readonly json?: boolean;
}

/** `whatif SYNC`. */
export function registerWhatIf(program: Command, { terminal }: CommandLine): void {
  program
    .command('whatif <sync>')
    .description('replay the findings of past runs against another deletion threshold')
    .requiredOption('--threshold <percent>', 'the threshold to try')
    .option('--type <type>', 'try it for this record type alone; the others keep theirs')
    .option('--last <n>', 'how many runs', '60')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  rollbook whatif riverside-sis --threshold 15 --type students')
    .action(async (syncId: string, options: Options) => {
      const basisPoints = thresholdFromText(options.threshold).default;
      const recordType = options.type === undefined ? null : recordTypeFrom(options.type);
      const last = countFrom('--last', options.last, MOST_RUNS);
      const runs = await withServices({ terminal, purpose: 'command' }, async ({ database }) => {
        await findSync(database, syncId);
        return readPastFindings(database.pool, { syncId, last });
      });
      const found = whatIf(runs, { basisPoints, recordType });
      if (options.json) outJson(terminal, { sync: syncId, thresholdPercent: basisPoints / 100, recordType, ...found });
      else terminal.out(whatIfText(found, { syncId, basisPoints, recordType }, terminal.colors));
    });
}

function whatIfText(
  { runs, held, wouldHold }: WhatIf,
  asked: { readonly syncId: string; readonly basisPoints: number; readonly recordType: RecordType | null },
  colors: Colors,
): string {
  if (runs === 0) return `"${asked.syncId}" has no run yet that could be replayed.`;
  const of = asked.recordType === null ? '' : ` for ${asked.recordType}`;
  const sentence = `A deletion threshold of ${asked.basisPoints / 100} %${of} would have held ${number(wouldHold.length)} of the last ${counted(runs, 'run')} of "${asked.syncId}"; ${number(held)} ${held === 1 ? 'was' : 'were'} held.`;
  const rows = wouldHold.flatMap(({ runId, finishedAt, wasHeld, over }) =>
    over.map(({ school, recordType, active, toArchive, archivedBefore, waiting, allowed }) => [
      runId,
      time(finishedAt),
      school ?? '(district)',
      recordType,
      number(active + archivedBefore),
      sumText([toArchive, archivedBefore, waiting]),
      number(allowed),
      wasHeld ? 'was held' : 'was not held',
    ]),
  );
  if (rows.length === 0) return colors.bold(sentence);
  const columns = [
    { title: 'run', isNumber: true },
    { title: 'ended' },
    { title: 'school' },
    { title: 'would be over' },
    ...['active', 'to archive', 'allowed'].map((title) => ({ title, isNumber: true })),
    { title: '' },
  ];
  const rest = rows.length - MOST_ROWS;
  const more = rest > 0 ? [`… and ${number(rest)} more (--json lists all)`] : [];
  return [colors.bold(sentence), '', table(columns, rows.slice(0, MOST_ROWS), colors), ...more].join('\n');
}
