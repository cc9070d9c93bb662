import { number } from '@rollbook/core';
import { loadConfiguration } from '@rollbook/store';
import { cleverContentsOf } from './clever-contents.ts';
import { contentsOf } from './contents.ts';
import type { ProviderDistricts } from './provider-districts.ts';
import { byHand, bySchedule, type Step } from './step.ts';
import { differences, expectApplied, expectFailure } from './verdict.ts';

const sizeOf = ({ students, schools }: ProviderDistricts['clever']['district']): string =>
  `${number(students.length)} students in ${schools.length} schools`;

/** What happens to a district that shares its roster with us in Clever. */
export function cleverSteps({ clever }: Pick<ProviderDistricts, 'clever'>): Step[] {
  const { district, districtId, syncId, configuration, account } = clever;
  const contents = cleverContentsOf(district);
  const step = { districtId, syncId } as const;
  return [
    {
      ...step,
      title: 'Clever: first sync',
      story: `Another district, "${district.org.name}" (${sizeOf(district)}), shares its roster in Clever. Its token is found, and everything is read page by page.`,
      expected: `Succeeded: ${number(contents.students.size)} students and everything else added.`,
      start: byHand,
      prepare: async ({ database, secretKeys }) => {
        await loadConfiguration(database, configuration, secretKeys);
      },
      expect: (roster) => expectApplied(roster, contents, 'made'),
    },
    {
      ...step,
      title: 'Clever: unchanged',
      story: 'The next night the district has come into Clever again, and nothing in it is different.',
      expected: 'Succeeded: nothing changes.',
      start: bySchedule,
      prepare: async () => account.sync(),
      expect: (roster) => expectApplied(roster, contents, 'made'),
    },
    {
      ...step,
      title: 'Clever: token revoked',
      story: 'The district disconnects our application in Clever: the token is revoked, and there is no other.',
      expected: 'Failed (Wrong Credentials): nothing changes.',
      start: bySchedule,
      prepare: async () => account.disconnect(),
      expect: (roster) => expectFailure(roster, 'wrong_credentials'),
    },
  ];
}

/** What happens to a district that shares its roster with us in ClassLink. */
export function classlinkSteps({ classlink }: Pick<ProviderDistricts, 'classlink'>): Step[] {
  const { district, districtId, syncId, configuration, share } = classlink;
  const contents = contentsOf(district);
  const permitted = district.schools.map(({ sisId }) => sisId);
  const forgotten = permitted.pop() ?? '';
  const step = { districtId, syncId } as const;
  return [
    {
      ...step,
      title: 'ClassLink: first sync',
      story: `A third district, "${district.org.name}" (${sizeOf(district)}), shares its roster in ClassLink, and is read through ClassLink's proxy.`,
      expected: `Succeeded: ${number(contents.students.size)} students and everything else added.`,
      start: byHand,
      prepare: async ({ database, secretKeys }) => {
        await loadConfiguration(database, configuration, secretKeys);
      },
      expect: (roster) => expectApplied(roster, contents, 'made'),
    },
    {
      ...step,
      title: 'ClassLink: unchanged',
      story: 'ClassLink names the state of its data, and it is the one of the night before: nothing needs to be read.',
      expected: 'Succeeded: nothing changes.',
      start: bySchedule,
      prepare: async () => undefined,
      expect: (roster) => expectApplied(roster, contents, 'made'),
    },
    {
      ...step,
      title: 'ClassLink: a school no longer shared',
      story:
        `Somebody sets the permissions of our application in ClassLink anew and forgets school "${forgotten}". ClassLink ` +
        'says nothing of it: the school, its students and classes are simply not there any more.',
      expected: `Failed (Schools to Sync Are Not Found): nothing changes, "${forgotten}" is named.`,
      start: bySchedule,
      prepare: async () => share.permit({ schools: permitted }),
      expect: (roster) => expectFailure(roster, 'schools_not_found'),
      check: ({ schoolsNotFound }) =>
        differences(
          'schools reported as not found',
          [forgotten],
          schoolsNotFound.map(({ sisId }) => sisId),
        ),
    },
  ];
}
