import { clever } from './clever-csv/clever.fixture.ts';
import { collect, refusal, pullFiles, sound, zipOf } from './delivery.fixture.ts';
import { Ground, NIGHT } from './sftp-ground.fixture.ts';
import type { Site } from './sftp-server.fixture.ts';

const neverAborted = new AbortController().signal;
const FAMILIES = 'student id,guardian id,first name,last name,email\n007,G7,Anne,Noel,anne@example.org\n';

let ground: Ground;
beforeEach(async () => {
  ground = await Ground.prepare();
});
afterEach(async () => {
  expect(await ground.clear()).toEqual([]);
});

describe('Clever CSV files on an SFTP site', () => {
  it('read as they do on the local disk, loose or zipped', async () => {
    const local = await pullFiles(clever);
    const zip = zipOf(Object.entries(clever).map(([name, content]) => ({ name, content })));
    for (const files of [clever, { 'clever.zip': zip }]) {
      const pulled = await ground.pull(await ground.siteWith(files));
      expect(pulled.revision).toBe(local.revision);
      for (const type of ['students', 'staff', 'guardians', 'enrollments'] as const)
        expect(pulled.rows(type)).toEqual(local.rows(type));
    }
  });

  it('are refused beside files of OneRoster before anything is downloaded', async () => {
    const site = await ground.siteWith({ ...sound, ...clever });
    expect((await refusal(ground.pull(site))).message).toMatch(
      /^"\/upload" on "127\.0\.0\.1" holds files of two formats: /,
    );
    expect(site.reads).toEqual([]);
    expect((await ground.pull(site, { format: 'clever-csv' })).rows('students')).toHaveLength(2);
  });
});

describe('the survey of an SFTP site', () => {
  it('is dated by the newest file there, and leaves no copy', async () => {
    const site = await ground.siteWith(sound);
    site.files.get('users.csv')!.modifiedSeconds = NIGHT + 60;
    const survey = await ground.sourceOf(site).survey(neverAborted);
    expect(survey.freshAt).toBe(new Date((NIGHT + 60) * 1000).toISOString());
    expect(survey.counts.students).toBe(1);
    expect(survey.schools).toEqual([{ sisId: '0123', name: 'North High', number: 'N-1' }]);
  });
});

describe('guardians.csv on an SFTP site', () => {
  const sourceWith = (
    roster: Site,
    families: Site,
    settings: { path?: string; hostKey?: string; password?: string } = {},
  ) =>
    ground.sourceOf(roster, {
      manageGuardians: false,
      guardiansFile: {
        type: 'sftp',
        host: '127.0.0.1',
        port: families.port,
        username: 'riverside',
        password: 'correct horse',
        hostKey: families.hostKey,
        path: '/upload',
        settleSeconds: 0.02,
        connectTimeoutSeconds: 20,
        idleTimeoutSeconds: 60,
        ...settings,
      },
    });

  it('is read from its folder, named itself, or in a zip, beside a source on another site', async () => {
    const roster = await ground.siteWith(sound);
    const loose = await ground.siteWith({ 'guardians.csv': FAMILIES, 'users.csv': 'not read' });
    const zipped = await ground.siteWith({ 'a.zip': zipOf([{ name: 'guardians.csv', content: FAMILIES }]) });
    const named = await ground.siteWith({ 'families.csv': FAMILIES });
    for (const source of [
      sourceWith(roster, loose),
      sourceWith(roster, zipped),
      sourceWith(roster, named, { path: '/upload/families.csv' }),
    ]) {
      const pulled = await collect(source.pull(neverAborted));
      expect(pulled.records('guardianships').map(({ sisId }) => sisId)).toEqual(['007~G7']);
      expect(pulled.rows('students')).toHaveLength(1);
    }
    expect(new Set(loose.reads.map(({ name }) => name))).toEqual(new Set(['guardians.csv']));
  });

  it('fails the whole pull for its own reasons, before the roster is read', async () => {
    const roster = await ground.siteWith(sound);
    const families = await ground.siteWith({ 'guardians.csv': FAMILIES });
    const pull = (settings: Parameters<typeof sourceWith>[2]) =>
      refusal(collect(sourceWith(roster, families, settings).pull(neverAborted)));
    expect((await pull({ password: 'wrong' })).reason).toBe('wrong_credentials');
    expect((await pull({ hostKey: roster.hostKey })).reason).toBe('wrong_credentials');
    expect((await pull({ path: '/nowhere' })).reason).toBe('invalid_data');
    const guardians = families.files.get('guardians.csv')!;
    guardians.onRead = () => (guardians.modifiedSeconds += 1);
    expect((await pull({})).reason).toBe('source_unavailable');
    expect(roster.reads).toEqual([]);
  });
});
