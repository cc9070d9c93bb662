import { timingSafeEqual } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import { fingerprintOf, generateSshKeyPair } from '@rollbook/sandbox';
import ssh2, { type Connection, type FileEntry, type PublicKeyAuthContext, type SFTPWrapper } from 'ssh2';

/** A file on the site. `onRead` runs before each chunk is answered, for instance to let the file grow. */
export interface SiteFile {
  content: Buffer;
  modifiedSeconds: number;
  mode?: number;
  onRead?: (offset: number) => void;
}

export interface Site {
  readonly port: number;
  readonly hostKey: string;
  readonly files: Map<string, SiteFile>;
  readonly connections: () => number;
  /** Read requests that were answered: file, offset, length. */
  readonly reads: { readonly name: string; readonly offset: number; readonly length: number }[];
  /** Cuts the connection, without a word, after this many more bytes; each entry once. */
  readonly cutAfterBytes: number[];
  /** While true, requests are received and never answered. */
  isSilent: boolean;
  close(): Promise<void>;
}

export interface SiteAccess {
  readonly password?: string;
  /** Asks for the password as a question, as some servers do. */
  readonly asksForPassword?: boolean;
  /** A public key in OpenSSH form. */
  readonly publicKey?: string;
  readonly folder?: string;
  /** Nobody may list the folder. */
  readonly isForbidden?: boolean;
}

const { STATUS_CODE } = ssh2.utils.sftp;
const FOLDER_MODE = 0o040755;
const FILE_MODE = 0o100644;

/** An SFTP site on loopback with one folder, whose faults can be switched on. */
export async function startSite(access: SiteAccess, port = 0): Promise<Site> {
  const { privateKey } = generateSshKeyPair();
  const folder = access.folder ?? '/upload';
  let connections = 0;
  const open = new Set<Connection>();
  const files = new Map<string, SiteFile>();
  const site: Site = {
    port: 0,
    hostKey: fingerprintOf(privateKey),
    files,
    connections: () => connections,
    reads: [],
    cutAfterBytes: [],
    isSilent: false,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const connection of open) connection.end();
      }),
  };
  const server = new ssh2.Server({ hostKeys: [privateKey] }, (connection) => {
    connections += 1;
    open.add(connection);
    connection.on('error', () => undefined);
    // Without it every small answer waits for a delayed acknowledgement, 40 ms.
    socketOf(connection).setNoDelay(true);
    connection.on('close', () => open.delete(connection));
    connection.on('authentication', (context) => {
      const given = Buffer.from(access.password ?? '');
      if (context.method === 'password' && access.password !== undefined && access.asksForPassword !== true) {
        const offered = Buffer.from(context.password);
        if (offered.length === given.length && timingSafeEqual(offered, given)) return context.accept();
      }
      if (context.method === 'keyboard-interactive' && access.asksForPassword === true)
        return context.prompt([{ prompt: 'Password: ', echo: false }], (answers) =>
          answers[0] === access.password ? context.accept() : context.reject(),
        );
      if (context.method === 'publickey' && isAllowed(context, access.publicKey)) return context.accept();
      context.reject(access.asksForPassword === true ? ['keyboard-interactive'] : ['password', 'publickey']);
    });
    connection.on('session', (accept) => {
      accept().on('sftp', (acceptSftp) => serve(acceptSftp(), connection));
    });
  });

  function serve(sftp: SFTPWrapper, connection: Connection): void {
    const handles = new Map<number, { readonly name: string; isListed?: boolean }>();
    let lastHandle = 0;
    const grant = (id: number, name: string): void => {
      lastHandle += 1;
      handles.set(lastHandle, { name });
      const handle = Buffer.alloc(4);
      handle.writeUInt32BE(lastHandle);
      sftp.handle(id, handle);
    };
    const held = (handle: Buffer) => handles.get(handle.readUInt32BE());
    const nameIn = (path: string): string => path.replace(`${folder}/`, '');
    const stat = (id: number, path: string): void => {
      if (site.isSilent) return;
      const file = files.get(nameIn(path));
      if (path === folder) sftp.attrs(id, attributes(FOLDER_MODE, 0, 0));
      else if (file === undefined) sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
      else sftp.attrs(id, attributes(file.mode ?? FILE_MODE, file.content.length, file.modifiedSeconds));
    };
    sftp.on('STAT', stat);
    sftp.on('LSTAT', stat);
    sftp.on('REALPATH', (id, path) =>
      sftp.name(id, [{ filename: path, longname: path, attrs: attributes(FOLDER_MODE, 0, 0) }]),
    );
    sftp.on('OPENDIR', (id, path) => {
      if (access.isForbidden === true) sftp.status(id, STATUS_CODE.PERMISSION_DENIED);
      else if (path === folder) grant(id, path);
      else sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
    });
    sftp.on('READDIR', (id, handle) => {
      const listing = held(handle);
      if (listing === undefined || listing.isListed === true) return sftp.status(id, STATUS_CODE.EOF);
      listing.isListed = true;
      const entries: FileEntry[] = [...files].map(([filename, file]) => ({
        filename,
        longname: `-rw-r--r-- 1 district district ${file.content.length} Jan 1 00:00 ${filename}`,
        attrs: attributes(file.mode ?? FILE_MODE, file.content.length, file.modifiedSeconds),
      }));
      sftp.name(id, entries);
    });
    sftp.on('OPEN', (id, path) => {
      if (files.has(nameIn(path))) grant(id, nameIn(path));
      else sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
    });
    sftp.on('READ', (id, handle, offset, length) => {
      const name = held(handle)?.name ?? '';
      const file = files.get(name);
      if (file === undefined) return sftp.status(id, STATUS_CODE.FAILURE);
      if (site.isSilent) return;
      file.onRead?.(offset);
      const data = file.content.subarray(offset, offset + length);
      const allowance = site.cutAfterBytes[0];
      if (allowance !== undefined) {
        site.cutAfterBytes[0] = allowance - data.length;
        if (allowance < data.length) {
          site.cutAfterBytes.shift();
          // Ends the socket below SSH, as a firewall or a crash would.
          socketOf(connection).destroy();
          return;
        }
      }
      if (data.length === 0) return sftp.status(id, STATUS_CODE.EOF);
      site.reads.push({ name, offset, length: data.length });
      sftp.data(id, data);
    });
    sftp.on('CLOSE', (id) => sftp.status(id, STATUS_CODE.OK));
  }

  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return Object.assign(site, { port: (server.address() as AddressInfo).port });
}

/** The socket under an SSH connection, which its types do not show. */
const socketOf = (connection: Connection): Socket => (connection as unknown as { readonly _sock: Socket })._sock;

const attributes = (mode: number, size: number, seconds: number) => ({
  mode,
  uid: 0,
  gid: 0,
  size,
  atime: seconds,
  mtime: seconds,
});

function isAllowed(context: PublicKeyAuthContext, publicKey: string | undefined): boolean {
  if (publicKey === undefined) return false;
  const allowed = ssh2.utils.parseKey(publicKey);
  if (allowed instanceof Error || !allowed.getPublicSSH().equals(context.key.data)) return false;
  if (context.signature === undefined || context.blob === undefined) return true;
  return allowed.verify(context.blob, context.signature, context.hashAlgo) === true;
}
