import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, hasTool, isMain, runTool } from './command.mjs';

const SCHEMA = join(ROOT, 'prisma', 'schema.prisma');
const GENERATED = join(ROOT, 'packages', 'store', 'src', 'generated');
const STAMP = join(GENERATED, '.schema-hash');

/**
 * Generates Prisma's client and compiles every package: the end of `npm install`, and the start of tests and demo.
 * Does nothing where nothing has changed.
 *
 * @returns the exit status of what failed, or 0
 */
export async function prepare() {
  if (!hasTool('tsc')) return withoutCompiler();
  const generated = await generateClient();
  if (generated !== 0) return generated;
  // Deleted output goes unnoticed by the compiler, which looks at its own notes alone.
  const force = unbuilt().length > 0 ? ['--force'] : [];
  const status = await runTool('tsc', ['-b', ...force, ...workspaces()]);
  return status === 0 ? 0 : fail('The TypeScript sources do not compile. The compiler says where, above.', status);
}

/** An install without development tools, as in a container: the output must have been brought along. */
function withoutCompiler() {
  if (unbuilt().length === 0) return 0;
  return fail('Rollbook is not built and its compiler is not installed. Run "npm install" without --omit=dev.', 1);
}

async function generateClient() {
  const prisma = readFileSync(join(ROOT, 'node_modules', 'prisma', 'package.json'));
  const hash = createHash('sha256').update(readFileSync(SCHEMA)).update(prisma).digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === hash) return 0;
  const env = {
    ...process.env,
    // Prisma would download an engine that generating never uses; any program in its place keeps it from that.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
  };
  const logPath = join(ROOT, 'node_modules', '.prisma-generate.log');
  const log = openSync(logPath, 'w');
  const status = await runTool('prisma', ['generate'], { env, stdio: ['ignore', log, log] });
  closeSync(log);
  if (status === 0) {
    writeFileSync(STAMP, hash);
    return 0;
  }
  process.stderr.write(readFileSync(logPath));
  return fail('Prisma could not generate its client from prisma/schema.prisma. It says why, above.', status);
}

function workspaces() {
  return ['packages', 'apps'].flatMap((parent) =>
    readdirSync(join(ROOT, parent))
      .map((name) => join(ROOT, parent, name))
      .filter((folder) => existsSync(join(folder, 'tsconfig.json'))),
  );
}

function unbuilt() {
  return workspaces().filter((folder) => !existsSync(join(folder, 'dist', 'index.js')));
}

function fail(message, status) {
  process.stderr.write(`${message}\n`);
  return status;
}

if (isMain(import.meta.url)) process.exitCode = await prepare();
