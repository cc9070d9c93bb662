import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** BSD and macOS: open and lock in one step. Node passes the flag through but has no name for it. */
const O_EXLOCK = 0x20;

/**
 * Takes the one lock of a home folder, or returns null if another process has it. The system frees it when the holder
 * dies, however it dies, so there is never a stale lock: on Linux it is an abstract socket, elsewhere a locked file.
 *
 * @returns the function that frees the lock
 */
export async function lockHome(home: string): Promise<(() => Promise<void>) | null> {
  return process.platform === 'linux' ? lockBySocket(await realpath(home)) : lockByFile(home);
}

async function lockBySocket(home: string): Promise<(() => Promise<void>) | null> {
  const name = createHash('sha256').update(home).digest('hex').slice(0, 32);
  const server = createServer((socket) => socket.destroy());
  const isTaken = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(true);
      else reject(error);
    });
    server.listen(`\0rollbook-${name}`, () => resolve(false));
  });
  if (isTaken) return null;
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
}

async function lockByFile(home: string): Promise<(() => Promise<void>) | null> {
  try {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | O_EXLOCK;
    const file = await open(join(home, 'keeper.lock'), flags, 0o600);
    return () => file.close();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EAGAIN' || code === 'EWOULDBLOCK') return null;
    throw error;
  }
}
