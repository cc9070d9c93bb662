import { RECORD_TYPES } from '@rollbook/core';
import { nextDay, removeStudents, renameClass } from '@rollbook/sandbox';
import { neverAborted, type Pulled } from '../delivery.fixture.ts';
import { ClasslinkGround, DISTRICT } from './classlink-ground.fixture.ts';

let ground: ClasslinkGround;
beforeAll(async () => {
  ground = await ClasslinkGround.prepare();
});
afterAll(() => ground.clear());

const byId = <R extends { readonly sisId: string }>(records: readonly R[]): R[] =>
  records.toSorted((a, b) => (a.sisId < b.sisId ? -1 : 1));

/** What the pretend district knows beyond the roster model is left out. */
const without = (record: object, ...names: readonly string[]): object =>
  Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));

/** Every field is compared; those that OneRoster 1.1 does not carry are expected as null. */
describe("a district's roster at ClassLink", () => {
  let pulled: Pulled;
  beforeAll(async () => {
    pulled = await ground.pull('proxy');
  });

  it('comes whole, in order, and says nothing of wrong rows', () => {
    expect(pulled.skipped).toEqual([]);
    expect(pulled.codes()).toEqual(['demographics_skipped']);
    expect(Object.keys(pulled.delivers).toSorted()).toEqual(RECORD_TYPES.toSorted());
    expect(new Set(Object.values(pulled.delivers))).toEqual(new Set(['full']));
    expect(pulled.order.slice(0, 4)).toEqual(['schools', 'terms', 'courses', 'classes']);
    expect(pulled.order.at(-1)).toBe('enrollments');
  });

  it('has its schools and terms', () => {
    const { org, schools, terms } = DISTRICT;
    expect(byId(pulled.records('schools'))).toEqual(
      byId([org, ...schools]).map(({ sisId, name, ncesId, kind, parent }) => ({
        sisId,
        name,
        number: ncesId,
        stateId: null,
        ncesId: null,
        kind,
        parent,
      })),
    );
    expect(byId(pulled.records('terms'))).toEqual(byId(terms));
  });

  it('has its courses and classes', () => {
    expect(byId(pulled.records('courses'))).toEqual(
      byId(DISTRICT.courses).map((course) => ({ ...without(course, 'subjectCodes'), school: DISTRICT.org.sisId })),
    );
    expect(byId(pulled.records('classes'))).toEqual(byId(DISTRICT.classes).map((each) => without(each, 'cohort')));
  });

  it('has its students and staff', () => {
    expect(byId(pulled.records('students'))).toEqual(
      byId(DISTRICT.students).map((student) => ({
        ...without(student, 'demographics', 'address', 'cohort'),
        preferredName: null,
        language: null,
      })),
    );
    expect(byId(pulled.records('staff'))).toEqual(
      byId(DISTRICT.staff).map((person) => ({ ...person, preferredName: null, title: null, language: null })),
    );
  });

  it('has its guardians and guardianships', () => {
    expect(byId(pulled.records('guardians'))).toEqual(
      byId(DISTRICT.guardians).map((guardian) => ({
        ...without(guardian, 'role', 'phones'),
        preferredName: null,
        language: null,
      })),
    );
    expect(byId(pulled.records('guardianships'))).toEqual(
      byId(DISTRICT.guardianships).map((each) => ({ ...each, relationship: null, kind: null, primary: null })),
    );
  });

  it('has its enrollments', () => {
    expect(byId(pulled.records('enrollments'))).toEqual(byId(DISTRICT.enrollments));
  });

  it.each(['HMAC-SHA256', 'HMAC-SHA1'])('is the same directly, signed with %s', async (signatureMethod) => {
    const direct = await ground.pull('direct', { signatureMethod, pageSize: 250 });
    expect(direct.delivers).toEqual(pulled.delivers);
    for (const type of RECORD_TYPES) expect([type, direct.records(type)]).toEqual([type, pulled.records(type)]);
  });

  it('comes without guardians, and with the ids of the SIS as numbers, if the settings say so', async () => {
    const other = await ground.pull('proxy', { manageGuardians: false, studentIdSource: 'student_id' });
    expect(Object.keys(other.delivers)).not.toEqual(expect.arrayContaining(['guardians']));
    expect(Object.keys(other.delivers)).not.toEqual(expect.arrayContaining(['guardianships']));
    expect([...other.records('guardians'), ...other.records('guardianships')]).toEqual([]);
    expect(other.records('students').every(({ studentNumber, sisId }) => studentNumber === sisId)).toBe(true);
    expect(other.revision).not.toBe(pulled.revision);
  });

  it('is read by sourcedId, in pages, and no reference is followed', async () => {
    ground.site.http.log.clear();
    await ground.pull('proxy');
    const pages = ground.queries('users').filter((query) => query.includes('limit=100'));
    expect(pages.length).toBeGreaterThan(4);
    for (const query of pages) expect(query).toContain('sort=sourcedId&orderBy=asc');
    const { applicationId } = ground.share;
    const isOurs = ({ path }: { readonly path: string }): boolean =>
      path === '/applications' || /^\/ims\/oneroster\/v1p1\/\w+$/.test(path.replace(`/${applicationId}`, ''));
    expect(ground.site.http.log.requests.filter((request) => !isOurs(request))).toEqual([]);
    expect(ground.site.http.log.requests.filter(({ status }) => status !== 200)).toEqual([]);
  });
});

describe('the name of a delivery', () => {
  it('stays while nothing changes, and comes before all records', async () => {
    const [first, second] = [await ground.events(), await ground.events()];
    expect(first[0]).toEqual({ kind: 'revision', revision: expect.stringMatching(/^[\w-]{43}$/) });
    expect(second[0]).toEqual(first[0]);
    expect(first.filter(({ kind }) => kind === 'revision')).toHaveLength(1);
  });

  it('is known when one row of each collection has been read', async () => {
    ground.site.http.log.clear();
    for await (const { kind } of ground.sourceOf('proxy').pull(neverAborted)) if (kind === 'revision') break;
    const data = ground.site.http.log.requests.filter(({ path }) => path !== '/applications');
    expect(data).toHaveLength(7);
    for (const { query } of data) expect(query).toMatch(/^limit=1&/);
  });

  it('is another one when ClassLink names another state', async () => {
    const { revision } = await ground.pull();
    ground.share.changeRevision();
    expect((await ground.pull()).revision).not.toBe(revision);
  });

  it('is another one when data changed under the same name: other counts, or later changes', async () => {
    const { share } = ground;
    const names = [(await ground.pull()).revision];
    for (const change of [removeStudents(1, '0101'), renameClass()]) {
      share.publish(nextDay(share.district, [change]), { keepRevision: true });
      names.push((await ground.pull()).revision);
    }
    expect(new Set(names).size).toBe(3);
    share.publish(DISTRICT);
  });

  it('is not given where the server names no state', async () => {
    ground.share.tellsRevision = false;
    const pulled = await ground.pull();
    expect(pulled.revision).toBeNull();
    expect(pulled.records('students')).toHaveLength(DISTRICT.students.length);
    ground.share.tellsRevision = true;
  });
});
