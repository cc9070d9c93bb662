import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SourceConfig, type RecordType } from '@rollbook/core';
import type { RosterSource } from '@rollbook/pipeline';
import type { District } from '@rollbook/sandbox';
import { createSource, type SourceContext } from '@rollbook/sources';
import type { Carries } from './carries.ts';

/** Keys of a source's configuration that a test sets. */
export type Settings = Readonly<Record<string, unknown>>;

/** A source's configuration that cannot work, and how often the site has been asked since the ground was prepared. */
export interface WrongAccess {
  readonly settings: Settings;
  readonly asked: () => readonly string[];
}

/** One kind of source on a real folder or server that serves a pretend district. */
export interface SourceGround {
  /** The folder for temporary copies; nothing may be left in it. */
  readonly spoolDir: string;
  /** What the sources told their log. */
  readonly log: readonly string[];
  /** What no message may hold. */
  readonly secrets: () => readonly string[];
  source(settings?: Settings): RosterSource;
  /** The district of another day. */
  publish(district: District): Promise<void>;
  /** A student without an id is in the data from now on, in place of the first one where there is room for one only. */
  loseId(): Promise<void>;
  /** Credentials that are refused; null where there are none. */
  readonly wrongCredentials: WrongAccess | null;
  /** A host where nothing listens, or a folder that is not there. */
  unreachable(): Promise<Settings>;
  clear(): Promise<void>;
}

export interface SourceKind<G extends SourceGround = SourceGround> {
  readonly name: string;
  readonly carries: Carries;
  prepare(district: District): Promise<G>;
}

/** The folders and the log of a ground, and the sources that use them. */
export class Workplace {
  readonly log: string[] = [];
  readonly spoolDir: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.spoolDir = join(folder, 'spool');
  }

  static async create(): Promise<Workplace> {
    const place = new Workplace(await mkdtemp(join(tmpdir(), 'rollbook-ground-')));
    await mkdir(place.spoolDir);
    return place;
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  open(config: Settings): RosterSource {
    const context: SourceContext = {
      spoolDir: this.spoolDir,
      allowPrivate: true,
      retryPauseMs: 5,
      log: (message) => this.log.push(message),
    };
    return createSource(SourceConfig.parse(config), context);
  }

  async clear(): Promise<void> {
    const left = await readdir(this.spoolDir);
    await rm(this.#folder, { recursive: true });
    if (left.length > 0) throw new Error(`A source left ${left.length} of its temporary copies behind.`);
  }
}

/** A port of this machine at which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The district with a student whose id is blank, for formats that take ids as they are. */
export function withBlankId(district: District): District {
  const [first, ...others] = district.students;
  if (first === undefined) throw new Error('The district has no student.');
  return { ...district, students: [...others, { ...first, sisId: '' }] };
}

export type IdOf = (recordType: RecordType, sisId: string) => string;
