import fc from 'fast-check';
import type {
  ClassEvidence,
  EndedTermEvidence,
  GradeEvidence,
  GroupEvidence,
  HoldEvidence,
  RekeyEvidence,
  TransferEvidence,
  ZerosEvidence,
} from '../hold-evidence.ts';
import { RECORD_TYPES } from '../record-types.ts';
import type { RecordType } from '../record-types.ts';
import { evidenceOf } from './hold-evidence.fixture.ts';

/** Greek, so that no letter of an id, a name or a grade is one of the sentences'. */
const SCHOOLS = ['Αʹ', '"Β"', '__proto__', 'Γ\nγ', ''];
export const SCHOOL_NAME = 'Λύκειο';
const GRADES = ['KG', '01', '11', '12', '13', 'ΩΩ', null];
const PLACES = RECORD_TYPES.flatMap((recordType) => [null, ...SCHOOLS].map((school) => ({ recordType, school })));
const PEOPLE: readonly RecordType[] = ['students', 'staff', 'guardians'];

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(arbitrary, { maxLength: 1 });
const each = <T, U>(items: readonly T[], arbitrary: (item: T) => fc.Arbitrary<U[]>): fc.Arbitrary<U[]> =>
  fc.tuple(...items.map(arbitrary)).map((lists) => lists.flat());

/** None or all often, for by chance alone hardly anything is whole. */
const partOf = (whole: number): fc.Arbitrary<number> =>
  fc.oneof({ weight: 3, arbitrary: fc.constantFrom(0, whole) }, fc.nat({ max: whole }));

const size = fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 40_000 }));

const groupAt = (place: Pick<GroupEvidence, 'recordType' | 'school'>): fc.Arbitrary<GroupEvidence> =>
  (place.recordType === 'schools' ? fc.nat({ max: 1 }) : size).chain((active) =>
    fc.record({
      recordType: fc.constant(place.recordType),
      school: fc.constant(place.school),
      active: fc.constant(active),
      toArchive: partOf(active),
      toCreate: fc.oneof(fc.constant(0), size),
    }),
  );

/** In half of the schools whole grades left or stayed. */
const gradesOf = (school: string): fc.Arbitrary<GradeEvidence[]> =>
  fc.boolean().chain((isWhole) =>
    each(GRADES, (grade) =>
      maybe(
        size.chain((active) =>
          fc.record({
            school: fc.constant(school),
            grade: fc.constant(grade),
            active: fc.constant(active),
            toArchive: isWhole ? fc.constantFrom(0, 0, active) : partOf(active),
            examples: fc.constant(['σ']),
          }),
        ),
      ),
    ),
  );

const idPairs = fc.constantFrom(
  [],
  [{ oldId: '0α', newId: 'α' }],
  Array.from({ length: 7 }, () => ({ oldId: 'α', newId: 'β' })),
);

const matchesOf = ({ recordType, school, toArchive }: GroupEvidence): fc.Arbitrary<ZerosEvidence> =>
  fc.record({
    recordType: fc.constant(recordType),
    school: fc.constant(school),
    pairs: partOf(toArchive),
    examples: idPairs,
  });

const isOfPeople = (entry: ZerosEvidence): entry is RekeyEvidence => PEOPLE.includes(entry.recordType);

const endedAt = (school: string, archives: number): fc.Arbitrary<EndedTermEvidence> =>
  fc.record({
    school: fc.constant(school),
    classes: partOf(archives),
    lastEndDate: fc.constantFrom('2026-06-15', '2026-12-24'),
    examples: fc.constant(['κ']),
  });

const classAt = (school: string, archives: number): fc.Arbitrary<ClassEvidence> =>
  fc.record({
    school: fc.constant(school),
    classId: fc.constant('κ'),
    active: fc.constant(archives + 1),
    toArchive: partOf(archives),
  });

const transferFrom = (from: string, archives: number): fc.Arbitrary<TransferEvidence> =>
  fc.record({
    from: fc.constant(from),
    to: fc.constantFrom(...SCHOOLS),
    kind: fc.constantFrom('not_linked', 'new_id'),
    students: partOf(archives),
    examples: fc.constant(['σ']),
  });

/** Evidence in which the grades of a school add up to its students, and nothing is said of more than there is. */
export const randomEvidence: fc.Arbitrary<HoldEvidence> = fc
  .tuple(
    each(SCHOOLS, gradesOf),
    each(PLACES, (place) => maybe(groupAt(place))),
  )
  .chain(([grades, others]) => {
    const groups = [...others.filter((group) => !isCounted(grades, group)), ...studentsOf(grades)];
    const entries = <T>(recordType: RecordType, at: (school: string, archives: number) => fc.Arbitrary<T>) =>
      sparse(
        groups.flatMap(({ school, ...group }) =>
          group.recordType === recordType && school !== null ? [{ school, archives: group.toArchive }] : [],
        ),
        ({ school, archives }) => at(school, archives),
      );
    return fc.record({
      today: fc.constantFrom('2026-06-15', '2026-11-25'),
      schoolNames: fc.constant({ Αʹ: SCHOOL_NAME, 'Γ\nγ': SCHOOL_NAME }),
      groups: fc.constant(groups),
      grades: fc.constant(grades),
      rekeyed: sparse(groups, matchesOf).map((found) => found.filter(isOfPeople)),
      zeros: sparse(groups, matchesOf),
      endedTerms: entries('classes', endedAt),
      classes: entries('enrollments', classAt),
      transfers: entries('students', transferFrom),
    });
  });

/** Something of each, or, as often, nothing at all: a hold has rarely two causes. */
function sparse<T, U>(items: readonly T[], arbitrary: (item: T) => fc.Arbitrary<U>): fc.Arbitrary<U[]> {
  return fc.oneof(
    fc.constant<U[]>([]),
    each(items, (item) => maybe(arbitrary(item))),
  );
}

const isCounted = (grades: readonly GradeEvidence[], { recordType, school }: GroupEvidence): boolean =>
  recordType === 'students' && grades.some((grade) => grade.school === school);

function studentsOf(grades: readonly GradeEvidence[]): GroupEvidence[] {
  const schools = [...new Set(grades.map(({ school }) => school))];
  return schools.map((school) => {
    const own = grades.filter((grade) => grade.school === school);
    const sum = (count: 'active' | 'toArchive') => own.reduce((total, grade) => total + grade[count], 0);
    return { recordType: 'students', school, active: sum('active'), toArchive: sum('toArchive'), toCreate: 0 };
  });
}

/** The same evidence with every list turned round. */
export const turned = (evidence: HoldEvidence): HoldEvidence =>
  evidenceOf(
    Object.fromEntries(
      Object.entries(evidence).map(([key, value]) => [key, Array.isArray(value) ? value.toReversed() : value]),
    ),
  );
