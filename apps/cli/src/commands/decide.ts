import { approveHold, readHold, readRun, rejectHold, type RunDetails } from '@rollbook/store';
import type { Command } from 'commander';
import { actor, gather, idFrom, recordTypeFrom } from '../arguments.ts';
import type { CommandLine } from '../command-line.ts';
import { requestRun, showRun, waitForRun } from '../run-sync.ts';
import { withServices, type Session } from '../session.ts';
import { outJson } from '../terminal.ts';
import { counted } from '../wording.ts';

interface ApproveOptions {
  readonly school?: readonly string[];
  readonly type?: readonly string[];
  readonly comment?: string;
  readonly wait: boolean;
  readonly json?: boolean;
}

/** `approve HOLD` and `reject HOLD`. */
export function registerDecisions(program: Command, { terminal, end }: CommandLine): void {
  program
    .command('approve <hold>')
    .description('permit archiving exactly the records of a hold, and run the sync')
    .option('--school <id>', 'only the records of this school (repeat for more)', gather)
    .option('--type <type>', 'only the records of this type (repeat for more)', gather)
    .option('--comment <text>', 'why, for the record')
    .option('--no-wait', 'do not wait for the run')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nRecords that are back in the data by then are not archived. The approval stands for 72 hours and falls if the\nsource or its schools change.\n\nExamples:\n  rollbook approve 3\n  rollbook approve 3 --school 0123 --type students --comment "graduated"',
    )
    .action(async (id: string, options: ApproveOptions) => {
      const approval = {
        holdId: idFrom('hold', id),
        actor: actor(),
        comment: options.comment ?? null,
        schools: options.school ?? null,
        recordTypes: options.type?.map(recordTypeFrom) ?? null,
      };
      const status = await withServices({ terminal, purpose: 'command' }, async (session) => {
        // Before the approval: a queue server that is away must not leave it standing without a run.
        await session.queues();
        const { syncId, recordCount } = await approveHold(session.database.pool, approval);
        terminal.say(`Hold ${approval.holdId}: ${counted(recordCount, 'record')} approved.`);
        const run = await runAfterApproval(session, syncId, options.wait);
        return showRun(terminal, run, { json: options.json ?? false });
      });
      end(status);
    });

  program
    .command('reject <hold>')
    .description('keep the records of a hold; later runs do not ask about exactly these again')
    .requiredOption('--comment <text>', 'why, for the record')
    .option('--json', 'print one JSON document')
    .action(async (id: string, { comment, json = false }: { comment: string; json?: boolean }) => {
      const holdId = idFrom('hold', id);
      const hold = await withServices({ terminal, purpose: 'command' }, async ({ database }) => {
        await rejectHold(database.pool, { holdId, actor: actor(), comment });
        return readHold(database, holdId);
      });
      if (json) return outJson(terminal, hold);
      terminal.out(`Hold ${holdId} is rejected: its ${counted(hold.hold.records, 'record')} stay active.`);
    });
}

/** A run that was active already may have compared before the approval: it is waited for, and then there is a new one. */
async function runAfterApproval(session: Session, syncId: string, wait: boolean): Promise<RunDetails> {
  for (;;) {
    const run = await requestRun(session, syncId, { trigger: 'approval' });
    if (!run.created)
      session.terminal.say(
        wait
          ? `Run ${run.runId} of "${syncId}" is active already: waiting for its end, then running the sync again.`
          : `Run ${run.runId} of "${syncId}" is active already: the approval takes effect with the run after it.`,
      );
    if (!wait) return readRun(session.database, run.runId);
    const ended = await waitForRun(session, run);
    if (run.created) return ended;
  }
}
