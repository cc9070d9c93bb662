import { generateDistrict } from '../district.ts';
import { nextDay } from '../changes.ts';
import { renameClass } from '../school-changes.ts';
import { ClasslinkShare } from './share.ts';

const district = generateDistrict({ seed: 4, schoolSizes: [30, 25] });
const [firstSchool, secondSchool] = district.schools.map(({ sisId }) => sisId) as [string, string];

describe('a district that shares with ClassLink', () => {
  it('has an application id that is escaped already, the same every time', () => {
    const { applicationId } = new ClasslinkShare({ district });
    expect(applicationId).toMatch(/^%2F[\w-]{9}%43$/);
    expect(new ClasslinkShare({ district }).applicationId).toBe(applicationId);
    expect(new ClasslinkShare({ district, applicationId: 'a%20b' }).applicationId).toBe('a%20b');
  });

  it('is active while it is listed, enabled and its tenant is active', () => {
    const share = new ClasslinkShare({ district });
    expect(share.isActive).toBe(true);
    for (const change of [{ isEnabled: false }, { isListed: false }, { tenantStatus: 'Inactive' }]) {
      const changed = new ClasslinkShare({ district });
      Object.assign(changed, change);
      expect(changed.isActive).toBe(false);
    }
  });

  it('lets only the permitted schools through, with all that belongs to them, until it is widened again', () => {
    const share = new ClasslinkShare({ district });
    const { revision } = share;
    share.permit({ schools: [firstSchool] });
    const part = share.district;
    expect(part.schools.map(({ sisId }) => sisId)).toEqual([firstSchool]);
    expect(part.students).toHaveLength(30);
    expect(part.classes.length).toBeGreaterThan(0);
    for (const each of [...part.classes, ...part.enrollments]) expect(each.school).toBe(firstSchool);
    for (const { schools } of part.staff) expect(schools).not.toContain(secondSchool);
    expect(share.revision).not.toBe(revision);
    share.permit({ schools: null });
    expect(share.district).toEqual(district);
  });

  it('lets only the permitted courses through, with their classes and enrollments', () => {
    const share = new ClasslinkShare({ district });
    const course = district.courses[0]!.sisId;
    share.permit({ courses: [course] });
    const part = share.district;
    expect(part.courses.map(({ sisId }) => sisId)).toEqual([course]);
    expect(part.classes.length).toBeGreaterThan(0);
    expect(part.classes.length).toBeLessThan(district.classes.length);
    const classes = new Set(part.classes.map(({ sisId }) => sisId));
    expect(part.enrollments.every((each) => classes.has(each.class))).toBe(true);
    expect(part.students).toEqual(district.students);
  });

  it('shows a new day under a new revision', () => {
    const share = new ClasslinkShare({ district });
    const { revision } = share;
    const tomorrow = nextDay(district, [renameClass()]);
    share.publish(tomorrow);
    expect(share.district).toBe(tomorrow);
    expect(share.revision).not.toBe(revision);
  });

  it('changes after as many pages as were planned, and may plan the next change then', () => {
    const share = new ClasslinkShare({ district });
    const { bearer } = share;
    const seen: string[] = [];
    const again = (): void => {
      seen.push('again');
      share.after(1, again);
    };
    share.after(2, () => {
      share.rotateBearer();
      seen.push('rotated');
    });
    share.after(3, again);
    for (let page = 0; page < 5; page += 1) {
      expect(share.bearer === bearer).toBe(page < 2);
      share.countPage();
    }
    expect(seen).toEqual(['rotated', 'again', 'again', 'again']);
  });
});
