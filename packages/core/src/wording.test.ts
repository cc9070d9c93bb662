import { capitalised, counted, countedRecords, listed } from './wording.ts';

it('counts in the singular and the plural', () => {
  expect([countedRecords(1, 'staff'), countedRecords(0, 'staff'), countedRecords(2_000, 'staff')]).toEqual([
    '1 staff member',
    '0 staff members',
    '2,000 staff members',
  ]);
  expect([counted(1, 'sync is', 'syncs are'), counted(2, 'sync is', 'syncs are'), counted(1_000, 'record')]).toEqual([
    '1 sync is',
    '2 syncs are',
    '1,000 records',
  ]);
});

it.each([
  [[], ''],
  [['a'], 'a'],
  [['a', 'b'], 'a and b'],
  [['a', 'b', 'c'], 'a, b and c'],
])('lists %j', (parts, words) => {
  expect(listed(parts)).toBe(words);
});

it('begins a sentence', () => {
  expect(capitalised('school "a"')).toBe('School "a"');
});
