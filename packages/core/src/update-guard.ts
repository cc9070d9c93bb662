import type { Explanation } from './guard-explanation.ts';
import type { Withheld, Withhold } from './guard.ts';
import { causesOf, isEmptied, type FieldCount, type UpdateCount } from './mass-update.ts';
import { causeTexts, groupText } from './mass-update-text.ts';
import { quoted } from './received.ts';
import { isUpdateGuarded, type PeopleType, type UpdateThreshold } from './update-threshold.ts';
import { listed, number } from './wording.ts';

/** One group of people measured against the update threshold (guard §36). */
export interface UpdateFinding {
  readonly recordType: PeopleType;
  readonly school: string | null;
  readonly active: number;
  /** Records whose name, e-mail, username or number would change or be emptied, or that lose a field as nearly all do. */
  readonly changed: number;
  /** How many may change; null: the type has no update threshold. */
  readonly allowed: number | null;
  readonly basisPoints: number | null;
  /** The smallest whole percentage, 0 to 100, under which this group would pass. */
  readonly smallestPassingPercent: number;
  readonly verdict: 'pass' | 'hold';
  /** Updates of the group that the run does not make, whatever they change. */
  readonly withheld: number;
}

export interface UpdateJudgement {
  readonly verdict: 'pass' | 'hold';
  readonly findings: readonly UpdateFinding[];
  /** Whose updates are withheld: those of all people, of schools, or of types in the district (guard §7). */
  readonly withheld: Withheld;
  /** What to tell people; null: nothing is withheld. */
  readonly explanation: Explanation | null;
}

export interface UpdateGuardInput {
  readonly counts: readonly UpdateCount[];
  readonly threshold: UpdateThreshold;
  readonly withhold: Withhold;
}

const NOTHING: Withheld = { everything: false, schools: [], districtTypes: [] };

/**
 * Judges what a run would rename and renumber (guard §36, by the rules of §7): over the threshold, with `withhold: sync`
 * no person is updated, with `withhold: school` none of the schools that are over, and of the district's groups none of
 * that type. Whole numbers, as in {@link guard}. Pure.
 */
export function judgeUpdates({ counts, threshold, withhold }: UpdateGuardInput): UpdateJudgement {
  if (!isUpdateGuarded(threshold)) return { verdict: 'pass', findings: [], withheld: NOTHING, explanation: null };
  const measured = counts.map((count) => measure(count, threshold[count.recordType]));
  const tripped = measured.filter(({ verdict }) => verdict === 'hold');
  const withheld = withheldBy(tripped, withhold);
  const findings = measured.map((finding, index) => ({
    ...finding,
    withheld: areUpdatesWithheld(withheld, finding) ? (counts[index] as UpdateCount).updates : 0,
  }));
  const isHeld = tripped.length > 0;
  return {
    verdict: isHeld ? 'hold' : 'pass',
    findings,
    withheld,
    explanation: isHeld ? explainUpdates(counts, findings, withheld) : null,
  };
}

/** Whether the updates of a group of people are withheld. */
export function areUpdatesWithheld(
  { everything, schools, districtTypes }: Withheld,
  { recordType, school }: { readonly recordType: PeopleType; readonly school: string | null },
): boolean {
  return everything || (school === null ? districtTypes.includes(recordType) : schools.includes(school));
}

type Measured = Omit<UpdateFinding, 'withheld'>;

/** The field that empties for nearly everybody, if it concerns more records than change otherwise. */
function emptiedField({ changed, fields }: UpdateCount): FieldCount | undefined {
  return fields.filter((field) => isEmptied(field) && field.emptied > changed).sort((a, b) => b.emptied - a.emptied)[0];
}

function measure(count: UpdateCount, basisPoints: number | null): Measured {
  const { recordType, school, active } = count;
  const changed = emptiedField(count)?.emptied ?? count.changed;
  const isOver = basisPoints !== null && active > 0 && changed * 10_000 > active * basisPoints;
  return {
    recordType,
    school,
    active,
    changed,
    allowed: basisPoints === null ? null : Math.floor((active * basisPoints) / 10_000),
    basisPoints,
    smallestPassingPercent: active === 0 ? 0 : Math.min(100, Math.ceil((changed * 100) / active)),
    verdict: isOver ? 'hold' : 'pass',
  };
}

function withheldBy(tripped: readonly Measured[], withhold: Withhold): Withheld {
  if (tripped.length === 0) return NOTHING;
  if (withhold === 'sync') return { everything: true, schools: [], districtTypes: [] };
  return {
    everything: false,
    schools: [...new Set(tripped.flatMap(({ school }) => (school === null ? [] : [school])))],
    districtTypes: [...new Set(tripped.flatMap(({ school, recordType }) => (school === null ? [recordType] : [])))],
  };
}

const MAX_LISTED = 5;

function explainUpdates(
  counts: readonly UpdateCount[],
  findings: readonly UpdateFinding[],
  withheld: Withheld,
): Explanation {
  const over = findings
    .map((finding, index) => ({ finding, count: counts[index] as UpdateCount }))
    .filter(({ finding }) => finding.verdict === 'hold')
    .sort((a, b) => b.finding.changed - a.finding.changed);
  const [worst, ...others] = over as [(typeof over)[number], ...typeof over];
  const also = others.slice(0, MAX_LISTED).map(({ count, finding }) => groupText(count, finding.changed));
  const lost = emptiedField(worst.count);
  const what = lost === undefined ? 'get another name, e-mail, username or number' : `lose the field ${lost.field}`;
  const rest = others.length - also.length;
  const percent = (worst.finding.basisPoints ?? 0) / 100;
  const updates = findings.reduce((sum, finding) => sum + finding.withheld, 0);
  const message = [
    `${groupText(worst.count, worst.finding.changed)} would ${what}; ` +
      `the update threshold of ${percent} % allows ${number(worst.finding.allowed ?? 0)}.`,
    ...(also.length === 0
      ? []
      : [`Over it as well: ${also.join('; ')}${rest > 0 ? `; and ${number(rest)} more` : ''}.`]),
    `${number(updates)} ${updates === 1 ? 'update' : 'updates'} of ${places(withheld)} ${updates === 1 ? 'was' : 'were'} withheld; these records stay as they were.`,
  ].join(' ');
  const raise = Math.max(...over.map(({ finding }) => finding.smallestPassingPercent));
  const causes = causeTexts({
    group: worst.count,
    isMass: lost === undefined,
    causes: lost === undefined ? causesOf(worst.count) : [],
    emptied: lost === undefined ? [] : [lost],
  });
  const advice = [
    ...(causes.length === 0
      ? ['So many changes at once often mean that a column, the encoding or the ids of the export have changed.']
      : causes),
    'District administrator: compare two or three of these records with the student information system.',
    'There is nothing to approve. If the data is wrong, have it corrected: the next run measures again.',
    `If the changes are meant, raise the update threshold to ${raise} % for the next run (rollbook threshold SYNC --raise-updates ${raise} --next-run).`,
  ].join(' ');
  return { message, advice };
}

function places({ everything, schools, districtTypes }: Withheld): string {
  if (everything) return 'people';
  return listed([
    ...schools.slice(0, MAX_LISTED).map((school) => `people of school ${quoted(school)}`),
    ...(schools.length > MAX_LISTED ? [`people of ${number(schools.length - MAX_LISTED)} more schools`] : []),
    ...districtTypes.map((type) => `${type === 'staff' ? 'staff members' : type} of the district`),
  ]);
}
