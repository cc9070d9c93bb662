import { giveArrayBack, takeArray } from './spare-arrays.ts';

it('gives an array again, emptied, to whoever needs one of about its size', () => {
  const first = takeArray(1000).fill(7);
  giveArrayBack(first);
  const tooLarge = takeArray(2000);
  expect(tooLarge.buffer).not.toBe(first.buffer);
  const again = takeArray(900);
  expect(again.buffer).toBe(first.buffer);
  expect(again).toEqual(new Int32Array(900));
  giveArrayBack(again);
  expect(takeArray(1000).buffer).toBe(first.buffer);
});

it('never gives one to two', () => {
  giveArrayBack(takeArray(5000));
  expect(takeArray(5000).buffer).not.toBe(takeArray(5000).buffer);
});

it('does not waste a large one on little', () => {
  const large = takeArray(100_000);
  giveArrayBack(large);
  expect(takeArray(10).buffer).not.toBe(large.buffer);
});
