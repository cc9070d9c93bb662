import { IdTable } from './id-table.ts';

describe('IdTable', () => {
  it('tells new ids from known ones, and keeps the last number, over many growths', () => {
    const table = new IdTable();
    const ids = Array.from({ length: 12_000 }, (_, n) => `S${n}`);
    expect(ids.filter((id, n) => !table.set(id, n))).toEqual([]);
    expect(ids.filter((id, n) => n % 7 === 0 && table.set(id, n + 1_000_000))).toEqual([]);
    expect(table.size).toBe(ids.length);
    expect(ids.filter((id, n) => table.get(id) !== (n % 7 === 0 ? n + 1_000_000 : n))).toEqual([]);
    expect(table.get('S12000')).toBeUndefined();
  });

  it('takes ids as they are', () => {
    const table = new IdTable();
    for (const id of ['7', '07', ' 7', 's7', 'S7', '']) expect(table.set(id, id.length)).toBe(true);
    expect([table.get('07'), table.get(''), table.size]).toEqual([2, 0, 6]);
  });

  it('tells the number an id was given first', () => {
    const table = new IdTable();
    expect([table.first('a', 1), table.first('a', 2), table.first('b', 2), table.get('a')]).toEqual([1, 1, 2, 1]);
    const ids = Array.from({ length: 12_000 }, (_, n) => `S${n}`);
    expect(ids.filter((id, n) => table.first(id, n) !== n)).toEqual([]);
    expect(ids.filter((id, n) => table.first(id, n + 1) !== n)).toEqual([]);
  });
});
