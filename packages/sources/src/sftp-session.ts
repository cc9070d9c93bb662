import { createHash } from 'node:crypto';
import { connect as connectSocket, type Socket } from 'node:net';
import { SyncError, type GuardiansFile } from '@rollbook/core';
import SftpClient from 'ssh2-sftp-client';
import { textOf } from './error-facts.ts';
import { ConnectionLost, keyFailure } from './sftp-failure.ts';

/** Where an SFTP site is, how to log in, and what to look at there. */
export type SftpPlace = Omit<Extract<GuardiansFile, { type: 'sftp' }>, 'type'>;

/** A remote file or folder. */
export interface RemoteFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** SFTP tells time in whole seconds. */
  readonly modifiedMs: number;
  readonly isFolder: boolean;
}

const KEEPALIVE_MS = 15_000;

/**
 * One SFTP connection. The library's promises may hang when a server goes away without a word, so every step is raced
 * against its own time limit, the loss of the socket, and the signal; the socket is ours, and destroying it ends all.
 */
export class SftpSession {
  readonly #client: SftpClient;
  readonly #socket: Socket;
  readonly #signal: AbortSignal;
  readonly #idleTimeoutMs: number;
  readonly #lost: Promise<never>;
  readonly #onAbort: () => void;

  private constructor(client: SftpClient, socket: Socket, config: SftpPlace, signal: AbortSignal) {
    this.#client = client;
    this.#socket = socket;
    this.#signal = signal;
    this.#idleTimeoutMs = config.idleTimeoutSeconds * 1000;
    this.#onAbort = () => socket.destroy();
    signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#lost = new Promise((_, reject) => {
      socket.once('close', () => reject(new ConnectionLost('the connection was closed')));
    });
    this.#lost.catch(() => undefined);
  }

  /**
   * Connects to `address` and logs in. Throws `wrong_credentials` for a host key that is not the pinned one, for no
   * pinned key at all (naming the one seen), and for a key that does not open; else the raw error of the library.
   */
  static async open(config: SftpPlace, address: string, signal: AbortSignal): Promise<SftpSession> {
    signal.throwIfAborted();
    const socket = connectSocket({ host: address, port: config.port, noDelay: true });
    const ignore = (): void => undefined;
    const client = new SftpClient('rollbook', { error: ignore, end: ignore, close: ignore });
    const session = new SftpSession(client, socket, config, signal);
    let seenKey = '';
    try {
      const timeoutMs = config.connectTimeoutSeconds * 1000;
      const reached = new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve);
        socket.once('error', reject);
      });
      await session.#within(reached, timeoutMs, 'no connection');
      const answerPrompts = (...args: readonly unknown[]): void => {
        const [, , , prompts, finish] = args as [string, string, string, unknown[], (answers: string[]) => void];
        finish(prompts.map(() => config.password ?? ''));
      };
      // Some servers ask for the password as a question instead of taking it as one.
      client.on('keyboard-interactive', answerPrompts);
      const ready = client.connect({
        sock: socket,
        username: config.username,
        ...(config.password === undefined ? {} : { password: config.password, tryKeyboard: true }),
        ...(config.privateKey === undefined ? {} : { privateKey: config.privateKey }),
        ...(config.passphrase === undefined ? {} : { passphrase: config.passphrase }),
        readyTimeout: timeoutMs,
        keepaliveInterval: KEEPALIVE_MS,
        hostVerifier: (key: Buffer) => {
          seenKey = fingerprint(key);
          return config.hostKey !== undefined && seenKey === config.hostKey.replace(/=$/, '');
        },
      });
      await session.#within(ready, timeoutMs, 'no answer to the log-in');
      return session;
    } catch (error) {
      session.#destroy();
      signal.throwIfAborted();
      if (seenKey !== '' && seenKey !== config.hostKey?.replace(/=$/, '')) throw hostKeyRefused(config, seenKey);
      throw isKeyError(error) ? keyFailure(error) : error;
    }
  }

  /** What is in a folder; links are followed. */
  async list(path: string): Promise<RemoteFile[]> {
    const entries = await this.#within(this.#client.list(path), this.#idleTimeoutMs, 'no answer to a listing');
    const files: RemoteFile[] = [];
    for (const { name, type, size, modifyTime } of entries) {
      if (/[/\\\0]/.test(name)) continue;
      if (type === 'l') files.push({ ...(await this.stat(`${path}/${name}`)), name });
      else files.push({ name, sizeBytes: size, modifiedMs: modifyTime, isFolder: type === 'd' });
    }
    return files;
  }

  async stat(path: string): Promise<RemoteFile> {
    const info = await this.#within(
      this.#client.stat(path),
      this.#idleTimeoutMs,
      'no answer to a question about a file',
    );
    const name = path.slice(path.lastIndexOf('/') + 1);
    return { name, sizeBytes: info.size, modifiedMs: info.modifyTime, isFolder: info.isDirectory };
  }

  /** The content of a file from the byte `start` on. */
  async *read(path: string, start: number): AsyncGenerator<Buffer> {
    const stream = this.#client.createReadStream(path, { start });
    stream.on('error', () => undefined);
    const chunks = stream[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.#within(chunks.next(), this.#idleTimeoutMs, 'the download fell silent');
        if (next.done === true) return;
        yield next.value as Buffer;
      }
    } finally {
      stream.destroy();
    }
  }

  /** Says goodbye if the server still listens, and is gone in any case. */
  close(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#client.end().catch(() => undefined);
    setTimeout(() => this.#socket.destroy(), 500).unref();
  }

  #destroy(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#socket.destroy();
  }

  async #within<T>(step: Promise<T>, timeoutMs: number, silence: string): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new ConnectionLost(`${silence} within ${timeoutMs / 1000} s`));
        this.#socket.destroy();
      }, timeoutMs);
    });
    try {
      return await Promise.race([step, this.#lost, tooLong]);
    } catch (error) {
      this.#signal.throwIfAborted();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}

const isKeyError = (error: unknown): boolean => /cannot parse privateKey/i.test(textOf(error));

/** As `ssh-keygen -lf` prints it. */
const fingerprint = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;

function hostKeyRefused({ host, hostKey }: SftpPlace, seen: string): SyncError {
  if (hostKey === undefined)
    return new SyncError('wrong_credentials', `The host key of "${host}" is not pinned. It shows ${seen}.`, {
      advice: `Ask the district whether this is the fingerprint of its server. If so, add hostKey: "${seen}" to the source.`,
    });
  return new SyncError('wrong_credentials', `The host key of "${host}" is ${seen}; expected ${hostKey}.`, {
    advice:
      'The server was replaced, or somebody stands in between. Ask the district by another way whether its key has changed, and only then pin the new one.',
  });
}
