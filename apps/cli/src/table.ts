import { printable, type Colors } from './terminal.ts';

export interface TableColumn {
  readonly title: string;
  /** Numbers stand at the right. */
  readonly isNumber?: boolean;
}

const GAP = '  ';

/** Lays rows out in columns as wide as their longest cell. Cells are made printable and kept on one line. */
export function table(columns: readonly TableColumn[], rows: readonly (readonly string[])[], colors: Colors): string {
  const cells = rows.map((row) => row.map((cell) => printable(cell).replace(/\s/g, ' ')));
  const widths = columns.map(({ title }, i) => Math.max(width(title), ...cells.map((row) => width(row[i] ?? ''))));
  const line = (row: readonly string[]): string =>
    columns
      .map(({ isNumber }, i) => padded(row[i] ?? '', widths[i] ?? 0, isNumber ?? false))
      .join(GAP)
      .trimEnd();
  return [colors.dim(line(columns.map(({ title }) => title))), ...cells.map(line)].join('\n');
}

const width = (text: string): number => Array.from(text).length;

function padded(text: string, to: number, isNumber: boolean): string {
  const padding = ' '.repeat(Math.max(0, to - width(text)));
  return isNumber ? padding + text : text + padding;
}

/** Every line of a text, moved to the right. */
export const indented = (text: string, by = '  '): string =>
  text
    .split('\n')
    .map((line) => (line === '' ? line : by + line))
    .join('\n');
