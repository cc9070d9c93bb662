import { refusal } from '../delivery.fixture.ts';
import { ClasslinkGround, DISTRICT } from './classlink-ground.fixture.ts';

let ground: ClasslinkGround;
beforeEach(async () => {
  ground = await ClasslinkGround.prepare();
});
afterEach(() => ground.clear());

describe('a survey of a district at ClassLink', () => {
  it.each(['proxy', 'direct'] as const)('shows schools, counts and permissions through %s access', async (access) => {
    const survey = await ground.survey(access);
    expect(survey.schools).toEqual(
      DISTRICT.schools.map(({ sisId, name, ncesId }) => ({ sisId, name, number: ncesId })),
    );
    expect(survey.counts).toMatchObject({
      schools: 2,
      terms: DISTRICT.terms.length,
      courses: DISTRICT.courses.length,
      classes: DISTRICT.classes.length,
      students: DISTRICT.students.length,
      enrollments: DISTRICT.enrollments.length,
    });
    expect(survey.permissions).toHaveLength(7);
    expect(survey.permissions.every(({ granted }) => granted)).toBe(true);
    expect(survey.freshAt).toBe('2026-08-01T02:30:00.125Z');
    expect(survey.notes).toEqual([expect.stringContaining("the district's permissions")]);
  });

  it('reads far less than a pull', async () => {
    await ground.survey();
    const { requests } = ground.site.http.log;
    const large = requests.filter(({ path, query }) => !query.includes('limit=1&') && path !== '/applications');
    expect(large.map(({ path }) => path)).toEqual([expect.stringMatching(/\/orgs$/)]);
  });

  it('shows only what is permitted', async () => {
    ground.share.permit({ schools: ['0102'], courses: [] });
    const survey = await ground.survey();
    expect(survey.schools.map(({ sisId }) => sisId)).toEqual(['0102']);
    expect(survey.counts).toMatchObject({ schools: 1, courses: 0, classes: 0, students: 60 });
  });

  it('tells what may not be read', async () => {
    ground.site.quirks.missing = ['demographics'];
    const survey = await ground.survey();
    expect(survey.permissions).toContainEqual({ name: 'demographics', granted: false });
    expect(survey.notes).toContainEqual(expect.stringMatching(/Demographics cannot be read/));
  });

  it('says that names are hidden, and so does a pull', async () => {
    ground.share.isObfuscated = true;
    expect((await ground.survey()).notes).toContainEqual(expect.stringContaining('x-obfuscated'));
    expect((await ground.pull()).codes()).toContain('obfuscated');
  });

  it('fails like a pull', async () => {
    ground.share.isEnabled = false;
    expect((await refusal(ground.survey())).reason).toBe('wrong_credentials');
    expect((await refusal(ground.survey('direct'))).reason).toBe('wrong_credentials');
  });
});
