import { syncProblemsOf, withSync } from './config-file.fixture.ts';
import { parseConfig } from './config-file.ts';
import { raisedUpdates, updatePercentFromText, type UpdateThreshold } from './update-threshold.ts';

const parsed = (updateThreshold: unknown): UpdateThreshold | undefined =>
  parseConfig(withSync({ updateThreshold })).districts[0]?.syncs[0]?.updateThreshold;

describe('guard §36: updateThreshold', () => {
  it.each([
    [0, { students: 0, staff: 0, guardians: 0 }],
    [33.33, { students: 3333, staff: 3333, guardians: 3333 }],
    [100, { students: 10_000, staff: 10_000, guardians: 10_000 }],
    [{ students: 20 }, { students: 2000, staff: null, guardians: null }],
    [
      { default: 50, staff: 10 },
      { students: 5000, staff: 1000, guardians: 5000 },
    ],
    [undefined, { students: null, staff: null, guardians: null }],
  ])('reads %j', (setting, threshold) => {
    expect(parsed(setting)).toEqual(threshold);
  });

  it.each([101, -1, 33.333, '30', null, [30]])('refuses %j', (setting) => {
    expect(syncProblemsOf({ updateThreshold: setting })).toEqual([
      expect.stringMatching(/^updateThreshold: expected a percentage from 0 to 100 .*, received /),
    ]);
  });

  it('refuses types that are not people, with the reason', () => {
    expect(syncProblemsOf({ updateThreshold: { default: 30, enrollments: 10 } })).toEqual([
      'updateThreshold.enrollments: expected students, staff, guardians or default: updateThreshold counts the people whose ' +
        'names, e-mails, usernames or numbers change, and enrollments have none',
    ]);
    expect(syncProblemsOf({ updateThreshold: { student: 30 } })).toEqual([
      'updateThreshold.student: expected students, staff, guardians or default, received "student"',
    ]);
  });

  it('is raised for the types meant, never lowered and never switched on', () => {
    const threshold = { students: 2000, staff: 5000, guardians: null };
    expect(raisedUpdates(threshold, { basisPoints: 4000, recordTypes: null })).toEqual({
      ...threshold,
      students: 4000,
    });
    expect(raisedUpdates(threshold, { basisPoints: 9000, recordTypes: ['staff'] })).toEqual({
      ...threshold,
      staff: 9000,
    });
  });

  it('reads what a person types', () => {
    expect(updatePercentFromText('12.5')).toBe(1250);
    for (const text of ['', '101', '1e1', 'all'])
      expect(() => updatePercentFromText(text)).toThrow('Update threshold: expected a percentage');
  });
});

describe('settings that contradict each other', () => {
  it.each([
    [{ deletionThreshold: 0, alwaysAllow: 2 }, /^alwaysAllow: .*deletionThreshold is 0, .* and alwaysAllow lets 2/],
    [
      { deletionThreshold: { default: 10, schools: 0 }, alwaysAllow: 1 },
      /^alwaysAllow: .*deletionThreshold\.schools is 0/,
    ],
    [
      {
        alwaysAllow: 2,
        calendar: { rollover: { from: '2027-08-01', until: '2027-08-20', deletionThreshold: 0 } },
      },
      /^calendar\.rollover\.alwaysAllow: .*calendar\.rollover\.deletionThreshold is 0.* alwaysAllow of the sync \(2\)/,
    ],
    [
      {
        calendar: { rollover: { from: '2027-08-01', until: '2027-08-20', deletionThreshold: 0, alwaysAllow: 3 } },
      },
      /^calendar\.rollover\.alwaysAllow: .*calendar\.rollover\.deletionThreshold is 0.* calendar\.rollover\.alwaysAllow \(3\)/,
    ],
    [
      { updateThreshold: { guardians: 30 }, source: { type: 'files', path: '.', manageGuardians: false } },
      /^updateThreshold\.guardians: .*source\.manageGuardians is false/,
    ],
  ])('are refused, with both named: %j', (sync, problem) => {
    expect(syncProblemsOf(sync)).toEqual([expect.stringMatching(problem)]);
  });

  it.each([
    [{ deletionThreshold: 0 }],
    [{ deletionThreshold: 0.01, alwaysAllow: 2 }],
    [
      {
        alwaysAllow: 2,
        calendar: { rollover: { from: '2027-08-01', until: '2027-08-20', deletionThreshold: 0, alwaysAllow: 0 } },
      },
    ],
    [{ updateThreshold: 30, source: { type: 'files', path: '.', manageGuardians: false } }],
    [{ updateThreshold: 0, withhold: 'school' }],
  ])('are others than these: %j', (sync) => {
    expect(syncProblemsOf(sync)).toEqual([]);
  });
});
