/** A column of a table for a terminal. */
export interface Column {
  readonly heading: string;
  /** Its share of the width that the other columns leave; `fit` takes what its longest line needs. */
  readonly width: number | 'fit';
  readonly align?: 'left' | 'right';
}

const GAP = '  ';
const SMALLEST_WIDTH = 8;

/** Breaks text at blanks into lines of at most `width` characters; a longer word is cut. Line breaks in it are kept. */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => wrapParagraph(paragraph, width));
}

function wrapParagraph(paragraph: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.split(' ').flatMap((whole) => cut(whole, width))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= width) {
      line = longer;
      continue;
    }
    lines.push(line);
    line = word;
  }
  return [...lines, line];
}

function cut(word: string, width: number): string[] {
  return word.length <= width ? [word] : [word.slice(0, width), ...cut(word.slice(width), width)];
}

/**
 * A table of at most `totalWidth` characters, unless its columns cannot be that narrow: headings, a rule, and each row
 * with its cells broken into lines, a rule after each.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  totalWidth: number,
): string[] {
  const widths = widthsOf(columns, rows, totalWidth);
  const rule = widths.map((width) => '─'.repeat(width)).join(GAP);
  const headings = columns.map((column) => column.heading);
  return [headings, ...rows].flatMap((row) => [...formatRow(row, columns, widths), rule]);
}

function widthsOf(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  totalWidth: number,
): readonly number[] {
  const longest = (index: number): number =>
    Math.max(
      ...[columns.map((c) => c.heading), ...rows].flatMap((r) => (r[index] ?? '').split('\n')).map((l) => l.length),
    );
  const fitted = columns.map((column, index) => (column.width === 'fit' ? longest(index) : null));
  const shares = columns.reduce((sum, { width }) => sum + (width === 'fit' ? 0 : width), 0);
  const gaps = GAP.length * (columns.length - 1);
  const left = totalWidth - gaps - fitted.reduce<number>((sum, width) => sum + (width ?? 0), 0);
  return columns.map(({ width }, index) =>
    width === 'fit' ? (fitted[index] ?? 0) : Math.max(SMALLEST_WIDTH, Math.floor((left * width) / shares)),
  );
}

function formatRow(row: readonly string[], columns: readonly Column[], widths: readonly number[]): string[] {
  const cells = widths.map((width, index) => wrap(row[index] ?? '', width));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    cells
      .map((lines, index) => {
        const [text, width] = [lines[line] ?? '', widths[index] ?? 0];
        return columns[index]?.align === 'right' ? text.padStart(width) : text.padEnd(width);
      })
      .join(GAP)
      .trimEnd(),
  );
}
