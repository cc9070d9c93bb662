import type { RecordType } from '@rollbook/core';
import type { PullOutput } from './pull-output.ts';
import type { Delivery } from '@rollbook/pipeline';

export type RecordTypes = readonly [RecordType, ...RecordType[]];

/**
 * Says what is wrong with rows of one file. Values of cells are never repeated: where columns have slipped, any cell
 * may hold a name. Warnings about many rows are gathered into one that names the first line and the number.
 */
export class FileReport {
  readonly fileName: string;
  readonly #recordTypes: RecordTypes;
  readonly #delivery: Delivery;
  readonly #out: PullOutput;
  readonly #idColumn: string;
  readonly #gathered = new Map<string, { readonly line: number; readonly message: string; count: number }>();

  constructor(fileName: string, recordTypes: RecordTypes, delivery: Delivery, out: PullOutput, idColumn = 'sourcedId') {
    this.fileName = fileName;
    this.#recordTypes = recordTypes;
    this.#delivery = delivery;
    this.#out = out;
    this.#idColumn = idColumn;
  }

  /** How the place of a row is named in messages. */
  protected place(line: number): string {
    return `${this.fileName}, line ${line}`;
  }

  /** How a column is named in messages. */
  column(name: string): string {
    return `column \`${name}\``;
  }

  /** The row cannot be used. `what` continues the sentence that began with its place. */
  skip(line: number, sisId: string, code: string, what: string, types: RecordTypes = this.#recordTypes): void {
    const message = `${this.place(line)}: ${what}`;
    this.#out.skip(types, sisId === '' ? null : sisId, { code, file: this.fileName, line: line || null, message });
  }

  skipBlank(line: number, sisId: string, column: string, types: RecordTypes = this.#recordTypes): void {
    const code = column === this.#idColumn ? 'missing_id' : 'missing_value';
    this.skip(line, sisId, code, `${this.column(column)} is blank; the row was skipped.`, types);
  }

  skipBadDate(line: number, sisId: string, column: string): void {
    this.skip(line, sisId, 'bad_date', `${this.column(column)}: expected a date as YYYY-MM-DD; the row was skipped.`);
  }

  skipOverlong(line: number, sisId: string): void {
    this.skip(line, sisId, 'ragged_row', 'the row has more values than the header has columns; it was skipped.');
  }

  /** Something is lost or odd, but the row is kept. Told once a file, with the number of rows. */
  note(code: string, line: number, what: string): void {
    const known = this.#gathered.get(code);
    if (known === undefined) this.#gathered.set(code, { line, message: `${this.place(line)}: ${what}`, count: 1 });
    else known.count += 1;
  }

  /** Whether a row is marked as deleted. In a delta a blank status is worth a word, in a bulk file it is the rule. */
  isGone(status: string, line: number): boolean {
    if (status === 'active') return false;
    if (status === '') {
      if (this.#delivery === 'delta')
        this.note('missing_status', line, 'a row of a delta file has no status; it was read as active');
      return false;
    }
    const word = status.trim().toLowerCase();
    if (word === 'tobedeleted' || word === 'inactive') return true;
    if (word !== 'active')
      this.note(
        'unknown_status',
        line,
        `${this.column('status')}: expected active or tobedeleted; the row was read as active`,
      );
    return false;
  }

  /** Ids are taken as they are; a space at an end is nearly always a mistake of the export. */
  checkId(sisId: string, line: number): void {
    if (sisId.charCodeAt(0) <= 32 || sisId.charCodeAt(sisId.length - 1) <= 32)
      this.note('space_in_id', line, 'the id begins or ends with a space, which is kept as part of it');
  }

  /** Hands out the gathered warnings, at the end of the file. */
  finish(): void {
    for (const [code, { line, message, count }] of this.#gathered) {
      const more = count === 1 ? '' : ` (${count} rows in all)`;
      this.#out.warn({ code, file: this.fileName, line: line || null, message: `${message}${more}.` });
    }
    this.#gathered.clear();
  }
}
