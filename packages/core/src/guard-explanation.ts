import { countedShare } from './guard.ts';
import type { Finding, GuardResult, Withheld } from './guard.ts';
import { differInLeadingZeros } from './missing-schools.ts';
import type { MissingSchool } from './missing-schools.ts';
import { quoted } from './received.ts';
import { capitalised, recordNoun } from './wording.ts';

/** What is shown to administrators: what was seen and what came of it; then the likely cause, the remedy and who acts. */
export interface Explanation {
  readonly message: string;
  readonly advice: string;
}

const MAX_LISTED = 5;

/** What else came of a run, so that nothing else is said of it. */
export interface ExplanationContext {
  /** The updates of people are withheld as well (guard §36). */
  readonly areUpdatesHeld?: boolean;
}

/** The explanation of a result's primary reason; null if it passed. */
export function explain(result: GuardResult, context: ExplanationContext = {}): Explanation | null {
  if (result.verdict === 'hold') return explainThreshold(result, context);
  return result.verdict === 'reject' ? explainSchoolsNotFound(result) : null;
}

/**
 * Explains a hold: the group furthest over its threshold first, then the others, then what was archived all the same.
 *
 * @throws RangeError if the verdict is not `hold`.
 */
export function explainThreshold(result: GuardResult, context: ExplanationContext = {}): Explanation {
  const [worst, ...others] = result.findings.filter(({ verdict }) => verdict === 'hold').sort(byExcess);
  if (result.verdict !== 'hold' || worst === undefined) throw new RangeError('Only a hold has a threshold to explain.');
  const also = others.map((finding) => `${group(finding)} (${allowance(finding)} allowed)`);
  const message = [
    `${capitalised(groupOrWaiting(worst))}; ${limit(worst)}.`,
    ...newcomersText([worst, ...others]),
    ...(others.length === 0 ? [] : [`Over the limit as well: ${listed(also, '; ')}.`]),
    ...notApproved([worst, ...others]),
    consequence(result, context),
  ].join(' ');
  return { message, advice: thresholdAdvice([worst, ...others]) };
}

/**
 * Explains which linked schools are not in the data and which ids may be meant.
 *
 * @throws RangeError if no school is missing.
 */
export function explainSchoolsNotFound(
  result: Pick<GuardResult, 'schoolsNotFound' | 'schoolsInDataCount'>,
): Explanation {
  const missing = result.schoolsNotFound;
  if (missing.length === 0) throw new RangeError('No school is missing.');
  const seen = result.schoolsInDataCount === 0 ? ' The data holds no school at all.' : '';
  const schools = missing.length === 1 ? '1 linked school is' : `${missing.length} linked schools are`;
  return {
    message: `${schools} not in the data: ${listed(missing.map(missingSchool), '; ')}.${seen} Nothing was written.`,
    advice: schoolsAdvice(missing),
  };
}

const excess = (finding: Finding): number => countedShare(finding).part - finding.allowed;
const byExcess = (a: Finding, b: Finding): number => excess(b) - excess(a) || b.percent - a.percent;

function group({ recordType, school, toArchive, active }: Finding): string {
  if (recordType === 'schools' && school !== null) return `school ${quoted(school)} itself`;
  const place = school === null ? 'the district' : `school ${quoted(school)}`;
  return `${toArchive} of ${active} ${recordNoun(recordType, active)} of ${place}`;
}

/** Where the run itself would archive nothing of a group, what waits in the hold is over by itself. */
function groupOrWaiting(finding: Finding): string {
  const { toArchive, waiting } = finding;
  if (toArchive > 0 || waiting === 0) return `${group(finding)} would be archived${sinceText(finding)}`;
  return `${group({ ...finding, toArchive: waiting })} wait in the hold already`;
}

/** `, after 50 at 2026-11-25 18:02 UTC (run 12): 95 of 501 in all`; empty where nothing but the run itself counts. */
function sinceText(finding: Finding): string {
  const { archivedBefore: runs, waiting } = finding;
  const { part, whole } = countedShare(finding);
  if (part === finding.toArchive) return '';
  const before = runs.map(({ run, at, count }) => `${count} at ${at.slice(0, 16).replace('T', ' ')} UTC (run ${run})`);
  const parts = [
    ...(before.length === 0 ? [] : [`after ${listed(before, ', ')}`]),
    ...(waiting === 0 ? [] : [`with ${waiting} that wait in the hold`]),
  ];
  return `, ${parts.join(' and ')}: ${part} of ${whole} in all`;
}

/** Whoever came while a hold waits does not make the group larger (guard §32). */
function newcomersText(tripped: readonly Finding[]): string[] {
  const count = tripped.reduce((sum, { newcomers }) => sum + newcomers, 0);
  if (count === 0) return [];
  return [
    count === 1
      ? '1 newcomer since the hold began does not count.'
      : `${count} newcomers since the hold began do not count.`,
  ];
}

const allowance = ({ allowed }: Finding): string => (allowed === 0 ? 'none' : String(allowed));

function limit(finding: Finding): string {
  const threshold = `the deletion threshold of ${finding.thresholdPercent} %`;
  const isPastThreshold = finding.allowed * 10_000 > countedShare(finding).whole * finding.basisPoints;
  return isPastThreshold
    ? `${threshold} allows fewer, and ${finding.allowed} are always allowed`
    : `${threshold} allows ${allowance(finding)}`;
}

function notApproved(tripped: readonly Finding[]): string[] {
  if (tripped.every(({ approved }) => approved === 0)) return [];
  const count = tripped.reduce((sum, { toArchive, approved }) => sum + toArchive - approved, 0);
  return [`${count} of these ${count === 1 ? 'is' : 'are'} not covered by the approval.`];
}

function consequence({ findings, withheld }: GuardResult, { areUpdatesHeld = false }: ExplanationContext): string {
  const approved = findings.reduce((sum, finding) => sum + finding.approved, 0);
  const records = approved === 1 ? 'record' : 'records';
  if (!withheld.everything) {
    const exception = approved === 0 ? '' : `, but for ${approved} approved ${records}`;
    const rest = areUpdatesHeld ? 'other archives and new records were' : 'everything else was';
    return `Every archive of ${withheldPlaces(withheld)} was withheld${exception}; ${rest} applied.`;
  }
  const archived =
    approved === 0 ? 'Nothing was' : `Only ${approved} approved ${records} ${approved === 1 ? 'was' : 'were'}`;
  return `${archived} archived; ${areUpdatesHeld ? 'new records' : 'new and changed records'} were applied.`;
}

function withheldPlaces({ schools, districtTypes }: Withheld): string {
  const places = [
    ...schools.map((school) => `school ${quoted(school)}`),
    ...districtTypes.map((recordType) => `the district's ${recordNoun(recordType, 2)}`),
  ];
  return listed(places, ' and ');
}

function thresholdAdvice(tripped: readonly Finding[]): string {
  const isWhole = tripped.some(({ toArchive, active }) => toArchive === active && active > 1);
  const cause = isWhole
    ? 'A whole group is missing. That is rarely true of people: a file may have been cut short, a column or a school ID may have changed, or the school may no longer be shared.'
    : 'When a school year ends, many records leave at once and this is to be expected; at other times it often means that data is missing or that IDs have changed.';
  return [
    cause,
    'District administrator: look at the records of the hold.',
    `If they have really left, approve them${raising(tripped)}.`,
    'If the number looks too high, approve nothing and ask whoever runs the student information system whether every record and every school is still shared and every file is complete;',
    'once the data is right, the next run clears the hold by itself.',
  ].join(' ');
}

/** A threshold of 100 % would guard nothing, so that raising it is no advice where it takes that much. */
function raising(tripped: readonly Finding[]): string {
  const percent = Math.max(...tripped.map(({ smallestPassingPercent }) => smallestPassingPercent));
  return percent === 100 ? '' : `, or raise the deletion threshold to ${percent} % for the next run`;
}

function missingSchool({ sisId, name, nearest }: MissingSchool): string {
  const meant = nearest.length === 0 ? 'no similar ID in the data' : `in the data: ${nearest.map(quoted).join(', ')}`;
  return `${quoted(sisId)} (${name === null ? '' : `${name}; `}${meant})`;
}

function schoolsAdvice(missing: readonly MissingSchool[]): string {
  const hasLostZeros = missing.some(({ sisId, nearest }) => nearest.some((id) => differInLeadingZeros(sisId, id)));
  const cause = hasLostZeros
    ? 'Leading zeros seem to have been lost, which happens when a file is opened and saved in a spreadsheet.'
    : 'Either the ID was mistyped when the school was linked, or the school is no longer shared by the student information system.';
  return [
    cause,
    'District administrator: compare these school IDs, character by character and with their leading zeros, with those in the student information system.',
    'Correct the ID where it is wrong; have the school shared again where it should be synced; take it off the list where it should not.',
    'Then start the sync again.',
  ].join(' ');
}

function listed(parts: readonly string[], separator: string): string {
  const rest = parts.length - MAX_LISTED;
  const shown = parts.slice(0, MAX_LISTED).join(separator);
  return rest > 0 ? `${shown}${separator === ' and ' ? '' : separator.trimEnd()} and ${rest} more` : shown;
}
