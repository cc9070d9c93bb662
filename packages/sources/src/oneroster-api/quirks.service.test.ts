import { startOneRosterSite, type OneRosterProfile, type OneRosterQuirks, type OneRosterSite } from '@rollbook/sandbox';
import type { Pulled } from '../delivery.fixture.ts';
import { DISTRICT, pull, rosterOf } from './oneroster-ground.fixture.ts';

let site: OneRosterSite;
afterEach(() => site.stop());

async function pullWith(quirks: Partial<OneRosterQuirks>, profile: OneRosterProfile = 'strict-1.2'): Promise<Pulled> {
  site = await startOneRosterSite({ district: DISTRICT, profile });
  Object.assign(site.quirks, quirks);
  return pull(site, { pageSize: 1000 });
}

const [first, second] = DISTRICT.students as [(typeof DISTRICT.students)[number], (typeof DISTRICT.students)[number]];
const skips = ({ skipped }: Pulled): unknown[] =>
  skipped.map(({ recordTypes, sisId, warning }) => [recordTypes[0], sisId, warning.code, warning.message]);

describe('what changes nothing', () => {
  let plain: Pulled;
  beforeAll(async () => {
    plain = await pullWith({});
    await site.stop();
  });

  it.each([
    ['members that nobody knows', { extraMembers: true }],
    ['real booleans', { booleans: 'real' }],
    ['booleans in capitals', { booleans: 'upper' }],
    ['dates without milliseconds', { dates: 'seconds' }],
    ['dates with an offset', { dates: 'offset' }],
    ['no links', { link: false }],
    ['small pages', { clampTo: 37 }],
    ['no count', { totalCount: 'absent', clampTo: 200 }],
  ] satisfies [string, Partial<OneRosterQuirks>][])('%s', async (_, quirks) => {
    const pulled = await pullWith(quirks);
    expect(rosterOf(pulled)).toEqual(rosterOf(plain));
    expect(pulled.skipped).toEqual([]);
  });
});

describe('objects that cannot be used', () => {
  it('without a required member are skipped, and still count as seen', async () => {
    const pulled = await pullWith({
      omit: [
        { collection: 'users', rows: 1, member: 'familyName' },
        { collection: 'orgs', rows: 1, member: 'name' },
        { collection: 'enrollments', rows: 1, member: 'role' },
        { collection: 'classes', rows: 1, member: 'title' },
      ],
    });
    expect(skips(pulled)).toEqual([
      ['schools', '0100', 'missing_value', 'orgs "0100": `name` is blank; the row was skipped.'],
      [
        'classes',
        DISTRICT.classes[0]?.sisId,
        'missing_value',
        `classes "${DISTRICT.classes[0]?.sisId}": \`title\` is blank; the row was skipped.`,
      ],
      [
        'students',
        first.sisId,
        'missing_value',
        `users "${first.sisId}": \`familyName\` is blank; the row was skipped.`,
      ],
      [
        'enrollments',
        DISTRICT.enrollments[0]?.sisId,
        'unknown_role',
        expect.stringContaining('`role`: expected one of'),
      ],
    ]);
    expect(pulled.skipped.map(({ warning }) => warning.line)).toEqual([null, null, null, null]);
  });

  it('without an id are skipped, and count in the announced number', async () => {
    const pulled = await pullWith({ omit: [{ collection: 'courses', rows: 1, member: 'sourcedId' }] });
    expect(skips(pulled)).toEqual([
      ['courses', null, 'missing_id', 'courses: `sourcedId` is blank; the row was skipped.'],
    ]);
  });

  it.each([
    ['strict-1.2', 'user_without_role', 'has no usable role'],
    ['strict-1.1', 'unknown_role', '`role`: expected one of'],
  ] as const)('users without roles, %s', async (profile, code, message) => {
    const pulled = await pullWith({ usersWithoutRoles: 2 }, profile);
    expect(skips(pulled)).toEqual([
      ['students', first.sisId, code, expect.stringContaining(message)],
      ['students', second.sisId, code, expect.stringContaining(message)],
    ]);
  });
});

describe('what is odd and kept', () => {
  it('numbers where texts belong, with their digits', async () => {
    const pulled = await pullWith({ numbers: true });
    expect(pulled.records('schools')[0]?.number).toBe('1704400');
    expect(pulled.codes()).toContain('number_for_text');
    const warning = pulled.warnings.find(({ code, file }) => code === 'number_for_text' && file === 'orgs');
    expect(warning?.message).toBe(
      'orgs "0100": `identifier`: a number stands for a text; its digits were taken (3 rows in all).',
    );
  });

  it.each(['tobedeleted', 'inactive', 'TOBEDELETED'])('rows marked %s are gone', async (status) => {
    const pulled = await pullWith({
      marked: [
        { collection: 'users', rows: 1, status },
        { collection: 'enrollments', rows: 3, status },
      ],
    });
    expect(
      pulled
        .rows('students')
        .filter(({ gone }) => gone)
        .map(({ record }) => record.sisId),
    ).toEqual([first.sisId]);
    expect(pulled.rows('enrollments').filter(({ gone }) => gone)).toHaveLength(3);
    expect(pulled.skipped).toEqual([]);
  });

  it('references to nowhere are passed on: the pipeline knows what is there', async () => {
    const pulled = await pullWith({ lost: [{ collection: 'enrollments', rows: 1, member: 'class' }] });
    const lost = pulled.records('enrollments').filter((each) => each.class.startsWith('lost-'));
    expect(lost.map(({ sisId }) => sisId)).toEqual([DISTRICT.enrollments[0]?.sisId]);
  });

  it('an org and a user of the same id', async () => {
    const pulled = await pullWith({ sharedId: true });
    expect(pulled.records('schools').map(({ sisId }) => sisId)).toContain('0101');
    expect(pulled.records('students').map(({ sisId }) => sisId)).toContain('0101');
  });

  it('empty lists of a token without an organisation: announced, for the pipeline to refuse', async () => {
    const pulled = await pullWith({ empty: true });
    expect(pulled.delivers).toMatchObject({ schools: 'full', students: 'full', enrollments: 'full' });
    expect(pulled.order).toEqual([]);
  });

  it('fewer schools, when sharing was narrowed', async () => {
    const pulled = await pullWith({ onlySchools: ['0102'] });
    expect(pulled.records('schools').map(({ sisId }) => sisId)).toEqual(['0100', '0102']);
    expect(pulled.records('students')).toHaveLength(60);
  });
});
