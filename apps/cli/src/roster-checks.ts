import { counted, listed } from '@rollbook/core';
import type { InvariantCode, InvariantResult } from '@rollbook/store';
import type { Check } from './doctor-checks.ts';

/** A check of the roster, with what breaks it. */
export interface RosterCheck extends Check {
  readonly code: InvariantCode;
  readonly count: number;
  /** Ids of up to five. */
  readonly examples: readonly string[];
}

interface Wording {
  readonly name: string;
  readonly holds: string;
  readonly broken: (count: number) => string;
  readonly advice: string;
}

const AFTER_THE_NEXT_RUN =
  'Run the sync once more. If this stays, report it with these ids: it is a defect of Rollbook.';

const WORDINGS: Readonly<Record<InvariantCode, Wording>> = {
  enrollment_without_end: {
    name: 'enrollments',
    holds: 'Every active enrollment has an active class and an active person',
    broken: (count) => `${counted(count, 'active enrollment')} of a class or a person that is not active`,
    advice: AFTER_THE_NEXT_RUN,
  },
  guardianship_without_end: {
    name: 'guardianships',
    holds: 'Every active guardianship has an active student and an active guardian',
    broken: (count) => `${counted(count, 'active guardianship')} of a student or a guardian that is not active`,
    advice: AFTER_THE_NEXT_RUN,
  },
  archived_without_cause: {
    name: 'along',
    holds: 'Whatever was archived with another record has lost that record',
    broken: (count) => `${counted(count, 'record')} archived with another that is active again`,
    advice: AFTER_THE_NEXT_RUN,
  },
  archived_beyond_threshold: {
    name: 'threshold',
    holds: 'Every archive was within the threshold of its run, or approved',
    broken: (count) => `Archives beyond the threshold without an approval in ${counted(count, 'group')}`,
    advice:
      'Look at these runs with "rollbook run", and restore what should not have been archived with "rollbook undo".',
  },
  guardian_left_behind: {
    name: 'guardians',
    holds: 'No guardian is active only because no run looks at them any more',
    broken: (count) => `${counted(count, 'active guardian')} whose students are all archived, and at whom no run looks`,
    advice: AFTER_THE_NEXT_RUN,
  },
};

/** Says in sentences what the invariants of the roster found (guard, "Invariants"). */
export const rosterChecks = (results: readonly InvariantResult[]): RosterCheck[] =>
  results.map(({ code, count, examples }) => {
    const { name, holds, broken, advice } = WORDINGS[code];
    const found = { code, count, examples };
    if (count === 0) return { name, outcome: 'ok', seen: holds, advice: null, ...found };
    const named = listed(count > examples.length ? [...examples, 'others'] : examples);
    return { name, outcome: 'fail', seen: `${broken(count)}: ${named}`, advice, ...found };
  });
