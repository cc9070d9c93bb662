import { kindOf, quoted, received } from './received.ts';

it.each([
  [undefined, 'nothing', 'nothing'],
  [null, 'nothing', 'nothing'],
  ['', '""', 'empty text'],
  ['a "b"\n', '"a \\"b\\"\\n"', 'text'],
  [0, '0', 'a number'],
  [Number.NaN, 'NaN', 'a number'],
  [12n, '12', 'a number'],
  [false, 'false', 'true or false'],
  [[], 'an empty list', 'an empty list'],
  [['x'], 'a list', 'a list'],
  [{ a: 1 }, 'keys with values', 'keys with values'],
  [Symbol('x'), 'something else', 'something else'],
])('says what %p is, and of what kind', (value, shown, kind) => {
  expect(received(value)).toBe(shown);
  expect(kindOf(value)).toBe(kind);
});

it('clips long text, between characters', () => {
  expect(quoted('😀'.repeat(60))).toBe(`"${'😀'.repeat(60)}"`);
  expect(quoted('😀'.repeat(61))).toBe(`"${'😀'.repeat(60)}"…`);
});
