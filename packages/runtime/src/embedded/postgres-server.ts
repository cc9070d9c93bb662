import { totalmem } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '@rollbook/core';
import { freePort } from './free-port.ts';
import { type Home, lastLines, readIfThere, rotateLog } from './home.ts';
import { endPostgresOrphans } from './orphans.ts';
import { placePostgres } from './postgres-account.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { DATABASE_NAME, DATABASE_USER, createCluster, setPassword } from './postgres-cluster.ts';
import { openPassword } from './secrets.ts';
import { type ServerProcess, startServer, stopProcess, waitUntilReady } from './server-process.ts';

export interface RunningServer {
  readonly url: string;
  /** One phrase that names the program, its version and where its data is. */
  readonly describe: string;
  readonly process: ServerProcess;
  stop(): Promise<void>;
}

/** Long, because after a crash PostgreSQL first replays its log. */
const START_TIMEOUT_MS = 300_000;
const PORT_ATTEMPTS = 5;
const MEMORY_FOR_LARGE_CACHE_BYTES = 2 * 1024 ** 3;

/**
 * Starts the embedded PostgreSQL of a home, creating its data on first use, on a free port of 127.0.0.1. Only the
 * holder of the home's lock may call this.
 *
 * @throws UsageError with the reason and the last lines of the log
 */
export async function startPostgres(home: Home): Promise<RunningServer> {
  const place = await placePostgres(home, findPostgresBinaries());
  await endPostgresOrphans(place.dataFolder);
  await createCluster(place);
  const password = await openPassword(home, 'postgres', (fresh) => setPassword(place, fresh));
  rotateLog(home.postgresLog);

  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const server = await startServer(
      join(place.binaries.folder, 'bin', 'postgres'),
      serverArgs(place.dataFolder, port),
      {
        logFile: home.postgresLog,
        folder: '/',
        runAs: place.runAs,
      },
    );
    const failure = await waitUntilReady(server, async () => isReady(place.dataFolder, server.pid), START_TIMEOUT_MS);
    if (failure === null) {
      const where = place.note ?? `data in ${place.dataFolder}`;
      return {
        url: `postgresql://${DATABASE_USER}:${password}@127.0.0.1:${port}/${DATABASE_NAME}`,
        describe: `built-in PostgreSQL ${place.binaries.version} (${where})`,
        process: server,
        stop: () => stopPostgres(server.pid),
      };
    }
    await stopPostgres(server.pid);
    const log = lastLines(home.postgresLog);
    if (/could not bind|could not create any TCP\/IP sockets/.test(log) && attempt < PORT_ATTEMPTS) continue;
    throw new UsageError(
      `The built-in PostgreSQL did not start: it ${failure}. The end of ${home.postgresLog}:\n${log}`,
    );
  }
}

/** Fast shutdown, then immediate (the log is replayed at the next start), then by force. */
export async function stopPostgres(pid: number): Promise<void> {
  await stopProcess(pid, [
    { signal: 'SIGINT', timeoutMs: 10_000 },
    { signal: 'SIGQUIT', timeoutMs: 5_000 },
  ]);
}

/** PostgreSQL writes its state into the last line of postmaster.pid; pg_ctl relies on the same. */
function isReady(dataFolder: string, pid: number): boolean {
  const lines = readIfThere(join(dataFolder, 'postmaster.pid'))?.split('\n') ?? [];
  return lines[0] === String(pid) && lines[7]?.trim() === 'ready';
}

function serverArgs(dataFolder: string, port: number): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    // A socket's path may have 107 bytes at most; a home folder's is often longer.
    unix_socket_directories: '',
    shared_buffers: totalmem() < MEMORY_FOR_LARGE_CACHE_BYTES ? '128MB' : '256MB',
    max_connections: '200',
    synchronous_commit: 'on',
    max_wal_size: '2GB',
    checkpoint_timeout: '15min',
    jit: 'off',
    work_mem: '32MB',
    maintenance_work_mem: '128MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Statements and the values of rows stay out of the log: they hold pupils' data.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_parameter_max_length: '0',
  };
  return ['-D', dataFolder, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}
