import { SyncError, UsageError } from '@rollbook/core';
import { CommandError, problemOf } from './problem.ts';

const problem = (error: unknown) => problemOf(error, 'rollbook sync');

describe('problemOf', () => {
  it('has a title, what was seen and advice for every kind of error', () => {
    expect(problem(new CommandError('m', { title: 't', advice: 'a' }))).toEqual({
      title: 't',
      message: 'm',
      advice: 'a',
    });
    expect(problem(new UsageError('m'))).toMatchObject({ title: 'Usage', message: 'm' });
    expect(problem(new SyncError('wrong_credentials', 'm', { advice: 'a' }))).toEqual({
      title: 'Wrong Credentials',
      message: 'm',
      advice: 'a',
    });
  });

  it('tells why a database cannot be used, also from within another error', () => {
    const refused = Object.assign(new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })]), {});
    for (const error of [Object.assign(new Error('x'), { code: '28P01' }), refused, new Error('x', { cause: refused })])
      expect(problem(error)).toMatchObject({ title: 'Database Unavailable' });
  });

  it('shows nothing of an error that nobody foresaw but its code', () => {
    const { title, message, advice } = problem(Object.assign(new Error('password hunter2'), { code: 'E_ODD' }));
    expect(title).toBe('Internal Error');
    expect(message).toContain('E_ODD');
    expect(message + advice).not.toContain('hunter2');
    expect(problem('hunter2').message).not.toContain('hunter2');
    expect(problem(null).title).toBe('Internal Error');
  });
});
