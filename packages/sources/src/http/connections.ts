import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { resolveAddress } from '../source-address.ts';

export interface ConnectionLimits {
  readonly allowPrivate: boolean;
  readonly connectTimeoutMs: number;
}

/** What the socket of a connection that took too long ends with; has a `code`, like the errors of the network. */
export class ConnectTimeout extends Error {
  override readonly name = 'ConnectTimeout';
  readonly code = 'ECONNECTTIMEOUT';
}

/**
 * Connections that are kept open between requests. A name is resolved and judged once, and all connections go to that
 * address: a name server that answers differently the second time cannot lead them elsewhere.
 */
export class Connections {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
  readonly #allowPrivate: boolean;
  readonly #addresses = new Map<string, Promise<string>>();

  constructor({ allowPrivate, connectTimeoutMs }: ConnectionLimits) {
    this.#allowPrivate = allowPrivate;
    const lookup: LookupFunction = (host, options, callback) => {
      this.resolve(host).then(
        (address) => {
          const family = isIP(address);
          if (options.all === true) callback(null, [{ address, family }]);
          else callback(null, address, family);
        },
        (error: unknown) => callback(error as NodeJS.ErrnoException, '', 0),
      );
    };
    const shared = { keepAlive: true, lookup };
    this.http = limitConnecting(new HttpAgent(shared), 'connect', connectTimeoutMs);
    // Said aloud, because an environment variable could switch it off.
    const verified = { ...shared, rejectUnauthorized: true };
    this.https = limitConnecting(new HttpsAgent(verified), 'secureConnect', connectTimeoutMs);
  }

  /** The address that connections to the host of a URL go to. Throws like {@link resolveAddress}. */
  resolve(host: string): Promise<string> {
    const bare = host.replace(/^\[|\]$/g, '');
    let address = this.#addresses.get(bare);
    if (address === undefined) {
      address = resolveAddress(bare, this.#allowPrivate);
      this.#addresses.set(bare, address);
      address.catch(() => this.#addresses.delete(bare));
    }
    return address;
  }

  /** After a failure to connect: the name may have moved to another address. */
  forget(host: string): void {
    this.#addresses.delete(host.replace(/^\[|\]$/g, ''));
  }

  close(): void {
    this.http.destroy();
    this.https.destroy();
  }
}

/** Node has a limit for silence, but none for the time until a connection stands. */
function limitConnecting<A extends HttpAgent>(agent: A, ready: 'connect' | 'secureConnect', timeoutMs: number): A {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = connect(options, callback) as Socket;
    const timer = setTimeout(
      () => socket.destroy(new ConnectTimeout(`no connection within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    socket.once(ready, () => clearTimeout(timer));
    socket.once('close', () => clearTimeout(timer));
    return socket;
  };
  return agent;
}
