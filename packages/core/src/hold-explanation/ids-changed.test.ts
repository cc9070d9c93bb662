import type { RekeyEvidence } from '../hold-evidence.ts';
import { evidenceOf, group } from './hold-evidence.fixture.ts';
import { idsChanged } from './ids-changed.ts';

const rekeyed = (entry: Partial<RekeyEvidence>): RekeyEvidence => ({
  recordType: 'students',
  school: 'N',
  pairs: 480,
  examples: [
    { oldId: 'S1', newId: 'N1' },
    { oldId: 'S2', newId: 'N2' },
  ],
  ...entry,
});

const explain = (toArchive: number, pairs: number) =>
  idsChanged(evidenceOf({ groups: [group({ active: 480, toArchive })], rekeyed: [rekeyed({ pairs })] }));

it('explains a school whose students all have new ids', () => {
  const groups = [group({ active: 480, toArchive: 480, toCreate: 490 })];
  expect(idsChanged(evidenceOf({ groups, rekeyed: [rekeyed({})] }))).toEqual([
    {
      cause: 'ids_changed',
      recordType: 'students',
      schools: ['N'],
      explained: 480,
      of: 480,
      message:
        'All 480 students due to be archived at North High are in the data under new ids, with the same name and the same ' +
        'birth date or e-mail (for example, "S1" is now "N1"): this looks like ids that were changed, not like people who left.',
      advice: expect.stringMatching(/do not approve.*relink the old records to the new ids/),
      evidence: { pairs: 480, toArchive: 480, toCreate: 490, oldId: 'S1', newId: 'N1' },
      examples: ['S1', 'S2'],
    },
  ]);
});

it('takes schools together, the one with most first, and the district and other types apart', () => {
  const explanations = idsChanged(
    evidenceOf({
      groups: [
        group({ active: 100, toArchive: 40 }),
        group({ school: 'S', active: 100, toArchive: 60 }),
        group({ recordType: 'staff', active: 9, toArchive: 9 }),
        group({ recordType: 'guardians', school: null, active: 50, toArchive: 30 }),
      ],
      rekeyed: [
        rekeyed({ pairs: 40 }),
        rekeyed({ school: 'S', pairs: 50, examples: [] }),
        rekeyed({ recordType: 'staff', pairs: 8, examples: [] }),
        rekeyed({ recordType: 'guardians', school: null, pairs: 30, examples: [] }),
      ],
    }),
  );
  expect(
    explanations.map(({ recordType, schools, explained, of }) => [recordType, schools, `${explained} of ${of}`]),
  ).toEqual([
    ['students', ['S', 'N'], '90 of 100'],
    ['staff', ['N'], '8 of 9'],
    ['guardians', [], '30 of 30'],
  ]);
  expect(explanations[0]?.message).toMatch(
    /^90 of the 100 students due to be archived at South High and North High are/,
  );
  expect(explanations[2]?.message).toMatch(/^All 30 guardians due to be archived in the district are .* e-mail: this/);
});

it('explains half of the archives of a school, and no less', () => {
  expect(explain(40, 20)).toHaveLength(1);
  expect(explain(40, 19)).toEqual([]);
  expect(explain(40, 3)).toEqual([]);
});

it('does not make much of one or two', () => {
  expect(explain(2, 2)).toEqual([]);
  expect(explain(3, 3)).toHaveLength(1);
});

it('counts small schools together', () => {
  const schools = ['N', 'S', 'E'];
  const groups = schools.map((school) => group({ school, active: 9, toArchive: 1 }));
  const entries = schools.map((school) => rekeyed({ school, pairs: 1 }));
  expect(idsChanged(evidenceOf({ groups, rekeyed: entries }))).toMatchObject([{ explained: 3, of: 3 }]);
  expect(idsChanged(evidenceOf({ groups: groups.slice(1), rekeyed: entries }))).toEqual([]);
});

it('explains nothing where nothing would be archived', () => {
  expect(explain(0, 0)).toEqual([]);
  expect(idsChanged(evidenceOf({ rekeyed: [rekeyed({})] }))).toEqual([]);
  const groups = [group({ active: 480, toArchive: 480 }), group({ school: 'S', active: 90 })];
  const both = [rekeyed({}), rekeyed({ school: 'S', pairs: 90 })];
  expect(idsChanged(evidenceOf({ groups, rekeyed: both }))).toMatchObject([{ schools: ['N'], explained: 480 }]);
});

it('shows five examples at most', () => {
  const examples = Array.from({ length: 9 }, (_, index) => ({ oldId: `S${index}`, newId: `N${index}` }));
  const groups = [group({ active: 20, toArchive: 20 })];
  const [explanation] = idsChanged(evidenceOf({ groups, rekeyed: [rekeyed({ pairs: 20, examples })] }));
  expect(explanation?.examples).toEqual(['S0', 'S1', 'S2', 'S3', 'S4']);
});
