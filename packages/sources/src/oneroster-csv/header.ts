import { editDistance } from '@rollbook/core';
import type { PullWarning } from '@rollbook/pipeline';
import { invalidData } from '../invalid-data.ts';
import type { Layout, Version } from './layout.ts';

/** Spaces of every kind, zero-width and control characters, BOM: what one cannot see in a header (guard §18). */
const UNSEEN = /[\s\u0000-\u001f\u007f-\u00a0\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/g;

export const plainHeader = (cell: string): string => cell.replaceAll(UNSEEN, '').toLowerCase();

export interface MatchedHeader {
  /** For each column of the file the name it is read under, or ''. */
  readonly keys: readonly string[];
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
export function matchHeader(header: HeaderOfFile, layout: Layout, version: Version, isDelta: boolean): MatchedHeader {
  const { fileName, line, cells } = header;
  const place = `${fileName}, line ${line}`;
  const canonical = new Map([...layout.columns, ...layout.ignored].map((name) => [plainHeader(name), name]));
  const present = new Set<string>();
  const unknown: string[] = [];
  const keys = cells.map((cell) => {
    const plain = plainHeader(cell);
    if (plain === '' || plain.startsWith('metadata.')) return '';
    const name = canonical.get(plain);
    if (name === undefined) unknown.push(cell.replaceAll(UNSEEN, ''));
    else if (present.has(name))
      throw invalidData(
        `${place}: the column \`${name}\` stands twice.`,
        'Ask the district to correct the export: each column once.',
      );
    else present.add(name);
    return name !== undefined && layout.columns.includes(name) ? name : '';
  });
  const required = isDelta ? [...layout.required[version], 'status'] : layout.required[version];
  const missing = required.filter((name) => !present.has(name));
  if (missing.length > 0) throw missingColumns(place, missing, cells, unknown);
  const expected = layout.columns.filter((name) => (layout.only?.[name] ?? version) === version);
  for (const cell of unknown) {
    const meant = expected.find((name) => !present.has(name) && looksLike(cell, name));
    if (meant !== undefined)
      throw invalidData(
        `${place}: found the column \`${cell}\`; did you mean \`${meant}\`?`,
        `Ask the district to correct the header. As it stands, \`${meant}\` would be emptied for everybody.`,
      );
  }
  return { keys, present, warnings: unknownColumns(fileName, line, unknown) };
}

/** Short names are near to everything, so they get one letter. */
const looksLike = (cell: string, name: string): boolean =>
  editDistance(plainHeader(cell), plainHeader(name)) <= (name.length <= 4 ? 1 : 2);

function missingColumns(
  place: string,
  missing: readonly string[],
  cells: readonly string[],
  unknown: readonly string[],
) {
  const told = missing.map((name) => {
    const nearest = unknown
      .map((cell) => ({ cell, distance: editDistance(plainHeader(cell), plainHeader(name)) }))
      .sort((a, b) => a.distance - b.distance)[0];
    const isNear = nearest !== undefined && nearest.distance <= Math.max(2, Math.floor(name.length / 3));
    return isNear ? `\`${name}\` (found \`${nearest.cell}\`; did you mean \`${name}\`?)` : `\`${name}\``;
  });
  const shown = cells.slice(0, 30).map((cell) => cell.replaceAll(UNSEEN, '').slice(0, 40));
  const more = cells.length > shown.length ? ` and ${cells.length - shown.length} more` : '';
  return invalidData(
    `${place}: the required column${missing.length === 1 ? '' : 's'} ${told.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing.`,
    headerLooksLikeData(cells)
      ? 'The first line does not look like a header. Ask the district to export the file with its header line.'
      : `The header reads: ${shown.join(', ')}${more}. Ask the district to correct the header or the export.`,
  );
}

/** A header of none but unknown words may be somebody's data: it is not repeated in a message. */
const headerLooksLikeData = (cells: readonly string[]): boolean =>
  !cells.some((cell) => /sourced|status|name|type|title|role|date/i.test(cell));

function unknownColumns(fileName: string, line: number, unknown: readonly string[]): PullWarning[] {
  if (unknown.length === 0) return [];
  const shown = unknown.slice(0, 10).map((cell) => `\`${cell.slice(0, 40)}\``);
  const more = unknown.length > shown.length ? ` and ${unknown.length - shown.length} more` : '';
  const message = `${fileName}: columns that are not known were left out: ${shown.join(', ')}${more}.`;
  return [{ code: 'unknown_column', file: fileName, line, message }];
}
