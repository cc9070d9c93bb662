import type { CountedWarning } from './snapshot.ts';
import type { PullWarning } from './source.ts';

/** This many of a kind are kept one by one; of a million bad rows, twenty tell as much. */
const EXAMPLES = 20;

interface Kind {
  readonly examples: CountedWarning[];
  readonly code: string;
  readonly file: string | null;
  rest: number;
}

/** Gathers warnings: the first twenty of each code and file with their lines, the others as a number. */
export class WarningList {
  readonly #kinds = new Map<string, Kind>();

  add(warning: PullWarning): void {
    const key = `${warning.code}\n${warning.file ?? ''}`;
    let kind = this.#kinds.get(key);
    if (!kind) this.#kinds.set(key, (kind = { examples: [], code: warning.code, file: warning.file, rest: 0 }));
    if (kind.examples.length < EXAMPLES) kind.examples.push({ ...warning, count: 1 });
    else kind.rest++;
  }

  list(): CountedWarning[] {
    return [...this.#kinds.values()].flatMap(({ examples, code, file, rest }) =>
      rest === 0
        ? examples
        : [...examples, { code, file, line: null, message: `${rest} more of the same kind`, count: rest }],
    );
  }
}
