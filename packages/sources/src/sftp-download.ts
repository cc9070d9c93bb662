import { open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { SyncError } from '@rollbook/core';
import { stillChanging } from './invalid-data.ts';
import { sftpFailure } from './sftp-failure.ts';
import type { RemoteFile, SftpSession } from './sftp-session.ts';

/** A connection that is made again when it is lost. */
export class SftpLink {
  readonly #connect: () => Promise<SftpSession>;
  #session: SftpSession | undefined;

  constructor(connect: () => Promise<SftpSession>) {
    this.#connect = connect;
  }

  async session(): Promise<SftpSession> {
    this.#session ??= await this.#connect();
    return this.#session;
  }

  close(): void {
    this.#session?.close();
    this.#session = undefined;
  }
}

/** Attempts in a row that brought not one byte. */
const MAX_FRUITLESS = 5;
const MAX_RESTARTS = 3;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

export const isSameFile = (a: RemoteFile, b: RemoteFile): boolean =>
  a.sizeBytes === b.sizeBytes && a.modifiedMs === b.modifiedMs;

/**
 * Downloads `path` into `target`, a new file that only this user can read. A lost connection is made again and the
 * download goes on where it stopped, unless the file has changed meanwhile: then it starts over. Returns the file as it
 * was when its download began. Throws a SyncError; `source_unavailable` if the file changes all the time.
 */
export async function download(
  link: SftpLink,
  path: string,
  listed: RemoteFile,
  target: string,
  signal: AbortSignal,
  log: (message: string) => void,
): Promise<RemoteFile> {
  const output = await open(target, 'wx', 0o600);
  let known = listed;
  let written = 0;
  let fruitless = 0;
  let restarts = 0;
  try {
    while (written < known.sizeBytes) {
      const before = written;
      try {
        const session = await link.session();
        for await (const chunk of session.read(path, written)) {
          await output.write(chunk, 0, chunk.length, written);
          written += chunk.length;
          if (written > known.sizeBytes) throw stillChanging(`"${path}" grew while it was being downloaded.`);
        }
        if (written < known.sizeBytes)
          throw stillChanging(`"${path}" ended after ${written} of ${known.sizeBytes} bytes.`);
      } catch (error) {
        fruitless = written > before ? 0 : fruitless + 1;
        await recover(error);
      }
    }
  } finally {
    await output.close();
  }
  return known;

  /** Connects again and finds out whether the file is still the same. */
  async function recover(error: unknown): Promise<void> {
    signal.throwIfAborted();
    const failure = sftpFailure(error, `"${path}"`);
    if (error instanceof SyncError || failure.disposition !== 'retry' || fruitless >= MAX_FRUITLESS) throw failure;
    log(`The download of "${path}" was interrupted after ${written} bytes; going on from there.`);
    link.close();
    await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** fruitless), undefined, { signal });
    try {
      const now = await (await link.session()).stat(path);
      if (isSameFile(now, known)) return;
      restarts += 1;
      if (restarts > MAX_RESTARTS)
        throw stillChanging(`"${path}" changed again and again while it was being downloaded.`);
      known = now;
      written = 0;
      await output.truncate(0);
    } catch (again) {
      fruitless += 1;
      await recover(again);
    }
  }
}
