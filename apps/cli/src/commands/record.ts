import {
  archiveRecord,
  claimPerson,
  createRecord,
  editRecord,
  readRecord,
  releasePerson,
  restoreRecord,
  type Database,
  type HangingCounts,
  type RecordDetails,
  type RecordRequest,
} from '@rollbook/store';
import { countedRecords } from '@rollbook/core';
import type { Command } from 'commander';
import { actor, gather, recordTypeFrom } from '../arguments.ts';
import type { CommandLine } from '../command-line.ts';
import { fieldsFrom } from '../field-arguments.ts';
import { CommandError } from '../problem.ts';
import { recordText } from '../record-text.ts';
import { withServices } from '../session.ts';
import { outJson, printable } from '../terminal.ts';

/** What an act did to a record. */
interface Done {
  readonly record: RecordDetails;
  readonly said: readonly string[];
}

interface Fields {
  readonly set?: readonly string[];
  readonly clear?: readonly string[];
}

/** `record show`, `create`, `edit`, `archive`, `restore`, `claim` and `release`. */
export function registerRecord(program: Command, commandLine: CommandLine): void {
  const { terminal } = commandLine;
  const record = program
    .command('record')
    .description('look at one record, and change by hand what no sync owns')
    .addHelpText('after', EXAMPLES);

  record
    .command('show <district> <type> <id>')
    .description('its fields, who owns it, and what people did to it')
    .option('--json', 'print one JSON document')
    .action(async (districtId: string, type: string, sisId: string, { json = false }: { json?: boolean }) => {
      const recordType = recordTypeFrom(type);
      const found = await withServices({ terminal, purpose: 'command' }, ({ database }) =>
        readRecord(database.pool, { districtId, recordType, sisId }),
      );
      if (json) outJson(terminal, { record: found });
      else terminal.out(recordText(found, terminal.colors));
    });

  record
    .command('create <district> <type>')
    .description('a manual record, which no sync changes or archives')
    .option('--id <id>', 'its SIS ID; left out, it is given one')
    .option('--set <name=value>', 'a field of it; repeat for more, and for the values of a list', gather)
    .option('--json', 'print one JSON document')
    .action(
      async (districtId: string, type: string, { id, json, ...fields }: Fields & { id?: string; json?: boolean }) => {
        const recordType = recordTypeFrom(type);
        const request = { districtId, recordType, actor: actor(), fields: fieldsFrom(recordType, fields), sisId: id };
        await tell(commandLine, json, async ({ pool }) => ({
          record: await createRecord(pool, request),
          said: ['Created.'],
        }));
      },
    );

  record
    .command('edit <district> <type> <id>')
    .description('change fields of a manual record, or what a sync leaves to people of a managed one')
    .option('--set <name=value>', 'a field; repeat for more, and for the values of a list', gather)
    .option('--clear <name>', 'take its value away; of the role of staff, give it back to the sync', gather)
    .option('--json', 'print one JSON document')
    .action(
      async (districtId: string, type: string, sisId: string, { json, ...given }: Fields & { json?: boolean }) => {
        const recordType = recordTypeFrom(type);
        const fields = fieldsFrom(recordType, given);
        if (Object.keys(fields).length === 0)
          throw new CommandError('There is nothing to change.', { advice: 'Give --set name=value, or --clear name.' });
        const request = { districtId, recordType, sisId, actor: actor(), fields };
        await tell(commandLine, json, async ({ pool }) => {
          const edited = await editRecord(pool, request);
          const said =
            edited.changed.length === 0 ? 'It had these values already.' : `Changed: ${edited.changed.join(', ')}.`;
          return { record: edited.record, said: [said] };
        });
      },
    );

  for (const [name, { description, perform }] of Object.entries(ACTS))
    record
      .command(`${name} <district> <type> <id>`)
      .description(description)
      .option('--json', 'print one JSON document')
      .action(async (districtId: string, type: string, sisId: string, { json }: { json?: boolean }) => {
        const request = { districtId, recordType: recordTypeFrom(type), sisId, actor: actor() };
        await tell(commandLine, json, (database) => perform(database, request));
      });
}

const EXAMPLES = `
Fields have the names that "rollbook record show" gives. Syncs own what they bring: of a managed record, contact details of
people who have joined, languages and the roles of staff may be changed, as the settings of the sync permit.

Examples:
  rollbook record show riverside students S1001
  rollbook record create riverside classes --set "title=Chess club" --set school=0101
  rollbook record claim riverside guardians G77
  rollbook record edit riverside guardians G77 --set email=parent@home.example
  rollbook record archive riverside classes C12`;

const ACTS: Readonly<
  Record<
    string,
    { readonly description: string; readonly perform: (database: Database, request: RecordRequest) => Promise<Done> }
  >
> = {
  archive: {
    description: 'archive a record with its enrollments and guardianships',
    perform: async ({ pool }, request) => {
      const { record, along, notes } = await archiveRecord(pool, request);
      return { record, said: [`Archived${alongText(along)}.`, ...notes] };
    },
  },
  restore: {
    description: 'bring back what was archived by hand',
    perform: async ({ pool }, request) => {
      const { record, along, notes } = await restoreRecord(pool, request);
      return { record, said: [`Restored${alongText(along)}.`, ...notes] };
    },
  },
  claim: {
    description: 'note that a person has joined: contact details are theirs from now on',
    perform: async ({ pool }, request) => ({ record: await claimPerson(pool, request), said: ['Noted as joined.'] }),
  },
  release: {
    description: 'take back that a person has joined',
    perform: async ({ pool }, request) => ({
      record: await releasePerson(pool, request),
      said: ['No longer joined: the next run brings the contact details in line with the data.'],
    }),
  },
};

function alongText({ enrollments, guardianships }: HangingCounts): string {
  const parts = [
    ...(enrollments === 0 ? [] : [countedRecords(enrollments, 'enrollments')]),
    ...(guardianships === 0 ? [] : [countedRecords(guardianships, 'guardianships')]),
  ];
  return parts.length === 0 ? '' : `, with ${parts.join(' and ')}`;
}

async function tell(
  { terminal }: CommandLine,
  json: boolean | undefined,
  work: (database: Database) => Promise<Done>,
): Promise<void> {
  const { record, said } = await withServices({ terminal, purpose: 'command' }, ({ database }) => work(database));
  if (json) outJson(terminal, { record, said });
  else terminal.out([...said.map(printable), recordText(record, terminal.colors)].join('\n'));
}
