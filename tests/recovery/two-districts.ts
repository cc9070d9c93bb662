import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RECORD_TYPES, parseConfig } from '@rollbook/core';
import {
  changeStudents,
  changeTeacher,
  generateDistrict,
  newStudents,
  nextDay,
  removeStudents,
  renameClass,
  startSftpSite,
  writeOneRosterFolder,
  type SftpSite,
} from '@rollbook/sandbox';
import { loadConfiguration, type Database } from '@rollbook/store';
import { SECRET_KEYS } from '../sync-fixture.ts';

/** Two districts with the same data on the same site: what befalls one must not show beside the other. */
export interface TwoDistricts {
  readonly site: SftpSite;
  /** Puts the data of the other of two days on the site: creates, updates, archives and restores for the next run. */
  turnDay(): Promise<void>;
  configure(database: Database): Promise<void>;
  stop(): Promise<void>;
}

export const TRIED = 'tried';
export const CONTROL = 'control';

const PASSWORD = 'open sesame';

export async function createTwoDistricts(): Promise<TwoDistricts> {
  const folder = await mkdtemp(join(tmpdir(), 'rollbook-two-districts-'));
  const today = generateDistrict({ seed: 23, schoolSizes: [60, 60] });
  const [first, second] = today.schools.map(({ sisId }) => sisId) as [string, string];
  const tomorrow = nextDay(today, [
    removeStudents(3, first),
    newStudents(4, second),
    changeStudents(12),
    renameClass(),
    changeTeacher(),
  ]);
  let day = tomorrow;
  const turnDay = async (): Promise<void> => {
    day = day === today ? tomorrow : today;
    await writeOneRosterFolder(day, folder, { version: '1.1' });
  };
  await turnDay();
  const site = await startSftpSite({ root: folder, users: [{ username: 'sis', password: PASSWORD }] });
  const { host, port, hostKey } = site;
  const source = {
    type: 'sftp',
    host,
    port,
    hostKey,
    username: 'sis',
    password: PASSWORD,
    path: '/',
    settleSeconds: 0,
  };
  return {
    site,
    turnDay,
    async configure(database) {
      const districts = [TRIED, CONTROL].map((id) => ({
        id,
        name: id,
        timezone: 'America/Chicago',
        syncs: [{ id: `${id}-sis`, source }],
      }));
      await loadConfiguration(database, parseConfig({ districts }), SECRET_KEYS);
    },
    async stop() {
      await site.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * The whole roster of a district, the audit of a run and its counts, without what tells districts and runs apart: of the
 * run columns only whether they name this run.
 */
export async function stateAfter(database: Database, districtId: string, runId: number): Promise<object> {
  const read = async (text: string, values: unknown[]): Promise<unknown[]> =>
    (await database.pool.query<{ row: unknown }>(text, values)).rows.map(({ row }) => row);
  const roster: Record<string, unknown[]> = {};
  for (const recordType of RECORD_TYPES) {
    roster[recordType] = await read(
      `SELECT to_jsonb(t) - '{district_id,sync_id,created_run_id,changed_run_id,archived_run_id}'::text[]
         || jsonb_build_object('created', created_run_id = $2, 'changed', changed_run_id = $2, 'gone', archived_run_id = $2)
         AS row
       FROM ${recordType} t WHERE district_id = $1 ORDER BY sis_id`,
      [districtId, runId],
    );
  }
  const audit = await read(
    `SELECT to_jsonb(c) - '{run_id,district_id}'::text[] AS row FROM roster_changes c WHERE run_id = $1
     ORDER BY record_type, sis_id, action`,
    [runId],
  );
  const [run] = await read(
    `SELECT jsonb_build_object('status', status, 'counts', counts) AS row FROM runs WHERE id = $1`,
    [runId],
  );
  return { run, audit, roster };
}

/** Tables of the snapshot schema; none may be left once every run is over. */
export async function snapshotTables(database: Database): Promise<string[]> {
  const { rows } = await database.pool.query<{ tablename: string }>(
    `SELECT tablename FROM pg_tables WHERE schemaname = 'snapshot'`,
  );
  return rows.map(({ tablename }) => tablename);
}
