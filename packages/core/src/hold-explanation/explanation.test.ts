import { CAUSES, HoldExplanation, MAX_EXAMPLES } from './explanation.ts';

const EXPLANATION: HoldExplanation = {
  cause: 'graduation',
  recordType: 'students',
  schools: ['N'],
  explained: 128,
  of: 128,
  message: 'All 128 students are gone.',
  advice: 'Look.',
  evidence: { grades: 'grade 12', students: 128 },
  examples: [],
};

it('reads back what it wrote', () => {
  expect(HoldExplanation.parse(JSON.parse(JSON.stringify(EXPLANATION)))).toEqual(EXPLANATION);
});

it.each([
  { cause: 'fire' },
  { recordType: 'pupils' },
  { explained: -1 },
  { of: 1.5 },
  { evidence: { students: null } },
  { examples: Array.from({ length: MAX_EXAMPLES + 1 }, String) },
])('refuses %j', (part) => {
  expect(HoldExplanation.safeParse({ ...EXPLANATION, ...part }).success).toBe(false);
});

it('has every cause once', () => {
  expect(new Set(CAUSES).size).toBe(CAUSES.length);
});
