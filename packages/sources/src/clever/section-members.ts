import { compositeKey, type Enrollment } from '@rollbook/core';
import type { CleverObject } from './clever-object.ts';

/** Whether enrollments of this person are wanted. */
export type IsVisible = (type: 'students' | 'staff', id: string) => boolean;

export interface SectionMembers {
  readonly enrollments: readonly Enrollment[];
  /** How many people the section names who are not visible. */
  readonly invisible: number;
}

/**
 * The enrollments of a section: its membership lists are all that Clever has of them. The teacher named as `teacher`, or
 * else the first of `teachers`, is the primary one. People who are not shared with us may be named, which is no mistake
 * (clever.md §3.2).
 */
export function membersOf(section: CleverObject, isVisible: IsVisible): SectionMembers {
  const lead = section.texts('teacher');
  const teachers = [...new Set([...lead, ...section.texts('teachers')])];
  const school = section.text('school');
  const enrollment = (person: string, role: string, primary: boolean | null): Enrollment => ({
    sisId: compositeKey(section.id, person, role),
    class: section.id,
    person,
    role,
    primary,
    beginDate: null,
    endDate: null,
    school,
  });
  const students = section.texts('students');
  const enrollments = [
    ...teachers.filter((id) => isVisible('staff', id)).map((id) => enrollment(id, 'teacher', id === teachers[0])),
    ...students.filter((id) => isVisible('students', id)).map((id) => enrollment(id, 'student', null)),
  ];
  return { enrollments, invisible: teachers.length + students.length - enrollments.length };
}
