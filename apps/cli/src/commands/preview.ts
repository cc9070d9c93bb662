import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import {
  DEFAULT_RUN_SETTINGS,
  FilesSource,
  SyncError,
  quoted,
  thresholdFromText,
  type RunReport,
  type RunSettings,
} from '@rollbook/core';
import { preview, type Preview } from '@rollbook/pipeline';
import { createSource } from '@rollbook/sources';
import { PostgresSnapshots, listPlannedChanges, withheldPeople } from '@rollbook/store';
import type { Command } from 'commander';
import { formatOf, writeChangesFile } from '../changes-output.ts';
import type { CommandLine } from '../command-line.ts';
import { findSyncOrDistrict } from '../lookup.ts';
import { failedPreviewReport, previewReport } from '../preview-report.ts';
import { CommandError } from '../problem.ts';
import { reportText, totalsText } from '../report-text.ts';
import { exitStatusOf } from '../run-sync.ts';
import { withServices, type Session } from '../session.ts';
import { outJson, printable, type Colors } from '../terminal.ts';

interface Options {
  readonly threshold?: string;
  readonly against?: string;
  readonly changes?: string;
  readonly json?: boolean;
}

/** Every school and every guardian, compared with nothing: whom to leave out is for the settings of a sync to say. */
const EMPTY_ROSTER = {
  district: '',
  id: '',
  settings: { ...DEFAULT_RUN_SETTINGS, guardiansWithoutContact: 'take' } as const,
};

/** `preview PATH`. */
export function registerPreview(program: Command, { terminal, end }: CommandLine): void {
  program
    .command('preview <path>')
    .description('what the files at a path (folder or zip) would do; writes nothing')
    .option('--threshold <percent>', 'judge with this deletion threshold')
    .option(
      '--against <district>',
      'compare with the roster of this district (or of one of its syncs); left out: with an empty one',
    )
    .option('--changes <file>', 'write every change, field by field, to this .csv or .json file')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExit status: 0 would succeed, 2 would be held, 3 would fail, 1 usage or internal error.\n\nExamples:\n  rollbook preview ./export.zip\n  rollbook preview ./export --against riverside --threshold 15',
    )
    .action(async (path: string, options: Options) => {
      const threshold = options.threshold === undefined ? undefined : thresholdFromText(options.threshold);
      if (options.changes !== undefined) formatOf(options.changes);
      if (!existsSync(path))
        throw new CommandError(`There is nothing at ${quoted(path)}.`, {
          advice: 'Give the path of a folder or a zip file.',
        });
      const report = await withServices({ terminal, purpose: 'command' }, async (session) => {
        const { database } = session;
        const sync = options.against === undefined ? EMPTY_ROSTER : await findSyncOrDistrict(database, options.against);
        const settings = threshold ? { ...sync.settings, threshold } : sync.settings;
        const target = { districtId: sync.district, syncId: sync.id, settings };
        return previewFiles(session, path, target, options.changes);
      });
      if (options.json) outJson(terminal, report);
      else terminal.out(previewText(report, terminal.colors));
      end(exitStatusOf(report));
    });
}

async function previewFiles(
  { database, environment, shutdown, terminal }: Session,
  path: string,
  target: { readonly districtId: string; readonly syncId: string; readonly settings: RunSettings },
  changesPath: string | undefined,
): Promise<RunReport> {
  const startedAt = new Date().toISOString();
  const scope = () => ({
    district: target.districtId,
    sync: target.syncId,
    startedAt,
    finishedAt: new Date().toISOString(),
  });
  const source = createSource(FilesSource.parse({ type: 'files', path: resolve(path) }), {
    spoolDir: tmpdir(),
    allowPrivate: environment.allowPrivateSources,
  });
  const onProgress = (message: string): void => {
    if (terminal.isWatched) terminal.say(terminal.sayColors.dim(`  ${printable(message)}`));
  };
  try {
    const snapshots = new PostgresSnapshots(database.pool);
    const onCompared = async (prefix: string, { judgement, whole }: Preview): Promise<void> => {
      if (changesPath === undefined || judgement.verdict === 'reject') return;
      const { districtId, settings } = target;
      const withheld = judgement.findings.filter((finding) => finding.withheld > 0);
      const withheldUpdates = withheldPeople(whole.updates);
      await writeChangesFile(
        changesPath,
        listPlannedChanges(database.pool, { prefix, districtId, settings, withheld, withheldUpdates }),
      );
    };
    const seen = await preview(snapshots, { source, ...target, signal: shutdown.signal, onProgress, onCompared });
    return previewReport(seen, scope());
  } catch (error) {
    if (error instanceof SyncError) return failedPreviewReport(error, scope());
    throw error;
  }
}

function previewText(report: RunReport, colors: Colors): string {
  const { run, counts } = report;
  const compared = run.sync === '' ? 'an empty roster' : `the roster of "${run.district}" as kept by "${run.sync}"`;
  const said = run.reason === 'threshold' ? [`A run of these files would be held. It would say:`] : [];
  return [...said, reportText(report, colors), sentence()].filter((part) => part !== '').join('\n\n');

  function sentence(): string {
    const { bold } = colors;
    if (run.status === 'failed') return bold('These files would be refused. Nothing was written.');
    return bold(`Compared with ${compared}: ${totalsText(counts)}. Nothing was written.`);
  }
}
