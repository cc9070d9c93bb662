import { SyncError } from './errors.ts';
import { guard, mayArchive } from './guard.ts';
import { group, judge, threshold } from './guard.fixture.ts';

const student = (school: string, approved = false) => ({ recordType: 'students', school, approved }) as const;

describe('the rule (guard §2)', () => {
  it('lets 50 of 501 students go at 10 %', () => {
    const result = judge([{ active: 501, toArchive: 50 }]);
    expect(result).toMatchObject({ verdict: 'pass', reason: null });
    expect(result.findings[0]).toEqual({
      recordType: 'students',
      school: '0123',
      active: 501,
      toArchive: 50,
      approved: 0,
      newcomers: 0,
      archivedBefore: [],
      waiting: 0,
      allowed: 50,
      basisPoints: 1000,
      thresholdPercent: 10,
      percent: 9.98,
      smallestPassingPercent: 10,
      verdict: 'pass',
      withheld: 0,
    });
    expect(mayArchive(result, student('0123'))).toBe(true);
  });

  it('holds 51 of 501 students at 10 %', () => {
    const result = judge([{ active: 501, toArchive: 51 }]);
    expect(result).toMatchObject({ verdict: 'hold', reason: 'threshold' });
    expect(result.findings[0]).toMatchObject({ allowed: 50, percent: 10.18, smallestPassingPercent: 11, withheld: 51 });
    expect(mayArchive(result, student('0123'))).toBe(false);
  });

  it.each([
    { basisPoints: 700, active: 100, allowed: 7 },
    { basisPoints: 700, active: 99, allowed: 6 },
    { basisPoints: 2900, active: 100, allowed: 29 },
    { basisPoints: 2900, active: 1000, allowed: 290 },
    { basisPoints: 50, active: 200, allowed: 1 },
    { basisPoints: 50, active: 199, allowed: 0 },
    { basisPoints: 3333, active: 100, allowed: 33 },
    { basisPoints: 3333, active: 10_000, allowed: 3333 },
    { basisPoints: 3333, active: 9_999, allowed: 3332 },
    { basisPoints: 1000, active: 1_000_000_000, allowed: 100_000_000 },
  ])(
    'allows $allowed of $active at $basisPoints basis points, and not one more',
    ({ basisPoints, active, allowed }) => {
      const at = judge([{ active, toArchive: allowed }], { threshold: threshold(basisPoints) });
      const over = judge([{ active, toArchive: allowed + 1 }], { threshold: threshold(basisPoints) });
      expect(at).toMatchObject({ verdict: 'pass', findings: [{ allowed }] });
      expect(over).toMatchObject({ verdict: 'hold', findings: [{ allowed }] });
    },
  );

  it('never trips where nothing is active, even at 0 %', () => {
    const result = judge([{ active: 0 }], { threshold: threshold(0) });
    expect(result).toMatchObject({ verdict: 'pass', findings: [{ percent: 0, smallestPassingPercent: 0 }] });
  });

  it('never trips at 100 %', () => {
    expect(judge([{ active: 7, toArchive: 7 }], { threshold: threshold(10_000) }).verdict).toBe('pass');
  });

  it('always trips at 0 %', () => {
    expect(judge([{ active: 1_000_000, toArchive: 1 }], { threshold: threshold(0) }).verdict).toBe('hold');
  });

  it('reads 100 % where a whole school was re-keyed or lost every student (guard §17)', () => {
    const result = judge([{ active: 480, toArchive: 480 }]);
    expect(result).toMatchObject({ verdict: 'hold', findings: [{ percent: 100, smallestPassingPercent: 100 }] });
  });

  it('rounds the percentage shown to two decimals', () => {
    const percents = [1, 2, 5].map((toArchive) => judge([{ active: 7, toArchive }]).findings[0]?.percent);
    expect(percents).toEqual([14.29, 28.57, 71.43]);
  });

  it('passes once the threshold is raised to exactly the smallest passing percentage', () => {
    const [finding] = judge([{ active: 501, toArchive: 51 }]).findings;
    const raisedTo = (percent: number) =>
      judge([{ active: 501, toArchive: 51 }], { threshold: threshold(percent * 100) }).verdict;
    expect(raisedTo(finding?.smallestPassingPercent ?? 0)).toBe('pass');
    expect(raisedTo((finding?.smallestPassingPercent ?? 0) - 1)).toBe('hold');
  });

  it('takes the threshold of the record type where it has one (guard §4)', () => {
    const result = judge(
      [
        { active: 100, toArchive: 8 },
        { recordType: 'staff', active: 100, toArchive: 8 },
      ],
      { threshold: { default: 1000, perType: { staff: 500 } } },
    );
    expect(result.findings.map(({ verdict, allowed }) => [verdict, allowed])).toEqual([
      ['pass', 10],
      ['hold', 5],
    ]);
  });
});

describe('small schools (guard §3)', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('%i students at 10 % allow none', (active) => {
    expect(judge([{ active, toArchive: 1 }])).toMatchObject({ verdict: 'hold', findings: [{ allowed: 0 }] });
  });

  it('10 students at 10 % allow one', () => {
    expect(judge([{ active: 10, toArchive: 1 }]).verdict).toBe('pass');
  });

  it('always allows as many as the setting says', () => {
    const withTwo = (toArchive: number) => judge([{ active: 9, toArchive }], { alwaysAllow: 2 });
    expect(withTwo(2)).toMatchObject({ verdict: 'pass', findings: [{ allowed: 2, smallestPassingPercent: 0 }] });
    expect(withTwo(3)).toMatchObject({ verdict: 'hold', findings: [{ allowed: 2, smallestPassingPercent: 34 }] });
  });

  it('never says that more may go than there are', () => {
    expect(judge([{ active: 3, toArchive: 3 }], { alwaysAllow: 50 }).findings[0]).toMatchObject({ allowed: 3 });
  });

  it('keeps the percentage where it allows more than the setting', () => {
    expect(judge([{ active: 100, toArchive: 9 }], { alwaysAllow: 2 }).findings[0]).toMatchObject({ allowed: 10 });
  });
});

describe('what is withheld (guard §7)', () => {
  const oneOverOneUnder = [
    { school: 'A', active: 100, toArchive: 11 },
    { school: 'A', recordType: 'classes', active: 100, toArchive: 1 },
    { school: 'B', active: 100, toArchive: 9 },
    { school: null, recordType: 'guardians', active: 100, toArchive: 3 },
  ] as const;

  it('withholds every archive of the run with `sync`', () => {
    const result = judge(oneOverOneUnder);
    expect(result.findings.map(({ verdict }) => verdict)).toEqual(['hold', 'pass', 'pass', 'pass']);
    expect(result.findings.map(({ withheld }) => withheld)).toEqual([11, 1, 9, 3]);
    expect(oneOverOneUnder.map((count) => mayArchive(result, { ...group(count), approved: false }))).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  it('withholds every type of the school that is over, and nothing else, with `school`', () => {
    const result = judge(oneOverOneUnder, { withhold: 'school' });
    expect(result).toMatchObject({ verdict: 'hold', withheld: { schools: ['A'], districtTypes: [] } });
    expect(result.findings.map(({ withheld }) => withheld)).toEqual([11, 1, 0, 0]);
    expect(oneOverOneUnder.map((count) => mayArchive(result, { ...group(count), approved: false }))).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  it('withholds a record type of the district alone where only that is over', () => {
    const counts = [
      { school: null, recordType: 'guardians', active: 10, toArchive: 5 },
      { school: null, recordType: 'terms', active: 100, toArchive: 5 },
      { school: 'A', recordType: 'students', active: 100, toArchive: 5 },
    ] as const;
    const result = judge(counts, { withhold: 'school' });
    expect(result.withheld).toEqual({ everything: false, schools: [], districtTypes: ['guardians'] });
    expect(counts.map((count) => mayArchive(result, { ...group(count), approved: false }))).toEqual([
      false,
      true,
      true,
    ]);
    expect(result.findings.map(({ withheld }) => withheld)).toEqual([5, 0, 0]);
  });

  it('does not take the school "guardians" for the district\'s guardians', () => {
    const result = judge(
      [
        { school: null, recordType: 'guardians', active: 10, toArchive: 5 },
        { school: 'guardians', active: 100, toArchive: 1 },
      ],
      { withhold: 'school' },
    );
    expect(mayArchive(result, student('guardians'))).toBe(true);
  });

  it('does not take an empty school ID for the district', () => {
    const result = judge([{ school: null, recordType: 'terms', active: 10, toArchive: 1 }]);
    expect(mayArchive(result, { recordType: 'terms', school: '', approved: false })).toBe(false);
    expect(mayArchive(result, { recordType: 'terms', school: null, approved: false })).toBe(true);
  });

  it('never permits a record of a group that was not measured', () => {
    const result = judge([{ active: 100, toArchive: 1 }]);
    expect(mayArchive(result, student('0123'))).toBe(true);
    expect(mayArchive(result, student('9999'))).toBe(false);
    expect(mayArchive(result, student('9999', true))).toBe(false);
    expect(mayArchive(result, { recordType: 'students', school: null, approved: false })).toBe(false);
  });
});

describe('approvals (guard §27)', () => {
  it('lets a group over its threshold go when every record of it is approved', () => {
    const result = judge([{ active: 501, toArchive: 60, approved: 60 }]);
    expect(result).toMatchObject({ verdict: 'pass', findings: [{ verdict: 'pass', allowed: 50, withheld: 0 }] });
    expect(mayArchive(result, student('0123', true))).toBe(true);
  });

  it('holds what came after the approval, and archives what was approved, no other', () => {
    const result = judge([
      { active: 501, toArchive: 61, approved: 60 },
      { school: 'B', active: 100, toArchive: 3 },
    ]);
    expect(result).toMatchObject({ verdict: 'hold', findings: [{ withheld: 1 }, { verdict: 'pass', withheld: 3 }] });
    expect(mayArchive(result, student('0123', true))).toBe(true);
    expect(mayArchive(result, student('0123'))).toBe(false);
    expect(mayArchive(result, student('B'))).toBe(false);
  });

  it('archives approved records of a withheld school', () => {
    const result = judge([{ active: 10, toArchive: 5, approved: 4 }], { withhold: 'school' });
    expect(mayArchive(result, student('0123', true))).toBe(true);
    expect(mayArchive(result, student('0123'))).toBe(false);
  });
});

describe('schools (guard §15)', () => {
  const link = (sisId: string, name: string | null = null) => ({ sisId, name });

  it('rejects everything, approved records too, where a linked school is missing', () => {
    const result = judge([{ active: 100, toArchive: 2, approved: 2 }], {
      schoolLinks: [link('0123', 'North High'), link('77')],
      schoolsInData: [link('123', 'North High'), link('77')],
    });
    expect(result).toMatchObject({ verdict: 'reject', reason: 'schools_not_found', findings: [{ withheld: 2 }] });
    expect(result.schoolsNotFound).toEqual([{ sisId: '0123', name: 'North High', nearest: ['123'] }]);
    expect(mayArchive(result, student('0123', true))).toBe(false);
  });

  it('names the schools as the reason where the threshold is exceeded too', () => {
    const result = judge([{ active: 100, toArchive: 90 }], { schoolLinks: [link('1')] });
    expect(result).toMatchObject({ verdict: 'reject', reason: 'schools_not_found', findings: [{ verdict: 'hold' }] });
  });

  it('asks nothing of the data where every school is synced', () => {
    expect(judge([{ active: 10 }], { schoolLinks: null, schoolsInData: [] }).verdict).toBe('pass');
  });

  it('passes where every linked school is in the data among others', () => {
    const result = judge([], { schoolLinks: [link('0123')], schoolsInData: [link('9'), link('0123')] });
    expect(result).toMatchObject({ verdict: 'pass', schoolsNotFound: [], schoolsInDataCount: 2 });
  });
});

describe('counts that cannot be true', () => {
  it.each([
    [{ active: 5, toArchive: 6 }],
    [{ active: 0, toArchive: 1 }],
    [{ active: 5, toArchive: 2, approved: 3 }],
    [{ active: -1 }],
    [{ active: 1.5 }],
    [{ active: Number.NaN }],
    [{ active: 2_000_000_000 }],
  ])('refuses %j', (count) => {
    expect(() => judge([count])).toThrow(SyncError);
    expect(() => judge([count])).toThrow('The counts of students in school "0123" cannot be true: ');
  });

  it('refuses a group that is measured twice', () => {
    expect(() => judge([{ active: 5 }, { active: 6 }])).toThrow('measured twice');
    expect(() => judge([{ active: 5 }, { active: 6, school: null }])).not.toThrow();
  });
});

it('does not change its input', () => {
  const counts = Object.freeze([Object.freeze(group({ active: 10, toArchive: 5 }))]);
  const input = { counts, threshold: threshold(1000), alwaysAllow: 0, withhold: 'sync', schoolLinks: null } as const;
  expect(guard(Object.freeze({ ...input, schoolsInData: [] })).verdict).toBe('hold');
});

describe('guard §33: what waits in the hold', () => {
  const waiting = { active: 501, waiting: 60 };

  it('holds no run that would archive nothing', () => {
    expect(judge([waiting, { school: 'B', active: 50 }])).toMatchObject({
      verdict: 'pass',
      findings: [{ verdict: 'pass' }, { verdict: 'pass' }],
    });
  });

  it('is not over on a day of additions only, if the run would archive nothing', () => {
    expect(judge([waiting], { additionsOnly: true }).findings).toMatchObject([{ verdict: 'pass' }]);
  });

  it('keeps a run from archiving elsewhere, as a full delivery would', () => {
    const counts = [waiting, { school: 'B', active: 50, toArchive: 2 }];
    expect(judge(counts)).toMatchObject({
      verdict: 'hold',
      findings: [{ verdict: 'hold' }, { verdict: 'pass', withheld: 2 }],
    });
    expect(judge(counts, { withhold: 'school' })).toMatchObject({ verdict: 'pass', withheld: { schools: [] } });
  });

  it('counts with what the run would archive', () => {
    expect(judge([{ active: 501, toArchive: 5, waiting: 46 }]).verdict).toBe('hold');
    expect(judge([{ active: 501, toArchive: 5, waiting: 45 }]).verdict).toBe('pass');
  });

  it('lets approved records go', () => {
    const result = judge([{ active: 501, toArchive: 5, approved: 5, waiting: 60 }]);
    expect(result.findings).toMatchObject([{ withheld: 0 }]);
    expect(result.verdict).toBe('pass');
  });
});
