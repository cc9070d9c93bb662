import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const sections = [...read('docs/guard.md').matchAll(/^### §(\d+) /gm)].map(([, section]) => Number(section));
const sourceFolders = ['packages', 'apps'].flatMap((folder) =>
  readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}/src`),
);
const sources = [...sourceFolders, 'tests'].flatMap(filesUnder);
const testNames = sources.filter((path) => path.endsWith('.test.ts')).flatMap((path) => namesOf(read(path)));

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

function filesUnder(folder: string): string[] {
  const files = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true });
  return files.flatMap((file) =>
    file.isFile() && /\.tsx?$/.test(file.name) ? [join(file.parentPath.slice(ROOT.length), file.name)] : [],
  );
}

/** What stands first in the brackets of `describe`, `it` and `it.each(…)`. */
function namesOf(text: string): string[] {
  return [...text.matchAll(/(?:\bdescribe|\bit|\))\(\s*(['"`])((?:\\.|(?!\1).)*)\1/g)].map(
    ([, , name]) => name as string,
  );
}

it('the sections of docs/guard.md are numbered without a gap', () => {
  expect(sections).toEqual(sections.map((_, index) => index + 1));
  expect(sections.length).toBeGreaterThanOrEqual(31);
});

it.each(sections)('§%i of docs/guard.md is held by a test that names it', (section) => {
  expect(testNames.filter((name) => new RegExp(`guard §${section}(?!\\d)`).test(name))).not.toEqual([]);
});

it('every section that code or tests cite is in docs/guard.md', () => {
  const cited = sources.flatMap((path) =>
    [...read(path).matchAll(/guard §(\d+)/g)].map(([, section]) => ({ path, section: Number(section) })),
  );
  expect(cited.length).toBeGreaterThan(100);
  expect(cited.filter(({ section }) => !sections.includes(section))).toEqual([]);
});
