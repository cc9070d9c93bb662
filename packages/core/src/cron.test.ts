import { cronProblem } from './cron.ts';

describe('cronProblem', () => {
  it.each([
    '0 2 * * *',
    '  0   2 * *\t* ',
    '*/15 * * * *',
    '5/15 * * * *',
    '0,30 6-18/2 * * MON-FRI',
    '0 2 1,15 JAN-MAR,dec sun',
    '59 23 31 12 7',
    '0 0 * * 0-7',
    '0 0 * * 6-7',
    '00 02 01 01 *',
    '0 0 29 2 *',
    '0 0 31 1,2 *',
    '0 0 31 2 MON',
  ])('finds nothing wrong with %j', (expression) => {
    expect(cronProblem(expression)).toBeNull();
  });

  it.each(['', '   ', '0 2 * *', '0 0 2 * * *', '@daily', 'every night'])(
    'asks for five fields in %j',
    (expression) => {
      expect(cronProblem(expression)).toMatch(/^expected 5 cron fields .*, received "/);
    },
  );

  it.each([
    ['60 2 * * *', 'minute', '"60"'],
    ['0 24 * * *', 'hour', '"24"'],
    ['0 0 0 * *', 'day of the month', '"0"'],
    ['0 0 32 * *', 'day of the month', '"32"'],
    ['0 0 * 13 *', 'month', '"13"'],
    ['0 0 * 0 *', 'month', '"0"'],
    ['0 0 * * 8', 'day of the week', '"8"'],
    ['0 0 * * MOND', 'day of the week', '"MOND"'],
    ['0 0 * MON *', 'month', '"MON"'],
    ['0 0 JAN * *', 'day of the month', '"JAN"'],
    ['-5 0 * * *', 'minute', '"-5"'],
    ['1.5 0 * * *', 'minute', '"1.5"'],
    ['0 0 L * *', 'day of the month', '"L"'],
    ['0 0 * * ?', 'day of the week', '"?"'],
    ['0 0 * * MON#2', 'day of the week', '"MON#2"'],
    ['0 5-2 * * *', 'hour', '"5-2"'],
    ['0 0 * * SAT-SUN', 'day of the week', '"SAT-SUN"'],
    ['0 1-2-3 * * *', 'hour', '"1-2-3"'],
    ['0 *-3 * * *', 'hour', '"*-3"'],
    ['0 1- * * *', 'hour', '"1-"'],
    ['*/0 * * * *', 'minute', '"*/0"'],
    ['*/60 * * * *', 'minute', '"*/60"'],
    ['*/x * * * *', 'minute', '"*/x"'],
    ['*/ * * * *', 'minute', '"*/"'],
    ['*/5/2 * * * *', 'minute', '"*/5/2"'],
    ['1,,2 * * * *', 'minute', '""'],
    ['1,1 * * * *', 'minute', '"1,1"'],
    ['0 1-5,3 * * *', 'hour', '"1-5,3"'],
    ['0 0 * * 0,7', 'day of the week', '"0,7"'],
    ['0 0 * * SUN,MON,SUN', 'day of the week', '"SUN,MON,SUN"'],
  ])('names the field and the part of %j that is wrong', (expression, field, part) => {
    const problem = cronProblem(expression);
    expect(problem?.startsWith(`expected for the ${field} `)).toBe(true);
    expect(problem?.endsWith(`; received ${part}`)).toBe(true);
  });

  it('refuses a day that no month has', () => {
    expect(cronProblem('0 0 31 2 *')).toBe('expected a day that exists, received day 31 of month 2');
    expect(cronProblem('0 0 30-31 FEB *')).toMatch(/day 30,31 of month 2/);
    expect(cronProblem('0 0 31 4,6 *')).toMatch(/day 31 of month 4,6/);
  });
});
