import { newStudents } from '../student-changes.ts';
import { nextDay } from '../changes.ts';
import { generateDistrict } from '../district.ts';
import { Asker } from './clever-site.fixture.ts';
import { objectId } from './object-id.ts';

const DISTRICT = generateDistrict({ seed: 3, schoolSizes: [60, 50, 70] });
const OTHER = generateDistrict({ seed: 4, schoolSizes: [20], id: 'lakeside' });

let clever: Asker;
beforeEach(async () => {
  clever = await Asker.of({ districts: [DISTRICT, OTHER], requestLimit: 10_000 });
});
afterEach(() => clever.site.stop());

const ids = (objects: readonly { readonly id: string }[]): string[] => objects.map(({ id }) => id);

describe('time', () => {
  const lastSync = async (): Promise<unknown> => (await clever.page('/v3.1/districts')).data[0]?.data['last_sync'];

  it('moves last_sync when data comes in, but not when sharing changes', async () => {
    const before = await lastSync();
    clever.site.account.set({ unsharedSchools: ['0101'] });
    expect(await lastSync()).toBe(before);
    clever.site.account.sync();
    expect(await lastSync()).not.toBe(before);
  });

  it('gives the same ids to the same district, and later ones to those who come later', async () => {
    const grown = nextDay(DISTRICT, [newStudents(3, '0101')]);
    const before = await clever.all('/v3.1/users?role=student&limit=10000');
    clever.site.account.sync(grown);
    const after = await clever.all('/v3.1/users?role=student&limit=10000');
    expect(ids(after).slice(0, before.length)).toEqual(ids(before));
    expect(after).toHaveLength(before.length + 3);
  });

  it.each(['pause', 'hold'] as const)('%s keeps the data as it was until it goes on', async (freeze) => {
    const { account } = clever.site;
    account[freeze]();
    account.sync(nextDay(DISTRICT, [newStudents(3, '0101')]));
    const district = (await clever.page('/v3.1/districts')).data[0]?.data;
    expect([district?.['state'], 'pause_start' in (district ?? {})]).toEqual(
      freeze === 'pause' ? ['paused', true] : ['running', false],
    );
    expect(await clever.all('/v3.1/users?role=student&limit=10000')).toHaveLength(180);
    account.resume();
    expect(await clever.all('/v3.1/users?role=student&limit=10000')).toHaveLength(183);
  });

  it('lets things happen between two pages, which shift no other row', async () => {
    const students = ids(await clever.all('/v3.1/users?role=student&limit=10000'));
    const gone = [DISTRICT.students[0]?.sisId ?? '', DISTRICT.students[170]?.sisId ?? ''];
    clever.site.plan({
      before: '/v3.1/users',
      occurrence: 2,
      happens: () => clever.site.account.set({ deletedUsers: gone }),
    });
    const seen = ids(await clever.all('/v3.1/users?role=student&limit=50'));
    expect(seen).toEqual(students.filter((id) => id !== objectId('user', gone[1] ?? '')));
  });
});

describe('by hand', () => {
  const send = async (method: string, path: string, body: unknown): Promise<[number, unknown]> => {
    const response = await fetch(`${clever.site.apiUrl}/-/${path}`, { method, body: JSON.stringify(body) });
    return [response.status, await response.json()];
  };

  it('switches what the tests switch', async () => {
    const { id: district, token } = clever.site.account;
    expect(await send('PUT', 'switches', { district, unsharedSchools: ['0101'] })).toEqual([
      200,
      expect.objectContaining({ id: district }),
    ]);
    expect(await clever.all('/v3.1/schools')).toHaveLength(2);
    const shown = await (await fetch(`${clever.site.apiUrl}/-/switches`)).json();
    expect(shown).toMatchObject([{ id: district, switches: { unsharedSchools: ['0101'] } }, { isConnected: true }]);
    expect((await send('POST', 'disconnect', { district }))[1]).toMatchObject({ isConnected: false });
    expect((await clever.get('/v3.1/schools', token)).status).toBe(401);
  });

  it('says what it cannot do', async () => {
    const { id: district } = clever.site.account;
    expect(await send('PUT', 'switches', { district, shared: [] })).toEqual([
      400,
      { error: expect.stringContaining('got "shared"') },
    ]);
    expect(await send('PUT', 'switches', { district, unsharedSchools: '0101' })).toEqual([
      400,
      { error: expect.stringContaining('is a list') },
    ]);
    expect(await send('POST', 'pause', null)).toEqual([400, { error: expect.stringContaining(`"${district}"`) }]);
  });
});
