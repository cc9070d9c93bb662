import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import {
  ConfigError,
  parseConfig,
  resolveEnv,
  type ConfigFile,
  type ConfigKeys,
  type ConfigProblem,
} from '@rollbook/core';
import { LineCounter, isNode, isPair, parseDocument, type Document, type YAMLError } from 'yaml';
import { CommandError } from './problem.ts';

/** Far above any real configuration: a thousand districts take about half a megabyte. */
const LARGEST_BYTES = 20 * 1024 * 1024;

/**
 * Reads a configuration file: YAML, with `${env:NAME}` resolved. Paths of `files` sources, and of a
 * `guardiansFile` of that type, are taken from the file's folder.
 *
 * @throws CommandError with every mistake on its own line, by file, line and column; values of secrets are not shown.
 */
export function readConfig(path: string, env: Readonly<Record<string, string | undefined>>): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(readText(path), { lineCounter: lines, prettyErrors: false });
  // What follows the first mistake in YAML is mostly its consequence.
  const [yamlError] = document.errors;
  if (yamlError) throw mistakes([yamlMistake(path, yamlError, lines)]);
  const problems: ConfigProblem[] = [];
  const value = toValue(document, path);
  const resolved = collect(problems, () => resolveEnv(value, env));
  // A text whose variable is missing is still a text: the rest of the file can be judged.
  const config = collect(problems, () => parseConfig(resolved ?? value));
  if (config && problems.length === 0) return withAbsolutePaths(config, dirname(resolve(path)));
  const placed = problems.map((problem) => ({ ...problem, ...positionOf(document, lines, problem.keys) }));
  placed.sort((a, b) => a.line - b.line || a.col - b.col);
  throw mistakes(placed.map(({ line, col, path: place, message }) => `${path}:${line}:${col}: ${place}: ${message}`));
}

function collect<R>(problems: ConfigProblem[], work: () => R): R | null {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return null;
  }
}

function mistakes(lines: readonly string[]): CommandError {
  return new CommandError(lines.join('\n'), {
    title: lines.length === 1 ? 'Configuration: 1 mistake' : `Configuration: ${lines.length} mistakes`,
    advice: 'Correct the file and try again. Nothing was changed.',
  });
}

function readText(path: string): string {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > LARGEST_BYTES) throw unreadable(path, `it has ${bytes.length} bytes`);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw unreadable(path, 'there is no such file');
    if (code === 'EISDIR') throw unreadable(path, 'it is a folder');
    throw unreadable(path, code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is not UTF-8 text' : (code ?? 'unknown'));
  }
}

const unreadable = (path: string, why: string): CommandError =>
  new CommandError(`The configuration file "${path}" cannot be read: ${why}.`, {
    title: 'Configuration',
    advice: 'Give the path of a YAML file.',
  });

/** The parser's own message may quote the line, which may hold a secret: ours stand in for it. */
function yamlMistake(path: string, error: YAMLError, lines: LineCounter): string {
  const { line, col } = lines.linePos(error.pos[0]);
  const what = YAML_MISTAKES[error.code] ?? 'the text is not valid YAML';
  return `${path}:${line}:${col}: ${what} (${error.code})`;
}

const YAML_MISTAKES: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  BAD_INDENT: 'the indentation does not fit: expected the same as the lines it belongs to',
  TAB_AS_INDENT: 'a tab stands where spaces are expected',
  DUPLICATE_KEY: 'this key is there twice',
  MISSING_CHAR: 'a character is missing: expected a closing quote, a bracket, a comma or a colon',
  UNEXPECTED_TOKEN: 'this does not belong here: texts with special characters need quotes',
  BAD_ALIAS: 'a text that begins with * or & needs quotes',
  MULTIPLE_DOCS: 'expected one document: "---" begins another',
  BLOCK_AS_IMPLICIT_KEY: 'the indentation does not fit, or a colon in a text needs quotes',
  MULTILINE_IMPLICIT_KEY: 'a colon is missing after this key',
};

function toValue(document: Document, path: string): unknown {
  try {
    return document.toJS();
  } catch {
    throw mistakes([`${path}: an alias (*name) is used too often or has no anchor (&name)`]);
  }
}

/** Of the deepest key that is there: what is missing has no place of its own. */
function positionOf(document: Document, lines: LineCounter, keys: ConfigKeys): { line: number; col: number } {
  for (let depth = keys.length; depth > 0; depth--) {
    const offset = offsetOf(document, keys.slice(0, depth));
    if (offset !== null) return lines.linePos(offset);
  }
  return { line: 1, col: 1 };
}

function offsetOf(document: Document, keys: ConfigKeys): number | null {
  const parent: unknown = keys.length === 1 ? document.contents : document.getIn(keys.slice(0, -1), true);
  const last = keys.at(-1);
  const items: unknown[] = (parent as { items?: unknown[] } | null | undefined)?.items ?? [];
  // The key of a pair says where a reader should look, also where its value is on the next line or empty.
  const pair = items.find(
    (item) => isPair(item) && isNode(item.key) && (item.key as { value?: unknown }).value === last,
  );
  const node: unknown = isPair(pair) ? pair.key : document.getIn([...keys], true);
  return isNode(node) ? (node.range?.[0] ?? null) : null;
}

function withAbsolutePaths(config: ConfigFile, folder: string): ConfigFile {
  const absolute = <S extends { readonly type: string }>(source: S): S =>
    'path' in source && source.type === 'files' ? { ...source, path: resolve(folder, String(source.path)) } : source;
  return {
    districts: config.districts.map((district) => ({
      ...district,
      syncs: district.syncs.map((sync) => {
        const { guardiansFile } = sync.source;
        const source =
          guardiansFile === undefined ? sync.source : { ...sync.source, guardiansFile: absolute(guardiansFile) };
        return { ...sync, source: absolute(source) };
      }),
    })),
  };
}
