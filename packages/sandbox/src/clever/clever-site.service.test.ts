import { generateDistrict } from '../district.ts';
import { Asker } from './clever-site.fixture.ts';
import { objectId } from './object-id.ts';
import type { CleverObject } from './objects.ts';

const DISTRICT = generateDistrict({ seed: 3, schoolSizes: [60, 50, 70] });
const OTHER = generateDistrict({ seed: 4, schoolSizes: [20], id: 'lakeside' });

let clever: Asker;
beforeEach(async () => {
  clever = await Asker.of({ districts: [DISTRICT, OTHER], requestLimit: 10_000 });
});
afterEach(() => clever.site.stop());

const ids = (objects: readonly { readonly id: string }[]): string[] => objects.map(({ id }) => id);
type Facts = Readonly<Record<string, unknown>>;
const roleOf = (user: CleverObject | undefined, role: string): Facts =>
  (user?.roles as Record<string, Facts> | undefined)?.[role] ?? {};

describe('the token host', () => {
  it('lists the districts that are connected, all or one', async () => {
    const [first, second] = clever.site.accounts;
    const all = await (await clever.tokens('?owner_type=district')).json();
    expect(all).toMatchObject({
      data: [
        { owner: { type: 'district', id: first?.id }, access_token: expect.stringMatching(/^[0-9a-f]{40}$/) },
        { owner: { type: 'district', id: second?.id }, scopes: expect.arrayContaining(['read:sections']) },
      ],
      links: [{ rel: 'self', uri: '/oauth/tokens?owner_type=district' }],
    });
    second?.disconnect();
    expect(await (await clever.tokens(`?owner_type=district&district=${second?.id}`)).json()).toMatchObject({
      data: [],
    });
    second?.connect();
    const one = await (await clever.tokens(`?owner_type=district&district=${second?.id}`)).json();
    expect(one).toMatchObject({ data: [{ access_token: second?.token }] });
  });

  it('refuses others, in the manner of OAuth', async () => {
    const refused = await clever.tokens('?owner_type=district', 'rollbook-sandbox:wrong');
    expect([refused.status, await refused.json()]).toEqual([
      401,
      { error: 'invalid_client', error_description: expect.any(String) },
    ]);
    expect((await clever.tokens('')).status).toBe(400);
  });
});

describe('lists', () => {
  it('show one district, in ascending order, page by page', async () => {
    const users = await clever.all('/v3.1/users?limit=37');
    const contacts = users.filter(({ roles }) => roles !== undefined && 'contact' in roles);
    expect(users).toHaveLength(DISTRICT.students.length + DISTRICT.staff.length + contacts.length);
    expect(contacts).toHaveLength(DISTRICT.guardians.length);
    expect(ids(users)).toEqual([...new Set(ids(users))].sort());
    expect(ids(users).every((id) => /^[0-9a-f]{24}$/.test(id))).toBe(true);
    expect(users).toEqual(await clever.all('/v3.1/users?limit=10000'));
    for (const [path, count] of [
      ['schools', 3],
      ['sections', DISTRICT.classes.length],
      ['resources', 0],
    ] as const)
      expect(await clever.all(`/v3.0/${path}`)).toHaveLength(count);
  });

  it('link relatively, with version, limit and filter', async () => {
    const page = await clever.page('/v3.0/users?limit=5&role=student');
    const last = page.data.at(-1)?.data.id;
    expect(page.data[0]?.uri).toBe(`/v3.0/users/${page.data[0]?.data.id}`);
    expect(page.links).toEqual([
      { rel: 'self', uri: '/v3.0/users?limit=5&role=student' },
      { rel: 'next', uri: `/v3.0/users?limit=5&role=student&starting_after=${last}` },
    ]);
    const second = await clever.page(page.links[1]?.uri ?? '');
    const previous = second.links.find(({ rel }) => rel === 'prev')?.uri ?? '';
    expect((await clever.page(previous)).data).toEqual(page.data);
    clever.site.account.set({ linksWithoutLimit: true });
    expect((await clever.page('/v3.0/users?limit=5')).links[1]?.uri).toMatch(
      /^\/v3\.0\/users\?starting_after=[0-9a-f]{24}$/,
    );
  });

  it.each([
    ['/v3.1/users?limit=10001', 413],
    ['/v3.1/users?limit=0', 400],
    ['/v3.1/users?role=parent', 400],
    ['/v3.1/users/5a25ffb0c1bc2a00360003ee', 404],
  ])('%s is %p, with a message', async (path, status) => {
    const response = await clever.get(path);
    expect([response.status, await response.json()]).toEqual([status, { message: expect.any(String) }]);
  });

  it.each(['/v3.1/students', '/v2.1/users', '/v3.1/users/a/b/c', '/'])('%s is a web page, 404', async (path) => {
    const response = await clever.get(path);
    expect([response.status, response.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
  });

  it('answer those who have the token of a district only', async () => {
    const before = clever.site.account.token;
    for (const token of ['nobody', clever.site.clientSecret])
      expect((await clever.get('/v3.1/schools', token)).status).toBe(401);
    clever.site.account.rotateToken();
    expect((await clever.get('/v3.1/schools', before)).status).toBe(401);
    expect((await clever.get('/v3.1/schools')).status).toBe(200);
    clever.site.account.disconnect();
    expect((await clever.get('/v3.1/schools', before)).status).toBe(401);
  });

  it('say how many requests are left, and then nothing but when to come back', async () => {
    const busy = await Asker.of({ districts: [OTHER], requestLimit: 2, windowMs: 60_000 });
    await busy.get('/v3.1/schools');
    const last = await busy.get('/v3.1/schools');
    const over = await busy.get('/v3.1/schools');
    expect([last.status, last.headers.get('x-ratelimit-remaining'), over.status, await over.text()]).toEqual([
      200,
      '0',
      429,
      '',
    ]);
    const reset = Number(over.headers.get('x-ratelimit-reset')) * 1000;
    expect(reset - Date.now()).toBeGreaterThan(55_000);
    expect([over.headers.get('x-ratelimit-limit'), over.headers.get('x-ratelimit-bucket')]).toEqual([
      '2',
      expect.any(String),
    ]);
    await busy.site.stop();
  });
});

describe('related objects', () => {
  it('follow the sections', async () => {
    const [section] = await clever.all('/v3.1/sections');
    const people = await clever.all(`/v3.1/sections/${section?.id}/users?limit=10000`);
    const named = [section?.['teachers'], section?.['students']].flat();
    expect(new Set(ids(people))).toEqual(new Set(named));
    const [student] = await clever.all(`/v3.1/sections/${section?.id}/users?role=student`);
    expect(ids(await clever.all(`/v3.1/users/${student?.id}/sections`))).toContain(section?.id);
    const [contact] = await clever.all(`/v3.1/users/${student?.id}/mycontacts`);
    expect(ids(await clever.all(`/v3.1/users/${contact?.id}/mystudents`))).toContain(student?.id);
    const single = await (await clever.get(`/v3.1/sections/${section?.id}/course`)).json();
    expect(single).toMatchObject({ data: { id: section?.['course'] } });
    expect(ids(await clever.all(`/v3.1/schools/${section?.['school'] as string}/sections?limit=10000`))).toContain(
      section?.id,
    );
  });
});

describe('people', () => {
  it('are one user with several roles, unless their addresses differ', async () => {
    const specialist = DISTRICT.staff.find(({ title }) => title === 'Teacher, Special Education');
    const sisId = specialist?.sisId ?? '';
    const own = async (): Promise<string[][]> => {
      const users = await clever.all('/v3.1/users?limit=10000');
      return users
        .filter((user) => roleOf(user, 'teacher')['sis_id'] === sisId || roleOf(user, 'staff')['staff_id'] === sisId)
        .map(({ roles }) => Object.keys(roles ?? {}));
    };
    expect(await own()).toEqual([['teacher', 'staff']]);
    clever.site.account.set({ splitUsers: [sisId] });
    expect((await own()).sort()).toEqual([['staff'], ['teacher']]);
    clever.site.account.set({ splitUsers: [], lostRoles: { [sisId]: ['teacher'] } });
    expect(await own()).toEqual([['staff']]);
  });

  it('that are contacts have their whole name in one field, and change ids if they have no SIS id', async () => {
    const [contact] = await clever.all('/v3.1/users?role=contact');
    const guardian = DISTRICT.guardians.find(({ sisId }) => sisId === roleOf(contact, 'contact')['sis_id']);
    expect(contact?.['name']).toEqual({ last: `${guardian?.givenName} ${guardian?.familyName}` });
    clever.site.account.set({ anonymousContacts: true });
    const before = ids(await clever.all('/v3.1/users?role=contact&limit=10000'));
    const guardians = DISTRICT.guardians.map((each, index) => (index === 0 ? { ...each, familyName: 'Neu' } : each));
    clever.site.account.sync({ ...DISTRICT, guardians });
    const after = ids(await clever.all('/v3.1/users?role=contact&limit=10000'));
    expect(after.filter((id) => !before.includes(id))).toHaveLength(1);
  });

  it('show what they lack in three ways', async () => {
    for (const [absent, expected] of [
      ['missing', undefined],
      ['blank', ''],
      ['null', null],
    ] as const) {
      clever.site.account.set({ absent });
      const students = await clever.all('/v3.1/users?role=student&limit=10000');
      const without = DISTRICT.students.find(({ middleName }) => middleName === null)?.sisId;
      const found = students.find((user) => roleOf(user, 'student')['sis_id'] === without);
      expect((found?.['name'] as Facts | undefined)?.['middle']).toBe(expected);
      expect(found).toBeDefined();
    }
  });
});

describe('what is shared', () => {
  const [school = ''] = DISTRICT.schools.map(({ sisId }) => sisId);

  it('a school can be taken out, with its sections and those who are nowhere else', async () => {
    clever.site.account.set({ unsharedSchools: [school] });
    expect(ids(await clever.all('/v3.1/schools'))).not.toContain(objectId('school', school));
    const students = await clever.all('/v3.1/users?role=student&limit=10000');
    expect(students).toHaveLength(120);
    expect(await clever.all('/v3.1/sections?limit=10000')).toHaveLength(
      DISTRICT.classes.filter((each) => each.school !== school).length,
    );
    const shown = new Set(ids(students));
    for (const contact of await clever.all('/v3.1/users?role=contact&limit=10000'))
      for (const { student } of roleOf(contact, 'contact')['student_relationships'] as { student: string }[])
        expect(shown.has(student)).toBe(true);
  });

  it('a student can be taken out and stay named in sections, or be deleted from them too', async () => {
    const sisId = DISTRICT.students[0]?.sisId ?? '';
    const id = objectId('user', sisId);
    const naming = async () =>
      (await clever.all('/v3.1/sections?limit=10000')).filter((each) => (each['students'] as string[]).includes(id));
    const before = await naming();
    clever.site.account.set({ unsharedStudents: [sisId] });
    expect((await clever.get(`/v3.1/users/${id}`)).status).toBe(404);
    expect(ids(await naming())).toEqual(ids(before));
    clever.site.account.set({ unsharedStudents: [], deletedUsers: [sisId] });
    expect([(await clever.get(`/v3.1/users/${id}`)).status, await naming()]).toEqual([404, []]);
  });

  it('scopes, roles, collections and a share of the students can be taken away', async () => {
    const { account } = clever.site;
    account.set({ removedScopes: ['student_contacts', 'sections'] });
    expect(account.scopes).not.toContain('read:sections');
    expect((await clever.get('/v3.1/sections')).status).toBe(404);
    expect(await clever.all('/v3.1/users?role=contact')).toEqual([]);
    account.set({ removedScopes: [], empty: ['teacher', 'sections'] });
    expect(await clever.all('/v3.1/sections')).toEqual([]);
    expect(await clever.all('/v3.1/users?role=teacher')).toEqual([]);
    expect((await clever.all('/v3.1/users?role=staff')).length).toBeGreaterThan(0);
    account.set({ empty: [], droppedStudentsPercent: 11 });
    expect(await clever.all('/v3.1/users?role=student&limit=10000')).toHaveLength(180 - 19);
  });

  it('sections can lack teacher, course and term; terms and courses can be made anew; schools can flip', async () => {
    const { account } = clever.site;
    const [first, second] = DISTRICT.classes.map(({ sisId }) => sisId);
    const [student] = DISTRICT.students;
    const termsBefore = ids(await clever.all('/v3.1/terms'));
    account.set({
      withoutTeacher: [first ?? ''],
      withoutCourse: [first ?? ''],
      withoutTerm: [second ?? ''],
      madeAnew: 1,
      primarySchools: { [student?.sisId ?? '']: '0102' },
    });
    const sections = await clever.all('/v3.1/sections?limit=10000');
    const bare = sections.find((each) => each['sis_id'] === first);
    expect([bare?.['teacher'], bare?.['teachers'], bare?.['course']]).toEqual([undefined, [], undefined]);
    expect(sections.find((each) => each['sis_id'] === second)?.['term_id']).toBeUndefined();
    const termsAfter = ids(await clever.all('/v3.1/terms'));
    expect([termsAfter.length, termsAfter.filter((id) => termsBefore.includes(id))]).toEqual([termsBefore.length, []]);
    const moved = (await clever.all('/v3.1/users?role=student&limit=10000')).find(
      (user) => roleOf(user, 'student')['sis_id'] === student?.sisId,
    );
    expect(roleOf(moved, 'student')).toMatchObject({
      school: objectId('school', '0102'),
      schools: [objectId('school', '0102'), objectId('school', school)],
    });
  });
});
