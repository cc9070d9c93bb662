import { spawn, spawnSync } from 'node:child_process';
import { UsageError } from '@rollbook/core';
import { type RedisProgram, findRedis } from './embedded/redis-server.ts';

/** A command line of a package manager, and how its wish not to start what it installs is told. */
interface Installer {
  readonly manager: string;
  readonly commands: readonly (readonly string[])[];
  readonly needsRoot: boolean;
}

const INSTALLERS: readonly Installer[] = [
  {
    manager: 'apt-get',
    commands: [
      ['apt-get', 'update', '-q'],
      ['apt-get', 'install', '-y', '-q', '--no-install-recommends', 'redis-server'],
    ],
    needsRoot: true,
  },
  { manager: 'dnf', commands: [['dnf', 'install', '-y', 'redis']], needsRoot: true },
  { manager: 'apk', commands: [['apk', 'add', 'redis']], needsRoot: true },
  { manager: 'brew', commands: [['brew', 'install', 'redis']], needsRoot: false },
];

/**
 * Debian starts a service as it installs it; with RUNLEVEL=1 it does not, except under systemd, where it is left to
 * the machine's owner. We never use that service and never stop it.
 */
const QUIET_ENVIRONMENT = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1', HOMEBREW_NO_AUTO_UPDATE: '1' };

/**
 * Sees to it that there is a Redis or Valkey of version 6.2 or later on the PATH, installing one with the system's
 * package manager where this process may. Output of the package manager goes to standard error.
 *
 * @param say tells a person what is being done
 * @throws UsageError with the exact command to run if it could not be installed
 */
export async function ensureRedis(say: (line: string) => void): Promise<RedisProgram> {
  const present = await findRedis();
  if (present !== null) return present;
  const installer = INSTALLERS.find(({ manager }) => isOnPath(manager));
  if (installer === undefined) {
    throw new UsageError(
      'No redis-server or valkey-server of version 6.2 or later is on the PATH. Install one, or set REDIS_URL.',
    );
  }
  const commands = installer.commands.map((command) => privileged(command, installer));
  const byHand = installer.commands.map((command) => command.join(' ')).join(' && ');
  for (const command of commands) {
    say(`Redis is needed and is not installed. Running: ${command.join(' ')}`);
    const status = await run(command);
    if (status !== 0) {
      throw new UsageError(
        `Redis could not be installed ("${command.join(' ')}" ended with ${status}). Run it with the rights it needs ` +
          `("${installer.needsRoot ? `sudo sh -c '${byHand}'` : byHand}"), or set REDIS_URL.`,
      );
    }
  }
  const installed = await findRedis();
  if (installed !== null) return installed;
  throw new UsageError(`"${byHand}" brought no Redis of version 6.2 or later. Install one by hand, or set REDIS_URL.`);
}

function privileged(command: readonly string[], installer: Installer): readonly string[] {
  if (!installer.needsRoot || process.getuid?.() === 0) return command;
  const settings = Object.entries(QUIET_ENVIRONMENT).map(([name, value]) => `${name}=${value}`);
  return ['sudo', '-n', ...settings, ...command];
}

function isOnPath(program: string): boolean {
  const options = { env: process.env, stdio: 'ignore' as const };
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program], options).status === 0;
}

function run(command: readonly string[]): Promise<number | string> {
  const [program, ...args] = command as [string, ...string[]];
  return new Promise((resolve) => {
    const child = spawn(program, args, { env: { ...process.env, ...QUIET_ENVIRONMENT }, stdio: ['ignore', 2, 2] });
    child.once('error', (error) => resolve(error.message));
    child.once('close', (status, signal) => resolve(status ?? signal ?? 'unknown'));
  });
}
