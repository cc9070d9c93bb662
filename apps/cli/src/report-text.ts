import {
  RECORD_TYPES,
  REASON_TITLES,
  type RecordCounts,
  type RecordType,
  type ReportWarning,
  type RunReport,
  counted,
  listed,
  number,
} from '@rollbook/core';
import { explanationsText } from './hold-text.ts';
import { activeText, toArchiveText } from './measured-text.ts';
import { indented, table } from './table.ts';
import { printable, type Colors } from './terminal.ts';

const COUNTS = [
  'created',
  'updated',
  'archived',
  'restored',
  'unchanged',
  'withheld',
  'withheldUpdates',
  'kept',
  'inGrace',
  'skipped',
] as const satisfies readonly (keyof RecordCounts)[];

/** Shown only where there are any. */
const RARE: ReadonlySet<keyof RecordCounts> = new Set(['withheldUpdates', 'kept', 'inGrace']);

const TITLES: Partial<Readonly<Record<keyof RecordCounts, string>>> = {
  withheldUpdates: 'updates withheld',
  inGrace: 'in grace',
};
const title = (key: keyof RecordCounts): string => TITLES[key] ?? key;

const MOST_WARNINGS = 20;
const MOST_FINDINGS = 20;

/** A report in words: reason and advice first, then what happened, by record type, and what to look at. */
export function reportText(report: RunReport, colors: Colors): string {
  return [
    reasonText(report, colors),
    countsText(report.counts, colors),
    report.notes.map((note) => printable(note)).join('\n'),
    findingsText(report, colors),
    updateFindingsText(report, colors),
    explanationsText(report.explanations, colors),
    schoolsText(report),
    warningsText(report, colors),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** Title, what was seen and advice; nothing for a run without a reason. */
export function reasonText(
  { run }: { readonly run: Pick<RunReport['run'], 'status' | 'reason' | 'message' | 'advice'> },
  { bold, red, yellow }: Colors,
): string {
  if (run.reason === null && run.message === null) return '';
  const paint = run.status === 'held' ? yellow : red;
  const title = run.reason === null ? [] : [bold(paint(REASON_TITLES[run.reason]))];
  const details = [run.message, run.advice].filter((text) => text !== null).map((text) => indented(printable(text)));
  return [...title, ...details].join('\n');
}

function countsText(counts: RunReport['counts'], colors: Colors): string {
  const keys = COUNTS.filter((key) => !RARE.has(key) || RECORD_TYPES.some((recordType) => counts[recordType][key] > 0));
  const rows = RECORD_TYPES.flatMap((recordType) => {
    const numbers = keys.map((key) => counts[recordType][key]);
    return numbers.some((value) => value > 0) ? [[recordType, ...numbers.map(number)]] : [];
  });
  if (rows.length === 0) return '';
  return table([{ title: '' }, ...keys.map((key) => ({ title: title(key), isNumber: true }))], rows, colors);
}

function findingsText({ findings }: RunReport, colors: Colors): string {
  const held = findings.filter(({ verdict }) => verdict === 'hold');
  if (held.length === 0) return '';
  const rows = held
    .slice(0, MOST_FINDINGS)
    .map((finding) => [
      finding.school ?? '(district)',
      finding.recordType,
      activeText(finding),
      toArchiveText(finding),
      number(finding.allowed),
      `${finding.percent} %`,
      `${finding.thresholdPercent} %${finding.thresholdNote === null ? '' : ` (${finding.thresholdNote})`}`,
      `${finding.smallestPassingPercent} %`,
    ]);
  const columns = [
    { title: 'school' },
    { title: 'over the threshold' },
    ...['active', 'to archive', 'allowed', 'share', 'threshold', 'would pass at'].map((title) => ({
      title,
      isNumber: true,
    })),
  ];
  const rest = held.length - rows.length;
  return [table(columns, rows, colors), ...(rest > 0 ? [`… and ${number(rest)} more (--json lists all)`] : [])].join(
    '\n',
  );
}

/** Groups of people over the update threshold (guard §36). */
function updateFindingsText({ updateFindings = [] }: RunReport, colors: Colors): string {
  const held = updateFindings.filter(({ verdict }) => verdict === 'hold');
  if (held.length === 0) return '';
  const rows = held
    .slice(0, MOST_FINDINGS)
    .map((finding) => [
      finding.school ?? '(district)',
      finding.recordType,
      number(finding.active),
      number(finding.changed),
      number(finding.allowed ?? 0),
      `${finding.percent} %`,
      `${finding.thresholdPercent ?? 0} %${finding.thresholdNote === null ? '' : ` (${finding.thresholdNote})`}`,
      `${finding.smallestPassingPercent} %`,
    ]);
  const columns = [
    { title: 'school' },
    { title: 'over the update threshold' },
    ...['active', 'to change', 'allowed', 'share', 'threshold', 'would pass at'].map((name) => ({
      title: name,
      isNumber: true,
    })),
  ];
  const rest = held.length - rows.length;
  return [table(columns, rows, colors), ...(rest > 0 ? [`… and ${number(rest)} more (--json lists all)`] : [])].join(
    '\n',
  );
}

function schoolsText({ schoolsNotFound }: RunReport): string {
  if (schoolsNotFound.length === 0) return '';
  const lines = schoolsNotFound.map(({ sisId, name, nearest }) => {
    const meant =
      nearest.length === 0
        ? 'no similar ID is in the data'
        : `in the data: ${nearest.map((id) => `"${id}"`).join(', ')}`;
    return `  "${sisId}"${name === null ? '' : ` ${name}`}: ${meant}`;
  });
  return printable(['Linked schools that are not in the data:', ...lines].join('\n'));
}

function warningsText({ warnings }: RunReport, { dim, yellow }: Colors): string {
  if (warnings.length === 0) return '';
  const total = warnings.reduce((sum, { count }) => sum + count, 0);
  const lines = warnings
    .slice(0, MOST_WARNINGS)
    .map((warning) => `  ${printable(warningText(warning))} ${dim(`(${warning.code})`)}`);
  const rest = warnings.length - lines.length;
  const more = rest > 0 ? [`  … and ${number(rest)} more (--json lists all)`] : [];
  return [yellow(counted(total, 'warning')), ...lines, ...more].join('\n');
}

/** Where it was seen and what; some messages name the file themselves. */
function warningText({ file, line, message }: ReportWarning): string {
  if (file === null || (line === null && message.startsWith(file))) return message;
  return `${file}${line === null ? '' : `:${line}`}: ${message}`;
}

/** `12 created, 3 updated and 51 withheld`: the sums over all record types, without those that are zero. */
export function totalsText(counts: Readonly<Record<RecordType, RecordCounts>>): string {
  const parts = COUNTS.filter((key) => key !== 'unchanged').flatMap((key) => {
    const total = RECORD_TYPES.reduce((sum, recordType) => sum + counts[recordType][key], 0);
    return total === 0 ? [] : [`${number(total)} ${title(key)}`];
  });
  return parts.length === 0 ? 'nothing changed' : listed(parts);
}
