import { UsageError } from '@rollbook/core';
import { generateDistrict } from '../district.ts';
import { lossyDay, ordinaryDay } from './ordinary-day.ts';

const first = generateDistrict({ seed: 3, schoolSizes: [60, 40] });
const school = '0101';
const idsOf = (district: typeof first) => new Set(district.students.map(({ sisId }) => sisId));

it('has some arrivals, one student left and some changes on an ordinary day', () => {
  const next = ordinaryDay(first);
  const [before, after] = [idsOf(first), idsOf(next)];
  expect(next.day).toBe(2);
  expect([...after].filter((id) => !before.has(id))).toHaveLength(1);
  expect([...before].filter((id) => !after.has(id))).toHaveLength(1);
  expect(next.classes).not.toEqual(first.classes);
});

it('goes on day after day, in the smallest district too', () => {
  let district = generateDistrict({ seed: 3, schoolSizes: [1] });
  for (let day = 2; day <= 5; day += 1) district = ordinaryDay(district);
  expect(district.day).toBe(5);
  expect(district.students.length).toBeGreaterThan(0);
});

it('loses so many percent of the first school, rounded up', () => {
  const next = lossyDay(first, 11);
  expect(first.students.length - next.students.length).toBe(7);
  expect(next.students.filter((each) => each.school === school)).toHaveLength(53);
  for (const percent of [0, 101, Number.NaN]) expect(() => lossyDay(first, percent)).toThrow(UsageError);
});
