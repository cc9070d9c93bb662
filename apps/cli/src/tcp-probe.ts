import { connect } from 'node:net';

const TIMEOUT_MS = 10_000;

/**
 * Makes sure that something listens at the host and port of a URL. Clients wait much longer for a server that is not there.
 *
 * @throws Error with a socket's code.
 */
export async function probeTcp(url: string, defaultPort: number): Promise<void> {
  const { hostname, port, searchParams } = new URL(url);
  // PostgreSQL's URL may name a folder of Unix sockets instead.
  if (hostname === '' || searchParams.has('host')) return;
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || defaultPort) });
    const timedOut = Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' });
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(timedOut));
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}
