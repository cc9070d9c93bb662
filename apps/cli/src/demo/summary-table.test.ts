import fc from 'fast-check';
import { formatTable, wrap } from './summary-table.ts';

describe('wrap', () => {
  it('breaks at blanks, keeps line breaks and cuts what is longer than a line', () => {
    expect(wrap('the same files again', 9)).toEqual(['the same', 'files', 'again']);
    expect(wrap('one\ntwo three', 20)).toEqual(['one', 'two three']);
    expect(wrap('abcdefghij k', 4)).toEqual(['abcd', 'efgh', 'ij k']);
    expect(wrap('abcdefgh', 4)).toEqual(['abcd', 'efgh']);
    expect(wrap('', 4)).toEqual(['']);
  });

  it('loses no word and makes no line too long', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 });
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 30 }), (given, width) => {
        const lines = wrap(given.join(' '), width);
        expect(lines.join('').replaceAll(' ', '')).toBe(given.join(''));
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe('formatTable', () => {
  const columns = [
    { heading: 'Step', width: 1 },
    { heading: 'What happened', width: 2 },
    { heading: 'Time', width: 'fit', align: 'right' },
  ] as const;

  it('puts cells in columns, with rules between the rows', () => {
    const rows = [
      ['1 First', 'Succeeded: 2,000 students added', '1.2 s'],
      ['2 Next', '', '10.0 s'],
    ];
    expect(formatTable(columns, rows, 40)).toEqual([
      'Step        What happened           Time',
      '──────────  ────────────────────  ──────',
      '1 First     Succeeded: 2,000       1.2 s',
      '            students added',
      '──────────  ────────────────────  ──────',
      '2 Next                            10.0 s',
      '──────────  ────────────────────  ──────',
    ]);
  });

  it('is never wider than asked for', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: 60 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell, fc.constant('1.0 s'))),
        fc.integer({ min: 40, max: 120 }),
        (rows, width) => {
          for (const line of formatTable(columns, rows, width)) expect(line.length).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  it('fills cells that are missing with blanks', () => {
    expect(formatTable(columns, [['Not tried']], 40)[2]).toBe('Not tried');
  });
});
