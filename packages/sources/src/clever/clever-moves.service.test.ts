import { RECORD_TYPES } from '@rollbook/core';
import { cleverId, nextDay, newStudents } from '@rollbook/sandbox';
import { CleverGround, DISTRICT, type PulledAnew } from './clever-ground.fixture.ts';
import { expectedRoster, inOrder } from './expected-roster.fixture.ts';
import { neverAborted } from '../delivery.fixture.ts';

let ground: CleverGround;
beforeEach(async () => {
  ground = await CleverGround.prepare();
});
afterEach(() => ground.site.stop());

const rosterOf = (pulled: PulledAnew) =>
  inOrder(Object.fromEntries(RECORD_TYPES.map((type) => [type, pulled.records(type)])));
const user = (sisId: string | undefined): string => cleverId('user', sisId ?? '');

describe('a district that moves while it is read', () => {
  const grown = nextDay(DISTRICT, [newStudents(3, '0101')]);

  it('is read anew if its data comes into Clever meanwhile', async () => {
    ground.site.plan({ before: '/v3.1/sections', happens: () => ground.account.sync(grown) });
    const pulled = await ground.pull();
    expect(pulled.restarts).toEqual(["The district's data in Clever changed while it was read; reading it anew"]);
    expect(rosterOf(pulled)).toEqual(expectedRoster(grown));
  });

  it('is given up, to be tried again, if it never stands still', async () => {
    for (const occurrence of [1, 2, 3, 4])
      ground.site.plan({ before: '/v3.1/terms', occurrence, happens: () => ground.account.sync() });
    const restarts: string[] = [];
    const pulled = (async () => {
      for await (const event of ground.source().pull(neverAborted))
        if (event.kind === 'restart') restarts.push(event.message);
    })();
    await expect(pulled).rejects.toMatchObject({ reason: 'source_unavailable', disposition: 'retry' });
    expect(restarts).toHaveLength(3);
  });

  it('may lose or get a row between two pages, which hides no other', async () => {
    const gone = [DISTRICT.students[0]?.sisId ?? '', DISTRICT.students[170]?.sisId ?? ''];
    ground.site.plan({
      before: '/v3.1/users',
      occurrence: 3,
      happens: () => ground.account.set({ deletedUsers: gone }),
    });
    const pulled = await ground.pull({ pageSize: 40 });
    const expected = DISTRICT.students.map(({ sisId }) => user(sisId)).filter((id) => id !== user(gone[1]));
    expect(pulled.restarts).toEqual([]);
    expect(
      pulled
        .records('students')
        .map(({ sisId }) => sisId)
        .filter((id) => id !== user(gone[0]))
        .sort(),
    ).toEqual(expected.filter((id) => id !== user(gone[0])).sort());
  });

  it('may share more between two pages: who is shared too late is not named in sections either', async () => {
    const late = [DISTRICT.students[0]?.sisId ?? '', DISTRICT.students[170]?.sisId ?? ''];
    ground.account.set({ unsharedStudents: late });
    const share = (): void => ground.account.set({ unsharedStudents: [] });
    ground.site.plan({ before: '/v3.1/users', occurrence: 3, happens: share });
    const pulled = await ground.pull({ pageSize: 40 });
    const ids = new Set(pulled.records('students').map(({ sisId }) => sisId));
    expect([ids.size, ids.has(user(late[0])), ids.has(user(late[1]))]).toEqual([179, false, true]);
    const named = new Set(pulled.records('enrollments').map(({ person }) => person));
    expect([named.has(user(late[0])), named.has(user(late[1]))]).toEqual([false, true]);
  });

  it('goes on with the new token if the old one was replaced', async () => {
    ground.site.plan({ before: '/v3.1/users', occurrence: 2, happens: () => ground.account.rotateToken() });
    const pulled = await ground.pull();
    expect([pulled.restarts, rosterOf(pulled)]).toEqual([[], expectedRoster(DISTRICT)]);
    expect(ground.site.http.log.count('/oauth/tokens')).toBe(2);
    expect(ground.site.http.log.count('/v3.1/users', 401)).toBe(1);
  });

  it('is read anew if the new token may read less', async () => {
    const lose = (): void => {
      ground.account.rotateToken();
      ground.account.set({ removedScopes: ['student_contacts'] });
    };
    ground.site.plan({ before: '/v3.1/users', occurrence: 2, happens: lose });
    const pulled = await ground.pull();
    expect(pulled.restarts).toHaveLength(1);
    expect(pulled.announced).not.toContain('guardians');
    expect(pulled.records('students')).toHaveLength(180);
  });

  it('that is paused is read as it stands, with a warning', async () => {
    ground.account.pause();
    ground.account.sync(grown);
    const pulled = await ground.pull();
    expect(rosterOf(pulled)).toEqual(expectedRoster(DISTRICT));
    const warning = pulled.warnings.find(({ code }) => code === 'district_state');
    expect(warning?.message).toMatch(/^the district is paused in Clever since 2027-06-03 until 2027-08-03/);
  });
});
