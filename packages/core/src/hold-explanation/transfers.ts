import type { HoldEvidence, TransferEvidence } from '../hold-evidence.ts';
import { archivesAt, archivesIn, sumOf } from './archives.ts';
import { MAX_EXAMPLES } from './explanation.ts';
import type { HoldExplanation } from './explanation.ts';
import { byCount, grouped } from './ordering.ts';
import { isMostOf } from './shares.ts';
import { dueToBeArchived, schoolList } from './wording.ts';

/** One or two who move are an ordinary week, and no reason for a hold. */
const FEWEST_STUDENTS = 3;

type Kind = TransferEvidence['kind'];

const ADVICE: Readonly<Record<Kind, string>> = {
  not_linked:
    'District administrator: look up one of these students. If a school they moved to should be synced, link it: the students ' +
    'then stay, and the next run clears the hold. If not, approve.',
  new_id:
    'District administrator: do not approve this hold, or what belongs to the old ids stays behind with them. Ask whoever runs the ' +
    'student information system to look up one of these students and to confirm the move and the new id. ' +
    'Then have the operator relink the old records to the new ids.',
};

/**
 * Looks for students who are due to be archived at one school and turn up at another (guard §9, §25): under their id at
 * a school that is not linked, or as a new record at a linked one. At least three, and at least half of what each school
 * named would lose, counting both kinds. Each kind is explained apart, for what to do differs.
 *
 * Not explained: students who keep their id and move between linked schools. They are updates and not in a hold.
 */
export function transfers(evidence: HoldEvidence): HoldExplanation[] {
  const bySchool = [...grouped(evidence.transfers, ({ from }) => from)];
  const telling = bySchool.flatMap(([school, entries]) => {
    const archives = archivesAt(evidence, 'students', school);
    const students = studentsOf(entries);
    return students <= archives && isMostOf(students, archives) ? entries : [];
  });
  return [...grouped(telling, ({ kind }) => kind)]
    .filter(([, entries]) => studentsOf(entries) >= FEWEST_STUDENTS)
    .map(([kind, entries]) => explanationOf(evidence, kind, entries));
}

function explanationOf(evidence: HoldEvidence, kind: Kind, entries: readonly TransferEvidence[]): HoldExplanation {
  const schools = mostFirst(entries, ({ from }) => from);
  const destinations = mostFirst(entries, ({ to }) => to);
  const explained = studentsOf(entries);
  const of = archivesIn(evidence, 'students', schools);
  const subject = dueToBeArchived(evidence, explained, of, { recordType: 'students', schools });
  const sorted = entries.toSorted(
    byCount(
      ({ students }) => students,
      ({ from, to }) => JSON.stringify([from, to]),
    ),
  );
  return {
    cause: 'transfers',
    recordType: 'students',
    schools,
    explained,
    of,
    message: `${subject} are in the data at ${schoolList(evidence, destinations)}${manner(kind, destinations.length)}.`,
    advice: ADVICE[kind],
    evidence: {
      kind,
      students: explained,
      toArchive: of,
      destinations: destinations.length,
      to: destinations[0] ?? '',
    },
    examples: sorted.flatMap(({ examples }) => examples).slice(0, MAX_EXAMPLES),
  };
}

function manner(kind: Kind, destinationsCount: number): string {
  if (kind === 'not_linked')
    return `, which ${destinationsCount === 1 ? 'is' : 'are'} not linked: this looks like students who changed schools`;
  return (
    ' under new ids, with the same name and the same birth date or e-mail: ' +
    'this looks like students who changed schools and were given new ids'
  );
}

const studentsOf = (entries: readonly TransferEvidence[]): number => sumOf(entries, ({ students }) => students);

/** The schools at one end of these transfers, the one with most students first. */
function mostFirst(entries: readonly TransferEvidence[], end: (entry: TransferEvidence) => string): string[] {
  const counts = [...grouped(entries, end)].map(([school, same]) => ({ school, students: studentsOf(same) }));
  counts.sort(
    byCount(
      ({ students }) => students,
      ({ school }) => school,
    ),
  );
  return counts.map(({ school }) => school);
}
