import { checkClock, checkNode, checkRedis } from './doctor-checks.ts';

it.each([
  ['20.18.3', 'fail'],
  ['18.20.0', 'fail'],
  ['20.19.0', 'ok'],
  ['22.1.0', 'ok'],
])('Node %s: %s', (version, outcome) => expect(checkNode(version).outcome).toBe(outcome));

it.each<[string | null, string | null, boolean | null, string]>([
  ['6.0.16', 'noeviction', true, 'fail'],
  ['6.2.0', 'noeviction', true, 'ok'],
  ['7.2.5', 'allkeys-lru', true, 'fail'],
  ['7.2.5', 'noeviction', false, 'warn'],
  [null, null, null, 'ok'],
])('Redis %s, %s, appendonly %s: %s', (version, policy, appendOnly, outcome) => {
  const check = checkRedis(version, policy, appendOnly);
  expect(check.outcome).toBe(outcome);
  expect(check.advice === null).toBe(outcome === 'ok');
});

it.each([
  [0, 'ok'],
  [-5_000, 'ok'],
  [5_001, 'warn'],
  [-60_000, 'warn'],
])('a clock that is %i ms ahead: %s', (aheadMs, outcome) => expect(checkClock(aheadMs).outcome).toBe(outcome));
