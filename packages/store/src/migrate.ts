import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import pg from 'pg';

const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));

/** Any number that no other program takes as an advisory lock: "rollbook" in ASCII, folded to 63 bits. */
const MIGRATION_LOCK = '8245928655720965995';

/** The part used here; TypeScript has the rest only among its browser types. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: object } }>;
};

interface MigrationsList {
  baseDir: string;
  lockfile: { path: string; content: string | null };
  shadowDbInitScript: string;
  migrationDirectories: {
    path: string;
    migrationFile: { path: string; content: { tag: 'ok'; value: string } };
  }[];
}

async function readMigrations(folder: string): Promise<MigrationsList> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return {
    baseDir: folder,
    lockfile: {
      path: 'migration_lock.toml',
      content: await readFile(join(folder, 'migration_lock.toml'), 'utf8'),
    },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(
      names.sort().map(async (name) => ({
        path: name,
        migrationFile: {
          path: 'migration.sql',
          content: { tag: 'ok' as const, value: await readFile(join(folder, name, 'migration.sql'), 'utf8') },
        },
      })),
    ),
  };
}

/** Prisma's schema engine as WebAssembly: the command-line tool would download a native one. */
async function loadSchemaEngine(): Promise<typeof import('@prisma/schema-engine-wasm/schema_engine_bg')> {
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const bindings = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const bytes = await readFile(join(dirname(entry), 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(bytes, {
    './schema_engine_bg.js': withUnrefdTimers(bindings),
  });
  const exports = instance.exports as { __wbindgen_start?: () => void };
  (bindings as unknown as { __wbg_set_wasm(exports: unknown): void }).__wbg_set_wasm(exports);
  exports.__wbindgen_start?.();
  return bindings;
}

/** The engine leaves a timer of ten seconds behind, which would keep a finished command waiting. */
function withUnrefdTimers(bindings: object): object {
  const setUnrefdTimeout = (callback: () => void, delayMs: number): NodeJS.Timeout =>
    setTimeout(callback, delayMs >>> 0).unref();
  return Object.fromEntries(
    Object.entries(bindings).map(([name, binding]) => [
      name,
      name.startsWith('__wbg_setTimeout_') ? setUnrefdTimeout : binding,
    ]),
  );
}

/**
 * Brings the database up to date. Any number of processes may call it at once: one works, the others wait for it.
 *
 * @returns the names of the migrations that were applied now, oldest first.
 * @throws the database's error if a migration fails; what it had changed is rolled back.
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const lock = new pg.Client({ connectionString: databaseUrl, application_name: 'rollbook migrate' });
  await lock.connect();
  try {
    await lock.query('SELECT pg_advisory_lock($1::bigint)', [MIGRATION_LOCK]);
    const migrationsList = await readMigrations(MIGRATIONS_FOLDER);
    if (await isUpToDate(lock, migrationsList)) return [];
    const { SchemaEngine } = await loadSchemaEngine();
    // Migrations are single transactions: one that was cut off left nothing behind but its unfinished entry.
    await forgetUnfinished(lock);
    // One connection, so that the statements of a migration share their transaction.
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 1, application_name: 'rollbook migrate' });
    const adapter = bindMigrationAwareSqlAdapterFactory(new PrismaPg(pool));
    const engine = await SchemaEngine.new({ datamodels: undefined }, () => undefined, adapter);
    try {
      const filters = { externalTables: [], externalEnums: [] };
      return (await engine.applyMigrations({ migrationsList, filters })).appliedMigrationNames;
    } finally {
      engine.free();
      await pool.end();
    }
  } finally {
    await lock.end();
  }
}

async function forgetUnfinished(sql: pg.Client): Promise<void> {
  if (!(await hasMigrationsTable(sql))) return;
  await sql.query('DELETE FROM _prisma_migrations WHERE finished_at IS NULL');
}

async function hasMigrationsTable(sql: pg.Client): Promise<boolean> {
  const { rows } = await sql.query<{ found: boolean }>(`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS found`);
  return rows[0]?.found === true;
}

/** Saves loading the engine (a third of a second) where there is nothing to do. */
async function isUpToDate(sql: pg.Client, wanted: MigrationsList): Promise<boolean> {
  if (!(await hasMigrationsTable(sql))) return false;
  const { rows } = await sql.query<{ migration_name: string }>(
    'SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
  );
  const applied = new Set(rows.map((row) => row.migration_name));
  return wanted.migrationDirectories.every(({ path }) => applied.has(path));
}

/** The migrations the database still lacks, oldest first; for `rollbook doctor`. */
export async function pendingMigrations(databaseUrl: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'rollbook doctor' });
  await client.connect();
  try {
    const { migrationDirectories, ...list } = await readMigrations(MIGRATIONS_FOLDER);
    const pending: string[] = [];
    for (const directory of migrationDirectories)
      if (!(await isUpToDate(client, { ...list, migrationDirectories: [directory] }))) pending.push(directory.path);
    return pending;
  } finally {
    await client.end();
  }
}
