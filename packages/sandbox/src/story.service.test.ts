import { STORY_SCHOOL, story } from './story.ts';
import type { District } from './model.ts';

const idsOf = (list: readonly { sisId: string }[]) => new Set(list.map((each) => each.sisId));
const schoolOf = (district: District, school: string) => district.students.filter((each) => each.school === school);

describe('story', () => {
  const days = story(7);
  const [first, second, third, fourth] = days.map((each) => each.district);
  if (first === undefined || second === undefined || third === undefined || fourth === undefined)
    throw new Error('the story has four days');

  it('is the same for the same seed', () => {
    expect(JSON.stringify(story(7)) === JSON.stringify(days)).toBe(true);
  });

  it('changes nothing on day 2', () => {
    expect(second).toEqual({ ...first, day: 2 });
  });

  it('has 24 transfers, 15 new students and 40 changed ones on day 3, and nobody leaves', () => {
    const before = new Map(second.students.map((student) => [student.sisId, student]));
    const added = third.students.filter((student) => !before.has(student.sisId));
    const moved = third.students.filter(
      (student) => (before.get(student.sisId)?.school ?? student.school) !== student.school,
    );
    const changed = third.students.filter((student) => {
      const old = before.get(student.sisId);
      return (
        old !== undefined && (old.email !== student.email || old.phone !== student.phone || old.grade !== student.grade)
      );
    });
    expect([added.length, moved.length, changed.length]).toEqual([15, 24, 40]);
    expect(third.students).toHaveLength(2015);
    for (const { sisId } of moved) {
      const schools = third.enrollments.filter((each) => each.person === sisId).map((each) => each.school);
      expect(new Set(schools)).toEqual(new Set([third.students.find((each) => each.sisId === sisId)?.school]));
    }
    const titles = new Map(second.classes.map((each) => [each.sisId, each.title]));
    expect(third.classes.filter((each) => titles.get(each.sisId) !== each.title)).toHaveLength(1);
    const staffOf = (district: District) => idsOf(district.enrollments.filter((each) => each.role === 'teacher'));
    const [old, current] = [staffOf(second), staffOf(third)];
    expect([...old].filter((id) => !current.has(id))).toHaveLength(1);
    expect([...current].filter((id) => !old.has(id))).toHaveLength(1);
  });

  it('loses exactly 51 of exactly 501 students on day 4 while 7 come, and leaves everybody else alone', () => {
    const before = idsOf(schoolOf(third, STORY_SCHOOL));
    const after = idsOf(schoolOf(fourth, STORY_SCHOOL));
    expect(before.size).toBe(501);
    expect([...before].filter((id) => !after.has(id))).toHaveLength(51);
    expect([...after].filter((id) => !before.has(id))).toHaveLength(7);
    const others = (district: District) => district.students.filter((each) => each.school !== STORY_SCHOOL);
    expect(others(fourth)).toEqual(others(third));
    const stayed = third.students.filter((each) => each.school !== STORY_SCHOOL || after.has(each.sisId));
    expect(fourth.students.slice(0, stayed.length)).toEqual(stayed);
    for (const list of ['schools', 'terms', 'courses', 'classes', 'staff'] as const)
      expect(fourth[list]).toEqual(third[list]);
    const people = idsOf([...fourth.students, ...fourth.staff]);
    expect(fourth.enrollments.every((each) => people.has(each.person))).toBe(true);
    const guardians = new Set(fourth.guardianships.map((each) => each.guardian));
    expect(idsOf(fourth.guardians)).toEqual(guardians);
  });
});
