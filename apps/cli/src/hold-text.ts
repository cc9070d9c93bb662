import type { HoldDetails, HoldSummary } from '@rollbook/store';
import { steps } from './run-sync.ts';
import { indented, table } from './table.ts';
import { printable, type Colors } from './terminal.ts';
import { counted, number, time } from './wording.ts';

const MOST_RECORDS = 50;

/** A hold in words: what is kept and why, school by school, the records, and what can be done. */
export function holdText(details: HoldDetails, colors: Colors): string {
  const { hold } = details;
  const head = `${colors.bold(`Hold ${hold.id}`)} of "${hold.sync}" (${hold.status}), opened by run ${hold.run} at ${time(hold.openedAt)}`;
  const why = [hold.message, hold.advice].filter((text) => text !== null).map((text) => indented(printable(text)));
  return [
    [head, ...why].join('\n'),
    groupsText(details, colors),
    recordsText(details, colors),
    decisionsText(details),
    ...(hold.status === 'open' ? [`What can be done:\n${stepsOf(details)}`] : []),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function groupsText({ groups }: HoldDetails, colors: Colors): string {
  if (groups.length === 0) return '';
  const columns = [
    { title: 'school' },
    { title: 'record type' },
    ...['active', 'to archive', 'allowed', 'share', 'threshold', 'would pass at'].map((title) => ({
      title,
      isNumber: true,
    })),
    { title: '' },
  ];
  const rows = groups.map((group) => [
    group.school ?? '(district)',
    group.recordType,
    number(group.active),
    number(group.toArchive),
    number(group.allowed),
    `${group.percent} %`,
    `${group.thresholdPercent} %`,
    `${group.smallestPassingPercent} %`,
    group.verdict === 'hold' ? 'over the threshold' : 'withheld with the others',
  ]);
  return table(columns, rows, colors);
}

function recordsText({ records }: HoldDetails, colors: Colors): string {
  const shown = records.slice(0, MOST_RECORDS);
  const columns = [
    { title: 'record type' },
    { title: 'id' },
    { title: 'school' },
    { title: 'name' },
    { title: 'grade' },
    { title: 'last seen' },
  ];
  const rows = shown.map(({ recordType, sisId, school, name, grade, lastSeen }) => [
    recordType,
    sisId,
    school ?? '-',
    name ?? '-',
    grade ?? '-',
    time(lastSeen),
  ]);
  const rest = records.length - shown.length;
  const more = rest > 0 ? [`… and ${counted(rest, 'more record', 'more records')} (--json lists all)`] : [];
  return [table(columns, rows, colors), ...more].join('\n');
}

function decisionsText({ decisions }: HoldDetails): string {
  if (decisions.length === 0) return '';
  const lines = decisions.map(({ decision, actor, comment, schools, recordTypes, recordCount, decidedAt }) => {
    const parts = [...(schools ?? []).map((school) => `school "${school}"`), ...(recordTypes ?? [])];
    const scope = parts.length === 0 ? '' : ` (${parts.join(', ')})`;
    const verb = decision === 'approve' ? 'approved' : 'rejected';
    return `  ${time(decidedAt)}: ${actor} ${verb} ${counted(recordCount, 'record')}${scope}${comment === null ? '' : `: ${comment}`}`;
  });
  return printable(['Decisions:', ...lines].join('\n'));
}

/** Parts of it can be approved where it has parts; the first ones stand as examples. */
function stepsOf({ hold, groups }: HoldDetails): string {
  const school = groups.find((group) => group.school !== null)?.school ?? null;
  const hasSeveralSchools = new Set(groups.map((group) => group.school)).size > 1;
  const hasSeveralTypes = new Set(groups.map((group) => group.recordType)).size > 1;
  return steps([
    [`rollbook approve ${hold.id}`, 'archives exactly these records'],
    ...(hasSeveralSchools && school !== null
      ? [[`rollbook approve ${hold.id} --school ${school}`, 'those of one school; repeat it for more'] as const]
      : []),
    ...(hasSeveralTypes
      ? [
          [
            `rollbook approve ${hold.id} --type ${groups[0]?.recordType}`,
            'those of one record type; repeat it for more',
          ] as const,
        ]
      : []),
    [`rollbook reject ${hold.id} --comment "…"`, 'keeps them, and asks no more about these'],
    [`rollbook sync ${hold.sync}`, 'once the source is right: the hold is cleared by itself'],
  ]);
}

/** The list of holds. */
export function holdsText(holds: readonly HoldSummary[], colors: Colors): string {
  if (holds.length === 0) return 'No hold waits for a decision.';
  const columns = [
    { title: 'hold', isNumber: true },
    { title: 'district' },
    { title: 'sync' },
    { title: 'status' },
    { title: 'records', isNumber: true },
    { title: 'opened' },
    { title: 'run', isNumber: true },
  ];
  const rows = holds.map((hold) => [
    hold.id,
    hold.district,
    hold.sync,
    hold.status,
    number(hold.records),
    time(hold.openedAt),
    hold.lastRun,
  ]);
  return table(columns, rows, colors);
}
