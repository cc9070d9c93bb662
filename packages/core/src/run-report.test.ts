import { judge } from './guard.fixture.ts';
import { RECORD_TYPES } from './record-types.ts';
import { RunReport, emptyCounts, reportFindings } from './run-report.ts';

const report = (change: object = {}) => ({
  run: {
    id: '7f0c',
    district: 'riverside',
    sync: 'riverside-sis',
    status: 'held',
    reason: 'threshold',
    message: 'seen',
    advice: 'do',
    startedAt: '2026-01-02T03:04:05.678Z',
    finishedAt: null,
  },
  counts: emptyCounts(),
  findings: reportFindings(judge([{ active: 501, toArchive: 51 }]).findings, null),
  explanations: [],
  notes: ['Blackout day 2026-12-25.'],
  schoolsNotFound: [{ sisId: '0123', name: null, nearest: ['123'] }],
  warnings: [{ code: 'unknown_reference', file: 'enrollments.csv', line: 12, message: 'seen', count: 1 }],
  ...change,
});

describe('RunReport', () => {
  it('is the document that the command line prints', () => {
    expect(RunReport.parse(report())).toEqual(report());
    expect(RunReport.parse(report()).findings).toEqual([
      {
        school: '0123',
        recordType: 'students',
        active: 501,
        toArchive: 51,
        approved: 0,
        newcomers: 0,
        archivedBefore: [],
        waiting: 0,
        allowed: 50,
        thresholdPercent: 10,
        thresholdNote: null,
        percent: 10.18,
        smallestPassingPercent: 11,
        verdict: 'hold',
      },
    ]);
  });

  it('holds counts of every record type', () => {
    const { students: _, ...others } = emptyCounts();
    expect(RunReport.safeParse(report({ counts: others })).success).toBe(false);
  });

  it.each([[{ run: { ...report().run, status: 'done' } }], [{ run: { ...report().run, reason: 'unlucky' } }]])(
    'refuses %j',
    (change) => {
      expect(RunReport.safeParse(report(change)).success).toBe(false);
    },
  );
});

it('emptyCounts gives each record type zeros of its own', () => {
  const counts = emptyCounts();
  expect(Object.keys(counts)).toEqual([...RECORD_TYPES]);
  counts.students.created = 5;
  expect(counts.staff.created).toBe(0);
  expect(emptyCounts().students.created).toBe(0);
});

it('reportFindings leaves out groups with nothing to archive', () => {
  const { findings } = judge([{ active: 9 }, { school: null, recordType: 'guardians', active: 9, toArchive: 1 }]);
  expect(reportFindings(findings, null).map(({ school, recordType }) => [school, recordType])).toEqual([
    [null, 'guardians'],
  ]);
});

it('reportFindings says why a threshold is not the configured one', () => {
  const { findings } = judge([
    { active: 9, toArchive: 1 },
    { recordType: 'staff', active: 9, toArchive: 1 },
  ]);
  const raised = {
    kind: 'raised' as const,
    raiseId: 1,
    basisPoints: 2000,
    recordTypes: ['students' as const],
    until: null,
  };
  const notes = reportFindings(findings, raised).map(({ thresholdNote }) => thresholdNote);
  expect(notes).toEqual(['raised for this run', null]);
  const window = reportFindings(findings, { kind: 'rollover', until: '2027-08-20' });
  expect(window.map(({ thresholdNote }) => thresholdNote)).toEqual([
    'rollover window until 2027-08-20',
    'rollover window until 2027-08-20',
  ]);
});
