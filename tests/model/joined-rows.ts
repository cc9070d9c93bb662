import type { Judged, Reading } from './delivery-model.ts';
import { homeSchool, type Values } from './roster-model.ts';

/** In scope before outside, usable before not, present before marked as deleted (guard §38). */
const RANKS: readonly Judged['means'][] = ['there', 'unplaced', 'gone', 'seen', 'outside'];

/** Settles the rows of one id: sets are joined, and otherwise the last row wins (guard §38). */
export function joinRows({ roster, linked }: Reading, rows: readonly Judged[]): Judged {
  const best = RANKS.find((means) => rows.some((row) => row.means === means));
  const left = rows.filter(({ means }) => means === best);
  const last = left.at(-1) as Judged;
  if (rows.length === 1 || last.means !== 'there') return last;
  const values: Record<string, Values[string]> = { ...last.values };
  if ('term_ids' in values) values['term_ids'] = joined(left, 'term_ids');
  // A row that names several schools has those outside too.
  if ('school_ids' in values)
    values['school_ids'] = joined([...left, ...rows.filter(({ means }) => means === 'outside')], 'school_ids');
  const homes = values['school_ids'] ?? left.map((row) => row.values['school_id']);
  const record = roster.get(last.type, last.id);
  const home = record?.status === 'active' ? homeSchool(record) : null;
  const isTheirs = home !== null && (homes as (string | null)[]).includes(home);
  if ('school_id' in values && isTheirs && (linked === null || linked.has(home))) values['school_id'] = home;
  return { ...last, values };
}

const joined = (rows: readonly Judged[], column: string): string[] => [
  ...new Set(rows.flatMap(({ values }) => values[column] as string[])),
];
