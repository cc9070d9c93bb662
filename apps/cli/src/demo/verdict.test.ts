import { RECORD_TYPES, emptyCounts } from '@rollbook/core';
import { generateDistrict, newStudents, nextDay, rekeyStudents, removeStudents } from '@rollbook/sandbox';
import type { RunDetails } from '@rollbook/store';
import { contentsOf, forEachType, type Contents } from './contents.ts';
import type { RosterState } from './roster-state.ts';
import {
  differences,
  expectApplied,
  expectArchived,
  expectFailure,
  expectRelinked,
  expectRestored,
  problemsOf,
  statusText,
  type Expectation,
} from './verdict.ts';

const first = generateDistrict({ seed: 3, schoolSizes: [60, 40] });
const school = first.schools[0]?.sisId ?? '';
const roster = contentsOf(first);
const files = contentsOf(nextDay(first, [removeStudents(5, school), newStudents(2, school)]));

/** The database with these records, all active but for those of `archivedFrom` that are not among them. */
function stateOf(contents: Contents, archivedFrom: Contents = contents): RosterState {
  return forEachType(
    (type) =>
      new Map(
        [...archivedFrom[type], ...contents[type]].map(([id, record]) => [
          id,
          { isActive: contents[type].has(id), hash: `${JSON.stringify(record)} ${contents[type].has(id)}` },
        ]),
      ),
  );
}

function runOf({
  status,
  reason,
  counts,
}: Pick<Expectation, 'status' | 'reason' | 'counts'>): Pick<RunDetails, 'run' | 'counts'> {
  const times = { startedAt: null, finishedAt: null };
  return {
    run: { id: '1', district: 'd', sync: 's', status, reason, message: null, advice: null, ...times },
    counts,
  };
}

describe('problemsOf', () => {
  const made = expectApplied(roster, files, 'made');
  const withheld = expectApplied(roster, files, 'withheld');

  it('finds nothing where all is as expected', () => {
    expect(problemsOf(made, runOf(made), stateOf(roster), stateOf(files, roster))).toEqual([]);
    expect(problemsOf(withheld, runOf(withheld), stateOf(roster), stateOf(withheld.roster))).toEqual([]);
    const failure = expectFailure(roster, 'wrong_credentials');
    expect(problemsOf(failure, runOf(failure), stateOf(roster), stateOf(roster))).toEqual([]);
  });

  it('names another end', () => {
    const [problem] = problemsOf(
      withheld,
      runOf({ ...withheld, status: 'succeeded', reason: null }),
      stateOf(roster),
      stateOf(withheld.roster),
    );
    expect(problem).toBe('The run should be Held (Threshold), but is Succeeded.');
  });

  it('names a wrong number in the report', () => {
    const counts = { ...made.counts, students: { ...made.counts.students, archived: 4 } };
    expect(problemsOf(made, runOf({ ...made, counts }), stateOf(roster), stateOf(files, roster))).toEqual([
      'The run reports 4 students archived; it should be 5.',
    ]);
  });

  it('finds a run that says it withheld and archived all the same', () => {
    const problems = problemsOf(withheld, runOf(withheld), stateOf(roster), stateOf(files, roster));
    expect(problems).toContain('There are 5 students archived in the database; it should be 0.');
    expect(problems).toContain('There are 97 students active in the database; it should be 102.');
  });

  it('finds the right number of the wrong records', () => {
    const [oneId] = [...files.students.keys()];
    const [left] = made.touched.students.archived;
    const wrong: Contents = {
      ...files,
      students: new Map(
        [...files.students, [left ?? '', { sisId: left ?? '' }] as const].filter(([id]) => id !== oneId),
      ),
    };
    const problems = problemsOf(made, runOf(made), stateOf(roster), stateOf(wrong, roster));
    expect(problems).toContain(
      'There are 5 students archived in the database, as many as there should be, but not the right ones.',
    );
  });

  it('finds a record that a failed run changed', () => {
    const failure = expectFailure(roster, 'schools_not_found');
    const [id] = [...roster.staff.keys()];
    const changed: Contents = { ...roster, staff: new Map([...roster.staff, [id ?? '', { sisId: 'other' }] as const]) };
    expect(problemsOf(failure, runOf(failure), stateOf(roster), stateOf(changed))).toEqual([
      'There are 1 staff updated in the database; it should be 0.',
    ]);
  });
});

describe('what is decided', () => {
  const fewer = contentsOf(nextDay(first, [removeStudents(5, school)]));

  it('an approval archives what is missing, and counts nothing else', () => {
    const archived = expectArchived(roster, fewer);
    expect(archived.counts.students).toMatchObject({ archived: 5, unchanged: 0, withheld: 0 });
    expect(problemsOf(archived, runOf(archived), stateOf(roster), stateOf(fewer, roster))).toEqual([]);
    expect(problemsOf(archived, runOf(archived), stateOf(roster), stateOf(roster))).toContain(
      'There are 0 students archived in the database; it should be 5.',
    );
  });

  it('an undo restores it', () => {
    const restored = expectRestored(fewer, roster);
    expect(restored.counts.students).toMatchObject({ restored: 5, unchanged: 0 });
    expect(problemsOf(restored, runOf(restored), stateOf(fewer, roster), stateOf(roster))).toEqual([]);
  });

  it('a relink leaves one record of each person, under the new id', () => {
    const rekeyed = contentsOf(nextDay(first, [rekeyStudents(school)]));
    const both = expectApplied(roster, rekeyed, 'withheld').roster;
    const relinked = expectRelinked(both, roster, rekeyed);
    expect(relinked.counts.students).toMatchObject({ updated: 60, archived: 0 });
    expect(relinked.touched.students.deleted).toHaveLength(60);
    expect(relinked.roster.students.size).toBe(100);
    expect(problemsOf(relinked, runOf(relinked), stateOf(both), stateOf(rekeyed))).toContain(
      'There are 0 students updated in the database; it should be 60.',
    );
  });
});

it('expects of a failed run that it counts nothing', () => {
  expect(expectFailure(roster, 'wrong_credentials').counts).toEqual(emptyCounts());
  expect(Object.keys(expectFailure(roster, 'wrong_credentials').counts)).toEqual([...RECORD_TYPES]);
});

it('names a state with its reason', () => {
  expect(statusText('failed', 'schools_not_found')).toBe('Failed (Schools to Sync Are Not Found)');
  expect(statusText('succeeded', null)).toBe('Succeeded');
});

it('compares ids whatever their order', () => {
  expect(differences('ids', ['a', 'b'], ['b', 'a'])).toEqual([]);
  expect(differences('ids', ['a', 'b'], ['a'])).toEqual(['There are 1 ids; it should be 2.']);
  expect(differences('ids', ['a', 'b'], ['a', 'c'])).toHaveLength(1);
});
