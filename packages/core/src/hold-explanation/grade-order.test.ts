import { readGrade } from './grade-order.ts';

it('orders the grades of schools from the youngest to the oldest', () => {
  const grades = ['IT', 'PR', 'PK', 'TK', 'KG', '01', '02', '09', '10', '12', '13', 'PS'];
  const ranks = grades.map((grade) => readGrade(grade)?.rank ?? Number.NaN);
  expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
  expect(new Set(ranks).size).toBe(grades.length);
});

it.each([
  ['9', '09'],
  ['K', 'KG'],
  [' k ', 'Kindergarten'],
  ['0', 'KG'],
  ['-1', 'PK'],
  ['Pre-K', 'PK'],
  ['Pre Kindergarten', 'PK'],
  ['12th', '12'],
  ['Grade 5', '05'],
  ['ug', 'UG'],
])('takes "%s" and "%s" for the same grade', (one, other) => {
  expect(readGrade(one)?.key).toBe(readGrade(other)?.key);
});

it.each(['UG', 'Other', '14', '1-2', '1.2', '1 2', 'Senior', '012', '"grade 9"'])('knows no order of "%s"', (text) => {
  expect(readGrade(text)).toMatchObject({ rank: null, label: `grade ${JSON.stringify(text)}` });
});

it.each([null, '', '  '])('takes %j for no grade', (text) => {
  expect(readGrade(text)).toBeNull();
});

it.each([
  ['07', 'grade 7'],
  ['KG', 'kindergarten'],
  ['PK', 'pre-kindergarten'],
])('calls "%s" %s', (text, label) => {
  expect(readGrade(text)?.label).toBe(label);
});
