import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { exportColumns, exportRoster } from '@rollbook/store';
import type { Command } from 'commander';
import { format } from 'fast-csv';
import { recordTypeFrom, wordFrom } from '../arguments.ts';
import type { CommandLine } from '../command-line.ts';
import { findDistrict } from '../lookup.ts';
import { ignoreClosedPipe, withServices } from '../session.ts';

const STATUSES = ['active', 'archived', 'all'] as const;

/** `export DISTRICT TYPE`. */
export function registerExport(program: Command, { terminal }: CommandLine): void {
  program
    .command('export <district> <type>')
    .description('the roster as CSV on standard output')
    .option('--status <status>', `${STATUSES.join(', ')}`, 'active')
    .addHelpText('after', '\nExample:\n  rollbook export riverside students > students.csv')
    .action(async (districtId: string, type: string, options: { status: string }) => {
      const recordType = recordTypeFrom(type);
      const status = wordFrom('status', options.status, STATUSES);
      await withServices({ terminal, purpose: 'command' }, async ({ database }) => {
        await findDistrict(database, districtId);
        const rows = Readable.from(exportRoster(database.pool, { districtId, recordType, status }));
        const csv = format({
          headers: exportColumns(recordType),
          alwaysWriteHeaders: true,
          includeEndRowDelimiter: true,
        });
        await pipeline(rows, csv, process.stdout, { end: false }).catch(ignoreClosedPipe);
      });
    });
}
