import { RECORD_TYPES, type RecordType } from '@rollbook/core';
import fc from 'fast-check';

export const SCHOOLS = ['A', 'B', 'C', 'D'] as const;

/** How a record of the district stands in the data of the day. */
export type State = 'there' | 'absent' | 'gone' | 'unusable';

/** What a district's first day holds: sizes school by school. */
export interface DistrictPlan {
  readonly students: readonly number[];
  readonly staff: number;
  readonly classes: number;
  readonly guardians: number;
}

/** What the rows of a record that is there say: all as it is, no school, one that nobody knows, or several rows. */
const ROW_FORMS = [
  'blank school',
  'unknown school',
  'split',
  'unknown school too',
  'unusable too',
  'gone too',
  'elsewhere too',
  'two names',
] as const;
export type RowForm = (typeof ROW_FORMS)[number] | 'plain';

/** One thing that is otherwise than the day before. Numbers pick records, by their remainder. */
export type Change =
  | {
      readonly what: 'state';
      readonly type: RecordType;
      readonly state: State;
      readonly from: number;
      readonly share: number;
    }
  | { readonly what: 'change' | 'move' | 'rekey'; readonly from: number; readonly share: number }
  | { readonly what: 'new'; readonly type: 'students' | 'staff' | 'guardians'; readonly school: number }
  | {
      readonly what: 'rows';
      readonly type: 'students' | 'staff' | 'classes';
      readonly form: RowForm;
      readonly isReversed: boolean;
      readonly from: number;
      readonly share: number;
    }
  | { readonly what: 'enroll'; readonly from: number; readonly share: number }
  /** Everything that ever was is there again. */
  | { readonly what: 'mend' };

/** What a day's delivery is like. */
export interface Day {
  readonly changes: readonly Change[];
  /** All types but schools come as a delta. */
  readonly isDelta: boolean;
  /** Types that come as a delta, or not at all. */
  readonly kinds: readonly { readonly type: RecordType; readonly kind: 'delta' | 'absent' }[];
}

const share = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.constant(20) },
  { weight: 2, arbitrary: fc.constant(60) },
  { weight: 1, arbitrary: fc.constant(100) },
);
const from = fc.nat({ max: 40 });
const type = fc.oneof(
  { weight: 5, arbitrary: fc.constant<RecordType>('students') },
  { weight: 5, arbitrary: fc.constantFrom(...RECORD_TYPES.filter((candidate) => candidate !== 'schools')) },
  { weight: 1, arbitrary: fc.constant<RecordType>('schools') },
);
const state = fc.oneof(
  { weight: 6, arbitrary: fc.constant<State>('absent') },
  { weight: 4, arbitrary: fc.constant<State>('there') },
  { weight: 2, arbitrary: fc.constant<State>('gone') },
  { weight: 1, arbitrary: fc.constant<State>('unusable') },
);

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ what: fc.constant('state' as const), type, state, from, share }) },
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constantFrom('change', 'move', 'rekey'), from, share }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('new' as const),
      type: fc.constantFrom('students', 'staff', 'guardians'),
      school: fc.nat({ max: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('enroll' as const), from, share }) },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('rows' as const),
      type: fc.constantFrom('students', 'students', 'staff', 'classes'),
      form: fc.constantFrom<RowForm>('plain', ...ROW_FORMS),
      isReversed: fc.boolean(),
      from,
      share,
    }),
  },
  { weight: 1, arbitrary: fc.constant({ what: 'mend' as const }) },
);

const kind = fc.oneof(
  fc.record({ type, kind: fc.constant('absent' as const) }),
  fc.record({
    type: fc.constantFrom(...RECORD_TYPES.filter((candidate) => candidate !== 'schools')),
    kind: fc.constant('delta' as const),
  }),
);

const marked = fc.record({
  what: fc.constant('state' as const),
  type,
  state: fc.constantFrom<State>('gone', 'gone', 'gone', 'there'),
  from,
  share,
});

const delta: fc.Arbitrary<Day> = fc.record({
  changes: fc.array(fc.oneof({ weight: 3, arbitrary: marked }, { weight: 1, arbitrary: change }), { maxLength: 3 }),
  isDelta: fc.constant(true),
  kinds: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.tuple(fc.record({ type, kind: fc.constant('absent' as const) })) },
  ),
});

const full: fc.Arbitrary<Day> = fc.record({
  changes: fc.array(change, { maxLength: 4 }),
  isDelta: fc.constant(false),
  kinds: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 2, arbitrary: fc.array(kind, { maxLength: 2 }) },
  ),
});

export const anyDay: fc.Arbitrary<Day> = fc.oneof({ weight: 3, arbitrary: full }, { weight: 2, arbitrary: delta });

export const anyDistrict: fc.Arbitrary<DistrictPlan> = fc.record({
  students: fc.array(fc.nat({ max: 12 }), { minLength: 2, maxLength: 4 }),
  staff: fc.nat({ max: 4 }),
  classes: fc.nat({ max: 4 }),
  guardians: fc.nat({ max: 6 }),
});
