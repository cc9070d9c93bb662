import type { HoldEvidence } from '../hold-evidence.ts';
import { CAUSES } from './explanation.ts';
import { explainHold } from './explain-hold.ts';
import { evidenceOf, gradesOf, group } from './hold-evidence.fixture.ts';
import type { Grades } from './hold-evidence.fixture.ts';

const causesOf = (evidence: HoldEvidence) => explainHold(evidence).map(({ cause }) => cause);
const pairs = (count: number, school = 'N') => ({
  recordType: 'students' as const,
  school,
  pairs: count,
  examples: [{ oldId: '01', newId: '1' }],
});
const HIGH: Grades = [
  ['11', 132],
  ['12', 128, 128],
];
const EMPTY: Grades = [
  ['11', 132, 132],
  ['12', 128, 128],
];

it('has nothing to say of nothing', () => {
  expect(explainHold(evidenceOf({}))).toEqual([]);
  expect(explainHold(evidenceOf({ groups: [group({ active: 500 })] }))).toEqual([]);
});

it('has nothing to say where nothing stands out', () => {
  expect(
    explainHold(
      gradesOf({
        N: [
          ['09', 130, 20],
          ['10', 120, 17],
        ],
      }),
    ),
  ).toEqual([]);
});

describe('ranking', () => {
  it('puts first what accounts for most', () => {
    const evidence = gradesOf(
      {
        N: HIGH,
        S: [
          ['KG', 60],
          ['01', 50, 50],
        ],
      },
      { rekeyed: [{ ...pairs(90), recordType: 'staff' }] },
    );
    const groups = [...evidence.groups, group({ recordType: 'staff', active: 100, toArchive: 90 })];
    expect(causesOf({ ...evidence, groups })).toEqual(['graduation', 'ids_changed', 'grade_left']);
  });

  it('follows the order of causes in a tie', () => {
    const evidence = gradesOf(
      {
        N: [
          ['11', 60],
          ['12', 50, 50],
        ],
        S: [
          ['KG', 60],
          ['01', 50, 50],
        ],
      },
      {
        endedTerms: [{ school: 'N', classes: 50, lastEndDate: '2026-06-05', examples: [] }],
        classes: [{ school: 'N', classId: 'C1', active: 50, toArchive: 50 }],
      },
    );
    const groups = [
      group({ recordType: 'enrollments', active: 900, toArchive: 50 }),
      group({ recordType: 'classes', active: 90, toArchive: 50 }),
      ...evidence.groups,
    ];
    const causes = causesOf({ ...evidence, groups });
    expect(causes).toEqual(['graduation', 'grade_left', 'term_ended', 'class_gutted']);
    expect(causes).toEqual(CAUSES.filter((cause) => causes.includes(cause)));
  });

  it('gives eight at most, and the weightiest of more', () => {
    const grades = ['KG', '01', '02', '03', '04', '05', '06', '07', '08', '09'];
    const schools = grades.map((grade, index): [string, Grades] => [
      `school ${index}`,
      [
        ['UG', 50],
        [grade, 10 + index, 10 + index],
      ],
    ]);
    const explanations = explainHold(gradesOf(Object.fromEntries(schools)));
    expect(explanations.map(({ explained }) => explained)).toEqual([19, 18, 17, 16, 15, 14, 13, 12]);
  });
});

describe('what is implied by something better', () => {
  it('drops changed ids where zeros were lost', () => {
    const groups = [group({ active: 480, toArchive: 480, toCreate: 480 })];
    expect(causesOf(evidenceOf({ groups, zeros: [pairs(475)], rekeyed: [pairs(480)] }))).toEqual(['zeros_lost']);
  });

  it('takes nine tenths for the same records, and no less', () => {
    const groups = [group({ active: 1000, toArchive: 1000, toCreate: 1000 })];
    const causesWith = (count: number) =>
      causesOf(evidenceOf({ groups, zeros: [pairs(count)], rekeyed: [pairs(1000)] }));
    expect(causesWith(900)).toEqual(['zeros_lost']);
    expect(causesWith(899)).toEqual(['ids_changed', 'zeros_lost']);
  });

  it('keeps changed ids where the zeros explain part of them only', () => {
    const groups = [group({ active: 480, toArchive: 480, toCreate: 480 })];
    const part = evidenceOf({ groups, zeros: [pairs(300)], rekeyed: [pairs(480)] });
    expect(causesOf(part)).toEqual(['ids_changed', 'zeros_lost']);
    const otherSchool = evidenceOf({
      groups: [...groups, group({ school: 'S', active: 50, toArchive: 50 })],
      zeros: [pairs(480)],
      rekeyed: [pairs(480), pairs(50, 'S')],
    });
    expect(causesOf(otherSchool)).toEqual(['ids_changed', 'zeros_lost']);
  });

  it('does not take the zeros of a school for those of the district', () => {
    const guardians = { recordType: 'guardians' as const, active: 50, toArchive: 50 };
    const evidence = evidenceOf({
      groups: [group({ ...guardians, school: null }), group({ ...guardians, school: 'N' })],
      zeros: [{ ...pairs(50), recordType: 'guardians' }],
      rekeyed: [{ ...pairs(50), recordType: 'guardians', school: null }],
    });
    expect(causesOf(evidence)).toEqual(['ids_changed', 'zeros_lost']);
  });

  it('drops empty schools where sharing was narrowed to the others', () => {
    const evidence = gradesOf({ N: EMPTY, S: EMPTY, E: [['11', 100]] });
    expect(causesOf(evidence)).toEqual(['sharing_narrowed']);
    expect(causesOf(gradesOf({ N: EMPTY, E: [['11', 100]] }))).toEqual(['school_empty']);
  });

  it('does not speak of graduation at a school that is empty', () => {
    const explanations = explainHold(gradesOf({ N: EMPTY, S: HIGH, E: HIGH, W: HIGH, '5': [['11', 100]] }));
    expect(explanations.map(({ cause, schools }) => [cause, schools])).toEqual([
      ['graduation', ['E', 'S', 'W']],
      ['school_empty', ['N']],
    ]);
  });

  it('speaks of transfers, not of an empty school, where its students are elsewhere', () => {
    const transfers = [{ from: 'N', to: 'S', kind: 'not_linked', students: 250, examples: [] }] as const;
    expect(causesOf(gradesOf({ N: EMPTY }, { transfers }))).toEqual(['transfers']);
  });

  it('speaks of zeros, not of a closed school, where the school has lost them', () => {
    const schoolRecord = { recordType: 'schools', school: '01' } as const;
    const evidence = evidenceOf({
      groups: [
        group({ ...schoolRecord, active: 1, toArchive: 1 }),
        group({ ...schoolRecord, school: '1', toCreate: 1 }),
      ],
      zeros: [{ ...schoolRecord, pairs: 1, examples: [{ oldId: '01', newId: '1' }] }],
    });
    expect(causesOf(evidence)).toEqual(['zeros_lost']);
  });
});
