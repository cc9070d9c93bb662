import { randomBytes } from 'node:crypto';
import { parseConfig, UsageError, type ConfigFile } from '@rollbook/core';
import { loadConfiguration, openSourceConfig } from './configuration.ts';
import type { Database } from './database.ts';
import { createTestDatabase, type TestDatabase } from '../../../tests/test-database.ts';
import { reseal } from './secrets.ts';

const older = { id: '2025', key: randomBytes(32) };
const newer = { id: '2026', key: randomBytes(32) };

const sftp = { type: 'sftp', host: 'sftp.riverside.example', username: 'riverside', password: 'hunter2' };

/** One district with one sync. */
const config = (sync: object = {}, district: object = {}): ConfigFile =>
  parseConfig({ districts: [{ id: 'riverside', ...district, syncs: [{ id: 'sis', source: sftp, ...sync }] }] });

let testDatabase: TestDatabase;
let db: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase('configuration');
  db = testDatabase.database;
});
beforeEach(async () => void (await db.pool.query('TRUNCATE districts CASCADE')));
afterAll(() => testDatabase.drop());

const changes = async (file: ConfigFile): Promise<string[]> => {
  const { districts, syncs } = await loadConfiguration(db, file, [newer]);
  return [...districts, ...syncs].map(({ id, change }) => `${id} ${change}`);
};

describe('loadConfiguration', () => {
  it('creates, then finds nothing to do, then updates what changed', async () => {
    expect(await changes(config())).toEqual(['riverside created', 'sis created']);
    expect(await changes(config())).toEqual(['riverside unchanged', 'sis unchanged']);
    expect(await changes(config({ deletionThreshold: 20 }))).toEqual(['riverside unchanged', 'sis updated']);
    expect(await changes(config({ deletionThreshold: 20 }, { name: 'Riverside' }))).toEqual([
      'riverside updated',
      'sis unchanged',
    ]);
    expect(await changes(config({ schedule: '0 2 * * *', schools: [{ sisId: '0123' }] }))).toContain('sis updated');
    const { rows } = await db.pool.query('SELECT schedule, settings FROM syncs');
    expect(rows[0]).toMatchObject({
      schedule: '0 2 * * *',
      settings: { schools: [{ sisId: '0123', name: null }], threshold: { default: 1000 } },
    });
  });

  it('leaves districts and syncs alone that the file does not name', async () => {
    await changes(config());
    const other = parseConfig({ districts: [{ id: 'lakeside', syncs: [{ id: 'lake', source: sftp }] }] });
    await changes(other);
    const { rows } = await db.pool.query('SELECT id FROM syncs ORDER BY id');
    expect(rows).toEqual([{ id: 'lake' }, { id: 'sis' }]);
  });

  it('refuses a sync that belongs to another district, and then writes nothing', async () => {
    await changes(config());
    const moved = parseConfig({ districts: [{ id: 'lakeside', syncs: [{ id: 'sis', source: sftp }] }] });
    await expect(changes(moved)).rejects.toThrow('belongs to the district "riverside" and cannot move to "lakeside"');
    const { rows } = await db.pool.query('SELECT id FROM districts');
    expect(rows).toEqual([{ id: 'riverside' }]);
  });

  it('keeps credentials sealed only, and gives them back for opening the source', async () => {
    await changes(config());
    const { rows } = await db.pool.query(
      `SELECT s.source::text || s.settings::text || encode(x.sealed, 'escape') AS stored, x.field
       FROM syncs s JOIN sealed_secrets x ON x.sync_id = s.id`,
    );
    expect(rows).toHaveLength(1);
    expect(rows[0].field).toBe('password');
    expect(rows[0].stored).not.toContain('hunter2');
    expect(await openSourceConfig(db, 'sis', [newer])).toMatchObject({ type: 'sftp', port: 22, password: 'hunter2' });
    await expect(openSourceConfig(db, 'sis', [older])).rejects.toMatchObject({
      reason: 'wrong_credentials',
      disposition: 'give-up',
      message: expect.stringMatching(/"password" of sync "sis" is sealed with the key "2026"(?!.*hunter2)/),
    });
    await expect(openSourceConfig(db, 'nobody', [newer])).rejects.toThrow(UsageError);
  });

  it('sees a changed password, and deletes credentials that the file no longer has', async () => {
    await changes(config());
    expect(await changes(config({ source: { ...sftp, password: 'hunter3' } }))).toContain('sis updated');
    expect(await openSourceConfig(db, 'sis', [newer])).toMatchObject({ password: 'hunter3' });
    expect(await changes(config({ source: { type: 'files', path: '/rosters' } }))).toContain('sis updated');
    const { rows } = await db.pool.query('SELECT 1 FROM sealed_secrets');
    expect(rows).toEqual([]);
    expect(await openSourceConfig(db, 'sis', [newer])).toMatchObject({ type: 'files', path: '/rosters' });
  });

  it('takes credentials in again whose key was lost', async () => {
    await loadConfiguration(db, config(), [older]);
    expect(await changes(config())).toContain('sis updated');
    expect(await openSourceConfig(db, 'sis', [newer])).toMatchObject({ password: 'hunter2' });
  });

  it.each<[string, object, string]>([
    ['a new host', { source: { ...sftp, host: 'sftp2.riverside.example' } }, 'void'],
    ['other schools', { schools: [{ sisId: '0123' }] }, 'void'],
    ['a new password', { source: { ...sftp, password: 'hunter3' } }, 'active'],
    ['a new threshold', { deletionThreshold: 50 }, 'active'],
  ])('after %s, an approval given before is what it should be', async (_what, sync, status) => {
    await changes(config());
    await db.pool.query(
      `WITH run AS (INSERT INTO runs (district_id, sync_id, trigger, source_type, settings, status)
         VALUES ('riverside', 'sis', 'cli', 'sftp', '{}', 'held') RETURNING id),
       hold AS (INSERT INTO holds (district_id, sync_id, run_id, last_run_id, status, fingerprint, record_count, since_run_id)
         SELECT 'riverside', 'sis', id, id, 'approved', 'f', 1, id FROM run RETURNING id)
       INSERT INTO approvals (hold_id, sync_id, source_fingerprint, expires_at)
       SELECT id, 'sis', 'f', now() + interval '1 day' FROM hold`,
    );
    const { syncs } = await loadConfiguration(db, config(sync), [newer]);
    expect(syncs[0]?.voidedApprovals).toBe(status === 'void' ? 1 : 0);
    expect((await db.pool.query('SELECT status FROM approvals')).rows).toEqual([{ status }]);
  });

  it('may be called twice at once', async () => {
    const both = await Promise.all([changes(config()), changes(config())]);
    expect(both.flat().sort()).toEqual(['riverside created', 'riverside unchanged', 'sis created', 'sis unchanged']);
  });
});

describe('reseal', () => {
  it('seals with the first key what another had sealed, once', async () => {
    await loadConfiguration(db, config(), [older]);
    expect(await reseal(db.pool, [newer, older])).toBe(1);
    expect(await reseal(db.pool, [newer, older])).toBe(0);
    expect(await openSourceConfig(db, 'sis', [newer])).toMatchObject({ password: 'hunter2' });
  });

  it('changes nothing if a key is missing', async () => {
    await loadConfiguration(db, config(), [older]);
    await expect(reseal(db.pool, [newer])).rejects.toThrow('"2025"');
    expect(await openSourceConfig(db, 'sis', [older])).toMatchObject({ password: 'hunter2' });
  });
});
