import fc from 'fast-check';
import { dateOf, flagOf, listOf, stateIdOf } from './cells.ts';

describe('cells', () => {
  it.each([
    ['', null],
    ['2026-02-28', '2026-02-28'],
    ['2024-02-29', '2024-02-29'],
    [' 2026-08-15 ', '2026-08-15'],
    ['2026-08-15T00:00:00.000Z', '2026-08-15'],
    ['2026-08-15T23:59:59-06:00', '2026-08-15'],
    ['2026-08-15 07:30', '2026-08-15'],
    ['2026-02-29', undefined],
    ['1900-02-29', undefined],
    ['2026-13-01', undefined],
    ['2026-04-31', undefined],
    ['2026-00-10', undefined],
    ['1/05/2023', undefined],
    ['20260815', undefined],
    ['2026-8-5', undefined],
    ['46249', undefined],
    ['2026-08-15x', undefined],
  ])('reads %j as the date %j', (cell, date) => {
    expect(dateOf(cell)).toBe(date);
    expect(dateOf(cell)).toBe(date);
  });

  it('reads every day there is, and no other', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1900, max: 2100 }),
        fc.integer({ min: 0, max: 13 }),
        fc.integer({ min: 0, max: 32 }),
        (y, m, d) => {
          const cell = `${y}-${String(m).padStart(2, '0')}-${String(d).padStart(2, '0')}`;
          const day = new Date(`${cell}T00:00:00Z`);
          const exists = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(cell);
          expect(dateOf(cell)).toBe(exists ? cell : undefined);
        },
      ),
    );
  });

  it.each([
    ['', null],
    ['true', true],
    ['TRUE', true],
    ['1', true],
    [' Yes', true],
    ['false', false],
    ['False', false],
    ['0', false],
    ['0.0', false],
    [' ', null],
    ['maybe', undefined],
    ['2', undefined],
  ])('reads %j as the flag %j', (cell, flag) => {
    expect(flagOf(cell)).toBe(flag);
  });

  it.each([
    ['', []],
    [' ', []],
    ['09', ['09']],
    ['09,10', ['09', '10']],
    [' 09 , 10,,09 ', ['09', '10']],
  ])('reads %j as the list %j', (cell, list) => {
    expect(listOf(cell)).toEqual(list);
  });

  it.each([
    ['', null],
    ['{Fed:1}', null],
    ['{Fed:1},{StateID:0042}', '0042'],
    ['{ssid: 7 }', '7'],
    ['{State:}', null],
    ['{stateStudentId:A:1}', 'A:1'],
    ['StateID:5', null],
  ])('finds in %j the state id %j', (cell, stateId) => {
    expect(stateIdOf(cell)).toBe(stateId);
  });
});
