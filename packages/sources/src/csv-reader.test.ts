import fc from 'fast-check';
import { readCsvHeader, readCsvRows } from './csv-reader.ts';
import { MAX_ROW_CHARS } from './csv-scanner.ts';
import { memoryFile, neverAborted, refusal } from './delivery.fixture.ts';

interface ReadBack {
  readonly rows: (readonly [line: number, ...cells: string[]])[];
  readonly overlong: number[];
}

/** Reads all columns `c0`, `c1`, … of a CSV whose header is `width` of them. */
async function readBack(text: string, width: number, chunkSizes?: readonly number[]): Promise<ReadBack> {
  const names = Array.from({ length: width }, (_, i) => `c${i}`);
  const file = memoryFile('t.csv', text, chunkSizes);
  const result: ReadBack = { rows: [], overlong: [] };
  for await (const batch of readCsvRows(file, 'utf-8', { keys: names, wanted: names }, neverAborted)) {
    for (const [i, row] of batch.rows.entries()) result.rows.push([batch.lines[i]!, ...names.map((n) => row[n]!)]);
    result.overlong.push(...batch.overlong.map(({ line }) => line));
  }
  return result;
}

describe('reading CSV', () => {
  it.each([
    ['LF', '\n'],
    ['CR LF', '\r\n'],
    ['CR', '\r'],
  ])('ends lines with %s, with and without a last one', async (_, end) => {
    const rows = [
      [2, '1', '2'],
      [3, '3', '4'],
    ];
    const text = ['c0,c1', '1,2', '3,4'].join(end);
    expect((await readBack(text, 2)).rows).toEqual(rows);
    expect((await readBack(text + end, 2)).rows).toEqual(rows);
    expect((await readBack(text, 2, [1])).rows).toEqual(rows);
  });

  it('reads quoted separators, doubled quotes and line breaks, and counts the lines a value spans', async () => {
    const { rows } = await readBack('c0,c1\n"a,b","say ""hi"""\n"x\r\ny\nz",2\n"",""""\nlast,9', 2);
    expect(rows).toEqual([
      [2, 'a,b', 'say "hi"'],
      [3, 'x\r\ny\nz', '2'],
      [6, '', '"'],
      [7, 'last', '9'],
    ]);
  });

  it('leaves blank rows out, keeps their lines counted, and fills short rows', async () => {
    const { rows, overlong } = await readBack('c0,c1,c2\n\n , \n,,\n1\n   \n2,3,,,\n', 3);
    expect(rows).toEqual([
      [3, ' ', ' ', ''],
      [5, '1', '', ''],
      [7, '2', '3', ''],
    ]);
    expect(overlong).toEqual([]);
  });

  it('sets rows apart that have values beyond the header', async () => {
    const { rows, overlong } = await readBack('c0,c1\n1,2,3\n4,5, \n6,7,,"8"\n', 2);
    expect(rows).toEqual([[3, '4', '5']]);
    expect(overlong).toEqual([2, 4]);
  });

  it('takes spaces after a closing quote, and quotes inside an unquoted value, as they come', async () => {
    const { rows } = await readBack('c0,c1\n"a" ,5" pipe\n', 2);
    expect(rows).toEqual([[2, 'a', '5" pipe']]);
  });

  it.each([
    ['tab', '\t'],
    ['semicolon', ';'],
  ])('recognises a %s from the header', async (_, separator) => {
    const { rows } = await readBack(`c0${separator}c1\n1${separator}"2,3"\n`, 2);
    expect(rows).toEqual([[2, '1', '2,3']]);
  });

  it('finds the header after blank lines and counts on from there', async () => {
    const file = memoryFile('t.csv', '\uFEFF\n\r\nc0,"c 1"\nx,y', [1]);
    expect(await readCsvHeader(file, 'utf-8', neverAborted)).toEqual({
      cells: ['c0', 'c 1'],
      delimiter: ',',
      line: 3,
      nextLine: 4,
    });
    expect((await readBack('\n\r\nc0,c1\nx,y', 2, [3])).rows).toEqual([[4, 'x', 'y']]);
  });

  it.each(['', '\n\n', '\uFEFF', '  \n'])('has no header in %j', async (text) => {
    expect(await readCsvHeader(memoryFile('t.csv', text), 'utf-8', neverAborted)).toBeUndefined();
  });

  it('says where a quote was opened that the end of the file does not close', async () => {
    const error = await refusal(readBack('c0,c1\n1,2\n"x\ny","open\n3,4\n5,6', 2));
    expect(error.reason).toBe('invalid_data');
    expect(error.message).toBe(
      't.csv, line 4, column 2: a quote is opened there and the file ends before it is closed.',
    );
  });

  it('refuses text after a closing quote', async () => {
    const error = await refusal(readBack('c0,c1\n1,2\n3,"Bob" Smith\n', 2));
    expect(error.message).toMatch(/^t\.csv, line 3, column 2: expected a separator/);
  });

  it('does not let a stray quote swallow the memory', async () => {
    const filler = 'x,y\n'.repeat(MAX_ROW_CHARS / 2);
    const error = await refusal(readBack(`c0,c1\n1,"2\n${filler}`, 2));
    expect(error.message).toMatch(/^t\.csv, line 2, column 2: a quote is opened there and not closed within a million/);
    const endless = await refusal(readBack(`c0,c1\n1,${'x'.repeat(MAX_ROW_CHARS + 70_000)}`, 2));
    expect(endless.message).toMatch(/^t\.csv, line 2: the row is longer/);
  });

  it('takes only the wanted columns', async () => {
    const file = memoryFile('t.csv', 'a,b,c\n1,2,3\n');
    const columns = { keys: ['', 'b', ''] as const, wanted: ['b', 'z'] as const };
    const rows = [];
    for await (const batch of readCsvRows<'b' | 'z'>(file, 'utf-8', columns, neverAborted)) rows.push(...batch.rows);
    expect(rows).toEqual([{ b: '2', z: '' }]);
  });

  it('reads back any table, with the right lines, in whatever chunks it comes', async () => {
    const cell = fc.string({
      unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'é', '名', ';', '\t'),
      maxLength: 6,
    });
    const width = fc.integer({ min: 1, max: 4 });
    const table = width.chain((w) =>
      fc.record({
        rows: fc.array(fc.array(cell, { minLength: w, maxLength: w }), { maxLength: 8 }),
        end: fc.constantFrom('\n', '\r\n', '\r'),
        hasLastEnd: fc.boolean(),
        chunks: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        width: fc.constant(w),
      }),
    );
    await fc.assert(
      fc.asyncProperty(table, async ({ rows, end, hasLastEnd, chunks, width: w }) => {
        const quote = (value: string): string => `"${value.replaceAll('"', '""')}"`;
        const lines = rows.map((row) => row.map(quote).join(','));
        const header = Array.from({ length: w }, (_, i) => `c${i}`).join(',');
        const text = [header, ...lines].join(end) + (hasLastEnd ? end : '');
        const expected: unknown[] = [];
        let line = 2;
        for (const row of rows) {
          if (row.some((value) => value !== '')) expected.push([line, ...row]);
          line += 1 + row.reduce((sum, value) => sum + (value.match(/\r\n|\r|\n/g) ?? []).length, 0);
        }
        expect((await readBack(text, w, chunks)).rows).toEqual(expected);
      }),
      { numRuns: 400 },
    );
  });
});
