import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, isMain, run } from './command.mjs';
import { prepare } from './prepare.mjs';

/**
 * Installs the dependencies if node_modules is missing or holds other versions than package-lock.json says, and builds.
 * Contents are compared, not dates: a checkout or a copy changes dates.
 *
 * @returns the exit status of what failed, or 0
 */
export async function ensureInstalled() {
  const reason = whyToInstall();
  if (reason === null) return prepare();
  process.stderr.write(`Installing dependencies: ${reason}.\n`);
  const command = existsSync(join(ROOT, 'package-lock.json')) ? 'ci' : 'install';
  // The install builds at its end, through the "prepare" script.
  return runNpm([command, '--include=dev', '--include=optional', '--no-audit', '--no-fund']);
}

function whyToInstall() {
  const wanted = readPackages('package-lock.json');
  const found = readPackages('node_modules/.package-lock.json');
  if (found === null) return 'node_modules is missing';
  if (wanted === null) return 'package-lock.json is missing';
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.startsWith('node_modules/') || isOfAnotherSystem(entry)) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    if (found[path] === undefined) return `"${name}" is missing`;
    if (found[path].version !== entry.version) return `"${name}" has another version than package-lock.json says`;
  }
  return null;
}

function isOfAnotherSystem(entry) {
  return entry.optional === true || entry.devOptional === true || entry.os !== undefined || entry.cpu !== undefined;
}

function readPackages(name) {
  const path = join(ROOT, name);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : null;
}

/** The npm that runs us, if one does; else the one on the PATH. Its output goes where messages go. */
function runNpm(args) {
  const stdio = ['ignore', 2, 2];
  const npm = process.env.npm_execpath;
  return npm?.endsWith('.js') ? run(process.execPath, [npm, ...args], { stdio }) : run('npm', args, { stdio });
}

if (isMain(import.meta.url)) process.exitCode = await ensureInstalled();
