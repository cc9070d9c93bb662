import fc from 'fast-check';
import { decode, detectEncoding } from './encoding.ts';
import { memoryFile, neverAborted, refusal } from './delivery.fixture.ts';

const TEXT = 'sourcedId,givenName\r\n1,José\r\n2,Zoë\r\n3,山田\r\n';
const be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

async function read(content: string | Buffer, chunkSizes?: readonly number[]): Promise<[string, string]> {
  const file = memoryFile('users.csv', content, chunkSizes);
  const { encoding } = await detectEncoding(file, neverAborted);
  let text = '';
  for await (const piece of decode(file.open(neverAborted), encoding)) text += piece;
  return [encoding, text];
}

describe('encodings (guard §18)', () => {
  it.each([
    ['UTF-8', Buffer.from(TEXT), 'utf-8'],
    ['UTF-8 with a BOM', Buffer.from(`\uFEFF${TEXT}`), 'utf-8'],
    ['UTF-16LE with a BOM', Buffer.from(`\uFEFF${TEXT}`, 'utf16le'), 'utf-16le'],
    ['UTF-16BE with a BOM', be(`\uFEFF${TEXT}`), 'utf-16be'],
    ['UTF-16LE without a BOM', Buffer.from(TEXT, 'utf16le'), 'utf-16le'],
    ['UTF-16BE without a BOM', be(TEXT), 'utf-16be'],
  ])('reads %s', async (_, content, encoding) => {
    expect(await read(content)).toEqual([encoding, TEXT]);
    expect(await read(content, [1])).toEqual([encoding, TEXT]);
    expect(await read(content, [3, 5])).toEqual([encoding, TEXT]);
  });

  it('reads Windows-1252 and says in which line it had to', async () => {
    const content = Buffer.from('id,name\n1,Ann\n2,Jos\xe9 \x80 \x93Bo\x94 O\x92Neil\n', 'latin1');
    const file = memoryFile('users.csv', content, [4]);
    expect(await detectEncoding(file, neverAborted)).toMatchObject({ encoding: 'windows-1252', foreignLine: 3 });
    expect(await read(content, [2])).toEqual(['windows-1252', 'id,name\n1,Ann\n2,José € “Bo” O’Neil\n']);
  });

  it('reads an empty file as UTF-8', async () => {
    expect(await read('')).toEqual(['utf-8', '']);
  });

  it('refuses bytes that no encoding knows', async () => {
    const error = await refusal(read(Buffer.from('id\n1\nJos\x8f\n', 'latin1')));
    expect(error.message).toMatch(/^users\.csv, line 3: the encoding of the file is not recognised/);
  });

  it('refuses NUL bytes, in narrow and in wide text, and names the line', async () => {
    const narrow = await refusal(read('id,name\r\n1,Ann\r\n2,B\0b\r\n', [5]));
    expect(narrow.message).toMatch(/^users\.csv, line 3: NUL bytes/);
    const wide = await refusal(read(Buffer.from('\uFEFFid\n1\n\0\n', 'utf16le')));
    expect(wide.message).toMatch(/^users\.csv, line 3: NUL bytes/);
  });

  it('refuses characters that were lost before', async () => {
    const content = `${'id,name\n'.repeat(10)}1,Jos\uFFFD\n`;
    expect((await refusal(read(content))).message).toMatch(/^users\.csv, line 11: a character was lost/);
    expect((await refusal(read(content, [1]))).message).toMatch(/^users\.csv, line 11: a character was lost/);
  });

  it('does not spoil a UTF-8 file for the sake of one bad byte', async () => {
    const content = Buffer.concat([Buffer.from('id\nJosé\nZoë\n'), Buffer.from([0xe9]), Buffer.from('\n')]);
    expect((await refusal(read(content))).message).toMatch(/^users\.csv, line 4: the file is UTF-8 but has bytes/);
  });

  it('sees that a UTF-8 file ends in the middle of a character', async () => {
    const whole = Buffer.from('id\nJosé\nZoë\n山');
    const error = await refusal(read(whole.subarray(0, whole.length - 1)));
    expect(error.message).toMatch(/^users\.csv, line 4: the file is cut off in the middle of a character/);
  });

  it('sees that a UTF-16 file is cut', async () => {
    const content = Buffer.from(`\uFEFF${TEXT}`, 'utf16le');
    expect((await refusal(read(content.subarray(0, content.length - 1)))).message).toMatch(/damaged or cut short/);
  });

  it('decodes any text in any chunks', async () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter((s) => !/[\0\uFFFD\uFEFF]/.test(s));
    const chunks = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(text, chunks, async (body, sizes) => {
        const content = `id,name\n${body}`;
        expect(await read(content, sizes)).toEqual(['utf-8', content]);
        expect(await read(Buffer.from(`\uFEFF${content}`, 'utf16le'), sizes)).toEqual(['utf-16le', content]);
      }),
    );
  });
});
