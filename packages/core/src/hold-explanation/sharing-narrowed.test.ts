import type { GroupEvidence } from '../hold-evidence.ts';
import { evidenceOf, group } from './hold-evidence.fixture.ts';
import { sharingNarrowed } from './sharing-narrowed.ts';

const explain = (groups: readonly GroupEvidence[]) => sharingNarrowed(evidenceOf({ groups }));

describe('schools', () => {
  const gone = (school: string, students = 100) => group({ school, active: students, toArchive: students });
  const stays = (school: string, toArchive = 0) => group({ school, active: 100, toArchive });

  it('explains schools that lost everybody while the others stay', () => {
    expect(explain([gone('N', 300), gone('S', 400), stays('E', 3), stays('W')])).toEqual([
      {
        cause: 'sharing_narrowed',
        recordType: 'students',
        schools: ['S', 'N'],
        explained: 700,
        of: 700,
        message:
          '2 of the 4 schools with students lost all of them (700 students of South High and North High), ' +
          'while the others lost few or none: this looks like sharing that was reduced to some of the schools.',
        advice: expect.stringMatching(/ask whoever manages sharing at the provider/),
        evidence: { emptySchools: 2, schoolsWithStudents: 4, students: 700, lostElsewhere: 3 },
        examples: [],
      },
    ]);
  });

  it('needs two schools, and a quarter of them', () => {
    const others = (count: number) => Array.from({ length: count }, (_, index) => stays(`other ${index}`));
    expect(explain([gone('N'), ...others(1)])).toEqual([]);
    expect(explain([gone('N'), gone('S'), ...others(6)])).toHaveLength(1);
    expect(explain([gone('N'), gone('S'), ...others(7)])).toEqual([]);
    const twelve = Array.from({ length: 12 }, (_, index) => gone(`gone ${index}`));
    expect(explain([...twelve, ...others(36)])).toHaveLength(1);
    expect(explain([...twelve, ...others(37)])).toEqual([]);
  });

  it('is not explained where no school is left', () => {
    expect(explain([gone('N'), gone('S')])).toEqual([]);
    expect(explain([gone('N'), gone('S'), group({ school: 'E', active: 0, toCreate: 50 })])).toEqual([]);
  });

  it('is not explained where another school lost a part, as when a file was cut short', () => {
    expect(explain([gone('N'), gone('S'), stays('E', 10)])).toHaveLength(1);
    expect(explain([gone('N'), gone('S'), stays('E', 11)])).toEqual([]);
  });

  it('does not count schools of a few students as emptied', () => {
    expect(explain([gone('N', 4), gone('S', 4), stays('E')])).toEqual([]);
  });
});

describe('courses', () => {
  const narrowed = (courses: Partial<GroupEvidence> = {}, classes: Partial<GroupEvidence> = {}) => [
    group({ recordType: 'courses', school: null, active: 520, toArchive: 400, ...courses }),
    group({ recordType: 'classes', active: 1100, toArchive: 900, ...classes }),
    group({ active: 500, toArchive: 20 }),
  ];

  it('explains courses of the district that are gone with their classes', () => {
    expect(explain(narrowed())).toMatchObject([
      {
        cause: 'sharing_narrowed',
        recordType: 'courses',
        schools: [],
        explained: 400,
        of: 400,
        message:
          '400 of the 520 courses and 900 of the 1,100 classes are gone and hardly any came: ' +
          'this looks like sharing that was reduced to some of the courses.',
      },
    ]);
  });

  it('explains half of twenty courses', () => {
    expect(explain(narrowed({ active: 20, toArchive: 10 }))).toHaveLength(1);
  });

  it('names the schools whose courses are gone', () => {
    const ofSchools = [
      group({ recordType: 'courses', active: 40, toArchive: 30 }),
      group({ recordType: 'courses', school: 'S', active: 40, toArchive: 35 }),
      group({ recordType: 'courses', school: 'E', active: 40 }),
      group({ recordType: 'classes', active: 200, toArchive: 150 }),
    ];
    expect(explain(ofSchools)).toMatchObject([{ schools: ['S', 'N'], explained: 65, of: 65 }]);
  });

  it.each([
    ['less than half of the courses is gone', narrowed({ toArchive: 259 })],
    ['less than half of the classes is gone', narrowed({}, { toArchive: 549 })],
    ['the ids of courses changed', narrowed({ toCreate: 400 })],
    ['classes were replaced', narrowed({}, { toCreate: 800 })],
    ['no course is left', narrowed({ toArchive: 520 })],
    ['no class is left', narrowed({}, { toArchive: 1100 })],
    ['there were a few courses', narrowed({ active: 19, toArchive: 15 })],
    ['no class is gone', narrowed({}, { toArchive: 0 })],
  ])('explains nothing where %s', (_, groups) => {
    expect(explain(groups)).toEqual([]);
  });

  it('is not explained where the terms of the classes are over', () => {
    const endedTerms = [{ school: 'N', classes: 800, lastEndDate: '2026-06-05', examples: [] }];
    expect(sharingNarrowed(evidenceOf({ groups: narrowed(), endedTerms }))).toEqual([]);
  });

  it('is not explained where they belonged to an emptied school', () => {
    expect(explain([...narrowed(), group({ school: 'N', active: 500, toArchive: 500 })].slice(0, 2))).toHaveLength(1);
    const emptied = [...narrowed().slice(0, 2), group({ active: 500, toArchive: 500 })];
    expect(explain(emptied)).toEqual([]);
  });
});
