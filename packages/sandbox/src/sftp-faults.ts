import { posix } from 'node:path';

/** `connect`: nothing is said to new connections. `list`: no answer to looks at files and folders. `read`: none to opening and reading. */
export type SftpPhase = 'connect' | 'list' | 'read';

/**
 * What goes wrong at the site. Switch freely while it runs: each is looked at whenever it matters. Files are named by path or by
 * their last name.
 */
export interface SftpFaults {
  /** Passwords are wrong, all of them; keys still work. */
  rejectPasswords: boolean;
  /** New connections are reset at once. */
  refuseConnections: boolean;
  /** No answer comes, in one phase or (`true`) in any; what was asked meanwhile is never answered. */
  hang: boolean | SftpPhase;
  /** This file is 1,024 bytes longer and a second younger at every look, as if its upload went on. */
  growing: string | null;
  /** This file is announced in full but ends after so many bytes. */
  truncate: { file: string; bytes: number } | null;
  /** A connection is reset before it has served more bytes of files than this. */
  dropAfterBytes: number | null;
  /** How many connections `dropAfterBytes` still cuts; each cut takes one off. Default: all. */
  dropTimes: number;
  /** All connections together get file contents no faster than this. */
  slowBytesPerSecond: number | null;
}

export const NO_FAULTS: Readonly<SftpFaults> = {
  rejectPasswords: false,
  refuseConnections: false,
  hang: false,
  growing: null,
  truncate: null,
  dropAfterBytes: null,
  dropTimes: Number.POSITIVE_INFINITY,
  slowBytesPerSecond: null,
};

export interface SftpCounters {
  /** Connections accepted, the refused ones not among them. */
  connections: number;
  logins: number;
  rejectedLogins: number;
  /** Bytes of file contents. */
  bytesServed: number;
  /** By path, such as `/users.csv`: how often it was opened, and how many read requests it answered with data. */
  readonly opens: Map<string, number>;
  readonly reads: Map<string, number>;
}

export const isHanging = (faults: SftpFaults, phase: SftpPhase): boolean =>
  faults.hang === true || faults.hang === phase;

/** Whether `name`, a path from the root or a last name alone, means the file at `path`. */
export const isNamed = (path: string, name: string | null): boolean =>
  name !== null && (posix.resolve('/', name) === path || posix.basename(path) === name);
