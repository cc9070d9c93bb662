import fc from 'fast-check';
import { RosterHashes, hexOf, wordsOf } from './roster-hashes.ts';

const hash = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex'));

it('recognises exactly what was added, and tells what was missed', () => {
  fc.assert(
    fc.property(fc.uniqueArray(hash), fc.uniqueArray(hash), (known, strangers) => {
      const hashes = new RosterHashes(known.length);
      for (const each of known) hashes.add(wordsOf(each));
      const met = known.filter((_, index) => index % 3 !== 0);
      for (const [index, each] of met.entries()) expect(hashes.meet(wordsOf(each), index)).toBe(true);
      for (const each of strangers.filter((other) => !known.includes(other) && /[1-9a-f]/.test(other)))
        expect(hashes.meet(wordsOf(each), 1)).toBe(false);
      expect(hashes.met).toBe(met.length);
      expect([...hashes.missed()].map(hexOf).sort()).toEqual(
        known.filter((each) => !met.includes(each) && /[1-9a-f]/.test(each)).sort(),
      );
    }),
  );
});

it('keeps apart hashes that begin alike, in a full table', () => {
  const names = Array.from({ length: 1000 }, (_, i) => `00000001${i.toString(16).padStart(24, '0')}`);
  const hashes = new RosterHashes(names.length);
  for (const name of names) hashes.add(wordsOf(name));
  for (const name of names.slice(1)) expect(hashes.meet(wordsOf(name), 7)).toBe(true);
  expect([...hashes.missed()].map(hexOf)).toEqual([names[0]]);
});

it('keeps the last line that met a hash, once', () => {
  const one = wordsOf('01020304-0506-0708-090a-0b0c0d0e0f10');
  const hashes = new RosterHashes(1);
  hashes.add(one);
  expect(hashes.lineOf(one)).toBeNull();
  hashes.meet(one, 5);
  hashes.meet(one, 9);
  expect(hashes.lineOf(one)).toBe(9);
  expect(hashes.met).toBe(1);
});

it('grows when more come than were expected', () => {
  const hashes = new RosterHashes(0);
  const names = Array.from({ length: 2000 }, (_, i) => `${(i * 7919).toString(16).padStart(8, '0')}${'1'.repeat(24)}`);
  for (const name of names) hashes.add(wordsOf(name));
  expect(hashes.size).toBe(2000);
  for (const name of names) expect(hashes.meet(wordsOf(name), 1)).toBe(true);
  expect([...hashes.missed()]).toEqual([]);
});
