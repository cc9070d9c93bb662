import { RECORD_TYPES, compositeKey } from '@rollbook/core';
import { cleverId, type CleverSwitches } from '@rollbook/sandbox';
import { collectAnew, CleverGround, DISTRICT, type PulledAnew } from './clever-ground.fixture.ts';
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
const [student] = DISTRICT.students;
const [first, second] = DISTRICT.classes;

describe('a district of Clever', () => {
  it('is the same roster, field by field, whatever the version and the size of pages', async () => {
    const expected = expectedRoster(DISTRICT);
    for (const settings of [{}, { pageSize: 7 }, { pageSize: 10_000 }]) {
      const pulled = await ground.pull(settings);
      expect(rosterOf(pulled)).toEqual(expected);
      expect(pulled.codes()).toEqual(['contact_left_out']);
      expect(pulled.skipped).toEqual([]);
    }
    const older = rosterOf(await ground.pull({ apiVersion: 'v3.0' }));
    const withoutNews = expected.students.map((each) => ({
      ...each,
      preferredName: null,
      language: expect.any(String),
    }));
    expect(older).toEqual({ ...expected, students: withoutNews });
  });

  it('is announced in the order of the model, and classes come before their enrollments', async () => {
    const known = new Set<string>();
    for await (const event of ground.source({ pageSize: 20 }).pull(neverAborted)) {
      if (event.kind !== 'rows') continue;
      if (event.recordType === 'classes') for (const { record } of event.rows) known.add(record.sisId);
      if (event.recordType === 'enrollments')
        for (const { record } of event.rows) expect(known).toContain(record.class);
    }
    expect(known.size).toBe(DISTRICT.classes.length);
    expect((await ground.pull()).announced).toEqual([
      'schools',
      'terms',
      'courses',
      'classes',
      'students',
      'staff',
      'guardians',
      'guardianships',
      'enrollments',
    ]);
  });

  it.each(['blank', 'null', 'missing'] as const)('reads what is not there the same if it is %s', async (absent) => {
    ground.account.set({ absent });
    expect(rosterOf(await ground.pull())).toEqual(expectedRoster(DISTRICT));
  });

  it('is read once, with one request for the token and one after the other for pages', async () => {
    await ground.pull({ pageSize: 100 });
    const { log } = ground.site.http;
    expect(log.count('/oauth/tokens')).toBe(1);
    expect(log.count('/v3.1/districts')).toBe(2);
    const users = DISTRICT.students.length + DISTRICT.staff.length + DISTRICT.guardians.length;
    expect(log.count('/v3.1/users')).toBe(Math.ceil(users / 100));
    expect(log.mostAtOnce).toBe(1);
  });

  it('asks for the next page while the last one is consumed, and for no other', async () => {
    const came = (occurrence: number): Promise<true> =>
      new Promise((resolve) => {
        ground.site.plan({ before: '/v3.1/users', occurrence, happens: () => resolve(true) });
      });
    const [next, afterNext] = [came(2), came(3)];
    for await (const event of ground.source({ pageSize: 50 }).pull(neverAborted)) {
      if (event.kind !== 'progress' || event.message !== 'Reading users') continue;
      await next;
      expect(ground.site.http.log.count('/v3.1/users')).toBe(2);
    }
    await afterNext;
  });

  it('follows links that forget the limit', async () => {
    ground.account.set({ linksWithoutLimit: true });
    expect(rosterOf(await ground.pull({ pageSize: 40 }))).toEqual(expectedRoster(DISTRICT));
    expect(
      ground.site.http.log.requests.every(
        ({ path, query }) => !/users|sections/.test(path) || query.includes('limit=40'),
      ),
    ).toBe(true);
  });

  it('takes the id of the SIS for the number of students if it is told to', async () => {
    const pulled = await ground.pull({ studentIdSource: 'student_id' });
    const sisIds = new Map(DISTRICT.students.map(({ sisId }) => [user(sisId), sisId]));
    for (const record of pulled.records('students')) expect(record.studentNumber).toBe(sisIds.get(record.sisId));
  });

  it('says nothing of guardians if they are not to be managed', async () => {
    const pulled = await ground.pull({ manageGuardians: false });
    expect(pulled.announced).not.toContain('guardians');
    expect(pulled.announced).not.toContain('guardianships');
    expect([pulled.codes(), pulled.records('students').length]).toEqual([[], 180]);
  });

  it('gives the contacts that the settings ask for', async () => {
    const pulled = await ground.pull({
      contactRelationships: ['Parent', 'Grandparent', 'Aunt/Uncle', 'Other'],
      phoneTypes: ['Home'],
    });
    expect(pulled.records('guardians')).toHaveLength(DISTRICT.guardians.length);
    expect(pulled.records('guardianships')).toHaveLength(DISTRICT.guardianships.length);
    expect(pulled.records('guardians').every(({ sms, phone }) => sms === null && phone === null)).toBe(true);
    expect(pulled.codes()).toEqual([]);
  });
});

describe('what a district shares', () => {
  const pullWith = (switches: Partial<CleverSwitches>): Promise<PulledAnew> => {
    ground.account.set(switches);
    return ground.pull();
  };
  const idsOf = (records: readonly { readonly sisId: string }[]): Set<string> =>
    new Set(records.map(({ sisId }) => sisId));

  it('a school that is not shared any more is absent, with all that belongs to it alone', async () => {
    const pulled = await pullWith({ unsharedSchools: ['0101'] });
    expect(idsOf(pulled.records('schools'))).toEqual(new Set([cleverId('school', '0102'), cleverId('school', '0103')]));
    expect(pulled.records('students')).toHaveLength(120);
    expect(pulled.records('classes').every(({ school }) => school !== cleverId('school', '0101'))).toBe(true);
  });

  it('a student who is not shared is absent, and the sections that name the student are no mistake', async () => {
    const pulled = await pullWith({ unsharedStudents: DISTRICT.students.slice(0, 40).map(({ sisId }) => sisId) });
    expect(pulled.records('students')).toHaveLength(140);
    const named = DISTRICT.enrollments.filter(({ person }) =>
      DISTRICT.students.slice(0, 40).some(({ sisId }) => sisId === person),
    );
    expect(pulled.records('enrollments')).toHaveLength(DISTRICT.enrollments.length - named.length);
    const warning = pulled.warnings.find(({ code }) => code === 'unknown_reference');
    expect(warning?.message).toMatch(
      new RegExp(`^sections, "[0-9a-f]{24}": .* \\(${named.length} times in all\\)\\.$`),
    );
    expect(pulled.skipped).toEqual([]);
  });

  it('contacts may name students who are not shared, which is no mistake either', async () => {
    const hidden = new Set(DISTRICT.students.slice(0, 60).map(({ sisId }) => user(sisId)));
    const pulled = await pullWith({ unsharedSchools: ['0101'], contactsNameUnshared: true });
    const shown = expectedRoster(DISTRICT).guardianships.filter((each) => !hidden.has(each.student));
    expect(
      pulled
        .records('guardianships')
        .map(({ sisId }) => sisId)
        .sort(),
    ).toEqual(shown.map(({ sisId }) => sisId));
    expect(pulled.warnings.find(({ code }) => code === 'unknown_reference')?.message).toMatch(
      /^users, .* a student who is not shared/,
    );
    expect(pulled.skipped).toEqual([]);
  });

  it('contacts may come before their students', async () => {
    // The numbers of these guardians are smaller than those of all students.
    const rename = (sisId: string): string => sisId.replace('G5', 'G0');
    ground.account.sync({
      ...DISTRICT,
      guardians: DISTRICT.guardians.map((each) => ({ ...each, sisId: rename(each.sisId) })),
      guardianships: DISTRICT.guardianships.map((each) => ({ ...each, guardian: rename(each.guardian) })),
    });
    const pulled = await ground.pull({ pageSize: 50 });
    expect(pulled.records('guardianships')).toHaveLength(expectedRoster(DISTRICT).guardianships.length);
    expect(pulled.codes()).toEqual(['contact_left_out']);
  });

  it.each([
    ['students', { empty: ['student'] }],
    ['classes', { empty: ['sections'] }],
    ['schools', { empty: ['schools'] }],
    ['guardians', { empty: ['contact'] }],
  ] as const)('%s that are shared but empty are announced, and arrive with no row', async (type, switches) => {
    const pulled = await pullWith(switches);
    expect(pulled.announced).toContain(type);
    expect(pulled.records(type)).toEqual([]);
  });

  it('students who are dropped are absent', async () => {
    const pulled = await pullWith({ droppedStudentsPercent: 11 });
    expect(pulled.records('students')).toHaveLength(161);
    expect(pulled.codes()).toEqual(['contact_left_out']);
  });

  it.each([
    [['student_contacts'], ['guardians', 'guardianships']],
    [['teachers'], ['staff', 'enrollments']],
    [['students'], ['students', 'guardianships', 'enrollments']],
    [['sections'], ['terms', 'courses', 'classes', 'enrollments']],
    [['schools'], ['schools']],
  ])('without the scope %p it leaves %p as they are, and says so', async (removedScopes, untouched) => {
    const pulled = await pullWith({ removedScopes });
    expect(RECORD_TYPES.filter((type) => !pulled.announced.includes(type))).toEqual(
      RECORD_TYPES.filter((type) => untouched.includes(type)),
    );
    const messages = pulled.warnings.filter(({ code }) => code === 'missing_permission').map(({ message }) => message);
    expect(messages).toHaveLength(untouched.length);
    for (const message of messages) expect(message).toContain(`read:${removedScopes[0]}`);
  });

  it('without the scopes of some employees, none of them is archived', async () => {
    const pulled = await pullWith({ removedScopes: ['school_admins'] });
    expect(pulled.delivers['staff']).toBe('delta');
    expect(new Set(pulled.records('staff').map(({ role }) => role))).toEqual(new Set(['teacher', 'administrator']));
    expect(pulled.records('enrollments')).toHaveLength(DISTRICT.enrollments.length);
  });
});

describe('oddities', () => {
  const pullWith = async (switches: Partial<CleverSwitches>) => {
    ground.account.set(switches);
    const pulled = await ground.pull();
    const classOf = (sisId: string | undefined) =>
      pulled.records('classes').find((each) => each.sisId === cleverId('section', sisId ?? ''));
    return { pulled, classOf };
  };

  it('sections can be without teacher, course or term', async () => {
    const { pulled, classOf } = await pullWith({
      withoutTeacher: [first?.sisId ?? ''],
      withoutCourse: [first?.sisId ?? ''],
      withoutTerm: [second?.sisId ?? ''],
    });
    expect(classOf(first?.sisId)).toMatchObject({ course: null, title: first?.title });
    expect(classOf(second?.sisId)).toMatchObject({ terms: [] });
    const roles = pulled
      .records('enrollments')
      .filter((each) => each.class === cleverId('section', first?.sisId ?? ''));
    expect(new Set(roles.map(({ role }) => role))).toEqual(new Set(['student']));
  });

  it('terms and courses that are made anew have other ids, and their classes follow', async () => {
    const before = await ground.pull();
    const { pulled } = await pullWith({ madeAnew: 1 });
    for (const type of ['terms', 'courses'] as const) {
      const known = new Set(before.records(type).map(({ sisId }) => sisId));
      expect(pulled.records(type)).toHaveLength(known.size);
      expect(pulled.records(type).filter(({ sisId }) => known.has(sisId))).toEqual([]);
    }
    const courses = new Set(pulled.records('courses').map(({ sisId }) => sisId));
    for (const { course } of pulled.records('classes')) expect(courses).toContain(course);
  });

  it('the same person with another SIS id is somebody else', async () => {
    const students = DISTRICT.students.map((each, index) => (index === 0 ? { ...each, sisId: 'S999999' } : each));
    ground.account.sync({ ...DISTRICT, students });
    const ids = (await ground.pull()).records('students').map(({ sisId }) => sisId);
    expect([ids.includes(user('S999999')), ids.includes(user(student?.sisId))]).toEqual([true, false]);
  });

  it('contacts without a SIS id are read like others', async () => {
    const { pulled } = await pullWith({ anonymousContacts: true });
    expect(pulled.records('guardians')).toHaveLength(expectedRoster(DISTRICT).guardians.length);
    expect(pulled.records('guardians').map(({ sisId }) => sisId)).not.toContain(user(DISTRICT.guardians[0]?.sisId));
  });

  it('the primary school of a student may flip', async () => {
    const { pulled } = await pullWith({ primarySchools: { [student?.sisId ?? '']: '0102' } });
    const moved = pulled.records('students').find(({ sisId }) => sisId === user(student?.sisId));
    expect([moved?.school, moved?.schools]).toEqual([
      cleverId('school', '0102'),
      [cleverId('school', '0102'), cleverId('school', '0101')],
    ]);
  });

  it('people of several roles are one record, also after they lost one or were split', async () => {
    const specialist = DISTRICT.staff.find(({ title }) => title === 'Teacher, Special Education')?.sisId ?? '';
    const own = ({ pulled }: { pulled: PulledAnew }) =>
      pulled
        .records('staff')
        .filter(({ title }) => title === 'Teacher, Special Education')
        .map(({ sisId, role }) => [sisId, role]);
    const known = own(await pullWith({}));
    expect(known).toContainEqual([user(specialist), 'teacher']);
    expect(own(await pullWith({ lostRoles: { [specialist]: ['teacher'] } }))).toContainEqual([
      user(specialist),
      'staff',
    ]);
    const split = own(await pullWith({ lostRoles: {}, splitUsers: [specialist] }));
    expect(split).toHaveLength(known.length + 1);
    expect(split).toContainEqual([user(specialist), 'teacher']);
  });

  it('names of sections may change with their teachers', async () => {
    const { classOf } = await pullWith({ composedNames: true });
    const lead = DISTRICT.enrollments.find((each) => each.class === first?.sisId && each.primary === true)?.person;
    const surname = DISTRICT.staff.find(({ sisId }) => sisId === lead)?.familyName;
    expect(classOf(first?.sisId)?.title).toMatch(new RegExp(` - ${surname} - ${first?.periods[0]}$`));
  });
});

it('ids of enrollments are made of class, person and role', async () => {
  const [enrollment] = DISTRICT.enrollments;
  const id = compositeKey(
    cleverId('section', enrollment?.class ?? ''),
    user(enrollment?.person),
    enrollment?.role ?? '',
  );
  const pulled = await collectAnew(ground.source().pull(neverAborted));
  expect(pulled.records('enrollments').map(({ sisId }) => sisId)).toContain(id);
});
