import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { FilesSource, type RecordType, type RosterRecord, type SyncError } from '@rollbook/core';
import type { PullEvent, PulledRow, PullWarning, RosterSource } from '@rollbook/pipeline';
import { createSource } from './index.ts';
import type { SourceFile } from './source-file.ts';

/** A file in memory that is read in chunks of the given sizes, over and over. */
export function memoryFile(
  name: string,
  content: string | Buffer,
  chunkSizes: readonly number[] = [65536],
): SourceFile {
  const bytes = Buffer.from(content);
  async function* open(): AsyncGenerator<Buffer> {
    for (let at = 0, i = 0; at < bytes.length; i += 1) {
      const size = Math.max(1, chunkSizes[i % chunkSizes.length] ?? 1);
      yield bytes.subarray(at, at + size);
      at += size;
    }
  }
  return { name, sizeBytes: bytes.length, open };
}

export const neverAborted = new AbortController().signal;

export interface ZipEntry {
  readonly name: string;
  readonly content: string | Buffer;
  /** What the directory claims, where it is to lie. */
  readonly claims?: { readonly crc?: number; readonly sizeBytes?: number; readonly unixMode?: number };
}

/** A zip archive, deflated, as plain as the format allows. */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const local: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, claims = {} } of entries) {
    const raw = Buffer.from(content);
    const data = deflateRawSync(raw);
    const fileName = Buffer.from(name);
    const sizes = Buffer.alloc(12);
    sizes.writeUInt32LE(claims.crc ?? crc32(raw), 0);
    sizes.writeUInt32LE(data.length, 4);
    sizes.writeUInt32LE(claims.sizeBytes ?? raw.length, 8);
    const head = Buffer.alloc(14);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt16LE(20, 4);
    head.writeUInt16LE(0x0800, 6);
    head.writeUInt16LE(8, 8);
    const lengths = Buffer.alloc(4);
    lengths.writeUInt16LE(fileName.length, 0);
    local.push(head, sizes, lengths, fileName, data);
    const entry = Buffer.alloc(16);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(0x0314, 4);
    entry.writeUInt16LE(20, 6);
    entry.writeUInt16LE(0x0800, 8);
    entry.writeUInt16LE(8, 10);
    const tail = Buffer.alloc(18);
    tail.writeUInt16LE(fileName.length, 0);
    tail.writeUInt32LE(((claims.unixMode ?? 0o100644) << 16) >>> 0, 10);
    tail.writeUInt32LE(offset, 14);
    directory.push(entry, sizes, tail, fileName);
    offset += 14 + 12 + 4 + fileName.length + data.length;
  }
  const directoryBytes = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directoryBytes.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, directoryBytes, end]);
}

/** Runs `use` with a fresh folder that holds the files, and removes it afterwards. */
export async function withFolder<T>(
  files: Readonly<Record<string, string | Buffer>>,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'rollbook-sources-'));
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Everything a pull said, sorted by kind. */
export interface Pulled {
  readonly all: readonly PullEvent[];
  readonly revision: string | null;
  readonly delivers: Readonly<Record<string, string>>;
  readonly order: readonly RecordType[];
  rows<T extends RecordType>(recordType: T): PulledRow<T>[];
  records<T extends RecordType>(recordType: T): RosterRecord<T>[];
  readonly skipped: readonly Extract<PullEvent, { kind: 'skipped' }>[];
  readonly warnings: readonly PullWarning[];
  codes(): string[];
}

export async function collect(events: AsyncIterable<PullEvent>): Promise<Pulled> {
  const all: PullEvent[] = [];
  for await (const event of events) all.push(event);
  const delivers = all.filter((event) => event.kind === 'delivers');
  const rowsOf = (recordType: RecordType) =>
    all.flatMap((event) => (event.kind === 'rows' && event.recordType === recordType ? [...event.rows] : []));
  const warnings = all.flatMap((event) => (event.kind === 'warning' ? [event.warning] : []));
  const revised = all.find((event) => event.kind === 'revision');
  return {
    all,
    revision: revised?.revision ?? null,
    delivers: Object.fromEntries(delivers.map(({ recordType, delivery }) => [recordType, delivery])),
    order: [...new Set(all.flatMap((event) => (event.kind === 'rows' ? [event.recordType] : [])))],
    rows: <T extends RecordType>(recordType: T) => rowsOf(recordType) as unknown as PulledRow<T>[],
    records: <T extends RecordType>(recordType: T) =>
      rowsOf(recordType).map(({ record }) => record) as unknown as RosterRecord<T>[],
    skipped: all.filter((event) => event.kind === 'skipped'),
    warnings,
    codes: () => warnings.map(({ code }) => code),
  };
}

/** What a test sets of a source's configuration. */
export type Settings = Partial<Omit<FilesSource, 'type' | 'path'>>;

export const filesSource = (path: string, settings: Settings = {}, spoolDir = tmpdir()): RosterSource =>
  createSource(FilesSource.parse({ type: 'files', path, ...settings }), { spoolDir, allowPrivate: false });

/** Pulls a folder or zip through the `files` source. */
export const pullPath = (path: string, settings?: Settings): Promise<Pulled> =>
  collect(filesSource(path, settings).pull(neverAborted));

export const pullFiles = (files: Readonly<Record<string, string | Buffer>>, settings?: Settings): Promise<Pulled> =>
  withFolder(files, (folder) => pullPath(folder, settings));

/** The SyncError that a step ends with; fails the test if there is none. */
export async function refusal(step: Promise<unknown>): Promise<SyncError> {
  const outcome = await step.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof Error && outcome.name === 'SyncError') return outcome as SyncError;
  throw new Error(`expected a SyncError, got ${String(outcome)}`);
}

/** A small sound OneRoster 1.1 delivery, to be spoilt in one place by each test. */
export const sound = {
  'orgs.csv': [
    'sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId',
    'D1,,,Riverside Unified,district,,',
    '0123,,,North High,School,N-1,D1',
    'MATH,,,Mathematics,department,,0123',
    '',
  ].join('\n'),
  'academicSessions.csv': [
    'sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear',
    'T1,,,Fall,semester,2026-08-15,2026-12-20,,2027',
    '',
  ].join('\n'),
  'courses.csv': [
    'sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes',
    'C1,,,,Algebra,ALG,"09,10",D1,Math,01',
    '',
  ].join('\n'),
  'classes.csv': [
    'sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods',
    'K1,,,Algebra 1,09,C1,A-1,Scheduled,R5,0123,T1,Math,01,"1,2"',
    '',
  ].join('\n'),
  'users.csv': [
    'sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password',
    '007,,,TRUE,0123,student,ada,"{Fed:1},{StateID:99}",Ada,Byron,,S-7,ada@example.org,,,G1,"09,10",secret-word',
    'T7,,,true,"D1,0123",Teacher,ch,,Charles,Babbage,,E-1,ch@example.org,,,,,',
    'G1,,,,0123,parent,,,Anne,Noel,,,,,,007,,',
    '',
  ].join('\n'),
  'enrollments.csv': [
    'sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate',
    'E1,,,K1,0123,007,student,false,2026-08-15,2026-12-20',
    'E2,,,K1,0123,T7,TEACHER,TRUE,,',
    '',
  ].join('\n'),
} as const;
