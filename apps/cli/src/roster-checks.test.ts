import { rosterChecks } from './roster-checks.ts';

const results = (count: number, examples: string[]) => [
  { code: 'enrollment_without_end' as const, count, examples },
  { code: 'guardian_left_behind' as const, count: 0, examples: [] },
];

it('says of each invariant in a sentence that it holds', () =>
  expect(rosterChecks(results(0, []))).toMatchObject([
    { outcome: 'ok', seen: 'Every active enrollment has an active class and an active person', advice: null },
    { outcome: 'ok', seen: 'No guardian is active only because no run looks at them any more', advice: null },
  ]));

it.each([
  [1, ['e1'], '1 active enrollment of a class or a person that is not active: e1'],
  [2, ['e1', 'e2'], '2 active enrollments of a class or a person that is not active: e1 and e2'],
  [9, ['e1', 'e2'], '9 active enrollments of a class or a person that is not active: e1, e2 and others'],
])('names examples of %i that break it', (count, examples, seen) => {
  const [check] = rosterChecks(results(count, examples));
  expect(check).toMatchObject({ outcome: 'fail', seen, count, examples });
  expect(check?.advice).toMatch(/^Run the sync once more/);
});
