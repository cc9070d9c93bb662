import { RECORD_TYPES } from '@rollbook/core';
import {
  changeStudents,
  changeTeacher,
  generateDistrict,
  newStudents,
  nextDay,
  removeStudents,
  renameClass,
  swapStudents,
} from '@rollbook/sandbox';
import { expectedOf } from './carries.ts';
import { EVERY_SOURCE } from './every-source.ts';
import { pull, rosterIn } from './pulled.ts';
import { underSisIds } from './same-names.ts';

/** Three schools on a day on which much has happened. */
const DISTRICT = nextDay(
  generateDistrict({ seed: 29, schoolSizes: [110, 100, 90], levels: ['elementary', 'elementary', 'high'] }),
  [
    changeStudents(21),
    swapStudents(6, '0101', '0102'),
    newStudents(7, '0103'),
    removeStudents(4, '0101'),
    renameClass(),
    changeTeacher(),
  ],
);

it('has something of everything that a format may lose', () => {
  const { students, staff, guardians, guardianships, classes } = DISTRICT;
  expect(students.length).toBeGreaterThan(300);
  for (const name of ['middleName', 'preferredName', 'sms', 'phone'] as const)
    expect([name, students.some((each) => each[name] !== null)]).toEqual([name, true]);
  expect(staff.some(({ school }) => school === DISTRICT.org.sisId)).toBe(true);
  expect(staff.some(({ schools }) => schools.length > 1)).toBe(true);
  expect(classes.some(({ terms }) => terms.length === 1)).toBe(true);
  expect(classes.some(({ terms }) => terms.length > 1)).toBe(true);
  expect(guardians.some(({ email }) => email === null)).toBe(true);
  expect(new Set(guardianships.map(({ relationship }) => relationship)).size).toBeGreaterThan(3);
});

describe.each(EVERY_SOURCE)('%s', (_, kind) => {
  it('gives the roster of the district, field by field', async () => {
    const ground = await kind.prepare(DISTRICT);
    try {
      const pulled = underSisIds(rosterIn(await pull(ground.source())), DISTRICT, kind.carries);
      const expected = underSisIds(expectedOf(DISTRICT, kind.carries), DISTRICT, kind.carries);
      for (const type of RECORD_TYPES) {
        expect([type, pulled[type].length]).toEqual([type, expected[type].length]);
        expect(pulled[type]).toEqual(expected[type]);
      }
    } finally {
      await ground.clear();
    }
  });
});
