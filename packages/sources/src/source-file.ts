import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { PullEvent, PullWarning } from '@rollbook/pipeline';
import { codeOf, textOf } from './error-facts.ts';
import { invalidData, stillChanging } from './invalid-data.ts';

/** One file of a delivery, wherever it lies. It can be read from the start as often as needed. */
export interface SourceFile {
  /** The base name as found, for messages. */
  readonly name: string;
  readonly sizeBytes: number;
  /**
   * The whole content in chunks. Throws a SyncError if it cannot be read whole, and the signal's reason when aborted.
   */
  open(signal: AbortSignal): AsyncIterable<Buffer>;
}

/** The files of one delivery. */
export interface FileSet {
  /** The roster files, known by name. */
  readonly files: readonly SourceFile[];
  /** Names of other CSV files beside them, for messages. */
  readonly otherNames: readonly string[];
  readonly warnings: readonly PullWarning[];
  /** When the newest of them was written, in milliseconds since 1970. */
  readonly modifiedMs: number;
  close(): Promise<void>;
}

/** A place that files are taken from. */
export interface FileDelivery {
  /**
   * Opens the files that lie there now, and tells its progress on the way. The caller closes the set.
   * Throws a SyncError if there are none, or they cannot be had.
   */
  open(signal: AbortSignal): AsyncGenerator<PullEvent, FileSet>;
}

/**
 * A file on the local disk. Its size and time are fixed now; if they differ once it has been read, it was being
 * written meanwhile, and what was read is worth nothing.
 */
export async function localFile(name: string, path: string): Promise<SourceFile & { readonly modifiedMs: number }> {
  const before = await stat(path).catch((error: unknown) => {
    throw unreadable(name, error);
  });
  async function* open(signal: AbortSignal): AsyncGenerator<Buffer> {
    let readBytes = 0;
    try {
      for await (const chunk of createReadStream(path, { signal })) {
        readBytes += (chunk as Buffer).length;
        yield chunk as Buffer;
      }
    } catch (error) {
      signal.throwIfAborted();
      throw unreadable(name, error);
    }
    const after = await stat(path).catch(() => undefined);
    if (readBytes !== before.size || after?.size !== before.size || after.mtimeMs !== before.mtimeMs)
      throw stillChanging(`${name} changed while it was being read.`);
  }
  return { name, sizeBytes: before.size, modifiedMs: before.mtimeMs, open };
}

function unreadable(name: string, error: unknown): Error {
  const code = codeOf(error);
  return invalidData(
    `${name} cannot be read (${typeof code === 'string' ? code : textOf(error)}).`,
    'Check that the file is there and that the account Rollbook runs under may read it.',
    error,
  );
}
