import { editDistance } from '@rollbook/core';
import type { PullWarning } from '@rollbook/pipeline';
import { invalidData } from './invalid-data.ts';

/** Spaces of every kind, zero-width and control characters, BOM: what one cannot see in a header (guard §18). */
export const UNSEEN = /[\s\u0000-\u001f\u007f-\u00a0\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/g;

export const plainHeader = (cell: string): string => cell.replaceAll(UNSEEN, '').toLowerCase();

/** What is known of the columns of one file, in the spelling that messages use. */
export interface ColumnRules<C extends string = string> {
  /** The columns that are read. */
  readonly columns: readonly C[];
  /** Columns that are known and not needed, so that nobody is told about them. */
  readonly ignored: readonly string[];
  /** Without these the file cannot be used. */
  readonly required: readonly string[];
  /** Those of `columns` that the file is expected to have: an unknown column may be one of them, misspelt. */
  readonly expected: readonly string[];
  /** What makes two spellings of a column the same; default {@link plainHeader}. */
  readonly plain?: (cell: string) => string;
  /** What the names of extension columns begin with; these are passed over without a word. */
  readonly extensionPrefix: string;
  /** A word that only a header has: one without any may be somebody's data, and is not repeated in a message. */
  readonly headerWord: RegExp;
}

export interface MatchedHeader<C extends string> {
  /** For each column of the file the name it is read under, or ''. */
  readonly keys: readonly (C | '')[];
  readonly present: ReadonlySet<string>;
  readonly warnings: readonly PullWarning[];
}

interface HeaderOfFile {
  readonly fileName: string;
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Finds the known columns in a header, without regard to case, order and invisible characters. Throws `invalid_data`
 * for a column that stands twice, a required one that is missing, and an unknown one that looks like a misspelt column
 * that is missing: read as 'not delivered', it would blank that field for everybody.
 */
export function matchHeader<C extends string>(header: HeaderOfFile, rules: ColumnRules<C>): MatchedHeader<C> {
  const { fileName, line, cells } = header;
  const { columns, ignored, expected, extensionPrefix, plain = plainHeader } = rules;
  const place = `${fileName}, line ${line}`;
  const read = new Map<string, C>(columns.map((name) => [plain(name), name]));
  const passedOver = new Map(ignored.map((name) => [plain(name), name]));
  const present = new Set<string>();
  const unknown: string[] = [];
  const keys = cells.map((cell): C | '' => {
    const word = plain(cell);
    if (word === '' || word.startsWith(extensionPrefix)) return '';
    const name = read.get(word) ?? passedOver.get(word);
    if (name === undefined) unknown.push(cell.replaceAll(UNSEEN, ''));
    else if (present.has(name))
      throw invalidData(
        `${place}: the column \`${name}\` stands twice.`,
        'Ask the district to correct the export: each column once.',
      );
    else present.add(name);
    return read.get(word) ?? '';
  });
  const missing = rules.required.filter((name) => !present.has(name));
  if (missing.length > 0) throw missingColumns(place, missing, unknown, header, rules);
  for (const cell of unknown) {
    const meant = expected.find((name) => !present.has(name) && looksLike(plain(cell), plain(name)));
    if (meant !== undefined)
      throw invalidData(
        `${place}: found the column \`${cell}\`; did you mean \`${meant}\`?`,
        `Ask the district to correct the header. As it stands, \`${meant}\` would be emptied for everybody.`,
      );
  }
  return { keys, present, warnings: unknownColumns(fileName, line, unknown) };
}

/** Short names are near to everything, so they get one letter. Columns that are numbered differ by their number. */
const looksLike = (cell: string, name: string): boolean =>
  digitsOf(cell) === digitsOf(name) && editDistance(cell, name) <= (name.length <= 4 ? 1 : 2);

const digitsOf = (text: string): string => text.replaceAll(/\D/g, '');

function missingColumns(
  place: string,
  missing: readonly string[],
  unknown: readonly string[],
  { cells }: HeaderOfFile,
  { plain = plainHeader, headerWord }: ColumnRules,
) {
  const told = missing.map((name) => {
    const nearest = unknown
      .map((cell) => ({ cell, distance: editDistance(plain(cell), plain(name)) }))
      .sort((a, b) => a.distance - b.distance)[0];
    const isNear = nearest !== undefined && nearest.distance <= Math.max(2, Math.floor(name.length / 3));
    return isNear ? `\`${name}\` (found \`${nearest.cell}\`; did you mean \`${name}\`?)` : `\`${name}\``;
  });
  const shown = cells.slice(0, 30).map((cell) => cell.replaceAll(UNSEEN, '').slice(0, 40));
  const more = cells.length > shown.length ? ` and ${cells.length - shown.length} more` : '';
  return invalidData(
    `${place}: the required column${missing.length === 1 ? '' : 's'} ${told.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing.`,
    cells.some((cell) => headerWord.test(cell))
      ? `The header reads: ${shown.join(', ')}${more}. Ask the district to correct the header or the export.`
      : 'The first line does not look like a header. Ask the district to export the file with its header line.',
  );
}

function unknownColumns(fileName: string, line: number, unknown: readonly string[]): PullWarning[] {
  if (unknown.length === 0) return [];
  const shown = unknown.slice(0, 10).map((cell) => `\`${cell.slice(0, 40)}\``);
  const more = unknown.length > shown.length ? ` and ${unknown.length - shown.length} more` : '';
  const message = `${fileName}: columns that are not known were left out: ${shown.join(', ')}${more}.`;
  return [{ code: 'unknown_column', file: fileName, line, message }];
}
