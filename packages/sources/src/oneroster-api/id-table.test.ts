import { IdTable } from './id-table.ts';

describe('IdTable', () => {
  it('tells new ids from known ones, and keeps the last number, over many growths', () => {
    const table = new IdTable();
    const count = 50_000;
    for (let n = 0; n < count; n += 1) expect(table.set(`S${n}`, n)).toBe(true);
    for (let n = 0; n < count; n += 7) expect(table.set(`S${n}`, -n)).toBe(false);
    expect(table.size).toBe(count);
    for (let n = 0; n < count; n += 1) expect(table.get(`S${n}`)).toBe(n % 7 === 0 ? -n : n);
    expect(table.get(`S${count}`)).toBeUndefined();
  });

  it('takes ids as they are', () => {
    const table = new IdTable();
    for (const id of ['7', '07', ' 7', 's7', 'S7', '']) expect(table.set(id, id.length)).toBe(true);
    expect([table.get('07'), table.get(''), table.size]).toEqual([2, 0, 6]);
  });
});
