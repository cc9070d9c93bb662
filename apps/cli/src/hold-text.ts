import { LEFT_BECAUSE, counted, leftText, number } from '@rollbook/core';
import type { HoldDetails, HoldSummary } from '@rollbook/store';
import { activeText, toArchiveText } from './measured-text.ts';
import { steps } from './run-sync.ts';
import { indented, table } from './table.ts';
import { printable, type Colors } from './terminal.ts';
import { time } from './wording.ts';

/** Records that are listed; JSON holds all. */
export const SHOWN_RECORDS = 50;

/** A hold in words: what is kept and why, school by school, the records, and what can be done. */
export function holdText(details: HoldDetails, colors: Colors): string {
  const { hold } = details;
  const head = `${colors.bold(`Hold ${hold.id}`)} of "${hold.sync}" (${hold.status}), opened by run ${hold.run} at ${time(hold.openedAt)}`;
  const since =
    hold.sinceRun === hold.run ? [] : [indented(`It goes back to run ${hold.sinceRun} at ${time(hold.since)}.`)];
  const why = [hold.message, hold.advice].filter((text) => text !== null).map((text) => indented(printable(text)));
  return [
    [head, ...since, ...why].join('\n'),
    explanationsText(details.explanations, colors),
    groupsText(details, colors),
    recordsText(details, colors),
    leftRecordsText(details),
    decisionsText(details),
    ...(hold.status === 'open' ? [`What can be done:\n${stepsOf(details)}`] : []),
    ...(hold.status === 'expired' ? [expiredText(details)] : []),
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
    activeText(group),
    toArchiveText(group),
    number(group.allowed),
    `${group.percent} %`,
    `${group.thresholdPercent} %${group.thresholdNote === null ? '' : ` (${group.thresholdNote})`}`,
    `${group.smallestPassingPercent} %`,
    group.verdict === 'hold' ? 'over the threshold' : 'withheld with the others',
  ]);
  return table(columns, rows, colors);
}

function recordsText({ hold, records }: HoldDetails, colors: Colors): string {
  const shown = records.slice(0, SHOWN_RECORDS);
  const hasNewIds = shown.some(({ newId }) => newId !== null);
  const columns = [
    { title: 'record type' },
    { title: 'id' },
    { title: 'school' },
    { title: 'name' },
    { title: 'grade' },
    { title: 'class' },
    { title: 'last seen' },
    ...(hasNewIds ? [{ title: 'id in the data' }] : []),
  ];
  const rows = shown.map(({ recordType, sisId, school, name, grade, classes, lastSeen, newId }) => [
    recordType,
    sisId,
    school ?? '-',
    name ?? '-',
    grade ?? '-',
    classes[0] ?? '-',
    time(lastSeen),
    ...(hasNewIds ? [newId ?? '-'] : []),
  ]);
  const rest = hold.records - shown.length;
  const more = rest > 0 ? [`… and ${counted(rest, 'more record', 'more records')} (--json lists all)`] : [];
  return [table(columns, rows, colors), ...more].join('\n');
}

const MOST_LEFT = 20;

/** Which records have left it since it began, and why it ended if it did (guard §33). */
function leftRecordsText({ hold, left }: HoldDetails): string {
  if (left.length === 0) return '';
  const counts = Object.fromEntries(
    LEFT_BECAUSE.map((reason) => [reason, left.filter(({ because }) => because === reason).length]),
  );
  const returned = left.filter(({ because }) => because === 'returned');
  const ids = returned.slice(0, MOST_LEFT).map(({ recordType, sisId }) => `${recordType} "${sisId}"`);
  const more = returned.length > ids.length ? ` and ${number(returned.length - ids.length)} more` : '';
  const end = hold.status === 'resolved' ? 'Nothing waits any more' : 'No longer waiting';
  return printable(
    [
      `${end}: ${leftText(counts)}.`,
      ...(ids.length === 0 ? [] : [`  Back in the data: ${ids.join(', ')}${more}`]),
    ].join('\n'),
  );
}

function decisionsText({ decisions }: HoldDetails): string {
  if (decisions.length === 0) return '';
  const lines = decisions.map(({ decision, actor, comment, schools, recordTypes, except, recordCount, decidedAt }) => {
    const parts = [
      ...(schools ?? []).map((school) => `school "${school}"`),
      ...(recordTypes ?? []),
      ...except.map((record) => `not ${record}`),
    ];
    const scope = parts.length === 0 ? '' : ` (${parts.join(', ')})`;
    return `  ${time(decidedAt)}: ${actor} ${VERBS[decision]} ${counted(recordCount, 'record')}${scope}${comment === null ? '' : `: ${comment}`}`;
  });
  return printable(['Decisions:', ...lines].join('\n'));
}

const VERBS: Readonly<Record<HoldDetails['decisions'][number]['decision'], string>> = {
  approve: 'approved archiving',
  relink: 'approved relinking',
  reject: 'rejected',
  reopen: 'no longer keeps',
};

const expiredText = ({ hold }: HoldDetails): string =>
  `It was looked at last at ${time(hold.confirmedAt)}, too long ago to be approved:\n${steps([
    [`rollbook sync ${hold.sync}`, 'looks at its records again'],
    [`rollbook reject ${hold.id} --comment "…"`, 'keeps them, and asks no more about these'],
  ])}`;

/** Why a hold looks as it does, and what to do about it; the most telling first. */
export function explanationsText(explanations: HoldDetails['explanations'], { bold }: Colors): string {
  if (explanations.length === 0) return '';
  const lines = explanations.flatMap(({ message, advice }) => [
    indented(printable(message)),
    indented(printable(advice), '    '),
  ]);
  return [bold('Why it looks like this:'), ...lines].join('\n');
}

/** Parts of it can be approved where it has parts; the first ones stand as examples. */
function stepsOf({ hold, groups }: HoldDetails): string {
  const school = groups.find((group) => group.school !== null)?.school ?? null;
  const hasSeveralSchools = new Set(groups.map((group) => group.school)).size > 1;
  const relinkable = groups.reduce((sum, group) => sum + group.relinkable, 0);
  const hasSeveralTypes = new Set(groups.map((group) => group.recordType)).size > 1;
  return steps([
    [`rollbook approve ${hold.id}`, 'archives exactly these records'],
    ...(relinkable > 0
      ? [
          [
            `rollbook approve ${hold.id} --relink`,
            `lets ${counted(relinkable, 'record')} take the ids in the data instead`,
          ] as const,
        ]
      : []),
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
    [`rollbook approve ${hold.id} --except TYPE:ID`, 'all but that record, which is kept; repeat it for more'],
    [`rollbook threshold ${hold.sync} --raise N --next-run`, 'lets the next run archive more, once'],
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
