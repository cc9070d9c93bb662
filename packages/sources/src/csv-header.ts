import { invalidData } from './invalid-data.ts';

/** The first row of a CSV file: its column names as they stand, and how the file separates its cells. */
export interface CsvHeader {
  readonly cells: readonly string[];
  readonly delimiter: ',' | '\t' | ';';
  /** Where it stands, 1-based. */
  readonly line: number;
  /** The line the next row starts in. */
  readonly nextLine: number;
}

/** No header is longer than this; a larger one is not CSV. */
const MAX_HEADER_CHARS = 1 << 20;

/**
 * Takes the header off the start of `text`. Returns it with the offset at which the rows begin, or undefined while
 * more text is needed, or (when `final`) if there is no header at all. Leading blank lines are passed over.
 * Throws `invalid_data` for a quote that is never closed.
 */
export function takeHeader(
  text: string,
  final: boolean,
  fileName: string,
): { readonly header: CsvHeader; readonly next: number } | undefined {
  let start = 0;
  let line = 1;
  while (start < text.length && /\s/.test(text.charAt(start)) && text.charAt(start) !== '\t') {
    const lineEnd = lineEndAt(text, start);
    if (lineEnd > 0) line += 1;
    start += Math.max(1, lineEnd);
  }
  if (start >= text.length) return undefined;
  const rest = text.slice(start);
  const firstLine = /^[^\r\n]*(?=[\r\n])/.exec(rest)?.[0] ?? (final ? rest : undefined);
  if (firstLine === undefined) {
    if (rest.length > MAX_HEADER_CHARS) throw notCsv(fileName, line);
    return undefined;
  }
  const delimiter = delimiterOf(firstLine);
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  let height = 0;
  for (let i = 0; i <= rest.length; i += 1) {
    const char = rest.charAt(i);
    if (quoted) {
      if (char === '') break;
      if (char !== '"') cell += char;
      else if (rest.charAt(i + 1) === '"') cell += rest.charAt((i += 1));
      else quoted = false;
      if (char === '\n' || (char === '\r' && rest.charAt(i + 1) !== '\n')) height += 1;
    } else if (char === '"' && cell === '') quoted = true;
    else if (char === delimiter) {
      cells.push(cell);
      cell = '';
    } else if (char === '\r' || char === '\n' || char === '') {
      if (!final && (char === '' || (char === '\r' && i + 1 === rest.length))) return undefined;
      cells.push(cell);
      const lineEnd = lineEndAt(rest, i);
      return { header: { cells, delimiter, line, nextLine: line + height + 1 }, next: start + i + lineEnd };
    } else cell += char;
  }
  if (!final && rest.length <= MAX_HEADER_CHARS) return undefined;
  throw invalidData(
    `${fileName}, line ${line}: a quote in the header is never closed.`,
    'Ask the district to export this file again.',
  );
}

/** The length of the line end at `at`: 2 for CR LF, 1 for CR or LF, else 0. */
function lineEndAt(text: string, at: number): 0 | 1 | 2 {
  const char = text.charAt(at);
  if (char === '\n') return 1;
  if (char !== '\r') return 0;
  return text.charAt(at + 1) === '\n' ? 2 : 1;
}

/** Excel writes tabs ("Unicode text") or, in many countries, semicolons: the separator most seen in the header. */
function delimiterOf(headerLine: string): CsvHeader['delimiter'] {
  const bare = headerLine.replaceAll(/"[^"]*"/g, '');
  const seen = (char: string): number => bare.split(char).length;
  if (seen('\t') > seen(',') && seen('\t') >= seen(';')) return '\t';
  return seen(';') > seen(',') ? ';' : ',';
}

const notCsv = (fileName: string, line: number) =>
  invalidData(
    `${fileName}, line ${line}: expected a CSV header, found a line without an end.`,
    'Check that the file is a CSV file.',
  );
