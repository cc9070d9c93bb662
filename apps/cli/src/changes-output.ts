import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ListedChange } from '@rollbook/store';
import { format } from 'fast-csv';
import { CommandError } from './problem.ts';

export const CHANGE_FORMATS = ['csv', 'json'] as const;
export type ChangeFormat = (typeof CHANGE_FORMATS)[number];

const COLUMNS = ['action', 'recordType', 'sisId', 'school', 'withheld', 'field', 'before', 'after'];

/** The format that a file's name asks for. @throws CommandError for another ending than .csv and .json. */
export function formatOf(path: string): ChangeFormat {
  const found = CHANGE_FORMATS.find((name) => path.toLowerCase().endsWith(`.${name}`));
  if (found) return found;
  throw new CommandError(`--changes: expected the name of a file that ends in .csv or .json, received "${path}".`, {
    advice: 'Of CSV each changed field is a line; of JSON each record is an object.',
  });
}

/** Writes changes as they come, in memory that does not grow with them. */
export async function writeChanges(
  changes: AsyncIterable<ListedChange>,
  format: ChangeFormat,
  out: NodeJS.WritableStream,
  { end }: { readonly end: boolean },
): Promise<void> {
  if (format === 'json') return pipeline(Readable.from(jsonOf(changes)), out, { end });
  const csv = formatCsv();
  await pipeline(Readable.from(rowsOf(changes)), csv, out, { end });
}

/** The same into a file, which only its owner can read: it holds names and contacts. */
export async function writeChangesFile(path: string, changes: AsyncIterable<ListedChange>): Promise<void> {
  const format = formatOf(path);
  try {
    await writeChanges(changes, format, createWriteStream(path, { mode: 0o600 }), { end: true });
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall !== 'open' && syscall !== 'write') throw error;
    throw new CommandError(`The changes cannot be written to "${path}" (${code}).`, {
      advice: 'Name a file in a folder that exists and may be written to.',
    });
  }
}

const formatCsv = () => format({ headers: COLUMNS, alwaysWriteHeaders: true, includeEndRowDelimiter: true });

/** One row for each field that changes. */
async function* rowsOf(changes: AsyncIterable<ListedChange>): AsyncGenerator<Record<string, string>> {
  for await (const { before, after, action, recordType, sisId, school, withheld } of changes) {
    const common = { action, recordType, sisId, school: school ?? '', withheld: String(withheld) };
    for (const field of new Set([...Object.keys(before), ...Object.keys(after)]))
      yield { ...common, field, before: text(before[field]), after: text(after[field]) };
  }
}

/** As in an export: nothing is empty, and the members of a set are joined by commas. */
function text(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.join(',');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

async function* jsonOf(changes: AsyncIterable<ListedChange>): AsyncGenerator<string> {
  yield '{"changes": [';
  let separator = '\n';
  for await (const change of changes) {
    yield `${separator}${JSON.stringify(change)}`;
    separator = ',\n';
  }
  yield '\n]}\n';
}
