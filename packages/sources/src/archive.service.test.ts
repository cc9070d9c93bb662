import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openArchive } from './archive.ts';
import { rosterFiles } from './delivery-kind.ts';
import { neverAborted, refusal, withFolder, zipOf, type ZipEntry } from './delivery.fixture.ts';

const USERS = 'sourcedId\n1\n';
const kind = rosterFiles('auto');

async function readArchive(zip: Buffer, limits?: Parameters<typeof openArchive>[3]): Promise<Record<string, string>> {
  return withFolder({ 'roster.zip': zip }, async (folder) => {
    const set = await openArchive(join(folder, 'roster.zip'), 'roster.zip', kind, limits);
    try {
      const content: Record<string, string> = {};
      for (const file of set.files) {
        const chunks = [];
        for await (const chunk of file.open(neverAborted)) chunks.push(chunk);
        content[file.name] = Buffer.concat(chunks).toString();
      }
      return { ...content, ...Object.fromEntries(set.warnings.map(({ code }) => [code, 'warned'])) };
    } finally {
      await set.close();
    }
  });
}
const readEntries = (...entries: ZipEntry[]) => readArchive(zipOf(entries));

describe('a zip of CSV files (guard §18)', () => {
  it('reads files at its root and in one folder, without regard to case', async () => {
    expect(await readEntries({ name: 'Users.CSV', content: USERS })).toEqual({ 'Users.CSV': USERS });
    const inFolder = await readEntries({ name: 'roster/', content: '' }, { name: 'roster/users.csv', content: USERS });
    expect(inFolder).toEqual({ 'users.csv': USERS });
    expect(await readEntries({ name: 'roster\\users.csv', content: USERS })).toEqual({ 'users.csv': USERS });
  });

  it('ignores what macOS, editors and uploads leave, and says that it does not open zips inside', async () => {
    const content = await readEntries(
      { name: 'users.csv', content: USERS },
      { name: '__MACOSX/._users.csv', content: 'x' },
      { name: '__MACOSX/users.csv', content: 'x' },
      { name: '.hidden/users.csv', content: 'x' },
      { name: '.DS_Store', content: 'x' },
      { name: 'users.csv.filepart', content: 'x' },
      { name: 'readme.txt', content: 'x' },
      { name: 'inner.zip', content: 'x' },
    );
    expect(content).toEqual({ 'users.csv': USERS, nested_zip: 'warned' });
  });

  it.each([
    ['../users.csv', /invalid relative path/],
    ['a/../../users.csv', /invalid relative path/],
    ['..\\users.csv', /invalid relative path/],
    ['/etc/users.csv', /absolute path/],
    ['C:\\users.csv', /absolute path/],
  ])('refuses the name %s, which leads out of it', async (name, expected) => {
    const error = await refusal(readEntries({ name, content: USERS }));
    expect(error.reason).toBe('invalid_data');
    expect(error.message).toMatch(expected);
  });

  it('refuses links', async () => {
    const error = await refusal(
      readEntries({ name: 'users.csv', content: '/etc/passwd', claims: { unixMode: 0o120777 } }),
    );
    expect(error.message).toBe('roster.zip: the entry "users.csv" is a link, not a file.');
  });

  it('refuses the same file twice and files in several folders', async () => {
    const twice = await refusal(
      readEntries({ name: 'users.csv', content: USERS }, { name: 'USERS.csv', content: USERS }),
    );
    expect(twice.message).toBe('roster.zip holds the same file more than once: "users.csv", "USERS.csv".');
    const scattered = await refusal(
      readEntries({ name: 'a/users.csv', content: USERS }, { name: 'b/orgs.csv', content: USERS }),
    );
    expect(scattered.message).toMatch(/in more than one folder: "a\/users.csv", "b\/orgs.csv"/);
  });

  it('refuses a wrong checksum and a size that is not what was announced', async () => {
    const sum = await refusal(readEntries({ name: 'users.csv', content: USERS, claims: { crc: 1 } }));
    expect(sum.message).toBe('roster.zip: the checksum of "users.csv" does not match; the zip is damaged.');
    const more = await refusal(readEntries({ name: 'users.csv', content: USERS, claims: { sizeBytes: 5 } }));
    expect(more.message).toMatch(/^roster\.zip, "users\.csv": the zip cannot be read \(too many bytes/);
    const fewer = await refusal(readEntries({ name: 'users.csv', content: USERS, claims: { sizeBytes: 500 } }));
    expect(fewer.message).toMatch(/not enough bytes/);
  });

  it('refuses bombs before anything is unpacked', async () => {
    const bomb = await refusal(readEntries({ name: 'users.csv', content: Buffer.alloc(3 * 2 ** 20, 'a') }));
    expect(bomb.message).toMatch(/^roster\.zip is refused: "users\.csv" unpacks to \d+ times its size\.$/);
    const limits = { maxEntries: 1, maxTotalBytes: 20, maxRatio: 200 };
    const many = zipOf([
      { name: 'users.csv', content: USERS },
      { name: 'orgs.csv', content: USERS },
    ]);
    expect((await refusal(readArchive(many, limits))).message).toMatch(/holds 2 entries; at most 1 /);
    const large = await refusal(readArchive(many, { ...limits, maxEntries: 9 }));
    expect(large.message).toMatch(/unpacked it has more than 20 bytes/);
  });

  it('refuses a zip that is cut anywhere, or is none', async () => {
    const zip = zipOf([{ name: 'users.csv', content: USERS.repeat(50) }]);
    for (const size of [0, 10, zip.length >> 1, zip.length - 1]) {
      const error = await refusal(readArchive(zip.subarray(0, size)));
      expect(error.reason).toBe('invalid_data');
      expect(error.message).toMatch(/^roster\.zip: the zip cannot be read/);
    }
    expect((await refusal(readArchive(Buffer.from('<html>sign in</html>'.repeat(9))))).message).toMatch(
      /cannot be read/,
    );
  });

  it('refuses damage inside the compressed data', async () => {
    const zip = zipOf([
      { name: 'users.csv', content: Array.from({ length: 500 }, (_, i) => `row ${i * 7919}\n`).join('') },
    ]);
    const bad = Buffer.from(zip);
    bad.fill(0xff, 200, 260);
    expect((await refusal(readArchive(bad))).reason).toBe('invalid_data');
  });

  it('stops when it is told to', async () => {
    await withFolder({}, async (folder) => {
      const path = join(folder, 'roster.zip');
      await writeFile(path, zipOf([{ name: 'users.csv', content: USERS }]));
      const set = await openArchive(path, 'roster.zip', kind);
      const controller = new AbortController();
      controller.abort(new Error('told to stop'));
      await expect(set.files[0]!.open(controller.signal)[Symbol.asyncIterator]().next()).rejects.toThrow(
        'told to stop',
      );
      await set.close();
    });
  });
});
