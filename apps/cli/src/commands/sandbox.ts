import { counted } from '@rollbook/core';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { createLogger, installShutdown, type Shutdown } from '@rollbook/runtime';
import { SITE_NAMES, generateDistrict, startSites, type District, type Sites } from '@rollbook/sandbox';
import type { Command } from 'commander';
import { countFrom } from '../arguments.ts';
import type { CommandLine } from '../command-line.ts';
import { CommandError, Interrupted } from '../problem.ts';
import { sandboxYaml } from '../sandbox/configuration.ts';
import { SandboxConsole } from '../sandbox/console.ts';
import type { Terminal } from '../terminal.ts';

interface Options {
  readonly seed: string;
  readonly students: string;
  readonly schools: string;
  readonly latency: string;
  readonly portBase?: string;
  readonly folder?: string;
}

const MOST_STUDENTS = 50_000;
const MOST_SCHOOLS = 500;
const LONGEST_LATENCY_MS = 60_000;
const LARGEST_PORT_BASE = 65_535 - SITE_NAMES.length + 1;
/** Cutting connections takes no time; only a site that hangs is left to the end of the process. */
const STOP_TIMEOUT_MS = 5_000;

const HINTS = `
Put the configuration into a file and, in another terminal:

  export ROLLBOOK_ALLOW_PRIVATE_SOURCES=true
  rollbook config load rollbook.yaml
  rollbook source test clever
  rollbook sync clever

Type "help" and Enter for what can be made to go wrong. Ctrl-C stops everything.`;

/** `sandbox start`. */
export function registerSandbox(program: Command, { terminal }: CommandLine): void {
  const sandbox = program.command('sandbox').description('pretend sources on this computer, to try things out');

  sandbox
    .command('start')
    .description('run a pretend Clever, ClassLink, OneRoster servers and an SFTP site until stopped')
    .option('--seed <n>', 'another number is another district', '1')
    .option('--students <n>', 'in the whole district', '2000')
    .option('--schools <n>', 'schools of the district', '4')
    .option('--latency <ms>', 'each HTTP request waits so long', '0')
    .option('--port-base <n>', `this port and the ${SITE_NAMES.length - 1} that follow; left out: any free ones`)
    .option('--folder <dir>', 'keep the files of the SFTP site here; left out: a temporary folder')
    .addHelpText(
      'after',
      '\nThe configuration for all of them goes to standard output, everything else to standard error. Commands are read from\nstandard input: "help" lists them.\n\nExample:\n  rollbook sandbox start > rollbook.yaml',
    )
    .action((options: Options) => run(options, terminal));
}

async function run(options: Options, terminal: Terminal): Promise<void> {
  const district = districtFrom(options);
  const latencyMs = countFrom('--latency', options.latency, LONGEST_LATENCY_MS, 0);
  const portBase =
    options.portBase === undefined ? undefined : countFrom('--port-base', options.portBase, LARGEST_PORT_BASE);
  const shutdown = installShutdown({ log: createLogger({ purpose: 'command' }), timeoutMs: STOP_TIMEOUT_MS });
  try {
    const folder = await openFolder(options.folder, shutdown);
    const sites = await start({ district, folder, latencyMs, ...(portBase === undefined ? {} : { portBase }) });
    shutdown.acquire('sandbox', () => sites.stop());
    const console = new SandboxConsole(sites, terminal);
    terminal.out(sandboxYaml(sites).trimEnd());
    terminal.say(introduction(sites, folder));
    terminal.say(console.listing());
    terminal.say(HINTS);
    await obeyUntilTheEnd(console, shutdown);
    if (shutdown.signal.aborted) throw new Interrupted();
  } finally {
    await shutdown.stop();
  }
}

function districtFrom(options: Options): District {
  const students = countFrom('--students', options.students, MOST_STUDENTS);
  const schools = countFrom('--schools', options.schools, MOST_SCHOOLS);
  return generateDistrict({ seed: countFrom('--seed', options.seed, 999_999_999, 0), students, schools });
}

async function openFolder(given: string | undefined, shutdown: Shutdown): Promise<string> {
  if (given !== undefined) return resolve(given);
  const folder = await mkdtemp(join(tmpdir(), 'rollbook-sandbox-'));
  shutdown.acquire('temporary folder', () => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function start(options: Parameters<typeof startSites>[0]): Promise<Sites> {
  try {
    return await startSites(options);
  } catch (error) {
    const { code, port } = error as NodeJS.ErrnoException & { port?: number };
    if (code === 'EADDRINUSE' || code === 'EACCES')
      throw new CommandError(`Port ${port ?? '?'} of this computer cannot be used (${code}).`, {
        title: 'Port Unavailable',
        advice: `Give another --port-base, of which the next ${SITE_NAMES.length} ports are free and above 1023.`,
      });
    throw error;
  }
}

const introduction = ({ district, sftpLogin }: Sites, folder: string): string =>
  `The pretend district "${district.org.name}" has ${counted(district.schools.length, 'school')} and ` +
  `${counted(district.students.length, 'student')}. The files of the SFTP site (user "${sftpLogin.username}") are in ${folder}.\n`;

/** Reads commands until one asks for the end, or a signal does. Input that ends is no reason to stop. */
async function obeyUntilTheEnd(console: SandboxConsole, { signal }: Shutdown): Promise<void> {
  const lines = createInterface({ input: process.stdin, signal });
  try {
    for await (const line of lines) if ((await console.obey(line)) === 'quit') return;
    if (!signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  } finally {
    lines.close();
    process.stdin.destroy();
  }
}
