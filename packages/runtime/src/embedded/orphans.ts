import { existsSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere } from './home.ts';
import { commandOf, isRunning, processesIn, sendSignal, waitUntilGone } from './process-table.ts';
import { stopProcess } from './server-process.ts';

/**
 * Ends a PostgreSQL that a killed keeper left running on `dataFolder`, and clears away a postmaster.pid whose number
 * now belongs to a stranger, which would keep PostgreSQL from starting. Only the holder of the home's lock may call
 * this: whoever runs on the folder then has no keeper.
 */
export async function endPostgresOrphans(dataFolder: string): Promise<void> {
  const pidFile = join(dataFolder, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const folder = realpathSync(dataFolder);
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 1) return;

  if (isRunning(pid) && isPostgresOn(pid, dataFolder, folder)) {
    await stopProcess(pid, [
      { signal: 'SIGINT', timeoutMs: 10_000 },
      { signal: 'SIGQUIT', timeoutMs: 5_000 },
    ]);
  }
  const helpers = processesIn(folder);
  for (const helper of helpers) sendSignal(helper, 'SIGQUIT');
  await waitUntilGone(helpers, 10_000);
  if (isRunning(pid)) rmSync(pidFile, { force: true });
}

/** Ends a Redis that a killed keeper left running, by the number it was started under. */
export async function endRedisOrphan(pidFile: string, configFile: string): Promise<void> {
  const pid = Number(readIfThere(pidFile));
  if (!Number.isInteger(pid) || pid <= 1) return;
  const isOurs = isRunning(pid) && (commandOf(pid)?.includes(configFile) ?? false);
  if (isOurs) await stopProcess(pid, [{ signal: 'SIGTERM', timeoutMs: 10_000 }]);
  rmSync(pidFile, { force: true });
}

function isPostgresOn(pid: number, dataFolder: string, realFolder: string): boolean {
  const command = commandOf(pid) ?? '';
  return command.includes(dataFolder) || command.includes(realFolder) || processesIn(realFolder).includes(pid);
}
