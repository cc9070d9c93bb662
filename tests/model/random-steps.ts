import { DEFAULT_RUN_SETTINGS, RECORD_TYPES, type RecordType, type RunSettings } from '@rollbook/core';
import fc from 'fast-check';
import { anyDay, anyDistrict, type Day, type DistrictPlan } from './random-days.ts';

/** What goes wrong, or happens, in the middle of a run. */
export const FAULTS = [
  'wrong credentials',
  'source away',
  'data moves while it is read',
  'every stage twice',
  'two workers at once',
  'new process at every stage',
  'worker dies before its commit',
  'snapshot dropped before diff',
  'snapshot emptied before apply',
  'typed in before apply',
  'archived by hand before apply',
  'approved before apply',
] as const;
export type Fault = (typeof FAULTS)[number];

/** How long it is before a run: a night is more than the threshold's window, three nights less than 72 hours. */
export const PAUSES = { night: 23, evening: 1.7, moment: 0.01 } as const;

/** Numbers pick from what there is, by their remainder. */
export type Act =
  | {
      readonly what: 'run';
      readonly after: keyof typeof PAUSES;
      readonly day: Day;
      readonly fault: Fault | null;
    }
  | {
      readonly what: 'approve';
      readonly part: 'all' | 'school' | 'type' | 'except';
      readonly pick: number;
      readonly isCarriedOut: boolean;
    }
  | { readonly what: 'reject' }
  | { readonly what: 'reopen'; readonly pick: number }
  | { readonly what: 'undo'; readonly pick: number; readonly isKept: boolean }
  | {
      readonly what: 'raise';
      readonly percent: number;
      readonly type: RecordType | null;
      readonly isForOneRun: boolean;
    }
  | { readonly what: 'configure'; readonly settings: Partial<RunSettings> }
  | { readonly what: 'additions only' | 'pause'; readonly isOn: boolean }
  | { readonly what: 'archive by hand'; readonly type: 'students' | 'classes'; readonly pick: number }
  | { readonly what: 'restore by hand' | 'type in' | 'claim'; readonly pick: number };

/** `sync`: which of the district's syncs; where there is one, always that. */
export type Step = Act & { readonly sync: number };

interface SyncPlan {
  readonly district: DistrictPlan;
  readonly settings: RunSettings;
}

export interface Story {
  readonly syncs: readonly SyncPlan[];
  readonly steps: readonly Step[];
}

const pick = fc.nat({ max: 30 });
const threshold = fc.record({
  default: fc.constantFrom(0, 1000, 2500, 5000, 10_000),
  perType: fc.constantFrom({}, {}, { students: 500 }, { enrollments: 10_000, guardianships: 10_000 }, { guardians: 0 }),
});
const linked = (...ids: string[]): RunSettings['schools'] => ids.map((sisId) => ({ sisId, name: null }));
const schools = fc.oneof(
  { weight: 4, arbitrary: fc.constant(null) },
  { weight: 6, arbitrary: fc.constantFrom(linked('A', 'B'), linked('A'), linked('B')) },
  { weight: 1, arbitrary: fc.constant(linked('A', 'nowhere')) },
);

/** The settings that a person may change from run to run. */
const options: Readonly<{ [K in keyof RunSettings]?: fc.Arbitrary<RunSettings[K]> }> = {
  schools,
  threshold,
  withhold: fc.constantFrom('sync', 'school'),
  alwaysAllow: fc.constantFrom(0, 1, 3),
  archivedStudents: fc.constantFrom('restore', 'keep-archived'),
  unarchiveClasses: fc.boolean(),
};

const anySettings: fc.Arbitrary<RunSettings> = fc
  .record({
    ...options,
    maxSkippedPercent: fc.constantFrom(5, 50, 100, 100),
    transferGrace: fc.constantFrom(1, 1, 3),
    // The model knows no limit of guardians: a district of one student would reach the usual one (guard §22).
    maxGuardiansPerStudent: fc.constant(50),
  })
  .map((settings) => ({ ...DEFAULT_RUN_SETTINGS, ...settings }) as RunSettings);

const aRun: fc.Arbitrary<Act> = fc.record({
  what: fc.constant('run' as const),
  after: fc.oneof(
    { weight: 5, arbitrary: fc.constant('night' as const) },
    { weight: 3, arbitrary: fc.constantFrom('evening' as const, 'moment' as const) },
  ),
  day: anyDay,
  fault: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 2, arbitrary: fc.constantFrom(...FAULTS) }),
});

const anApproval: fc.Arbitrary<Act> = fc.record({
  what: fc.constant('approve' as const),
  part: fc.constantFrom('all', 'school', 'type', 'except'),
  pick,
  isCarriedOut: fc.boolean(),
});

const anotherAct: fc.Arbitrary<Act> = fc.oneof(
  fc.constant({ what: 'reject' as const }),
  fc.record({ what: fc.constant('reopen' as const), pick }),
  fc.record({ what: fc.constant('undo' as const), pick, isKept: fc.boolean() }),
  fc.record({
    what: fc.constant('raise' as const),
    percent: fc.constantFrom(10, 30, 60, 100),
    type: fc.constantFrom(null, null, ...RECORD_TYPES),
    isForOneRun: fc.boolean(),
  }),
  fc
    .record(options, { requiredKeys: [] })
    .map((settings) => ({ what: 'configure' as const, settings: settings as Partial<RunSettings> })),
  fc.record({ what: fc.constantFrom('additions only' as const, 'pause' as const), isOn: fc.boolean() }),
  fc.record({ what: fc.constant('archive by hand' as const), type: fc.constantFrom('students', 'classes'), pick }),
  fc.record({ what: fc.constantFrom('restore by hand' as const, 'type in' as const, 'claim' as const), pick }),
);

const anyAct = fc.oneof(
  { weight: 5, arbitrary: aRun },
  { weight: 2, arbitrary: anApproval },
  { weight: 2, arbitrary: anotherAct },
);

const anyStep: fc.Arbitrary<Step> = fc.tuple(anyAct, fc.constantFrom(0, 0, 1)).map(([act, sync]) => ({ ...act, sync }));

const aSync: fc.Arbitrary<SyncPlan> = fc.record({ district: anyDistrict, settings: anySettings });

/** The first run of each sync fills the roster; four to ten steps follow. */
export const anyStory: fc.Arbitrary<Story> = fc.record({
  syncs: fc.oneof(
    { weight: 3, arbitrary: fc.array(aSync, { minLength: 1, maxLength: 1 }) },
    { weight: 1, arbitrary: fc.array(aSync, { minLength: 2, maxLength: 2 }) },
  ),
  steps: fc.array(anyStep, { minLength: 4, maxLength: 10 }),
});
