import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import ssh2 from 'ssh2';
import type { AuthContext, Connection, Server, ServerConfig } from 'ssh2';
import { NO_FAULTS, isHanging } from './sftp-faults.ts';
import type { SftpCounters, SftpFaults } from './sftp-faults.ts';
import { openSftpFolder } from './sftp-folder.ts';
import { serveSftp } from './sftp-session.ts';
import type { SftpService } from './sftp-session.ts';
import { fingerprintOf, generateSshKeyPair, parseSshKey } from './ssh-key.ts';

export interface SftpUser {
  readonly username: string;
  readonly password?: string;
  /** OpenSSH text of the public key. */
  readonly publicKey?: string;
}

export interface SftpSiteOptions {
  /** The folder that is served, read-only. */
  readonly root: string;
  /** 0 or left out: any free port. */
  readonly port?: number;
  readonly users: readonly SftpUser[];
  /** Text of the site's private key; left out: a new one. */
  readonly hostKey?: string;
}

export interface SftpSite {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** Fingerprint of the key shown to new connections: `SHA256:…`. */
  readonly hostKey: string;
  readonly faults: SftpFaults & {
    /** New connections see a new key; returns its fingerprint. */
    changeHostKey(): string;
    /** Switches all faults off. The host key stays as it is. */
    clear(): void;
  };
  readonly counters: SftpCounters;
  /** Cuts all connections and resolves when nothing is left open. May be called twice. */
  stop(): Promise<void>;
}

const METHODS: ['password', 'publickey'] = ['password', 'publickey'];

interface Account {
  readonly password: string | undefined;
  readonly publicKey: ReturnType<typeof parseSshKey> | undefined;
}

function isAllowed(context: AuthContext, account: Account | undefined, faults: SftpFaults): boolean {
  if (account === undefined) return false;
  if (context.method === 'password') return !faults.rejectPasswords && context.password === account.password;
  if (context.method !== 'publickey' || account.publicKey === undefined) return false;
  if (!account.publicKey.getPublicSSH().equals(context.key.data)) return false;
  // Without a signature the client only asks whether the key would do.
  if (context.signature === undefined || context.blob === undefined) return true;
  const { hashAlgo } = context as { hashAlgo?: string };
  return account.publicKey.verify(context.blob, context.signature, hashAlgo) === true;
}

/**
 * Starts an SFTP site on 127.0.0.1 that serves a folder read-only, with faults to switch on. Throws a UsageError if the folder is not there
 * or a key cannot be read, and the system's error if the port is taken.
 */
export async function startSftpSite(options: SftpSiteOptions): Promise<SftpSite> {
  const accounts = new Map<string, Account>();
  for (const { username, password, publicKey } of options.users)
    accounts.set(username, { password, publicKey: publicKey === undefined ? undefined : parseSshKey(publicKey) });
  const faults: SftpFaults = { ...NO_FAULTS };
  const counters: SftpCounters = {
    connections: 0,
    logins: 0,
    rejectedLogins: 0,
    bytesServed: 0,
    opens: new Map(),
    reads: new Map(),
  };
  const folder = await openSftpFolder(options.root);
  const service: SftpService = { folder, faults, counters, looks: 0, freeAtMs: 0 };
  const sockets = new Map<Socket, Promise<void>>();

  const authenticate = (context: AuthContext): void => {
    if (isAllowed(context, accounts.get(context.username), faults)) return context.accept();
    if (context.method !== 'none') counters.rejectedLogins += 1;
    context.reject(METHODS);
  };

  const serve = (connection: Connection, cut: () => void, finish: (() => Promise<void>)[]): void => {
    // A client that goes away in the middle is a client's affair.
    connection.on('error', () => {});
    connection.on('authentication', authenticate);
    connection.on('ready', () => {
      counters.logins += 1;
      connection.on('session', (accept) => {
        accept().on('sftp', (acceptSftp) => finish.push(serveSftp(acceptSftp(), service, cut)));
      });
    });
  };

  const keyOf = (privateKey: string) => ({
    config: { hostKeys: [privateKey] } satisfies ServerConfig,
    fingerprint: fingerprintOf(privateKey),
  });
  let key = keyOf(options.hostKey ?? generateSshKeyPair().privateKey);

  const receive = async (socket: Socket): Promise<void> => {
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    socket.setNoDelay(true);
    counters.connections += 1;
    const finish: (() => Promise<void>)[] = [];
    if (isHanging(faults, 'connect')) socket.resume();
    else {
      // A server for each connection, never listening: each shows the key of its time, and knows its socket.
      const server: Server = new ssh2.Server(key.config, (connection) =>
        serve(connection, () => socket.resetAndDestroy(), finish),
      );
      server.injectSocket(socket);
    }
    await closed;
    await Promise.all(finish.map((end) => end()));
    sockets.delete(socket);
  };

  const listener = createServer((socket) => {
    if (faults.refuseConnections) socket.resetAndDestroy();
    else sockets.set(socket, receive(socket));
  });
  listener.listen(options.port ?? 0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;

  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    const closed = once(listener, 'close');
    listener.close();
    const left = [...sockets.values()];
    for (const socket of sockets.keys()) socket.destroy();
    await Promise.all(left);
    await closed;
  };

  return {
    host: '127.0.0.1',
    port,
    get hostKey() {
      return key.fingerprint;
    },
    faults: Object.assign(faults, {
      changeHostKey: () => {
        key = keyOf(generateSshKeyPair().privateKey);
        return key.fingerprint;
      },
      clear: () => {
        Object.assign(faults, NO_FAULTS);
      },
    }),
    counters,
    stop: () => (stopping ??= stop()),
  };
}
