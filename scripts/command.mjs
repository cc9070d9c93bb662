import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The repository's folder; every script works from there. */
export const ROOT = resolve(fileURLToPath(new URL('..', import.meta.url)));

/** Whether a module is the script that node was asked to run, and not imported by another. */
export function isMain(url) {
  return url === pathToFileURL(process.argv[1] ?? '').href;
}

/** Whether a tool that npm links into node_modules/.bin is there. */
export function hasTool(name) {
  return existsSync(join(ROOT, 'node_modules', '.bin', name));
}

/**
 * Runs a command in the repository with this process's output, and returns its exit status (128 + n for a signal). An
 * interrupt from the keyboard reaches the child as well: here it only means to wait for the child's end.
 */
export async function run(command, args, { env = process.env, stdio = 'inherit' } = {}) {
  const child = spawn(command, args, { cwd: ROOT, env, stdio });
  const wait = () => undefined;
  const passOn = () => child.kill('SIGTERM');
  process.on('SIGINT', wait);
  process.on('SIGTERM', passOn);
  try {
    return await new Promise((resolveStatus, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolveStatus(code ?? 128 + constants.signals[signal]));
    });
  } finally {
    process.off('SIGINT', wait);
    process.off('SIGTERM', passOn);
  }
}

/** Runs a tool of node_modules/.bin. */
export function runTool(name, args, options) {
  return run(join(ROOT, 'node_modules', '.bin', name), args, options);
}
