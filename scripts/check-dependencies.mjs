import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, relative } from 'node:path';
import { ROOT } from './command.mjs';

/**
 * Checks that every package declares exactly what it imports: "dependencies" what its sources use, and besides that
 * "devDependencies" or the root's what only its tests use. One line per difference; exit status 1 if there is one.
 */
const IMPORT = /(?:\bfrom\s*|\bimport\s*\(\s*|^\s*import\s+|\.resolve\(\s*)(['"])([^'"\n]+)\1/gm;
const PACKAGE_NAME = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;
/** Loaded by another package by its name: the pages of the queue dashboard. */
const LOADED_BY_OTHERS = ['@bull-board/ui'];
const TEST_FILE = /\.(test|fixture)\.tsx?$/;
const rootPackage = readPackage(ROOT);

const problems = ['packages', 'apps'].flatMap((parent) =>
  readdirSync(join(ROOT, parent))
    .map((name) => join(ROOT, parent, name))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .flatMap(checkPackage),
);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log('Every package declares what it imports, and nothing else.');

function checkPackage(folder) {
  const own = readPackage(folder);
  const declared = Object.keys(own.dependencies ?? {});
  const forTests = Object.keys({ ...own.devDependencies, ...rootPackage.devDependencies });
  const files = sourceFiles(join(folder, 'src'));
  const used = importsOf(files.filter((file) => !TEST_FILE.test(file)));
  const usedByTests = importsOf(files.filter((file) => TEST_FILE.test(file)));
  const place = relative(ROOT, join(folder, 'package.json'));
  return [
    ...missing(used, declared, (name, file) => `${place}: "${name}" is imported by ${file} and not in "dependencies".`),
    ...missing(
      usedByTests,
      [...declared, ...forTests, own.name],
      (name, file) => `${place}: "${name}" is imported by ${file} and in neither "dependencies" nor "devDependencies".`,
    ),
    ...declared
      .filter((name) => !used.has(name) && !LOADED_BY_OTHERS.includes(name))
      .map((name) => `${place}: "${name}" is in "dependencies", and nothing in src imports it.`),
  ];
}

function missing(used, declared, describe) {
  return [...used].filter(([name]) => !declared.includes(name)).map(([name, file]) => describe(name, file));
}

/** Names of imported packages, each with one file that imports it. */
function importsOf(files) {
  const found = new Map();
  for (const file of files) {
    for (const [, , specifier] of withoutComments(readFileSync(file, 'utf8')).matchAll(IMPORT)) {
      const name = packageOf(specifier);
      if (name !== null) found.set(name, relative(ROOT, file));
    }
  }
  return found;
}

function packageOf(specifier) {
  if (specifier.startsWith('.') || specifier.startsWith('node:') || builtinModules.includes(specifier)) return null;
  const parts = specifier.split('/');
  const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0];
  // What looks like an import may be a piece of SQL or of a sentence.
  return PACKAGE_NAME.test(name) ? name : null;
}

function withoutComments(text) {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
}

function sourceFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => /\.tsx?$/.test(path));
}

function readPackage(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}
