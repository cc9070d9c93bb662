import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '@rollbook/core';
import { generateDistrict, startSftpSite, writeOneRosterFolder, type SftpSite } from '@rollbook/sandbox';
import { loadConfiguration, readRun, type Database, type SecretKey } from '@rollbook/store';
import { until } from './queue-backends.ts';

export const SECRET_KEYS: readonly SecretKey[] = [{ id: 'test', key: Buffer.alloc(32, 7) }];

export const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface SyncFixture {
  readonly folder: string;
  readonly site: SftpSite;
  readonly studentCount: number;
  /** Writes the configuration of the district's two syncs: `by-sftp` and `by-files`. */
  configure(database: Database, source?: Record<string, unknown>): Promise<void>;
  stop(): Promise<void>;
}

/** A small district as OneRoster CSV in a folder, and an SFTP site that serves it. */
export async function createSyncFixture(students = 120): Promise<SyncFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'rollbook-fixture-'));
  const district = generateDistrict({ seed: 11, schoolSizes: [students / 2, students / 2] });
  await writeOneRosterFolder(district, folder, { version: '1.1' });
  const site = await startSftpSite({ root: folder, users: [{ username: 'riverside', password: 'open sesame' }] });
  return {
    folder,
    site,
    studentCount: students,
    async configure(database, source = {}) {
      const sftp = {
        type: 'sftp',
        host: site.host,
        port: site.port,
        username: 'riverside',
        password: 'open sesame',
        hostKey: site.hostKey,
        path: '/',
        settleSeconds: 0,
        ...source,
      };
      const config = parseConfig({
        districts: [
          {
            id: 'riverside',
            name: 'Riverside',
            timezone: 'America/Chicago',
            syncs: [
              { id: 'by-sftp', source: sftp },
              { id: 'by-files', source: { type: 'files', path: folder } },
            ],
          },
        ],
      });
      await loadConfiguration(database, config, SECRET_KEYS);
    },
    async stop() {
      await site.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The run, once it has ended. */
export async function endOf(database: Database, runId: number, timeoutMs?: number): ReturnType<typeof readRun> {
  return until(
    `the end of run ${runId}`,
    async () => {
      const run = await readRun(database, runId);
      return run.run.finishedAt !== null && run;
    },
    timeoutMs,
  );
}
