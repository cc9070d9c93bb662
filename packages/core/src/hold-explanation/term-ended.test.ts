import type { EndedTermEvidence } from '../hold-evidence.ts';
import { evidenceOf, group } from './hold-evidence.fixture.ts';
import { termEnded } from './term-ended.ts';

const ended = (entry: Partial<EndedTermEvidence>): EndedTermEvidence => ({
  school: 'N',
  classes: 60,
  lastEndDate: '2026-06-05',
  examples: ['C1', 'C2'],
  ...entry,
});
const classes = (toArchive: number, school = 'N') => group({ recordType: 'classes', school, active: 100, toArchive });
const explain = (toArchive: number, entry: Partial<EndedTermEvidence>, today = '2026-06-15') =>
  termEnded(evidenceOf({ today, groups: [classes(toArchive)], endedTerms: [ended(entry)] }));

it('explains classes whose terms are over', () => {
  expect(explain(60, {})).toEqual([
    {
      cause: 'term_ended',
      recordType: 'classes',
      schools: ['N'],
      explained: 60,
      of: 60,
      message:
        'All 60 classes due to be archived at North High belong to terms that have ended, the last one before 2026-06-05: ' +
        'this looks like the end of a term.',
      advice: expect.stringMatching(/to be expected after a term.*if they are over, approve/),
      evidence: { classes: 60, toArchive: 60, lastEndDate: '2026-06-05', today: '2026-06-15' },
      examples: ['C1', 'C2'],
    },
  ]);
});

it('takes schools together and names the last day of all', () => {
  const [explanation] = termEnded(
    evidenceOf({
      groups: [classes(60), classes(70, 'S')],
      endedTerms: [ended({ lastEndDate: '2026-06-09' }), ended({ school: 'S', classes: 65 })],
    }),
  );
  expect(explanation).toMatchObject({ schools: ['S', 'N'], explained: 125, of: 130 });
  expect(explanation?.message).toMatch(/^125 of the 130 classes .* South High and North High .* before 2026-06-09:/);
});

it('is content with one class', () => {
  expect(explain(1, { classes: 1 })[0]?.message).toMatch(
    /^The only class due to be archived at North High belongs to a term that ended before 2026-06-05:/,
  );
});

it('takes a term for ended from its end date on, the first day after it', () => {
  expect(explain(60, { lastEndDate: '2026-06-15' })).toHaveLength(1);
  expect(explain(60, { lastEndDate: '2026-06-16' })).toEqual([]);
});

it('explains half of the archives of a school, and no less', () => {
  expect(explain(60, { classes: 30 })).toHaveLength(1);
  expect(explain(60, { classes: 29 })).toEqual([]);
  expect(explain(0, { classes: 0 })).toEqual([]);
});

it('leaves classes that lost the zeros of their ids to that', () => {
  const zeros = [{ recordType: 'classes', school: 'N', pairs: 60, examples: [] }] as const;
  expect(termEnded(evidenceOf({ groups: [classes(60)], endedTerms: [ended({})], zeros }))).toEqual([]);
});
