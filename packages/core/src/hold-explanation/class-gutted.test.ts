import type { ClassEvidence, GroupEvidence } from '../hold-evidence.ts';
import { classGutted } from './class-gutted.ts';
import { evidenceOf, group } from './hold-evidence.fixture.ts';

const gutted = (entry: Partial<ClassEvidence>): ClassEvidence => ({
  school: 'N',
  classId: 'C1',
  active: 25,
  toArchive: 24,
  ...entry,
});
const enrollments = (count: Partial<GroupEvidence>) => group({ recordType: 'enrollments', active: 4000, ...count });
const explain = (toArchive: number, classes: readonly ClassEvidence[], toCreate = 0) =>
  classGutted(evidenceOf({ groups: [enrollments({ toArchive, toCreate })], classes }));

it('explains one class that lost most of its enrollments', () => {
  expect(explain(30, [gutted({}), gutted({ classId: 'C2', toArchive: 2 })])).toEqual([
    {
      cause: 'class_gutted',
      recordType: 'enrollments',
      schools: ['N'],
      explained: 24,
      of: 30,
      message:
        '24 of the 25 enrollments of class "C1" at North High are gone, though the class and its people are still there: ' +
        'this looks like a class that was emptied by mistake, or given up.',
      advice: expect.stringMatching(/ask the school.*put them back into it; the next run clears the hold/),
      evidence: { classes: 1, lost: 24, active: 25 },
      examples: ['C1'],
    },
  ]);
});

it('takes a few classes together', () => {
  const classes = [gutted({ classId: 'C1', toArchive: 20 }), gutted({ classId: 'C2', toArchive: 25 })];
  const [explanation] = classGutted(
    evidenceOf({
      groups: [enrollments({ toArchive: 50 }), enrollments({ school: 'S', toArchive: 30 })],
      classes: [...classes, gutted({ school: 'S', classId: 'C3', active: 30, toArchive: 30 })],
    }),
  );
  expect(explanation).toMatchObject({ schools: ['S', 'N'], explained: 75, of: 80, examples: ['C3', 'C2', 'C1'] });
  expect(explanation?.message).toBe(
    '75 of the 80 enrollments of 3 classes at South High and North High ("C3", "C2" and "C1") are gone, ' +
      'though the classes and their people are still there: this looks like classes that were emptied by mistake, or given up.',
  );
});

it.each<[string, number, Partial<ClassEvidence>]>([
  ['a class lost 2 of 25', 2, { toArchive: 2 }],
  ['a class lost a little less than four fifths', 19, { toArchive: 19 }],
  ['a class of four lost all', 4, { active: 4, toArchive: 4 }],
  ['the school lost many more elsewhere', 49, {}],
  ['the school loses none', 0, { toArchive: 0 }],
])('explains nothing where %s', (_, toArchive, entry) => {
  expect(explain(toArchive, [gutted(entry)])).toEqual([]);
});

it('explains four fifths, and five of five', () => {
  expect(explain(20, [gutted({ toArchive: 20 })])).toHaveLength(1);
  expect(explain(79, [gutted({ active: 99, toArchive: 79 })])).toEqual([]);
  expect(explain(5, [gutted({ active: 5, toArchive: 5 })])).toHaveLength(1);
});

it('explains five classes of a school, not six', () => {
  const classes = Array.from({ length: 6 }, (_, index) => gutted({ classId: `C${index}` }));
  expect(explain(144, classes.slice(1))).toHaveLength(1);
  expect(explain(144, classes)).toEqual([]);
});

it('is silent where as many enrollments came as the class lost', () => {
  expect(explain(24, [gutted({})], 23)).toHaveLength(1);
  expect(explain(24, [gutted({})], 24)).toEqual([]);
});
