import fc from 'fast-check';
import {
  DeletionThreshold,
  Percent,
  ThresholdBasisPoints,
  basisPointsFor,
  thresholdFor,
  thresholdFromText,
} from './deletion-threshold.ts';
import { UsageError } from './errors.ts';
import { RECORD_TYPES } from './record-types.ts';
import type { RecordType } from './record-types.ts';

const messagesOf = (value: unknown) => DeletionThreshold.safeParse(value).error?.issues.map(({ message }) => message);

describe('DeletionThreshold (guard §2)', () => {
  it.each([
    [10, 1000],
    [0, 0],
    [-0, 0],
    [100, 10_000],
    [7, 700],
    [29, 2900],
    [0.5, 50],
    [33.33, 3333],
    [0.01, 1],
    [99.99, 9999],
  ])('reads %p percent as %p basis points', (percent, basisPoints) => {
    expect(DeletionThreshold.parse(percent)).toEqual({ default: basisPoints, perType: {} });
  });

  it('reads every percentage of two decimals exactly', () => {
    for (let basisPoints = 0; basisPoints <= 10_000; basisPoints++) {
      const percent = Number(`${Math.floor(basisPoints / 100)}.${String(basisPoints % 100).padStart(2, '0')}`);
      if (DeletionThreshold.parse(percent).default !== basisPoints) throw new Error(`${percent} is read wrongly`);
    }
  });

  it('reads overrides by record type', () => {
    const threshold = DeletionThreshold.parse({ default: 20, staff: 5, enrollments: 33.33 });
    expect(threshold).toEqual({ default: 2000, perType: { staff: 500, enrollments: 3333 } });
    expect(basisPointsFor(threshold, 'staff')).toBe(500);
    expect(basisPointsFor(threshold, 'students')).toBe(2000);
  });

  it('takes 10 % where the default is left out, and 0 as an override', () => {
    const threshold = DeletionThreshold.parse({ staff: 0 });
    expect(basisPointsFor(threshold, 'students')).toBe(1000);
    expect(basisPointsFor(threshold, 'staff')).toBe(0);
  });

  it('knows every record type', () => {
    const threshold = DeletionThreshold.parse(Object.fromEntries(RECORD_TYPES.map((type, index) => [type, index])));
    expect(RECORD_TYPES.map((type) => basisPointsFor(threshold, type))).toEqual(RECORD_TYPES.map((_, i) => i * 100));
  });

  it.each([
    [100.01, '100.01'],
    [101, '101'],
    [-0.01, '-0.01'],
    [10.001, '10.001'],
    [Number.NaN, 'NaN'],
    [Infinity, 'Infinity'],
    ['10', '"10"'],
    ['', '""'],
    ['ten', '"ten"'],
    [null, 'nothing'],
    [undefined, 'nothing'],
    [true, 'true'],
    [[10], 'a list'],
  ])('refuses %p and says what it received', (value, received) => {
    const messages = messagesOf(value);
    expect(messages).toHaveLength(1);
    expect(messages?.[0]).toMatch(/^expected a percentage from 0 to 100 with at most two decimals/);
    expect(messages?.[0]?.endsWith(`, received ${received}`)).toBe(true);
  });

  it.each([[{ default: 101 }], [{ staff: Number.NaN }], [{ staff: '5' }], [{ staff: null }], [{ student: 5 }]])(
    'refuses %j',
    (value) => {
      expect(DeletionThreshold.safeParse(value).success).toBe(false);
    },
  );

  it('gives what can be kept and read again', () => {
    const percent = fc.integer({ min: 0, max: 10_000 }).map((basisPoints) => basisPoints / 100);
    const configured = fc.oneof(percent, fc.dictionary(fc.constantFrom('default', ...RECORD_TYPES), percent));
    fc.assert(
      fc.property(configured, (value) => {
        const threshold = DeletionThreshold.parse(value);
        expect(ThresholdBasisPoints.parse(JSON.parse(JSON.stringify(threshold)))).toEqual(threshold);
      }),
    );
  });
});

describe('thresholdFor (guard §4)', () => {
  const of = (value: unknown, sourceType: 'clever' | 'sftp', recordType: RecordType) =>
    basisPointsFor(thresholdFor(DeletionThreshold.parse(value), sourceType), recordType);

  it.each([[10], [0], [{ default: 5 }], [{ staff: 5 }]])('never trips on terms and courses of Clever: %j', (value) => {
    expect([of(value, 'clever', 'terms'), of(value, 'clever', 'courses')]).toEqual([10_000, 10_000]);
  });

  it('leaves every other record type of Clever, and every other source, as configured', () => {
    const others = RECORD_TYPES.filter((type) => type !== 'terms' && type !== 'courses');
    for (const value of [7, { default: 7 }, { classes: 7, default: 7 }]) {
      expect(others.map((type) => of(value, 'clever', type))).toEqual(others.map(() => 700));
      expect(RECORD_TYPES.map((type) => of(value, 'sftp', type))).toEqual(RECORD_TYPES.map(() => 700));
    }
  });

  it('gives way to an override of the same record type', () => {
    const threshold = thresholdFor(DeletionThreshold.parse({ terms: 20, staff: 0 }), 'clever');
    expect(threshold).toEqual({ default: 1000, perType: { terms: 2000, courses: 10_000, staff: 0 } });
  });
});

describe('thresholdFromText', () => {
  it.each([
    ['10', 1000],
    [' 33.33 ', 3333],
    ['0', 0],
    ['100', 10_000],
    ['0.5', 50],
  ])('reads %j', (text, basisPoints) => {
    expect(thresholdFromText(text)).toEqual({ default: basisPoints, perType: {} });
  });

  it.each(['', ' ', '101', '-1', '10.123', '1e1', '0x10', 'NaN', '10%', '١٠', '1,5', '.5'])('refuses %j', (text) => {
    expect(() => thresholdFromText(text)).toThrow(UsageError);
    expect(() => thresholdFromText(text)).toThrow(`received ${JSON.stringify(text)}`);
  });
});

it('keeps other percentages as they are', () => {
  expect(Percent.parse(33.33)).toBe(33.33);
});
