import { number, type HoldExplanation } from '@rollbook/core';
import { listHolds, loadConfiguration, readHold, type RunDetails } from '@rollbook/store';
import type { District } from '@rollbook/sandbox';
import { approve, undoLatest } from './acts.ts';
import { contentsOf, type Contents } from './contents.ts';
import type { FolderDistrict } from './folder-district.ts';
import type { Setting } from './setting.ts';
import { byHand, bySchedule, is, type Step } from './step.ts';
import { differences, expectApplied, expectArchived, expectRelinked, expectRestored } from './verdict.ts';

/** Holds that explain themselves, and what can be decided: a part approved, an undo, ids that are followed. */
export function decisionSteps(district: FolderDistrict): Step[] {
  const { first, lossy, rekeyed, elementary, high, missing, thresholdPercent } = district;
  const everybody = contentsOf(first);
  const graduated = withoutSchool(first, lossy, high);
  const seniors = everybody.students.size - graduated.students.size;
  const pupils = first.students.filter(({ school }) => school === elementary).length;
  const steps: Omit<Step, 'districtId' | 'syncId'>[] = [
    {
      title: 'A fourth district',
      story: `"${first.org.name}" leaves its files in a folder: an elementary school and a high school.`,
      expected: `Succeeded: all ${number(first.students.length)} students and everything else is added.`,
      prepare: async (setting) => {
        await district.upload(first);
        await loadConfiguration(setting.database, district.configuration, setting.secretKeys);
      },
      start: byHand,
      expect: (roster) => expectApplied(roster, everybody, 'made'),
    },
    {
      title: 'A grade is gone',
      story:
        `All ${seniors} students of grade 12 are not in the files any more, nor are ${missing} of the ${pupils} of the ` +
        `elementary school. Both are more than ${thresholdPercent} %. The hold says what it looks like.`,
      expected: 'Held (Threshold), and grade 12 is explained: it looks like graduation.',
      prepare: () => district.upload(lossy),
      start: bySchedule,
      expect: (roster) => expectApplied(roster, contentsOf(lossy), 'withheld'),
      check: (run, setting) => checkCauses(run, setting, 'graduation'),
    },
    {
      title: 'One school is approved',
      story: `An administrator approves the high school alone. Nobody knows yet where the ${missing} children are.`,
      expected: `Succeeded: ${seniors} students archived; the others wait in a hold of their own.`,
      prepare: async () => undefined,
      start: (setting, syncId) => approve(setting, syncId, { comment: 'The class of this year.', schools: [high] }),
      expect: (roster) => expectArchived(roster, graduated),
      check: (_, setting, roster) => checkRest(setting, district, roster),
    },
    {
      title: 'Undo',
      story: 'The seniors have examinations until Friday: it was too early. The administrator undoes that run.',
      expected: `Succeeded: ${seniors} students restored, with their enrollments.`,
      prepare: async () => undefined,
      start: (setting, syncId) => undoLatest(setting, syncId, 'Too early.'),
      expect: (roster) => expectRestored(roster, everybody),
    },
    {
      title: 'New ids',
      story:
        'The next night everybody is in the files again. But the elementary school has been moved to another system, ' +
        `and its ${pupils} students have other ids.`,
      expected: `Held (Threshold), and explained: the ${pupils} that are gone are the ${pupils} that are new.`,
      prepare: () => district.upload(rekeyed),
      start: bySchedule,
      expect: (roster) => expectApplied(roster, contentsOf(rekeyed), 'withheld'),
      check: (run, setting) => checkCauses(run, setting, 'ids_changed'),
    },
    {
      title: 'Relinked',
      story: 'The administrator lets the records take their new ids. Nobody is archived, and nobody is there twice.',
      expected: `Succeeded: ${pupils} students changed, none archived; all have their history.`,
      prepare: async () => undefined,
      start: (setting, syncId) => approve(setting, syncId, { comment: 'The new system.', relink: true }),
      expect: (roster) => expectRelinked(roster, everybody, contentsOf(rekeyed)),
      check: async (_, setting) => is('holds that still wait', (await openHolds(setting, district)).length, 0),
    },
  ];
  return steps.map((step) => ({ ...step, districtId: district.districtId, syncId: district.syncId }));
}

/** The district when the students of one school who are gone are archived, and all others are not. */
function withoutSchool(first: District, lossy: District, school: string): Contents {
  const left = new Set(lossy.students.map(({ sisId }) => sisId));
  const gone = new Set(
    first.students.filter((each) => each.school === school && !left.has(each.sisId)).map(({ sisId }) => sisId),
  );
  return contentsOf({
    ...first,
    students: first.students.filter(({ sisId }) => !gone.has(sisId)),
    enrollments: first.enrollments.filter(({ person }) => !gone.has(person)),
    guardianships: first.guardianships.filter(({ student }) => !gone.has(student)),
  });
}

const openHolds = async ({ database }: Setting, { syncId }: FolderDistrict): Promise<{ id: string }[]> =>
  (await listHolds(database)).filter(({ sync }) => sync === syncId);

async function checkCauses(
  { hold }: RunDetails,
  { database }: Setting,
  first: HoldExplanation['cause'],
): Promise<string[]> {
  if (hold === null) return ['There should be a hold.'];
  const { explanations } = await readHold(database, Number(hold), { limit: 0 });
  return is('the first explanation', explanations[0]?.cause ?? 'none', first);
}

/** What was not approved waits, and nothing else. */
async function checkRest(setting: Setting, district: FolderDistrict, roster: Contents): Promise<string[]> {
  const [hold, ...others] = await openHolds(setting, district);
  if (!hold || others.length > 0)
    return [`There should be one hold that waits; there are ${others.length + (hold ? 1 : 0)}.`];
  const { records } = await readHold(setting.database, Number(hold.id));
  const here = new Set(
    district.first.students.filter(({ school }) => school === district.elementary).map(({ sisId }) => sisId),
  );
  const files = contentsOf(district.lossy);
  const wanted = [...roster.students.keys()].filter((id) => here.has(id) && !files.students.has(id));
  const waiting = records.filter(({ recordType }) => recordType === 'students').map(({ sisId }) => sisId);
  return differences('students who still wait', wanted, waiting);
}
