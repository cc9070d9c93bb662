import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './command.mjs';

/**
 * Checks that the lint rules on who may import whom still bite: plants one file for every package in a copy of the
 * configuration, with imports that must be refused and some that must pass, and compares what the linter says.
 */
const BY_EVERYBODY = ['node:fs', 'node:fs/promises', './beside.ts', '../above.ts'];
const CASES = {
  'packages/core': {
    allowed: ['zod'],
    refused: ['@rollbook/pipeline', '@rollbook/store', 'pg', 'bullmq', 'pino', 'commander'],
  },
  'packages/pipeline': {
    allowed: ['zod', '@rollbook/core'],
    refused: ['@rollbook/queue', '@rollbook/store', 'bullmq', '@prisma/client', 'pg', 'axios'],
  },
  'packages/queue': {
    allowed: ['bullmq', 'ioredis', '@rollbook/core', '@rollbook/pipeline'],
    refused: ['@rollbook/store', '@rollbook/sources', '@rollbook/runtime', 'pg', '@prisma/client', 'axios'],
  },
  'packages/sources': {
    allowed: ['axios', 'ssh2-sftp-client', 'yauzl', '@rollbook/core', '@rollbook/pipeline'],
    refused: ['@rollbook/store', '@rollbook/queue', 'bullmq', 'ioredis', 'pg', '@prisma/client'],
  },
  'packages/store': {
    allowed: ['pg', '@prisma/client', '@prisma/client/runtime/client', '@rollbook/core', '@rollbook/pipeline'],
    refused: ['@rollbook/queue', '@rollbook/sources', 'bullmq', 'ioredis', 'axios'],
  },
  'packages/runtime': {
    allowed: ['pino', 'zod', '@rollbook/core'],
    refused: ['@rollbook/pipeline', '@rollbook/store', 'pg', 'ioredis', 'bullmq'],
  },
  'packages/sandbox': {
    allowed: ['@rollbook/core', 'ssh2'],
    refused: ['@rollbook/store', '@rollbook/sources', 'pg', 'axios'],
  },
  'apps/worker': {
    allowed: ['@rollbook/store', '@rollbook/queue', '@rollbook/sources'],
    refused: ['@rollbook/cli', '@rollbook/server', '@rollbook/sandbox', 'bullmq', 'pg', 'axios'],
  },
  'apps/server': {
    allowed: ['@rollbook/store', 'hono', 'hono/jsx', '@bull-board/api', '@bull-board/api/bullMQAdapter'],
    refused: ['@rollbook/cli', '@rollbook/sandbox', 'bullmq', 'ioredis', 'pg', '@prisma/client', 'axios'],
  },
  'apps/cli': {
    allowed: ['@rollbook/sandbox', 'commander'],
    refused: ['bullmq', 'ioredis', 'pg', '@prisma/client', 'axios'],
  },
};
const INTO_ANOTHER = '../../core/src/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollbook-import-rules-'));
try {
  copyFileSync(join(ROOT, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  for (const [place, { allowed, refused }] of Object.entries(CASES)) {
    plant(place, 'planted.ts', [...BY_EVERYBODY, ...allowed, ...refused, INTO_ANOTHER]);
    plant(place, 'planted.test.ts', ['@rollbook/sandbox', '@rollbook/store']);
  }
  const seen = refusals();
  const problems = Object.entries(CASES).flatMap(([place, { refused }]) =>
    compare(place, [...refused, INTO_ANOTHER], seen),
  );
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else console.log(`The import rules refuse all ${seen.size} planted violations, and nothing else.`);
} finally {
  rmSync(folder, { recursive: true });
}

function plant(place, name, specifiers) {
  const path = join(folder, place, 'src', name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, specifiers.map((specifier) => `export * from '${specifier}';\n`).join(''));
}

/** What the linter refused, as "file: specifier". */
function refusals() {
  const oxlint = join(ROOT, 'node_modules', '.bin', 'oxlint');
  const { stdout } = spawnSync(oxlint, ['-f', 'json'], { cwd: folder, encoding: 'utf8' });
  const { diagnostics } = JSON.parse(stdout);
  return new Set(
    diagnostics
      .filter(({ code }) => code.includes('no-restricted-imports'))
      .map(({ filename, message }) => `${filename}: ${/^'([^']+)'/.exec(message)?.[1]}`),
  );
}

function compare(place, refused, seen) {
  const file = `${place}/src/planted.ts`;
  const expected = new Set(refused.map((specifier) => `${file}: ${specifier}`));
  const found = [...seen].filter((line) => line.startsWith(`${place}/src/`));
  return [
    ...[...expected].filter((line) => !seen.has(line)).map((line) => `No lint rule refuses ${line}`),
    ...found.filter((line) => !expected.has(line)).map((line) => `A lint rule refuses what is allowed, ${line}`),
  ];
}
