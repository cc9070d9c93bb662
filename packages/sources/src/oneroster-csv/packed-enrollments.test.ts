import type { PullEvent, PulledRow } from '@rollbook/pipeline';
import fc from 'fast-check';
import { readCsvRows } from '../csv-reader.ts';
import type { SourceFile } from '../source-file.ts';
import { takeEnrollment } from '../oneroster/enrollment-rows.ts';
import { FileReport } from '../file-report.ts';
import { LAYOUTS, type Column } from '../oneroster/layout.ts';
import { Organisations } from '../oneroster/organisations.ts';
import { readPackedEnrollments } from './packed-enrollments.ts';
import { PullOutput } from '../pull-output.ts';

const HEADER =
  'sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate';
const WANTED = LAYOUTS.enrollments.columns as unknown as readonly Column<'enrollments'>[];
const KEYS = HEADER.split(',').map((name) =>
  (WANTED as readonly string[]).includes(name) ? (name as Column<'enrollments'>) : ('' as const),
);
const { signal } = new AbortController();

/** A file that comes in chunks of that many bytes. */
const fileOf = (content: Buffer, chunkBytes: number): SourceFile => ({
  name: 'enrollments.csv',
  sizeBytes: content.length,
  async *open() {
    for (let at = 0; at < content.length; at += chunkBytes) yield Buffer.from(content.subarray(at, at + chunkBytes));
  },
});

interface Read {
  readonly rows: PulledRow[];
  readonly others: PullEvent[];
  /** How many rows were packed. */
  readonly packed: number;
}

function gather(): {
  readonly context: Parameters<typeof takeEnrollment>[2];
  readonly end: () => Omit<Read, 'packed'>;
} {
  const out = new PullOutput();
  out.delivers('enrollments', 'full', 'enrollments.csv');
  const context = {
    report: new FileReport('enrollments.csv', ['enrollments'], 'full', out),
    out,
    organisations: new Organisations(),
  };
  return {
    context,
    end: () => {
      context.report.finish();
      const events = out.drain();
      const rows = events.flatMap((event) => (event.kind === 'rows' ? [...event.rows] : [])) as PulledRow[];
      const lineOf = (event: PullEvent): number => ('warning' in event ? (event.warning.line ?? 0) : 0);
      const others = events.filter(({ kind }) => kind === 'skipped' || kind === 'warning');
      return { rows, others: others.sort((a, b) => lineOf(a) - lineOf(b)) };
    },
  };
}

async function readDecoded(content: Buffer): Promise<Read> {
  const { context, end } = gather();
  for await (const batch of readCsvRows(fileOf(content, 1 << 16), 'utf-8', { keys: KEYS, wanted: WANTED }, signal)) {
    batch.rows.forEach((row, index) => takeEnrollment(row, batch.lines[index]!, context));
    for (const { row, line } of batch.overlong) context.report.skipOverlong(line, row.sourcedId);
  }
  return { ...end(), packed: 0 };
}

async function readPacked(content: Buffer, chunkBytes: number): Promise<Read> {
  const { context, end } = gather();
  const unpacked: PulledRow[] = [];
  for await (const { packed, odd } of readPackedEnrollments(
    fileOf(content, chunkBytes),
    KEYS,
    context.organisations,
    signal,
  )) {
    for (let i = 0; i < packed.count; i++) unpacked.push(packed.unpack(i));
    odd.rows.forEach((row, index) => takeEnrollment(row, odd.lines[index]!, context));
    for (const { row, line } of odd.overlong) context.report.skipOverlong(line, row.sourcedId);
  }
  const { rows, others } = end();
  const all = [...rows, ...unpacked].sort((a, b) => a.line - b.line);
  return { rows: all, others, packed: unpacked.length };
}

const plain = (id: number): string => `e${id},active,,c${id % 3},0101,s${id},student,true,2026-08-20,2027-06-10`;

it('packs sound rows, quoted or not, whatever the chunks', async () => {
  const rows = Array.from({ length: 200 }, (_, i) => (i % 2 ? plain(i) : plain(i).replace(/[^,]+/g, '"$&"')));
  const content = Buffer.from(`\uFEFF${HEADER}\r\n${rows.join('\r\n')}\r\n`);
  const decoded = await readDecoded(content);
  for (const chunkBytes of [1, 7, 100, 1 << 16]) {
    const read = await readPacked(content, chunkBytes);
    expect(read.packed).toBe(200);
    expect(read.rows).toEqual(decoded.rows);
  }
});

const cell = (...usual: string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...usual) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '',
        ' ',
        'x y',
        'José',
        '"a""b"',
        '"two\nlines"',
        '"c,d"',
        '" q "',
        'a\\b',
        'TRUE',
        '名',
      ),
    },
  );
const row = fc
  .tuple(
    cell('e1', 'e2', 'e 3', '0004'),
    cell('', 'active', 'tobedeleted', 'Active'),
    fc.constant('2026-11-01T00:00:00.000Z'),
    cell('c1', 'c2'),
    cell('0101', ''),
    cell('s1', 's2'),
    cell('student', 'teacher', 'Student', 'wizard', 'ext:nurse'),
    cell('', 'true', 'false', 'True', 'maybe'),
    cell('', '2026-08-20', '2026-02-30', '1/05/2023', '2026-08-20T00:00:00Z'),
    cell('', '2027-06-10'),
  )
  .map((cells) => cells.join(','));
const oddRow = fc.constantFrom(
  '',
  ',,,',
  ' ',
  'e9',
  'e9,,,c1,0101,s1,student,,,,surplus',
  'e9,,,c1,0101,s1,student,,,,,',
);
const ends = fc.constantFrom('\n', '\r\n', '\r');

it('reads what the reader of every other file reads, line by line', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.oneof({ weight: 5, arbitrary: row }, { weight: 1, arbitrary: oddRow }), ends), {
        maxLength: 12,
      }),
      fc.boolean(),
      fc.integer({ min: 1, max: 60 }),
      async (lines, endsWithBreak, chunkBytes) => {
        const text = lines.map(([line, end], index) =>
          index === lines.length - 1 && !endsWithBreak ? line : line + end,
        );
        const content = Buffer.from(`${HEADER}\r\n${text.join('')}`);
        const decoded = await readDecoded(content);
        const packed = await readPacked(content, chunkBytes);
        expect(packed.rows).toEqual(decoded.rows);
        expect(packed.others).toEqual(decoded.others);
      },
    ),
    { numRuns: 150 },
  );
});

it.each([
  ['a quote that is never closed', `${plain(1)}\n"e2,${'x'.repeat(30)}\n`, 'before it is closed'],
  ['a quote in the middle of a quoted value', `${plain(1)}\n"e"2,active\n`, 'after the closing quote'],
  ['a row without an end', `${plain(1)}\n${'x'.repeat(2 << 20)}`, 'longer than a million'],
])('refuses %s, as the other does', async (_, rows, message) => {
  const content = Buffer.from(`${HEADER}\n${rows}`);
  await expect(readDecoded(content)).rejects.toThrow(message);
  await expect(readPacked(content, 1 << 20)).rejects.toThrow(message);
});
