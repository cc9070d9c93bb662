import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './command.mjs';

/**
 * Adds to package-lock.json the packages of other systems (binaries for macOS, for ARM, …) that npm left out because the
 * registry it asked does not have them, as mirrors often do not. Without these entries `npm ci` refuses the lockfile.
 * They carry no checksum, and are never fetched on a system that they are not made for. Run it after `npm install`.
 */
const path = join(ROOT, 'package-lock.json');
const lock = JSON.parse(readFileSync(path, 'utf8'));
const added = [];

for (const entry of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    if (lock.packages[key] !== undefined || !/^\d/.test(version) || systemOf(name) === null) continue;
    lock.packages[key] = { version, ...(entry.dev ? { dev: true } : {}), optional: true, ...systemOf(name) };
    added.push(`${name}@${version}`);
  }
}

const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
lock.packages = Object.fromEntries(sorted);
if (added.length > 0) writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added.length} packages of other systems added to package-lock.json.`);

/** What a package's name says about the system that it is for; null if it says nothing. */
function systemOf(name) {
  const words = name.split('/').at(-1).split('-');
  const find = (table) => words.map((word) => table[word]).find((value) => value !== undefined);
  const names = (list) => Object.fromEntries(list.map((word) => [word, word]));
  const os = find({
    ...names(['darwin', 'linux', 'win32', 'freebsd', 'android', 'openharmony', 'sunos', 'aix']),
    windows: 'win32',
  });
  const cpu = find({
    ...names(['x64', 'arm64', 'arm', 'ia32', 'ppc64', 's390x', 'riscv64', 'loong64']),
    64: 'x64',
    wasm32: 'wasm32',
  });
  const libc =
    os === 'linux' ? find({ musl: 'musl', musleabihf: 'musl', gnu: 'glibc', gnueabihf: 'glibc' }) : undefined;
  if (cpu === undefined || (os === undefined && cpu !== 'wasm32')) return null;
  return { ...(os ? { os: [os] } : {}), cpu: [cpu], ...(libc ? { libc: [libc] } : {}) };
}
