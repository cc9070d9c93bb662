import { QUEUES } from '@rollbook/pipeline';
import { actor, countFrom, idFrom, queuesFrom, recordTypeFrom } from './arguments.ts';
import { CommandError } from './problem.ts';

const adviceOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof CommandError) return error.advice;
    throw error;
  }
  throw new Error('it was accepted');
};

it('idFrom takes the numbers that the database can hold', () => {
  expect(idFrom('run', '2147483647')).toBe(2147483647);
  for (const text of ['', '-1', '1.5', '1e3', '2147483648', '99999999999', 'abc', ' 1'])
    expect(() => idFrom('run', text)).toThrow('Expected the number of a run');
});

it('countFrom refuses what is out of bounds', () => {
  expect(countFrom('--limit', '10', 10)).toBe(10);
  for (const text of ['0', '11', 'ten', '1.0']) expect(() => countFrom('--limit', text, 10)).toThrow('from 1 to 10');
});

it('recordTypeFrom suggests the nearest', () => {
  expect(recordTypeFrom('students')).toBe('students');
  expect(adviceOf(() => recordTypeFrom('student'))).toBe('Is "students" meant?');
  expect(adviceOf(() => recordTypeFrom('xyz'))).toBe('Use one of these.');
});

it('queuesFrom takes stages apart, each queue once', () => {
  expect(queuesFrom(undefined)).toEqual(QUEUES);
  expect(queuesFrom('diff, guard,diff')).toEqual(['diff', 'guard']);
  const fetchQueues = queuesFrom('fetch');
  expect(fetchQueues).toEqual(QUEUES.filter((queue) => queue.startsWith('fetch-')));
  expect(adviceOf(() => queuesFrom('dif'))).toBe('Is "diff" meant?');
});

it('actor is who the environment names, else the user of this machine', () => {
  expect(actor({ ROLLBOOK_ACTOR: ' office ' })).toBe('office');
  expect(actor({ ROLLBOOK_ACTOR: ' ' })).toMatch(/^.+@.+$/);
});
