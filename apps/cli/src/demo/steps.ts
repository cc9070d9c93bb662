import { number, type Reason } from '@rollbook/core';
import { listHolds, loadConfiguration, readHold, type RunDetails } from '@rollbook/store';
import { approve } from './acts.ts';
import { changesBetween, contentsOf, type Contents } from './contents.ts';
import {
  DISTRICT_ID,
  SHRINKING_SCHOOL,
  SYNC_ID,
  THRESHOLD_PERCENT,
  type Entries,
  type PretendDistrict,
} from './pretend-district.ts';
import { classlinkSteps, cleverSteps } from './provider-steps.ts';
import { decisionSteps } from './decision-steps.ts';
import type { Setting } from './setting.ts';
import { byHand, bySchedule, is, type Step } from './step.ts';
import { differences, expectApplied, expectArchived, expectFailure, type Expectation } from './verdict.ts';

/** The true id of the school that is mistyped, and how. */
const MISTYPED = { sisId: '0103', typed: '0130' };

const VANISHED = 51;
const ARRIVED = 7;
const ALLOWED = 50;
/** 51 of 501 is 10.18 %. */
const PASSING_PERCENT = 11;
const SIZE = 501;

/** The steps of the demonstration, in order: each begins where the one before of its district ended. */
export function stepsOf({
  district,
  folderDistrict,
  providers,
}: Pick<Setting, 'district' | 'folderDistrict' | 'providers'>): Step[] {
  return [
    ...sftpSteps(district),
    ...decisionSteps(folderDistrict),
    ...cleverSteps(providers),
    ...classlinkSteps(providers),
  ];
}

/** What happens to the district with the SFTP site. */
function sftpSteps({ days }: Pick<PretendDistrict, 'days'>): Step[] {
  const [first, second, third, fourth] = days;
  const files = contentsOf(fourth);
  const vanish = `${VANISHED} of the ${SIZE} students of school "${SHRINKING_SCHOOL}"`;
  const steps: Omit<Step, 'districtId' | 'syncId'>[] = [
    {
      title: 'First sync',
      story: 'The district uploads its files for the first time, and an administrator enters where they are.',
      expected: `Succeeded: all ${number(first.students.length)} students and everything else is added.`,
      start: byHand,
      prepare: async (setting) => {
        await setting.district.upload(first);
        await enter(setting, {});
      },
      expect: (roster) => expectApplied(roster, contentsOf(first), 'made'),
    },
    {
      title: 'The same files again',
      story: 'The next night the files are uploaded again, and nothing in them is different.',
      expected: 'Succeeded: nothing changes.',
      start: bySchedule,
      prepare: (setting) => setting.district.upload(second),
      expect: (roster) => expectApplied(roster, contentsOf(second), 'made'),
    },
    {
      title: 'An ordinary day',
      story:
        '24 students change to another school, 15 new ones come, 40 get another e-mail address, telephone number or ' +
        'grade, a class is renamed, and another teacher takes over a class.',
      expected: 'Succeeded: 15 students added, those who moved are changed, no student archived.',
      start: bySchedule,
      prepare: (setting) => setting.district.upload(third),
      expect: (roster) => expectApplied(roster, contentsOf(third), 'made'),
      check: ({ counts }) => [
        ...is('students added', counts.students.created, 15),
        ...is('students archived', counts.students.archived, 0),
      ],
    },
    {
      title: `${VANISHED} of ${SIZE} students are missing`,
      story:
        `${vanish} are not in the files any more, and ${ARRIVED} new ones are. With a deletion threshold of ` +
        `${THRESHOLD_PERCENT} % at most ${ALLOWED} may be archived without asking.`,
      expected: `Held (Threshold): ${ARRIVED} students added, none archived, ${VANISHED} wait for a decision.`,
      start: bySchedule,
      prepare: (setting) => setting.district.upload(fourth),
      expect: (roster) => expectApplied(roster, files, 'withheld'),
      check: checkHold,
    },
    {
      title: 'The second night',
      story: `Nobody has decided yet, and the files are the same: the ${VANISHED} are still missing, and the ${ARRIVED} who came stay.`,
      expected: `Held (Threshold): still ${VANISHED} of ${SIZE}, as newcomers do not count while a hold waits.`,
      start: bySchedule,
      prepare: (setting) => setting.district.upload(fourth),
      expect: (roster) => expectApplied(roster, files, 'withheld'),
      check: checkSecondNight,
    },
    {
      title: `The ${VANISHED} are approved`,
      story:
        'An administrator has looked at the list, finds that these students have really left, and approves it: they are archived at once, and the files are not read again.',
      expected: `Succeeded: ${VANISHED} students archived, with their enrollments and guardians who have no other child.`,
      prepare: async () => undefined,
      start: (setting, syncId) => approve(setting, syncId, { comment: 'They have left the district.' }),
      expect: (roster) => expectArchived(roster, files),
      check: async ({ counts }, { database }) => [
        ...is('students archived', counts.students.archived, VANISHED),
        ...is('holds that still wait', (await listHolds(database)).length, 0),
      ],
    },
    {
      title: 'A school ID with a typing error',
      story: `Somebody edits the list of schools and types "${MISTYPED.typed}" instead of "${MISTYPED.sisId}".`,
      expected: `Failed (Schools to Sync Are Not Found): nothing changes, "${MISTYPED.sisId}" is suggested.`,
      start: byHand,
      prepare: (setting) => enter(setting, { schoolIds: { [MISTYPED.sisId]: MISTYPED.typed } }),
      expect: failing('schools_not_found'),
      check: ({ schoolsNotFound }) => [
        ...differences(
          'schools reported as not found',
          [MISTYPED.typed],
          schoolsNotFound.map(({ sisId }) => sisId),
        ),
        ...is('the school ID suggested first', schoolsNotFound[0]?.nearest[0] ?? 'none', MISTYPED.sisId),
      ],
    },
    {
      title: 'A wrong password',
      story: 'The school ID is put right, but the password of the SFTP site is entered wrongly.',
      expected: 'Failed (Wrong Credentials): nothing changes.',
      start: byHand,
      prepare: (setting) => enter(setting, { isPasswordRight: false }),
      expect: failing('wrong_credentials'),
    },
  ];
  return steps.map((step) => ({ ...step, districtId: DISTRICT_ID, syncId: SYNC_ID }));
}

const failing =
  (reason: Reason) =>
  (roster: Contents): Expectation =>
    expectFailure(roster, reason);

/** Loads the configuration, as `rollbook config load` does. */
async function enter({ database, district, secretKeys }: Setting, entries: Entries): Promise<void> {
  await loadConfiguration(database, district.configure(entries), secretKeys);
}

/** Who came since the hold began does not make the school larger, and nothing was archived. */
function checkSecondNight({ findings, counts }: RunDetails): string[] {
  const finding = findings.find(({ verdict }) => verdict === 'hold');
  return [
    ...is('students of this school', finding?.active ?? 0, SIZE),
    ...is('students to archive', finding?.toArchive ?? 0, VANISHED),
    ...is('newcomers who do not count', finding?.newcomers ?? 0, ARRIVED),
    ...is('students archived', counts.students.archived, 0),
  ];
}

/** The one group over its threshold, and the hold with exactly the records that are missing. */
async function checkHold(run: RunDetails, { database, district }: Setting, roster: Contents): Promise<string[]> {
  const over = run.findings.filter(({ verdict }) => verdict === 'hold');
  const [finding] = over;
  if (run.hold === null || !finding || over.length > 1)
    return [`There should be one group over its threshold, and a hold; there are ${over.length} such groups.`];
  const { hold, records } = await readHold(database, Number(run.hold));
  const missing = changesBetween(roster, contentsOf(district.days[3]));
  const heldOf = (type: 'students' | 'guardians'): string[] =>
    records.filter(({ recordType }) => recordType === type).map(({ sisId }) => sisId);
  return [
    ...is(
      'the school over its threshold',
      `${finding.recordType} of ${finding.school}`,
      `students of ${SHRINKING_SCHOOL}`,
    ),
    ...is('students of this school', finding.active, SIZE),
    ...is('students to archive', finding.toArchive, VANISHED),
    ...is('archives allowed', finding.allowed, ALLOWED),
    ...is('the smallest threshold that would do', finding.smallestPassingPercent, PASSING_PERCENT),
    ...is('new students', run.counts.students.created, ARRIVED),
    ...is('students that wait', run.counts.students.withheld, VANISHED),
    ...is('the state of the hold', hold.status, 'open'),
    ...is('records of the hold', records.length, missing.students.missing.length + missing.guardians.missing.length),
    ...differences('students in the hold', missing.students.missing, heldOf('students')),
    ...differences('guardians in the hold', missing.guardians.missing, heldOf('guardians')),
  ];
}
