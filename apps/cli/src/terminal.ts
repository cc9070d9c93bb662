import pc from 'picocolors';

export type Colors = ReturnType<typeof pc.createColors>;

/** Where a command speaks. Results go to standard output; everything else to standard error. */
export interface Terminal {
  /** Writes a line, or several, of the result. */
  out(text: string): void;
  /** Writes a line that is not part of the result. */
  say(text: string): void;
  /** Whether somebody watches: progress is shown to people only. */
  readonly isWatched: boolean;
  /** For standard output. */
  readonly colors: Colors;
  /** For standard error. */
  readonly sayColors: Colors;
}

/** Names, titles and messages come from outside: control characters in them could take a terminal over. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '�');
}

/** The terminal of this process. Colour only where a terminal shows it, and not against NO_COLOR. */
export function processTerminal(): Terminal {
  const wantsColor = !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
  // The reader of a pipe may leave early, as "head" does: what is written after that is nobody's loss.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe);
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    say: (text) => void process.stderr.write(`${text}\n`),
    isWatched: process.stderr.isTTY,
    colors: pc.createColors(wantsColor && process.stdout.isTTY),
    sayColors: pc.createColors(wantsColor && process.stderr.isTTY),
  };
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

/** The one JSON document of a command. */
export function outJson(terminal: Terminal, document: unknown): void {
  terminal.out(JSON.stringify(document, null, 2));
}
