import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { SftpSource } from '@rollbook/core';
import type { PullEvent, RosterSource } from '@rollbook/pipeline';
import { listNames } from './delivery-names.ts';
import { differentGenerations, openLocalFiles, pickDelivery } from './file-set.ts';
import { EXPORT_AGAIN, invalidData, stillChanging } from './invalid-data.ts';
import { isRosterFileName } from './oneroster-csv/layout.ts';
import { readRoster } from './oneroster-csv/read-roster.ts';
import { download, isSameFile, SftpLink } from './sftp-download.ts';
import { sftpFailure } from './sftp-failure.ts';
import { SftpSession, type RemoteFile } from './sftp-session.ts';
import { resolveAddress } from './source-address.ts';
import type { SourceContext } from './source-context.ts';

/** More than any roster; a disk that is full stops every district. */
const MAX_DOWNLOAD_BYTES = 16 * 2 ** 30;

/** Servers hang up on a connection that is silent for long. */
const LONG_WAIT_SECONDS = 30;

/**
 * CSV files or one zip on an SFTP site. A server cannot say whether a file is complete, so two looks `settleSeconds`
 * apart and a third after the download must agree; then the copies are read like local files.
 */
export function createSftpSource(config: SftpSource, context: SourceContext): RosterSource {
  const log = context.log ?? (() => undefined);

  async function* pull(signal: AbortSignal): AsyncGenerator<PullEvent> {
    signal.throwIfAborted();
    const address = await resolveAddress(config.host, context.allowPrivate);
    const folder = await mkdtemp(join(context.spoolDir, 'sftp-'));
    const link = new SftpLink(() => SftpSession.open(config, address, signal));
    try {
      yield { kind: 'progress', message: `Connecting to "${config.host}"` };
      const remote = await watched(signal, () => settledFiles(link, config, signal));
      const bytes = remote.files.reduce((sum, file) => sum + file.sizeBytes, 0);
      yield { kind: 'progress', message: `Downloading ${listNames(remote.files.map((f) => f.name))}, ${bytes} bytes` };
      for (const file of remote.files) {
        const path = `${remote.folder}/${file.name}`;
        const target = join(folder, file.name);
        const got = await watched(signal, () => download(link, path, file, target, signal, log));
        const now = await watched(signal, async () => (await link.session()).stat(path));
        if (!isSameFile(now, got)) throw stillChanging(`"${path}" changed while it was being downloaded.`);
      }
      link.close();
      const set = await openLocalFiles(folder, isRosterFileName);
      try {
        const otherNames = [...set.otherNames, ...remote.otherNames];
        yield* readRoster({ ...set, otherNames }, { spoolDir: context.spoolDir, signal });
      } finally {
        set.close();
      }
    } finally {
      link.close();
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Turns what the library throws into a SyncError, unless the pull was aborted. */
  async function watched<T>(signal: AbortSignal, step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      signal.throwIfAborted();
      throw sftpFailure(error, `"${config.host}", "${config.path}"`);
    }
  }

  return { pull };
}

interface RemoteDelivery {
  readonly folder: string;
  readonly files: readonly RemoteFile[];
  readonly otherNames: readonly string[];
}

async function settledFiles(link: SftpLink, config: SftpSource, signal: AbortSignal): Promise<RemoteDelivery> {
  const first = await look(await link.session(), config);
  if (config.settleSeconds >= LONG_WAIT_SECONDS) link.close();
  await pause(config.settleSeconds * 1000, undefined, { signal });
  const second = await look(await link.session(), config);
  const moving = second.files.find((file) => {
    const before = first.files.find(({ name }) => name === file.name);
    return before === undefined || !isSameFile(before, file);
  });
  const vanished = first.files.find((file) => !second.files.some(({ name }) => name === file.name));
  const changed = moving ?? vanished;
  if (changed !== undefined) throw stillChanging(`"${config.path}/${changed.name}" is still being written.`);
  const bytes = second.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  if (bytes > MAX_DOWNLOAD_BYTES)
    throw invalidData(
      `The files in "${config.path}" have ${bytes} bytes; at most ${MAX_DOWNLOAD_BYTES} are downloaded.`,
      'Check that they are a roster export. The operator of Rollbook can look into it.',
    );
  const generations = differentGenerations(second.files);
  if (generations !== undefined)
    throw invalidData(generations, `Part of the last upload is missing or failed. ${EXPORT_AGAIN}`);
  return second;
}

/** The delivery as it lies on the site now; `path` may name a folder or a zip. */
async function look(session: SftpSession, config: SftpSource): Promise<RemoteDelivery> {
  const path = config.path.replace(/(?<=.)\/+$/, '');
  const info = await session.stat(path);
  const cut = path.lastIndexOf('/');
  if (!info.isFolder) return { folder: cut < 0 ? '.' : path.slice(0, cut), files: [info], otherNames: [] };
  const listed = (await session.list(path)).filter((file) => !file.isFolder);
  const names = listed.map((file) => file.name);
  const delivered = pickDelivery(`"${config.path}" on "${config.host}"`, names, isRosterFileName);
  const wanted = delivered.kind === 'zip' ? [delivered.name] : delivered.names;
  const otherNames = delivered.kind === 'zip' ? [] : delivered.otherNames;
  const folder = path === '/' ? '' : path;
  return { folder, files: listed.filter((file) => wanted.includes(file.name)), otherNames };
}
