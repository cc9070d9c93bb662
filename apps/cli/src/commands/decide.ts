import { counted, type RecordType } from '@rollbook/core';
import { requestApproval } from '@rollbook/pipeline';
import {
  PostgresRuns,
  approveHold,
  readApproval,
  readHold,
  readRun,
  rejectHold,
  reopenHold,
  type Approved,
  type RecordName,
  type RunDetails,
} from '@rollbook/store';
import type { Command } from 'commander';
import { actor, gather, idFrom, recordNameFrom, recordTypeFrom } from '../arguments.ts';
import type { CommandLine } from '../command-line.ts';
import { CommandError } from '../problem.ts';
import { showRun, waitForRun } from '../run-sync.ts';
import { withServices, type Session } from '../session.ts';
import { outJson } from '../terminal.ts';

interface ApproveOptions {
  readonly school?: readonly string[];
  readonly type?: readonly string[];
  readonly except?: readonly string[];
  readonly relink?: boolean;
  readonly comment?: string;
  readonly wait: boolean;
  readonly json?: boolean;
}

/** `approve HOLD`, `reject HOLD` and `reopen HOLD`. */
export function registerDecisions(program: Command, { terminal, end }: CommandLine): void {
  program
    .command('approve <hold>')
    .description('permit archiving exactly the records of a hold, and archive them at once')
    .option('--school <id>', 'only the records of this school (repeat for more)', gather)
    .option('--type <type>', 'only the records of this type (repeat for more)', gather)
    .option('--except <type:id>', 'but keep this record, such as students:S1001 (repeat for more)', gather)
    .option('--relink', 'let records take the ids they have in the data now, instead of archiving them')
    .option('--comment <text>', 'why, for the record')
    .option('--no-wait', 'do not wait for the run')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nThe run does not read the source again: it archives the records of the hold that are still active, and no others.\nWhat is left open waits in a new hold. The approval stands for 72 hours and falls if the source or its schools\nchange.\n\nExamples:\n  rollbook approve 3\n  rollbook approve 3 --school 0123 --type students --comment "graduated"\n  rollbook approve 3 --except students:S1001\n  rollbook approve 3 --relink',
    )
    .action(async (id: string, options: ApproveOptions) => {
      const { comment = null, relink = false } = options;
      const parts = {
        schools: options.school ?? null,
        recordTypes: options.type?.map(recordTypeFrom) ?? null,
        except: (options.except ?? []).map(recordNameFrom) as { recordType: RecordType; sisId: string }[],
      };
      const approval = { holdId: idFrom('hold', id), actor: actor(), comment, relink, ...parts };
      const status = await withServices({ terminal, purpose: 'command' }, async (session) => {
        // Before the approval: a queue server that is away must not leave it standing without a run.
        await session.queues();
        const approved = await approveHold(session.database.pool, approval);
        terminal.say(approvedText(approval.holdId, approved, approval));
        const run = await carryOut(session, approved.approvalId, options.wait);
        return showRun(terminal, run, { json: options.json ?? false });
      });
      end(status);
    });

  program
    .command('reject <hold>')
    .description('keep the records of a hold: no run archives them until they were back in the data')
    .requiredOption('--comment <text>', 'why, for the record')
    .option('--json', 'print one JSON document')
    .action(async (id: string, { comment, json = false }: { comment: string; json?: boolean }) => {
      const holdId = idFrom('hold', id);
      const hold = await withServices({ terminal, purpose: 'command' }, async ({ database }) => {
        await rejectHold(database.pool, { holdId, actor: actor(), comment });
        return readHold(database, holdId, json ? {} : { limit: 0 });
      });
      if (json) return outJson(terminal, hold);
      terminal.out(
        `Hold ${holdId} is rejected: its ${counted(hold.hold.records, 'record')} stay active. "rollbook reopen ${holdId}" takes that back.`,
      );
    });

  program
    .command('reopen <hold>')
    .description('take back that records of a hold are kept: the next run measures them again')
    .option('--comment <text>', 'why, for the record')
    .option('--json', 'print one JSON document')
    .action(async (id: string, { comment = null, json = false }: { comment?: string | null; json?: boolean }) => {
      const holdId = idFrom('hold', id);
      const { syncId, recordCount } = await withServices({ terminal, purpose: 'command' }, ({ database }) =>
        reopenHold(database.pool, { holdId, actor: actor(), comment }),
      );
      if (json) return outJson(terminal, { hold: String(holdId), sync: syncId, records: recordCount });
      terminal.out(
        `${counted(recordCount, 'record')} of hold ${holdId} ${recordCount === 1 ? 'is' : 'are'} no longer kept. "rollbook sync ${syncId}" measures them again.`,
      );
    });
}

function approvedText(
  holdId: number,
  { recordCount, rest }: Approved,
  { relink, except }: { readonly relink: boolean; readonly except: readonly RecordName[] },
): string {
  const kept =
    except.length === 0 ? '' : ` ${counted(except.length, 'record')} ${except.length === 1 ? 'is' : 'are'} kept.`;
  const open =
    rest === null
      ? ''
      : ` The other ${counted(rest.recordCount, 'record')} ${rest.recordCount === 1 ? 'waits' : 'wait'} in hold ${rest.holdId}.`;
  return `Hold ${holdId}: ${counted(recordCount, 'record')} approved${relink ? ' for relinking' : ''}.${kept}${open}`;
}

/** Sees to it that the approval is carried out: by a run of its own, or by one that is active and comes to its end. */
async function carryOut(session: Session, approvalId: number, wait: boolean): Promise<RunDetails> {
  const { database, terminal } = session;
  const context = { ledger: new PostgresRuns(database.pool), queue: await session.queues() };
  for (;;) {
    const run = await requestApproval(context, approvalId, actor());
    if (run === null) return readRun(database, await usedRun(session, approvalId));
    if (!run.created)
      terminal.say(
        `Run ${run.runId} is active already${wait ? ': waiting for its end' : ': the approval takes effect with it or right after it'}.`,
      );
    if (!wait) return readRun(database, run.runId);
    const ended = await waitForRun(session, run);
    if (run.created) return ended;
  }
}

async function usedRun({ database }: Session, approvalId: number): Promise<number> {
  const { status, usedRun } = await readApproval(database.pool, approvalId);
  if (usedRun !== null) return usedRun;
  throw new CommandError(`The approval was not carried out: it is ${status}.`, {
    advice: 'The source or its schools were changed meanwhile. Run the sync again, and look at its hold.',
  });
}
