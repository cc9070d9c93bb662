import { archivedBefore, counted, number, type ArchivedBefore, type ReportFinding } from '@rollbook/core';

const MOST_EARLIER_RUNS = 2;

type Measured = Pick<ReportFinding, 'active' | 'toArchive' | 'newcomers' | 'waiting'> & {
  readonly archivedBefore: readonly ArchivedBefore[];
};

/** `501`, or `501 (10 newcomers do not count)` while a hold is open (guard §32). */
export function activeText({ active, newcomers }: Measured): string {
  if (newcomers === 0) return number(active);
  return `${number(active)} (${counted(newcomers, 'newcomer')} ${newcomers === 1 ? 'does' : 'do'} not count)`;
}

/** `45 now + 50 at 18:02 UTC` where earlier runs of the window count, or held records wait (guard §33, §35). */
export function toArchiveText({ toArchive, archivedBefore: runs, waiting }: Measured): string {
  const earlier = runs
    .slice(0, MOST_EARLIER_RUNS)
    .map(({ at, count }) => `${number(count)} at ${at.slice(11, 16)} UTC`);
  const rest = archivedBefore({ archivedBefore: runs.slice(MOST_EARLIER_RUNS) });
  const parts = [
    ...earlier,
    ...(rest === 0 ? [] : [`${number(rest)} before`]),
    ...(waiting === 0 ? [] : [`${number(waiting)} waiting`]),
  ];
  return parts.length === 0 ? number(toArchive) : [`${number(toArchive)} now`, ...parts].join(' + ');
}
