import { QUEUES } from '@rollbook/pipeline';
import { actor, countFrom, dateFrom, idFrom, queuesFrom, recordNameFrom, recordTypeFrom } from './arguments.ts';
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

it('recordNameFrom takes a type and an id, which may hold colons and anything else', () => {
  expect(recordNameFrom('students:S1001')).toEqual({ recordType: 'students', sisId: 'S1001' });
  expect(recordNameFrom('enrollments:a:b::c')).toEqual({ recordType: 'enrollments', sisId: 'a:b::c' });
  expect(recordNameFrom('staff: 0012 ')).toEqual({ recordType: 'staff', sisId: ' 0012 ' });
  expect(recordNameFrom('classes:two\nlines:x')).toEqual({ recordType: 'classes', sisId: 'two\nlines:x' });
});

it('recordNameFrom refuses a text without a type or an id, and suggests the nearest type', () => {
  for (const text of ['', 'S1001', 'students', 'students:'])
    expect(() => recordNameFrom(text)).toThrow('Expected a record as type:id, such as students:S1001');
  expect(() => recordNameFrom(':S1001')).toThrow('There is no record type ""');
  expect(adviceOf(() => recordNameFrom('student:S1001'))).toBe('Is "students" meant?');
});

it('dateFrom takes days that exist, in this millennium', () => {
  expect(dateFrom('--until', '2027-08-20')).toBe('2027-08-20');
  expect(dateFrom('--until', '2028-02-29')).toBe('2028-02-29');
  for (const text of [
    '',
    'tomorrow',
    '2027-8-20',
    '20.8.2027',
    '2027-02-29',
    '2027-13-01',
    '1027-08-20',
    '2027-08-20T00:00:00Z',
  ])
    expect(() => dateFrom('--until', text)).toThrow(/^--until: expected a date that exists, .* received /);
  expect(adviceOf(() => dateFrom('--until', 'soon'))).toBe('Give a day such as 2027-08-20.');
});
