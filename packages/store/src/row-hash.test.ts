import { RowHash } from './row-hash.ts';

const hashOf = (text: string): string => {
  const bytes = Buffer.from(`..${text}..`, 'utf8');
  const hash = new RowHash();
  hash.digest(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 2, bytes.length - 2);
  const hex = Buffer.alloc(32);
  hash.writeHex(hex, 0);
  return hex.toString('latin1');
};

it('is MurmurHash3 x86 128', () => {
  expect(hashOf('')).toBe('00000000000000000000000000000000');
  expect(hashOf('The quick brown fox jumps over the lazy dog')).toBe('2f1583c3ecee2c675d7bf66ce5e91d2c');
});

it('tells every length and every single changed byte apart', () => {
  const seen = new Set<string>();
  for (let length = 0; length <= 40; length++) {
    const text = 'x'.repeat(length);
    seen.add(hashOf(text));
    for (let at = 0; at < length; at++) seen.add(hashOf(`${text.slice(0, at)}y${text.slice(at + 1)}`));
  }
  expect(seen.size).toBe(41 + (40 * 41) / 2);
});

it('changes about half of its bits with one bit of the input', () => {
  let changed = 0;
  const rounds = 400;
  for (let i = 0; i < rounds; i++) {
    const text = `S${100_000 + i}\tAnna\tBrown\t2026-08-17`;
    const other = `S${100_000 + i}\tAnna\tBrowo\t2026-08-17`;
    const difference = BigInt(`0x${hashOf(text)}`) ^ BigInt(`0x${hashOf(other)}`);
    changed += difference.toString(2).replaceAll('0', '').length;
  }
  expect(changed / rounds).toBeGreaterThan(60);
  expect(changed / rounds).toBeLessThan(68);
});
