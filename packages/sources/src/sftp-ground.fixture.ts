import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SftpSource } from '@rollbook/core';
import type { RosterSource } from '@rollbook/pipeline';
import { collect, sound, type Pulled } from './delivery.fixture.ts';
import { createSource } from './index.ts';
import { startSite, type Site, type SiteAccess } from './sftp-server.fixture.ts';

export const PASSWORD = 'correct horse';
/** When the files of a site were written, unless a test says otherwise; in seconds. */
export const NIGHT = Date.UTC(2026, 8, 1, 2) / 1000;

export type Settings = { readonly [K in keyof SftpSource]?: SftpSource[K] | undefined } & {
  readonly allowPrivate?: boolean;
  readonly log?: (message: string) => void;
};

/** The sites of one test and the folder their files are copied to. */
export class Ground {
  readonly spoolDir: string;
  readonly #sites: Site[] = [];

  private constructor(spoolDir: string) {
    this.spoolDir = spoolDir;
  }

  static async prepare(): Promise<Ground> {
    return new Ground(await mkdtemp(join(tmpdir(), 'rollbook-spool-')));
  }

  /** Closes the sites and returns what was left in the spool folder: no copy of a roster may be. */
  async clear(): Promise<string[]> {
    const left = await readdir(this.spoolDir);
    await rm(this.spoolDir, { recursive: true });
    await Promise.all(this.#sites.map((site) => site.close()));
    return left;
  }

  async siteWith(
    files: Readonly<Record<string, string | Buffer>> = sound,
    access: SiteAccess = { password: PASSWORD },
  ): Promise<Site> {
    const site = await startSite(access);
    this.#sites.push(site);
    for (const [name, content] of Object.entries(files))
      site.files.set(name, { content: Buffer.from(content), modifiedSeconds: NIGHT });
    return site;
  }

  sourceOf(site: { readonly port: number; readonly hostKey: string }, settings: Settings = {}): RosterSource {
    const { allowPrivate = true, log, ...config } = settings;
    const source = SftpSource.parse({
      type: 'sftp',
      host: '127.0.0.1',
      port: site.port,
      username: 'riverside',
      password: PASSWORD,
      hostKey: site.hostKey,
      path: '/upload',
      settleSeconds: 0.02,
      ...config,
    });
    return createSource(source, { spoolDir: this.spoolDir, allowPrivate, ...(log === undefined ? {} : { log }) });
  }

  pull(site: { readonly port: number; readonly hostKey: string }, settings?: Settings): Promise<Pulled> {
    return collect(this.sourceOf(site, settings).pull(new AbortController().signal));
  }
}
