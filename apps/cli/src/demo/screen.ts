import type { Stage } from '@rollbook/pipeline';
import type { RunDetails, RunState } from '@rollbook/store';
import pc from 'picocolors';
import { wrap } from './summary-table.ts';
import { STAGE_WORDS, seconds } from './words.ts';

type Colors = ReturnType<typeof pc.createColors>;

const PLAIN_WIDTH = 100;
const WIDEST = 120;
const ERASE_LINE = '\r\u001b[2K';

/** Standard output, for people: on a terminal in colour, with a line that changes; else as plain lines. */
export class Screen {
  readonly width: number;
  readonly colors: Colors;
  readonly #isTerminal: boolean;
  readonly #write: (text: string) => void;
  #live: string | null = null;

  constructor(output: NodeJS.WriteStream = process.stdout) {
    this.#isTerminal = output.isTTY === true && process.env['TERM'] !== 'dumb';
    // A terminal that does not tell its size says 0.
    this.width = this.#isTerminal && output.columns > 0 ? Math.min(WIDEST, output.columns - 1) : PLAIN_WIDTH;
    this.colors = pc.createColors(this.#isTerminal && !process.env['NO_COLOR']);
    this.#write = (text) => void output.write(text);
    // A reader that leaves early, as "| head" does, must not keep us from tidying up.
    output.on('error', () => undefined);
  }

  line(text = ''): void {
    this.#write(`${this.#live === null ? '' : ERASE_LINE}${text}\n`);
    this.#live = null;
  }

  /** Text broken into lines, each indented by so many blanks. */
  paragraph(text: string, indent = 2, paint: (line: string) => string = String): void {
    for (const line of wrap(text, this.width - indent)) this.line(`${' '.repeat(indent)}${paint(line)}`);
  }

  /** Shows a line until the next one takes its place; on anything but a terminal it is a line like the others. */
  passing(text: string): void {
    if (!this.#isTerminal) return this.line(text);
    if (text === this.#live) return;
    this.#live = text;
    this.#write(`${ERASE_LINE}${text.length > this.width ? `${text.slice(0, this.width - 1)}…` : text}`);
  }

  /** Follows one run: on a terminal the line of its stages, else a line for each stage. */
  followRun(): { show(state: RunState): void; end(run: RunDetails): void } {
    return this.#isTerminal ? this.#followLive() : this.#followPlain();
  }

  #followLive(): ReturnType<Screen['followRun']> {
    return {
      show: ({ stage, progress }) => {
        this.passing(`  ${stage}: ${progress ?? STAGE_WORDS[stage]}`);
      },
      end: (run) => this.line(`  ${this.colors.dim(stageTimes(run))}`),
    };
  }

  #followPlain(): ReturnType<Screen['followRun']> {
    const shown = new Set<Stage>();
    return {
      // Between two looks a run may pass through a stage unseen: the line at the end names it.
      show: ({ stage }) => {
        if (!shown.has(stage)) this.line(`  ${stage}: ${STAGE_WORDS[stage]}`);
        shown.add(stage);
      },
      end: (run) => this.line(`  ${stageTimes(run)}`),
    };
  }
}

/**
 * `fetch 0.9 s → diff 0.1 s`, for a run whose end was seen just now. Each stage lasts until the next one starts, its
 * wait in the queue included, so that the times add up to that of the run.
 */
function stageTimes({ stages }: RunDetails, endedAtMs = Date.now()): string {
  const startsMs = stages.map(({ startedAt }) => (startedAt === null ? endedAtMs : Date.parse(startedAt)));
  return stages
    .map(
      ({ stage }, index) => `${stage} ${seconds((startsMs[index + 1] ?? endedAtMs) - (startsMs[index] ?? endedAtMs))}`,
    )
    .join(' → ');
}
