import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { PullEvent } from '@rollbook/pipeline';
import type { DeliveryKind } from './delivery-kind.ts';
import { listNames } from './delivery-names.ts';
import { differentGenerations, openLocalFiles, pickDelivery } from './file-set.ts';
import { EXPORT_AGAIN, invalidData, stillChanging } from './invalid-data.ts';
import { download, isSameFile, SftpLink } from './sftp-download.ts';
import { sftpFailure } from './sftp-failure.ts';
import { SftpSession, type RemoteFile, type SftpPlace } from './sftp-session.ts';
import { resolveAddress } from './source-address.ts';
import type { SourceContext } from './source-context.ts';
import type { FileDelivery, FileSet } from './source-file.ts';

/** More than any roster; a disk that is full stops every district. */
const MAX_DOWNLOAD_BYTES = 16 * 2 ** 30;

/** Servers hang up on a connection that is silent for long. */
const LONG_WAIT_SECONDS = 30;

/**
 * CSV files or one zip on an SFTP site. A server cannot say whether a file is complete, so two looks `settleSeconds`
 * apart and a third after the download must agree; then the copies are read like local files.
 */
export function sftpDelivery(config: SftpPlace, kind: DeliveryKind, context: SourceContext): FileDelivery {
  const log = context.log ?? (() => undefined);
  const place = `"${config.path}" on "${config.host}"`;

  async function* open(signal: AbortSignal): AsyncGenerator<PullEvent, FileSet> {
    signal.throwIfAborted();
    const address = await resolveAddress(config.host, context.allowPrivate);
    const folder = await mkdtemp(join(context.spoolDir, 'sftp-'));
    const clear = (): Promise<void> => rm(folder, { recursive: true, force: true });
    const link = new SftpLink(() => SftpSession.open(config, address, signal));
    let isOpen = false;
    try {
      yield { kind: 'progress', message: `Connecting to "${config.host}"` };
      const remote = await watched(signal, () => settledFiles(link, config, kind, signal));
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
      const [only] = remote.files;
      const local = remote.isOneFile && only !== undefined ? join(folder, only.name) : folder;
      const set = await openLocalFiles(local, kind, place);
      isOpen = true;
      return {
        ...set,
        otherNames: [...set.otherNames, ...remote.otherNames],
        modifiedMs: Math.max(...remote.files.map((file) => file.modifiedMs)),
        close: async () => {
          await set.close();
          await clear();
        },
      };
    } finally {
      link.close();
      if (!isOpen) await clear();
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

  return { open };
}

interface RemoteDelivery {
  readonly folder: string;
  /** The path names the file itself. */
  readonly isOneFile: boolean;
  readonly files: readonly RemoteFile[];
  readonly otherNames: readonly string[];
}

async function settledFiles(
  link: SftpLink,
  config: SftpPlace,
  kind: DeliveryKind,
  signal: AbortSignal,
): Promise<RemoteDelivery> {
  const first = await look(await link.session(), config, kind);
  if (config.settleSeconds >= LONG_WAIT_SECONDS) link.close();
  await pause(config.settleSeconds * 1000, undefined, { signal });
  const second = await look(await link.session(), config, kind);
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
async function look(session: SftpSession, config: SftpPlace, kind: DeliveryKind): Promise<RemoteDelivery> {
  const path = config.path.replace(/(?<=.)\/+$/, '');
  const info = await session.stat(path);
  const cut = path.lastIndexOf('/');
  if (!info.isFolder)
    return { folder: cut < 0 ? '.' : path.slice(0, cut), isOneFile: true, files: [info], otherNames: [] };
  const listed = (await session.list(path)).filter((file) => !file.isFolder);
  const names = listed.map((file) => file.name);
  const delivered = pickDelivery(`"${config.path}" on "${config.host}"`, names, kind);
  const wanted = delivered.kind === 'zip' ? [delivered.name] : delivered.names;
  const otherNames = delivered.kind === 'zip' ? [] : delivered.otherNames;
  const folder = path === '/' ? '' : path;
  return { folder, isOneFile: false, files: listed.filter((file) => wanted.includes(file.name)), otherNames };
}
