import type { RecordType } from '@rollbook/core';
import type { PullOutput } from '../pull-output.ts';

export type RecordTypes = readonly [RecordType, ...RecordType[]];

/**
 * Says what is wrong with objects of one collection, by their ids; values are never repeated. Warnings about many
 * objects are gathered into one that names the first and the number.
 */
export class ObjectReport {
  readonly collection: string;
  readonly #out: PullOutput;
  readonly #gathered = new Map<string, { readonly id: string; readonly what: string; count: number }>();

  constructor(collection: string, out: PullOutput) {
    this.collection = collection;
    this.#out = out;
  }

  /** The object cannot be used. `what` continues the sentence that began with collection and id. */
  skip(types: RecordTypes, id: string | null, code: string, what: string): void {
    this.#out.skip(types, id, this.#warning(code, `${this.collection}${id === null ? '' : `, "${id}"`}: ${what}`));
  }

  /** Something is lost or odd, but the object is kept. Told once a collection. */
  note(code: string, id: string, what: string): void {
    const key = `${code} ${what}`;
    const known = this.#gathered.get(key);
    if (known === undefined) this.#gathered.set(key, { id, what, count: 1 });
    else known.count += 1;
  }

  /** Hands out the gathered warnings, at the end of the collection. */
  finish(): void {
    for (const [key, { id, what, count }] of this.#gathered) {
      const code = key.slice(0, key.indexOf(' '));
      const more = count === 1 ? '' : ` (${count} times in all)`;
      this.#out.warn(this.#warning(code, `${this.collection}, "${id}": ${what}${more}.`));
    }
    this.#gathered.clear();
  }

  #warning(code: string, message: string) {
    return { code, file: this.collection, line: null, message };
  }
}
