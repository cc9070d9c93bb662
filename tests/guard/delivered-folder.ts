import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FilesSource } from '@rollbook/core';
import type { RosterSource } from '@rollbook/pipeline';
import { createSource } from '@rollbook/sources';

export type Files = Readonly<Record<string, string | Buffer>>;

/** A folder on the disk that a sync reads, as an export leaves it there night after night. */
export class DeliveredFolder {
  readonly path: string;
  readonly source: RosterSource;
  readonly #home: string;

  private constructor(home: string) {
    this.#home = home;
    this.path = join(home, 'roster');
    const config = FilesSource.parse({ type: 'files', path: this.path });
    this.source = createSource(config, { spoolDir: home, allowPrivate: false });
  }

  static async create(): Promise<DeliveredFolder> {
    return new DeliveredFolder(await mkdtemp(join(tmpdir(), 'rollbook-guard-')));
  }

  /** These files and no others. */
  async deliver(files: Files): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
    await mkdir(this.path);
    for (const [name, content] of Object.entries(files)) await writeFile(join(this.path, name), content);
  }

  remove(): Promise<void> {
    return rm(this.#home, { recursive: true });
  }
}
