import { configJsonSchema, counted } from '@rollbook/core';
import { loadConfiguration, type LoadedConfiguration } from '@rollbook/store';
import type { Command } from 'commander';
import type { CommandLine } from '../command-line.ts';
import { readConfig } from '../read-config.ts';
import { openEnvironment, withServices } from '../session.ts';
import { outJson, type Terminal } from '../terminal.ts';

/** `config load|validate|schema`. */
export function registerConfig(program: Command, { terminal }: CommandLine): void {
  const config = program.command('config').description('districts and syncs, from YAML');

  config
    .command('load <file>')
    .description('create or update the districts and syncs of a file; those it does not name stay as they are')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nSecrets are named by ${env:NAME} in the file, and are stored sealed.\n\nExample:\n  rollbook config load rollbook.yaml',
    )
    .action(async (file: string, { json = false }: { json?: boolean }) => {
      openEnvironment(terminal);
      const parsed = readConfig(file, process.env);
      const loaded = await withServices({ terminal, purpose: 'command' }, ({ database, secretKeys }) =>
        loadConfiguration(database, parsed, secretKeys()),
      );
      if (json) outJson(terminal, loaded);
      else terminal.out(loadedText(loaded, terminal));
    });

  config
    .command('validate <file>')
    .description('check a file without loading it')
    .option('--json', 'print one JSON document')
    .action((file: string, { json = false }: { json?: boolean }) => {
      openEnvironment(terminal);
      const { districts } = readConfig(file, process.env);
      const syncs = districts.reduce((sum, district) => sum + district.syncs.length, 0);
      if (json) return outJson(terminal, { valid: true, districts: districts.length, syncs });
      terminal.out(`${file} is valid: ${counted(districts.length, 'district')}, ${counted(syncs, 'sync')}.`);
    });

  config
    .command('schema')
    .description('print the JSON Schema of the file, for editors')
    .action(() => outJson(terminal, configJsonSchema()));
}

function loadedText({ districts, syncs }: LoadedConfiguration, { colors }: Terminal): string {
  const paint = { created: colors.green, updated: colors.yellow, unchanged: colors.dim };
  return [
    ...districts.map(({ id, change }) => `district "${id}": ${paint[change](change)}`),
    ...syncs.map(({ id, district, change, voidedApprovals }) => {
      const voided = voidedApprovals === 0 ? '' : '; the approval given for its former source or schools is void';
      return `sync "${id}" of "${district}": ${paint[change](change)}${voided}`;
    }),
  ].join('\n');
}
