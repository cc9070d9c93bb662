import { readdir } from 'node:fs/promises';
import { collect, pullFiles, refusal, sound, zipOf } from './delivery.fixture.ts';
import { Ground, NIGHT } from './sftp-ground.fixture.ts';

let ground: Ground;
beforeEach(async () => {
  ground = await Ground.prepare();
});
afterEach(async () => {
  expect(await ground.clear()).toEqual([]);
});

/** A delivery whose users.csv has about a megabyte. */
const large = {
  ...sound,
  'users.csv': [
    'sourcedId,orgSourcedIds,role,givenName,familyName',
    ...Array.from({ length: 20_000 }, (_, i) => `U${i},0123,student,Given number ${i},Family number ${i}`),
  ].join('\n'),
};

describe('a delivery on an SFTP site', () => {
  it('is the same as on the local disk, loose or zipped', async () => {
    const local = await pullFiles(sound);
    const zip = zipOf(Object.entries(sound).map(([name, content]) => ({ name, content })));
    const loose = await ground.pull(
      await ground.siteWith({ ...sound, 'userProfiles.csv': 'secret', 'users.csv.filepart': 'x' }),
    );
    const zipped = await ground.pull(await ground.siteWith({ 'r.zip': zip, 'r2.zip.part': zip }));
    const named = await ground.pull(await ground.siteWith({ 'r.zip': zip, 'other.zip': zip }), {
      path: '/upload/r.zip',
    });
    for (const type of ['schools', 'classes', 'students', 'staff', 'guardianships', 'enrollments'] as const) {
      expect(local.rows(type).length).toBeGreaterThan(0);
      for (const pulled of [loose, zipped, named]) expect(pulled.rows(type)).toEqual(local.rows(type));
    }
  });

  it('downloads nothing but the files it reads', async () => {
    const site = await ground.siteWith({ ...sound, 'userProfiles.csv': 'passwords', 'lineItems.csv': 'grades' });
    await ground.pull(site);
    expect(new Set(site.reads.map(({ name }) => name))).toEqual(new Set(Object.keys(sound)));
  });

  it('goes on where a lost connection stopped, and reads no byte twice', async () => {
    const site = await ground.siteWith(large);
    site.cutAfterBytes.push(300_000, 200_000, 70_000);
    const told: string[] = [];
    const pulled = await ground.pull(site, { log: (message) => told.push(message) });
    expect(pulled.rows('students')).toHaveLength(20_000);
    expect(site.connections()).toBe(4);
    expect(told).toHaveLength(3);
    const users = site.reads.filter(({ name }) => name === 'users.csv').reduce((sum, read) => sum + read.length, 0);
    // What was on its way when the line was cut may be sent again, no more than one window of it.
    expect(users).toBeLessThan(Buffer.byteLength(large['users.csv']) + 3 * 256 * 1024);
    expect(site.reads.some(({ name, offset }) => name === 'users.csv' && offset > 250_000)).toBe(true);
  });

  it('starts a file over if it has changed while the connection was lost', async () => {
    const site = await ground.siteWith(large);
    const users = site.files.get('users.csv')!;
    site.cutAfterBytes.push(300_000);
    users.onRead = () => {
      if (site.cutAfterBytes.length > 0 && site.cutAfterBytes[0]! < 32_768) {
        users.content = Buffer.from(large['users.csv'].replaceAll('Given number', 'GIVEN'));
        users.modifiedSeconds += 60;
      }
    };
    const pulled = await ground.pull(site);
    const names = pulled.records('students').map(({ givenName }) => givenName);
    expect(names).toHaveLength(20_000);
    expect(names.every((name) => name.startsWith('GIVEN'))).toBe(true);
  });

  it('gives up, to be tried again, when the line brings nothing', async () => {
    const site = await ground.siteWith(large);
    site.cutAfterBytes.push(...Array.from({ length: 20 }, () => 0));
    const error = await refusal(ground.pull(site));
    expect([error.reason, error.disposition]).toEqual(['source_unavailable', 'retry']);
    expect(site.connections()).toBeLessThanOrEqual(7);
  });

  it('ends a download that falls silent', async () => {
    const site = await ground.siteWith(large);
    const users = site.files.get('users.csv')!;
    users.onRead = () => {
      site.isSilent = true;
    };
    const error = await refusal(ground.pull(site, { idleTimeoutSeconds: 0.1 }));
    expect(error.reason).toBe('source_unavailable');
    expect(error.message).toMatch(/within 0\.1 s/);
  });
});

describe('files that are not at rest (guard §18)', () => {
  it('are refused if they grow between two looks', async () => {
    const site = await ground.siteWith(large);
    const users = site.files.get('users.csv')!;
    const grow = setInterval(() => {
      users.content = Buffer.concat([users.content, Buffer.from('\n')]);
    }, 2);
    try {
      const error = await refusal(ground.pull(site, { settleSeconds: 0.2 }));
      expect([error.reason, error.disposition]).toEqual(['source_unavailable', 'retry']);
      expect(error.message).toBe('"/upload/users.csv" is still being written.');
    } finally {
      clearInterval(grow);
    }
  });

  it('are refused if they grow, shrink or are replaced while they are downloaded', async () => {
    const changes: ((users: { content: Buffer; modifiedSeconds: number }) => void)[] = [
      (users) => (users.content = Buffer.concat([users.content, Buffer.from('\nU,0123')])),
      (users) => (users.content = users.content.subarray(0, 100_000)),
      (users) => (users.modifiedSeconds += 1),
    ];
    for (const change of changes) {
      const site = await ground.siteWith(large);
      const users = site.files.get('users.csv')!;
      users.onRead = () => {
        delete users.onRead;
        change(users);
      };
      const error = await refusal(ground.pull(site));
      expect([error.reason, error.disposition]).toEqual(['source_unavailable', 'retry']);
      expect(error.message).toMatch(/^"\/upload\/users\.csv" (changed|grew|ended)/);
    }
  });

  it('are refused if they are of different nights', async () => {
    const site = await ground.siteWith();
    site.files.get('enrollments.csv')!.modifiedSeconds -= 24 * 3600;
    const error = await refusal(ground.pull(site));
    expect(error.reason).toBe('invalid_data');
    expect(error.message).toMatch(/^The files are of different generations: "enrollments\.csv" is of 2026-08-31 02:00/);
    site.files.get('enrollments.csv')!.modifiedSeconds = NIGHT - 11 * 3600;
    expect((await ground.pull(site)).rows('students')).toHaveLength(1);
  });

  it('are named if there are none, or too many', async () => {
    expect((await refusal(ground.pull(await ground.siteWith({ 'readme.txt': 'x' })))).message).toMatch(
      /Found: "readme\.txt"\.$/,
    );
    const two = await refusal(ground.pull(await ground.siteWith({ 'a.zip': 'x', 'b.zip': 'x' })));
    expect(two.message).toBe('"/upload" on "127.0.0.1" holds 2 zip files: "a.zip", "b.zip".');
  });
});

describe('a pull that is stopped', () => {
  it('ends at once while it waits, and while it downloads', async () => {
    const site = await ground.siteWith(large);
    const waiting = new AbortController();
    const pulled = collect(ground.sourceOf(site, { settleSeconds: 600 }).pull(waiting.signal));
    waiting.abort(new Error('told to stop'));
    await expect(pulled).rejects.toThrow('told to stop');

    const downloading = new AbortController();
    site.files.get('users.csv')!.onRead = () => downloading.abort(new Error('told to stop'));
    await expect(collect(ground.sourceOf(site).pull(downloading.signal))).rejects.toThrow('told to stop');
  });

  it('leaves nothing behind if its reader walks away', async () => {
    const site = await ground.siteWith(large);
    for await (const event of ground.sourceOf(site).pull(new AbortController().signal))
      if (event.kind === 'rows') break;
    expect(await readdir(ground.spoolDir)).toEqual([]);
  });
});
