import type { Socket } from 'node:net';

const LONGEST_LINE_BYTES = 64 * 1024;

/** Calls `onLine` for every line that arrives, in order. A peer that sends an endless line is cut off. */
export function readLines(socket: Socket, onLine: (line: string) => void): void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_LINE_BYTES) socket.destroy();
    lines.forEach(onLine);
  });
}
