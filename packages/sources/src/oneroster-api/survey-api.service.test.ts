import { startOneRosterSite, type OneRosterProfile, type OneRosterSite } from '@rollbook/sandbox';
import { neverAborted, refusal } from '../delivery.fixture.ts';
import { DISTRICT, oauth2, sourceOf } from './oneroster-ground.fixture.ts';

let site: OneRosterSite;
const start = async (profile: OneRosterProfile): Promise<void> => {
  site = await startOneRosterSite({ district: DISTRICT, profile });
};
afterEach(() => site.stop());
const survey = (config = {}) => sourceOf(site, config).survey(neverAborted);

const SCHOOLS = DISTRICT.schools.map(({ sisId, name, ncesId }) => ({ sisId, name, number: ncesId }));
const NAMES = ['orgs', 'academicSessions', 'courses', 'classes', 'demographics', 'users', 'enrollments'];
const granted = (...missing: string[]) => NAMES.map((name) => ({ name, granted: !missing.includes(name) }));

describe('a survey', () => {
  it('tells schools, numbers and permissions, and reads little', async () => {
    await start('strict-1.2');
    expect(await survey()).toEqual({
      schools: SCHOOLS,
      counts: {
        schools: 2,
        terms: DISTRICT.terms.length,
        courses: DISTRICT.courses.length,
        classes: DISTRICT.classes.length,
        students: DISTRICT.students.length,
        staff: null,
        guardians: null,
        guardianships: null,
        enrollments: DISTRICT.enrollments.length,
      },
      permissions: granted(),
      freshAt: null,
      notes: [],
    });
    expect(site.http.log.count('/ims')).toBe(9);
  });

  it('leaves numbers open where the server does not tell', async () => {
    await start('loose');
    const { counts, schools } = await survey({ manageGuardians: false });
    expect(schools).toEqual(SCHOOLS);
    expect(counts).toEqual({
      schools: 2,
      terms: null,
      courses: null,
      classes: null,
      students: null,
      staff: null,
      enrollments: null,
    });
  });

  it('tells what may not be read', async () => {
    await start('strict-1.1');
    Object.assign(site.quirks, { forbidden: ['users', 'demographics'], missing: ['courses'] });
    const found = await survey();
    expect(found.permissions).toEqual(granted('users', 'demographics', 'courses'));
    expect(Object.keys(found.counts)).toEqual(['schools', 'terms', 'classes', 'enrollments']);
    expect(found.notes).toEqual(['Demographics cannot be read: students come without birth dates.']);
  });

  it('tells a missing scope', async () => {
    await start('strict-1.2');
    const scopes = ['roster-core.readonly'];
    expect((await survey({ auth: oauth2(site, { scopes }) })).permissions).toEqual(granted('demographics'));
  });

  it('wonders about credentials that see nothing', async () => {
    await start('loose');
    site.quirks.empty = true;
    const { schools, notes } = await survey();
    expect([schools, notes]).toEqual([[], [expect.stringContaining('They may belong to no organisation')]]);
  });

  it('fails like a pull', async () => {
    await start('strict-1.2');
    const auth = { type: 'bearer', token: 'wrong' };
    expect((await refusal(survey({ auth }))).reason).toBe('wrong_credentials');
    site.http.faults.add({ kind: 'login-page', path: '/ims' });
    expect((await refusal(survey())).reason).toBe('source_unavailable');
  });
});
