import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { posix } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import ssh2 from 'ssh2';
import type { Attributes, FileEntry, SFTPWrapper } from 'ssh2';
import { isHanging, isNamed } from './sftp-faults.ts';
import type { SftpCounters, SftpFaults, SftpPhase } from './sftp-faults.ts';
import type { SftpFolder } from './sftp-folder.ts';

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp;
const LIST_BATCH = 100;
/** The most that clients take in one answer. */
const READ_LIMIT_BYTES = 255 * 1024;

/** What all connections of a site share. */
export interface SftpService {
  readonly folder: SftpFolder;
  readonly faults: SftpFaults;
  readonly counters: SftpCounters;
  /** How often the growing file has been looked at. */
  looks: number;
  /** The time, in milliseconds of the performance clock, at which a slow site may send again. */
  freeAtMs: number;
}

interface OpenFile {
  readonly path: string;
  readonly file: FileHandle;
}
interface OpenFolder {
  readonly path: string;
  entries: FileEntry[] | null;
}

function statusOf(error: unknown): number {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  if (code === 'ENOENT' || code === 'ENOTDIR') return STATUS_CODE.NO_SUCH_FILE;
  if (code === 'EACCES' || code === 'EPERM' || code === 'ELOOP') return STATUS_CODE.PERMISSION_DENIED;
  return STATUS_CODE.FAILURE;
}

const increase = (counts: Map<string, number>, key: string): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};

/** One line of `ls -l`; clients read the type and the rights from it. */
function longName(name: string, stats: Stats, attributes: Attributes): string {
  const type = stats.isDirectory() ? 'd' : stats.isSymbolicLink() ? 'l' : '-';
  const rights = [...'rwxrwxrwx'].map((letter, bit) => ((stats.mode >> (8 - bit)) & 1 ? letter : '-')).join('');
  const date = new Date(attributes.mtime * 1000).toUTCString().slice(5, 11);
  return `${type}${rights} 1 site site ${attributes.size} ${date} 00:00 ${name}`;
}

/**
 * Answers one SFTP session, reading only. `cut` ends its connection as a network would. Returns what to call when the connection is
 * gone: it resolves when no work is left and all files are closed.
 */
export function serveSftp(sftp: SFTPWrapper, service: SftpService, cut: () => void): () => Promise<void> {
  const { folder, faults, counters } = service;
  const handles = new Map<number, OpenFile | OpenFolder>();
  const ended = new AbortController();
  const working = new Set<Promise<void>>();
  let lastHandle = 0;
  let servedBytes = 0;

  const answer = (reqId: number, phase: SftpPhase, work: () => Promise<void>): void => {
    if (ended.signal.aborted || isHanging(faults, phase)) return;
    const done = work()
      .catch((error: unknown) => {
        if (!ended.signal.aborted) sftp.status(reqId, statusOf(error));
      })
      .finally(() => working.delete(done));
    working.add(done);
  };

  const attributesOf = (path: string, stats: Stats): Attributes => {
    const { mode, uid, gid } = stats;
    const looks = isNamed(path, faults.growing) ? ++service.looks : 0;
    const mtime = Math.floor(stats.mtimeMs / 1000) + looks;
    return { mode, uid, gid, size: stats.size + looks * 1024, atime: mtime, mtime };
  };

  const keep = (reqId: number, opened: OpenFile | OpenFolder): void => {
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(++lastHandle);
    handles.set(lastHandle, opened);
    sftp.handle(reqId, handle);
  };
  const find = (handle: Buffer): OpenFile | OpenFolder | undefined =>
    handle.length === 4 ? handles.get(handle.readUInt32BE()) : undefined;
  const findFile = (handle: Buffer): OpenFile => {
    const found = find(handle);
    if (found === undefined || !('file' in found)) throw new Error('no such open file');
    return found;
  };

  const pace = async (bytes: number): Promise<void> => {
    if (faults.slowBytesPerSecond === null) return;
    const nowMs = performance.now();
    service.freeAtMs = Math.max(nowMs, service.freeAtMs) + (bytes / faults.slowBytesPerSecond) * 1000;
    await delay(service.freeAtMs - nowMs, undefined, { signal: ended.signal });
  };

  const read = async (reqId: number, { path, file }: OpenFile, offset: number, length: number): Promise<void> => {
    const { truncate, dropAfterBytes } = faults;
    const endBytes = truncate !== null && isNamed(path, truncate.file) ? truncate.bytes : Number.POSITIVE_INFINITY;
    const wantedBytes = Math.min(length, READ_LIMIT_BYTES, endBytes - offset);
    if (wantedBytes <= 0) return sftp.status(reqId, STATUS_CODE.EOF);
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(wantedBytes), 0, wantedBytes, offset);
    if (ended.signal.aborted) return;
    if (bytesRead === 0) return sftp.status(reqId, STATUS_CODE.EOF);
    if (dropAfterBytes !== null && servedBytes + bytesRead > dropAfterBytes && faults.dropTimes > 0) {
      faults.dropTimes -= 1;
      ended.abort();
      return cut();
    }
    servedBytes += bytesRead;
    await pace(bytesRead);
    counters.bytesServed += bytesRead;
    increase(counters.reads, path);
    sftp.data(reqId, buffer.subarray(0, bytesRead));
  };

  sftp.on('REALPATH', (reqId, path) =>
    answer(reqId, 'list', async () => {
      const filename = folder.resolve(path);
      const attrs: Attributes = { mode: 0, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 };
      sftp.name(reqId, [{ filename, longname: filename, attrs }]);
    }),
  );
  sftp.on('STAT', (reqId, path) =>
    answer(reqId, 'list', async () => sftp.attrs(reqId, attributesOf(folder.resolve(path), await folder.stat(path)))),
  );
  sftp.on('LSTAT', (reqId, path) =>
    answer(reqId, 'list', async () => sftp.attrs(reqId, attributesOf(folder.resolve(path), await folder.lstat(path)))),
  );
  sftp.on('FSTAT', (reqId, handle) =>
    answer(reqId, 'list', async () => {
      const { path, file } = findFile(handle);
      sftp.attrs(reqId, attributesOf(path, await file.stat()));
    }),
  );
  sftp.on('OPENDIR', (reqId, path) =>
    answer(reqId, 'list', async () => {
      if (!(await folder.stat(path)).isDirectory()) return sftp.status(reqId, STATUS_CODE.NO_SUCH_FILE);
      keep(reqId, { path: folder.resolve(path), entries: null });
    }),
  );
  sftp.on('READDIR', (reqId, handle) =>
    answer(reqId, 'list', async () => {
      const opened = find(handle);
      if (opened === undefined || !('entries' in opened)) throw new Error('no such open folder');
      opened.entries ??= (await folder.list(opened.path)).map(({ name, stats }) => {
        const attrs = attributesOf(posix.join(opened.path, name), stats);
        return { filename: name, longname: longName(name, stats, attrs), attrs };
      });
      const batch = opened.entries.splice(0, LIST_BATCH);
      if (batch.length === 0) return sftp.status(reqId, STATUS_CODE.EOF);
      sftp.name(reqId, batch);
    }),
  );
  sftp.on('OPEN', (reqId, path, flags) =>
    answer(reqId, 'read', async () => {
      if ((flags & ~OPEN_MODE.READ) !== 0) return sftp.status(reqId, STATUS_CODE.PERMISSION_DENIED);
      const file = await folder.open(path);
      keep(reqId, { path: folder.resolve(path), file });
      increase(counters.opens, folder.resolve(path));
    }),
  );
  sftp.on('READ', (reqId, handle, offset, length) =>
    answer(reqId, 'read', async () => read(reqId, findFile(handle), offset, length)),
  );
  sftp.on('CLOSE', (reqId, handle) => {
    const opened = find(handle);
    answer(reqId, opened !== undefined && 'file' in opened ? 'read' : 'list', async () => {
      if (opened === undefined) throw new Error('no such handle');
      handles.delete(handle.readUInt32BE());
      if ('file' in opened) await opened.file.close();
      sftp.status(reqId, STATUS_CODE.OK);
    });
  });

  return async () => {
    ended.abort();
    await Promise.all(working);
    for (const opened of handles.values()) if ('file' in opened) await opened.file.close();
    handles.clear();
  };
}
