import { IdTable } from './id-table.ts';

/** Birth dates by user, small enough to hold those of the largest district in memory. */
export class BirthDates {
  readonly #dates = new IdTable();

  /** `date` as `YYYY-MM-DD`. */
  set(sourcedId: string, date: string): void {
    this.#dates.set(sourcedId, Number(date.replaceAll('-', '')));
  }

  get(sourcedId: string): string | undefined {
    const digits = this.#dates.get(sourcedId)?.toString().padStart(8, '0');
    return digits && `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`;
  }
}
