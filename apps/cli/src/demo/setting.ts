import { mkdtemp, chmod, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobQueue } from '@rollbook/pipeline';
import { Queues, connect } from '@rollbook/queue';
import { acquireServices, openSecretKeys, readEnvironment, type Logger } from '@rollbook/runtime';
import type { SecretKey } from '@rollbook/runtime';
import { PostgresRuns, migrate, openDatabase, queuePrefix, type Database } from '@rollbook/store';
import { startWorkers } from '@rollbook/worker';
import { openFolderDistrict, type FolderDistrict } from './folder-district.ts';
import { openPretendDistrict, type PretendDistrict } from './pretend-district.ts';
import { openProviderDistricts, type ProviderDistricts } from './provider-districts.ts';

export interface SettingOptions {
  readonly log: Logger;
  /** Keeps the folder with the database when everything has stopped. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
  /** Hears of built-in servers that went away. */
  readonly onLost: (message: string) => void;
}

/** Everything that the demonstration runs on: real servers, real workers, and pretend districts on real sites. */
export interface Setting {
  /** Holds everything that the demonstration writes. */
  readonly folder: string;
  /** The folder of the built-in servers, as ROLLBOOK_HOME. */
  readonly home: string;
  /** One line that tells which database and queues are in use. */
  readonly describe: string;
  readonly database: Database;
  readonly secretKeys: readonly SecretKey[];
  readonly district: PretendDistrict;
  readonly providers: ProviderDistricts;
  readonly folderDistrict: FolderDistrict;
  /** The nights here are seconds apart: the clock goes on by a day. */
  readonly passNight: () => void;
  /** To request runs with. */
  readonly context: { readonly ledger: PostgresRuns; readonly queue: JobQueue };
}

/** The demonstration has no job under way when it ends; an interrupted one is not waited for longer than this. */
const STOP_GRACE_MS = 500;

const MS_PER_DAY = 86_400_000;

/**
 * Starts everything, lets `work` use it, and ends it again however that ended: nothing is left running, and no file
 * unless it shall be kept.
 *
 * @throws UsageError if something cannot be started; what `work` throws.
 */
export async function withSetting<R>(options: SettingOptions, work: (setting: Setting) => Promise<R>): Promise<R> {
  const releases = new Releases(options.log);
  try {
    return await work(await open(options, releases));
  } finally {
    await releases.run();
  }
}

async function open({ log, keep, signal, onLost }: SettingOptions, releases: Releases): Promise<Setting> {
  const folder = await mkdtemp(join(tmpdir(), 'rollbook-demo-'));
  if (!keep) releases.add(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  // PostgreSQL does not run as root: root hands it to a user who must be able to pass through.
  if (process.getuid?.() === 0) await chmod(folder, 0o711);
  const home = join(folder, 'home');
  const spoolDir = join(folder, 'spool');
  await mkdir(spoolDir, { mode: 0o700 });

  const { ROLLBOOK_QUEUE_BACKEND } = process.env;
  const { queueBackend } = readEnvironment({ ROLLBOOK_QUEUE_BACKEND });
  const services = await acquireServices({ home, queueBackend, log, onLost });
  releases.add(() => services.release());
  signal.throwIfAborted();

  await migrate(services.databaseUrl);
  const onError = (error: Error): void => log.warn(`connection: ${error.message}`);
  const database = openDatabase({ databaseUrl: services.databaseUrl, onConnectionError: onError });
  releases.add(() => database.close());
  signal.throwIfAborted();

  const district = await openPretendDistrict(join(folder, 'site'));
  releases.add(() => district.close());
  const providers = await openProviderDistricts();
  releases.add(() => providers.close());
  const folderDistrict = await openFolderDistrict(join(folder, 'meadow'));
  const secretKeys = openSecretKeys(undefined, home);
  let nights = 0;
  const now = (): Date => new Date(Date.now() + nights * MS_PER_DAY);
  const workers = await startWorkers({
    backend: services.queue,
    database,
    secretKeys,
    // The pretend sites are on this computer.
    allowPrivateSources: true,
    spoolDir,
    now,
    log,
  });
  releases.add(() => workers.stop(STOP_GRACE_MS));
  const connection = connect(services.queue, { prefix: await queuePrefix(database.pool), onError });
  releases.add(() => connection.close());
  const queues = new Queues(connection, onError);
  releases.add(() => queues.close());
  signal.throwIfAborted();

  return {
    folder,
    home,
    describe: services.describe,
    database,
    secretKeys,
    district,
    providers,
    folderDistrict,
    passNight: () => (nights += 1),
    context: { ledger: new PostgresRuns(database.pool, { now }), queue: queues },
  };
}

/** What must be given back, in the opposite order of taking. One that fails does not keep the others. */
class Releases {
  readonly #log: Logger;
  readonly #all: (() => Promise<void>)[] = [];

  constructor(log: Logger) {
    this.#log = log;
  }

  add(release: () => Promise<void>): void {
    this.#all.push(release);
  }

  /** @throws the first error, when all were tried. */
  async run(): Promise<void> {
    const errors: unknown[] = [];
    for (const release of this.#all.reverse())
      await release().catch((error: unknown) => {
        this.#log.error({ err: error }, 'the demonstration could not end something');
        errors.push(error);
      });
    if (errors.length > 0) throw errors[0];
  }
}
