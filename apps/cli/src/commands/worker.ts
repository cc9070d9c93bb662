import { startWorkers } from '@rollbook/worker';
import type { Command } from 'commander';
import { countFrom, queuesFrom } from '../arguments.ts';
import type { CommandLine } from '../command-line.ts';
import { whenDatabaseIsThere } from '../patience.ts';
import { refuseUnreachableQueues, withServices } from '../session.ts';
import { untilShutdown } from '../until-shutdown.ts';

const MOST_JOBS_AT_ONCE = 64;

/** `worker`. */
export function registerWorker(program: Command, { terminal }: CommandLine): void {
  program
    .command('worker')
    .description('run stage workers until stopped')
    .option('--stages <list>', 'only these, separated by commas: fetch, diff, guard, apply, schedule, notify')
    .option('--concurrency <n>', 'jobs at once for each stage', '2')
    .addHelpText(
      'after',
      '\nAt SIGTERM or Ctrl-C it takes no new job, finishes what is under way within ROLLBOOK_SHUTDOWN_SECONDS, and hands the\nrest back.\n\nExample:\n  rollbook worker --stages fetch --concurrency 8',
    )
    .action(async (options: { stages?: string; concurrency: string }) => {
      const queues = queuesFrom(options.stages);
      const concurrency = countFrom('--concurrency', options.concurrency, MOST_JOBS_AT_ONCE);
      await withServices({ terminal, purpose: 'service' }, async (session) => {
        const { services, database, environment, log, shutdown } = session;
        await refuseUnreachableQueues(services);
        const options = {
          backend: services.queue,
          database,
          queues,
          settings: { concurrency },
          secretKeys: session.secretKeys(),
          allowPrivateSources: environment.allowPrivateSources,
          alertUrl: environment.alertUrl,
          log,
        };
        const workers = await whenDatabaseIsThere({ log, signal: shutdown.signal }, () => startWorkers(options));
        // What is handed back at the end needs a moment before the time is up.
        const graceMs = environment.shutdownTimeoutMs * 0.8;
        shutdown.acquire('workers', (mode) => workers.stop(mode === 'graceful' ? graceMs : 0));
        log.info({ queues, concurrency }, 'working');
        await untilShutdown(shutdown);
      });
    });
}
