import { counted } from '@rollbook/core';
import { migrate, reseal } from '@rollbook/store';
import { acquireServices, createLogger } from '@rollbook/runtime';
import type { Command } from 'commander';
import type { CommandLine } from '../command-line.ts';
import { openEnvironment, withServices } from '../session.ts';
import { probeTcp } from '../tcp-probe.ts';
import type { Terminal } from '../terminal.ts';

/** `migrate`. */
export function registerMigrate(program: Command, { terminal }: CommandLine): void {
  program
    .command('migrate')
    .description('bring the database up to date')
    .option('--reseal', 'seal all stored credentials anew with the first key of ROLLBOOK_SECRET_KEYS')
    .addHelpText(
      'after',
      '\nEvery command does this by itself; a deployment may want to do it first, and once.\nTo change the key of stored credentials, put the new key before the old one in ROLLBOOK_SECRET_KEYS, run\n"rollbook migrate --reseal", and then take the old one out.',
    )
    .action(async (options: { reseal?: boolean }) => {
      const applied = await migrateNow(terminal);
      terminal.out(applied.length === 0 ? 'The database is up to date.' : `Applied: ${applied.join(', ')}.`);
      if (!options.reseal) return;
      const count = await withServices({ terminal, purpose: 'command' }, ({ database, secretKeys }) =>
        reseal(database.pool, secretKeys()),
      );
      terminal.out(
        count === 0
          ? 'Every credential is sealed with the first key.'
          : `Sealed anew: ${counted(count, 'credential')}.`,
      );
    });
}

async function migrateNow(terminal: Terminal): Promise<string[]> {
  const { databaseUrl, home, logLevel } = openEnvironment(terminal);
  if (databaseUrl !== undefined) {
    await probeTcp(databaseUrl, 5432);
    return migrate(databaseUrl);
  }
  const log = createLogger({ purpose: 'command', level: logLevel });
  const services = await acquireServices({ home, queueBackend: 'postgres', log });
  try {
    return await migrate(services.databaseUrl);
  } finally {
    await services.release();
  }
}
