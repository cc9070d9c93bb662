import { fold, nearest } from './nearest.ts';

const KEYS = ['type', 'host', 'port', 'username', 'password', 'privateKey', 'hostKey', 'path', 'deletionThreshold'];

describe('nearest', () => {
  it.each([
    ['pasword', 'password'],
    ['PASSWORD', 'password'],
    ['private_key', 'privateKey'],
    ['host-key', 'hostKey'],
    ['user name', 'username'],
    ['user', undefined],
    ['prot', 'port'],
    ['threshold', 'deletionThreshold'],
    ['completely-else', undefined],
    ['x', undefined],
    ['', undefined],
    ['---', undefined],
  ])('takes %j for %j', (word, meant) => {
    expect(nearest(word, KEYS)[0]).toBe(meant);
  });

  it('finds headers behind invisible characters', () => {
    expect(nearest('\uFEFFsource\u200BdId ', ['sourcedId', 'status'])).toEqual(['sourcedId']);
  });

  it('gives the best first, each once, and no more than asked for', () => {
    const candidates = ['grades', 'grade', 'grande', 'trade', 'grades', 'other'];
    expect(nearest('grade', candidates, { max: 9 })).toEqual(['grade', 'grades', 'grande', 'trade']);
    expect(nearest('grade', candidates, { max: 2 })).toEqual(['grade', 'grades']);
  });

  it('keeps the order of candidates that are equally near', () => {
    expect(nearest('bat', ['cat', 'hat', 'rat'], { max: 3 })).toEqual(['cat', 'hat', 'rat']);
  });
});

it('folds what people do not see', () => {
  expect(fold(' \uFEFFSourced_Id\u00AD ')).toBe('sourcedid');
  expect(fold('ＡＢＣ')).toBe('abc');
  expect(fold('0123')).toBe('0123');
});
