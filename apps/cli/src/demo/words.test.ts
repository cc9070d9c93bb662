import { emptyCounts } from '@rollbook/core';
import { countLines, seconds } from './words.ts';

describe('countLines', () => {
  it('says what happened to students and to all others together', () => {
    const counts = emptyCounts();
    counts.students = { ...counts.students, created: 7, withheld: 51, unchanged: 1000 };
    counts.guardians = { ...counts.guardians, created: 13, withheld: 31 };
    counts.enrollments = { ...counts.enrollments, created: 2000 };
    expect(countLines(counts)).toEqual([
      'Students: 7 added, 51 waiting for a decision',
      'Other records: 2,013 added, 31 waiting for a decision',
    ]);
  });

  it('leaves out whom nothing happened to', () => {
    const counts = emptyCounts();
    counts.staff = { ...counts.staff, updated: 1 };
    expect(countLines(counts)).toEqual(['Other records: 1 changed']);
    expect(countLines(emptyCounts())).toEqual(['Nothing changed']);
  });
});

it('writes times for people', () => {
  expect(seconds(1249)).toBe('1.2 s');
});
