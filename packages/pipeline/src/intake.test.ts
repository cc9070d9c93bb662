import type { Student } from '@rollbook/core';
import { Intake } from './intake.ts';

const person = {
  givenName: 'G',
  middleName: null,
  familyName: 'F',
  preferredName: null,
  email: null,
  username: null,
  phone: null,
  sms: null,
  language: null,
};

function presenceOf(linked: string[] | null, school: string | null, schools: string[]): [string, string | null] {
  const intake = new Intake({
    schools: linked && linked.map((sisId) => ({ sisId, name: sisId })),
    phoneCredentialColumn: 'sms',
  } as never);
  for (const [sisId, kind] of [
    ['A', 'school'],
    ['B', 'school'],
    ['D', 'district'],
  ] as const)
    intake.judge(
      'schools',
      {
        record: { sisId, name: sisId, number: null, stateId: null, ncesId: null, kind, parent: null },
        line: 1,
        gone: false,
      },
      'orgs.csv',
    );
  const record: Student = {
    ...person,
    sisId: 's1',
    grade: null,
    studentNumber: null,
    stateId: null,
    birthDate: null,
    school,
    schools,
    enabled: null,
  };
  const judged = intake.judge('students', { record, line: 2, gone: false }, 'users.csv');
  return [judged.presence, (judged.record as Student).school];
}

describe('guard §37: the place of a person', () => {
  it.each<[string, string[] | null, string | null, string[], [string, string | null]]>([
    ['a linked school', ['A'], 'A', ['A'], ['p', 'A']],
    ['a linked school among others', ['A'], 'B', ['B', 'X', 'A'], ['p', 'A']],
    ['a school that is not linked', ['A'], 'B', ['B'], ['o', 'B']],
    ['a department', ['A'], 'D', ['D'], ['o', 'D']],
    ['a school that is not linked, and an unknown one', ['A'], 'B', ['B', 'X'], ['o', 'B']],
    ['an unknown home school, and one that is not linked', ['A'], 'X', ['X', 'B'], ['u', 'X']],
    ['an unknown school', ['A'], 'X', ['X'], ['u', 'X']],
    ['no school', ['A'], null, [], ['u', null]],
    ['an unknown school, of all', null, 'X', ['X'], ['u', 'X']],
    ['an unknown school and a known one, of all', null, 'X', ['X', 'B'], ['p', 'B']],
    ['no school, of all', null, null, [], ['p', null]],
  ])('%s', (_, linked, school, schools, expected) => {
    expect(presenceOf(linked, school, schools)).toEqual(expected);
  });
});
