import { randomBytes } from 'node:crypto';
import { UsageError } from '@rollbook/core';
import fc from 'fast-check';
import { seal, unseal, type SealedText } from './secrets.ts';

const place = { syncId: 'riverside-sis', field: 'password' };
const older = { id: '2025', key: randomBytes(32) };
const newer = { id: '2026', key: randomBytes(32) };

const refusal = (sealed: SealedText, keys: { id: string; key: Buffer }[], where = place): string => {
  try {
    unseal(sealed, where, keys);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error('it opened');
};

describe('sealed secrets', () => {
  it('open to the text that was sealed, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(unseal(seal(text, place, [newer]), place, [newer])).toBe(text);
      }),
    );
  });

  it('are sealed with the first key and opened with any', () => {
    const sealed = seal('open sesame', place, [older]);
    expect(sealed.keyId).toBe('2025');
    expect(unseal(sealed, place, [newer, older])).toBe('open sesame');
    expect(seal('open sesame', place, [newer, older]).keyId).toBe('2026');
  });

  it('hide the text, and differ each time', () => {
    const [first, second] = [seal('open sesame', place, [newer]), seal('open sesame', place, [newer])];
    expect(Buffer.from(first.sealed).includes('sesame')).toBe(false);
    expect(Buffer.from(first.sealed).equals(second.sealed)).toBe(false);
  });

  it('open for no other sync and no other field', () => {
    const sealed = seal('open sesame', place, [newer]);
    expect(refusal(sealed, [newer], { ...place, syncId: 'other' })).toContain('does not open it');
    expect(refusal(sealed, [newer], { ...place, field: 'passphrase' })).toContain('does not open it');
  });

  it('do not open once a byte was changed', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const { keyId, nonce, sealed } = seal('open sesame', place, [newer]);
        const altered = Buffer.from(sealed);
        const index = at % altered.length;
        altered[index] = (altered[index] ?? 0) ^ mask;
        expect(refusal({ keyId, nonce, sealed: altered }, [newer])).toContain('does not open it');
      }),
    );
  });

  it('name the missing key and where keys are set, never a value', () => {
    const message = refusal(seal('open sesame', place, [older]), [newer]);
    expect(message).toContain('"2025"');
    expect(message).toContain('ROLLBOOK_SECRET_KEYS');
    expect(message).toContain('"riverside-sis"');
    expect(message).not.toContain('sesame');
    expect(message).not.toContain(newer.key.toString('base64'));
  });

  it('tell of a key that has the right name and the wrong bytes', () => {
    const message = refusal(seal('open sesame', place, [older]), [{ id: '2025', key: newer.key }]);
    expect(message).toContain('the key of that name in ROLLBOOK_SECRET_KEYS');
    expect(message).not.toContain('sesame');
  });

  it('need a key', () => {
    expect(() => seal('open sesame', place, [])).toThrow('ROLLBOOK_SECRET_KEYS');
  });
});
