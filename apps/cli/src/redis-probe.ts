import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** What a Redis says of itself; null where it does not tell. */
export interface RedisFacts {
  readonly version: string | null;
  /** `noeviction`, or a policy under which jobs may vanish. */
  readonly memoryPolicy: string | null;
  /** Whether it writes every change to disk. */
  readonly appendOnly: boolean | null;
}

const TIMEOUT_MS = 5_000;

/**
 * Connects to a Redis or Valkey and asks what it is, with four commands of the plain protocol: the client that the queues
 * use would wait for the server for ever.
 *
 * @param url `redis://` or `rediss://`, with user and password if it needs them.
 * @throws Error with what went wrong, without the URL: a socket's error, or what the server answered.
 */
export async function probeRedis(url: string): Promise<RedisFacts> {
  const { protocol, hostname, port, username, password } = new URL(url);
  const address = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) };
  const socket = protocol === 'rediss:' ? connectTls({ ...address, servername: address.host }) : connectTcp(address);
  const dialogue = new Dialogue(socket);
  try {
    if (password !== '') {
      const credentials = [decodeURIComponent(username), decodeURIComponent(password)].filter((part) => part !== '');
      await dialogue.ask(['AUTH', ...credentials]);
    }
    const info = String(await dialogue.ask(['INFO', 'server']));
    // Hosted servers forbid CONFIG: then only INFO can tell.
    const memory = String(await dialogue.ask(['INFO', 'memory']));
    const persistence = String(await dialogue.ask(['INFO', 'persistence']));
    const appendOnly = fieldOf(persistence, 'aof_enabled');
    return {
      version: fieldOf(info, 'valkey_version') ?? fieldOf(info, 'redis_version'),
      memoryPolicy: fieldOf(memory, 'maxmemory_policy'),
      appendOnly: appendOnly === null ? null : appendOnly === '1',
    };
  } finally {
    socket.destroy();
  }
}

const fieldOf = (info: string, name: string): string | null =>
  new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]?.trim() ?? null;

/** One question at a time over one socket. */
class Dialogue {
  readonly #socket: Socket;
  #received = '';
  #failure: Error | null = null;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    const fail = (error: Error): void => {
      this.#failure ??= error;
      this.#wake();
    };
    socket.setEncoding('utf8');
    socket.setTimeout(TIMEOUT_MS, () => fail(new Error('it did not answer in time')));
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('it closed the connection')));
    socket.on('data', (text: string) => {
      this.#received += text;
      this.#wake();
    });
  }

  async ask(words: readonly string[]): Promise<string> {
    this.#received = '';
    this.#socket.write(
      `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`,
    );
    for (;;) {
      const answer = answerIn(this.#received);
      if (answer !== null) return answer;
      if (this.#failure) throw this.#failure;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** A simple or a bulk string; null if it is not complete. */
function answerIn(received: string): string | null {
  const end = received.indexOf('\r\n');
  if (end < 0) return null;
  const head = received.slice(1, end);
  if (received.startsWith('-')) throw new Error(`it answered "${head.slice(0, 100)}"`);
  if (!received.startsWith('$')) return head;
  const body = Buffer.from(received.slice(end + 2));
  const length = Number(head);
  return body.length < length + 2 ? null : body.subarray(0, length).toString();
}
