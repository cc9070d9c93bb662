import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError } from './problem.ts';
import { readConfig } from './read-config.ts';

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'rollbook-config-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const write = (text: string | Uint8Array): string => {
  const path = join(folder, 'rollbook.yaml');
  writeFileSync(path, text);
  return path;
};

/** What is wrong, line by line, without the path of the file. */
const mistakes = (text: string | Uint8Array, env: Record<string, string> = {}): string[] => {
  const path = write(text);
  try {
    readConfig(path, env);
    return [];
  } catch (error) {
    if (error instanceof CommandError) return error.message.replaceAll(`${path}:`, '').split('\n');
    throw error;
  }
};

const sftp = (password: string, rest = ''): string => `districts:
  - id: riverside
    syncs:
      - id: sis
        source: {type: sftp, host: h, username: u, password: "${password}"}
${rest}`;

describe('readConfig', () => {
  it('gives the configuration with variables resolved and paths taken from its folder', () => {
    const path = write(`${sftp('${env:SECRET}')}      - {id: two, source: {type: files, path: ./roster}}\n`);
    const [district] = readConfig(path, { SECRET: 'hunter2' }).districts;
    expect(district?.syncs.map(({ source }) => source)).toMatchObject([
      { type: 'sftp', password: 'hunter2' },
      { type: 'files', path: join(folder, 'roster') },
    ]);
  });

  it('takes the path of a guardiansFile from its folder too', () => {
    const source = `{type: sftp, host: h, username: u, password: p, manageGuardians: false, guardiansFile: {type: files, path: g/guardians.csv}}`;
    const path = write(`districts:\n  - id: riverside\n    syncs:\n      - {id: sis, source: ${source}}\n`);
    const [district] = readConfig(path, {}).districts;
    expect(district?.syncs[0]?.source).toMatchObject({
      type: 'sftp',
      path: '.',
      guardiansFile: { type: 'files', path: join(folder, 'g', 'guardians.csv') },
    });
  });

  it('names every mistake with line and column, in the order of the file', () => {
    const rest = '        schools:\n          - {sisId: 0123}\n        deletionThreshold: 200\n';
    const text = sftp('${env:NOWHERE}', rest).replace('riverside', 'Riverside');
    expect(mistakes(text).map((line) => line.split(':').slice(0, 3).join(':'))).toEqual([
      '2:5: districts[0].id',
      '5:52: districts[0].syncs[0].source.password',
      '7:14: districts[0].syncs[0].schools[0].sisId',
      '8:9: districts[0].syncs[0].deletionThreshold',
    ]);
    expect(mistakes(text).join()).toContain('NOWHERE');
    expect(mistakes(text).join()).toContain('leading zeros would be lost');
  });

  it('names the nearest key there is for what is missing', () => {
    expect(mistakes('districts:\n  - id: a\n    syncs:\n      - id: s\n')[0]).toMatch(
      /^4:9: districts\[0\]\.syncs\[0\]/,
    );
    expect(mistakes('')[0]).toMatch(/^1:1: /);
  });

  it.each([
    ['a tab', 'districts:\n\t- id: a\n', '2:1: a tab stands where spaces are expected'],
    ['a key twice', 'districts: []\ndistricts: []\n', '2:1: this key is there twice'],
    ['a quote that is not closed', 'districts: "abc\n', ': a character is missing'],
    ['a second document', 'districts: []\n---\na: 1\n', 'expected one document'],
  ])('tells the place of %s', (_what, text, expected) => {
    const lines = mistakes(text);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(expected);
  });

  it('shows no secret, whatever is wrong with it or near it', () => {
    for (const text of [
      sftp('hunter2', '        schools: 3\n'),
      sftp('hunter2').replace('"hunter2"', '{a: hunter2}'),
      sftp('hunter2"x'),
      `${sftp('hunter2').replace('password', 'passwrod')}`,
      sftp('${env:SECRET}', '        enabled: 3\n'),
    ]) {
      const lines = mistakes(text, { SECRET: 'hunter2' }).join('\n');
      expect(lines).not.toBe('');
      expect(lines).not.toContain('hunter2');
    }
  });

  it('refuses what is not a text file', () => {
    expect(() => readConfig(join(folder, 'nowhere.yaml'), {})).toThrow('there is no such file');
    expect(() => readConfig(folder, {})).toThrow('it is a folder');
    expect(mistakes(Uint8Array.of(0x64, 0xff, 0xfe))[0]).toContain('it is not UTF-8 text');
  });

  it('refuses a file that grows without end through aliases', () => {
    const levels = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i},`.repeat(9)}]`);
    expect(mistakes(`l0: &l0 [x]\n${levels.join('\n')}\n`)[0]).toContain('an alias (*name) is used too often');
  });
});
