import { DASHBOARD_USER, startServer } from '@rollbook/server';
import { startWorkers } from '@rollbook/worker';
import type { Command } from 'commander';
import type { CommandLine } from '../command-line.ts';
import { openDashboardPassword } from '../dashboard-password.ts';
import { whenDatabaseIsThere } from '../patience.ts';
import { refuseUnreachableQueues, withServices } from '../session.ts';
import { untilShutdown } from '../until-shutdown.ts';

/** `serve`. */
export function registerServe(program: Command, { terminal }: CommandLine): void {
  program
    .command('serve')
    .description('run the server with the queue dashboard, the scheduler and all workers until stopped')
    .option('--no-workers', 'server and scheduler only: workers run elsewhere ("rollbook worker")')
    .addHelpText(
      'after',
      '\nIt listens where ROLLBOOK_HTTP_HOST and ROLLBOOK_HTTP_PORT say (127.0.0.1 and 8383 if unset).',
    )
    .action(async (options: { workers: boolean }) => {
      await withServices({ terminal, purpose: 'service' }, async (session) => {
        const { services, database, environment, log, shutdown } = session;
        await refuseUnreachableQueues(services);
        const { password, whereToFind } = openDashboardPassword(environment);
        const patience = { log, signal: shutdown.signal };
        const shared = { backend: services.queue, database, log };
        if (options.workers) {
          const { allowPrivateSources, alertUrl } = environment;
          const secretKeys = session.secretKeys();
          const workers = await whenDatabaseIsThere(patience, () =>
            startWorkers({ ...shared, secretKeys, allowPrivateSources, alertUrl }),
          );
          // What is handed back at the end needs a moment before the time is up.
          const graceMs = environment.shutdownTimeoutMs * 0.8;
          shutdown.acquire('workers', (mode) => workers.stop(mode === 'graceful' ? graceMs : 0));
        }
        const { httpHost: host, httpPort: port } = environment;
        const server = await whenDatabaseIsThere(patience, () =>
          startServer({ ...shared, host, port, dashboardPassword: password }),
        );
        shutdown.acquire('server', () => server.stop());
        terminal.say(`Dashboard: ${server.url}/queues (user "${DASHBOARD_USER}", ${whereToFind}). Ctrl-C stops it.`);
        await untilShutdown(shutdown);
      });
    });
}
