import { nextDay } from './changes.ts';
import { generateDistrict } from './district.ts';
import type { District } from './model.ts';
import { changeTeacher, renameClass } from './school-changes.ts';
import { changeStudents, newStudents, removeStudents, swapStudents } from './student-changes.ts';

export interface StoryDay {
  readonly day: number;
  /** What happens, in one line. */
  readonly title: string;
  readonly district: District;
}

/** The school that keeps exactly 501 students until they vanish on day 4. */
export const STORY_SCHOOL = '0101';

/**
 * Four days of a district of four schools and 2,000 students, the same for the same seed. Day 1: the first upload. Day 2: the same again.
 * Day 3: ordinary life. Day 4: 51 of the 501 students of {@link STORY_SCHOOL} are missing, one more than 10 % allows, and 7 arrive.
 */
export function story(seed: number): StoryDay[] {
  const first = generateDistrict({ seed, schoolSizes: [501, 480, 520, 499] });
  const second = nextDay(first, []);
  const third = nextDay(second, [
    changeStudents(40),
    // As many leave the school of 501 as come, so that day 4 starts from 501.
    swapStudents(12, STORY_SCHOOL, '0102'),
    newStudents(9, '0103'),
    newStudents(6, '0104'),
    renameClass(),
    changeTeacher(),
  ]);
  const fourth = nextDay(third, [removeStudents(51, STORY_SCHOOL), newStudents(7, STORY_SCHOOL)]);
  return [
    { day: 1, title: 'The first upload: four schools, 2,000 students', district: first },
    { day: 2, title: 'The same files again: nothing changes', district: second },
    {
      day: 3,
      title: '24 transfers, 15 new students, 40 changed, a class renamed, a teacher replaced',
      district: third,
    },
    { day: 4, title: '51 of the 501 students of one school are missing, and 7 are new', district: fourth },
  ];
}
