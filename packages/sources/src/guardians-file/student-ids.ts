import type { PullEvent } from '@rollbook/pipeline';
import { ownText } from '../own-text.ts';

/** Which of a student's identifiers the file goes by. */
export type StudentKey = 'sisId' | 'studentNumber';

/**
 * The students that a source yields, by SIS ID and by number, for finding those that guardians.csv names. Some 11 MB
 * for 100,000 students.
 */
export class StudentIds {
  readonly #ids = new Set<string>();
  /** Null: several students have this number. */
  readonly #byNumber = new Map<string, string | null>();
  #isWhole = false;

  /** False if the source told of changes only, or not of students at all: then any ID may be that of a student. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  take(event: PullEvent): void {
    if (event.kind === 'restart') {
      this.#ids.clear();
      this.#byNumber.clear();
      this.#isWhole = false;
    } else if (event.kind === 'delivers' && event.recordType === 'students') this.#isWhole = event.delivery === 'full';
    else if (event.kind === 'skipped' && event.sisId !== null && event.recordTypes.includes('students'))
      this.#ids.add(ownText(event.sisId));
    else if (event.kind === 'rows' && event.recordType === 'students')
      for (const { record, gone } of event.rows) if (!gone) this.#add(record.sisId, record.studentNumber);
  }

  /** The SIS ID of the student that is meant; null if there is none, or more than one. */
  find(id: string, key: StudentKey): string | null {
    if (key === 'studentNumber') return this.#byNumber.get(id) ?? null;
    return this.#ids.has(id) || !this.#isWhole ? id : null;
  }

  #add(sisId: string, number: string | null): void {
    const id = ownText(sisId);
    this.#ids.add(id);
    if (number === null) return;
    const known = this.#byNumber.get(number);
    if (known !== undefined && known !== id) this.#byNumber.set(number, null);
    else if (known === undefined) this.#byNumber.set(ownText(number), id);
  }
}
