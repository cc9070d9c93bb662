import type { Judged, Reading } from './delivery-model.ts';

/** In scope before outside, usable before not, present before marked as deleted (guard §38). */
const RANKS: Readonly<Record<Judged['means'], number>> = { there: 0, gone: 1, seen: 2, unplaced: 2, outside: 3 };

const SETS = ['school_ids', 'term_ids'] as const;

/** Settles the rows of one id: sets are joined, and otherwise the last row wins (guard §38). */
export function joinRows({ roster, linked }: Reading, rows: readonly Judged[]): Judged {
  const best = Math.min(...rows.map(({ means }) => RANKS[means]));
  const left = rows.filter(({ means }) => RANKS[means] === best);
  const last = left.at(-1) as Judged;
  if (left.length === 1 || last.means !== 'there') return last;
  const joined = Object.fromEntries(
    SETS.flatMap((column) => {
      const sets = left.flatMap(({ values }) => (values[column] as string[] | undefined) ?? []);
      return column in last.values ? [[column, [...new Set(sets)]]] : [];
    }),
  );
  const values = { ...last.values, ...joined };
  const home = roster.get(last.type, last.id)?.values['school_id'] as string | null | undefined;
  const isOneOfThese = typeof home === 'string' && (joined['school_ids'] ?? []).includes(home);
  if (isOneOfThese && (linked === null || linked.has(home))) return { ...last, values: { ...values, school_id: home } };
  return { ...last, values };
}
