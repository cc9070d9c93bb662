import type { RecordType, RosterRecords } from '@rollbook/core';
import type { Delivery, PulledRow, PullEvent, PullWarning } from '@rollbook/pipeline';

/** Rows per event: enough that the cost of an event vanishes, few enough to hold in memory. */
const BATCH_ROWS = 1000;

/**
 * Gathers what the reading of rows yields and hands it out as events. One file may fill several record types; rows of
 * one type keep their order.
 */
export class PullOutput {
  readonly #rows = new Map<RecordType, { readonly file: string; rows: PulledRow[] }>();
  readonly #wins: 'first' | 'last';
  #events: PullEvent[] = [];

  /** @param wins which of several rows of one id says what it is (guard §38) */
  constructor(wins: 'first' | 'last' = 'last') {
    this.#wins = wins;
  }

  delivers(recordType: RecordType, delivery: Delivery, file: string): void {
    const wins = this.#wins;
    this.#events.push({ kind: 'delivers', recordType, delivery, file, ...(wins === 'first' && { wins }) });
    this.#rows.set(recordType, { file, rows: [] });
  }

  /** What is added to a type that is announced already comes from this file from now on. */
  continueWith(recordType: RecordType, file: string): void {
    const gathered = this.#rows.get(recordType);
    if (gathered !== undefined && gathered.rows.length > 0) this.#release(recordType, gathered);
    this.#rows.set(recordType, { file, rows: [] });
  }

  add<T extends RecordType>(recordType: T, record: RosterRecords[T], line: number, gone: boolean): void {
    const gathered = this.#rows.get(recordType);
    if (gathered === undefined) return;
    gathered.rows.push({ record, line, gone });
    if (gathered.rows.length >= BATCH_ROWS) this.#release(recordType, gathered);
  }

  skip(recordTypes: readonly [RecordType, ...RecordType[]], sisId: string | null, warning: PullWarning): void {
    this.#events.push({ kind: 'skipped', recordTypes, sisId, warning });
  }

  warn(warning: PullWarning): void {
    this.#events.push({ kind: 'warning', warning });
  }

  progress(message: string): void {
    this.#events.push({ kind: 'progress', message });
  }

  /** What is ready. Rows that do not fill a batch yet are kept back. */
  take(): PullEvent[] {
    if (this.#events.length === 0) return this.#events;
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** Everything, at the end of a file. */
  drain(): PullEvent[] {
    for (const [recordType, gathered] of this.#rows) if (gathered.rows.length > 0) this.#release(recordType, gathered);
    return this.take();
  }

  #release(recordType: RecordType, gathered: { readonly file: string; rows: PulledRow[] }): void {
    // `add` admits only records of this type, which the compiler cannot follow through the map.
    this.#events.push({ kind: 'rows', recordType, file: gathered.file, rows: gathered.rows } as PullEvent);
    gathered.rows = [];
  }
}
