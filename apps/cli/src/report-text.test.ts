import { emptyCounts, type ReportFinding, type RunReport } from '@rollbook/core';
import pc from 'picocolors';
import { reportText, totalsText } from './report-text.ts';

const colors = pc.createColors(false);

const report = (parts: Partial<RunReport> = {}): RunReport => ({
  run: {
    id: '1',
    district: 'd',
    sync: 's',
    status: 'succeeded',
    reason: null,
    message: null,
    advice: null,
    startedAt: null,
    finishedAt: null,
  },
  counts: emptyCounts(),
  findings: [],
  explanations: [],
  notes: [],
  schoolsNotFound: [],
  warnings: [],
  ...parts,
});

const finding: ReportFinding = {
  school: '0101',
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
};

describe('reportText', () => {
  it('has nothing to say about a run without changes, reasons and warnings', () => {
    expect(reportText(report(), colors)).toBe('');
  });

  it('counts the record types that have something to count', () => {
    const counts = emptyCounts();
    counts.students.created = 1234;
    const lines = reportText(report({ counts }), colors).split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/^students +1,234 +0 +0 +0 +0 +0 +0$/);
  });

  it('shows updates that were withheld, and the groups over the update threshold', () => {
    const counts = emptyCounts();
    counts.students.withheldUpdates = 44;
    const over = {
      school: '0101',
      recordType: 'students',
      active: 80,
      changed: 40,
      allowed: 24,
      thresholdPercent: 30,
      thresholdNote: 'raised for this run',
      percent: 50,
      smallestPassingPercent: 51,
      verdict: 'hold',
      withheld: 44,
    } as const;
    const text = reportText(
      report({ counts, updateFindings: [over, { ...over, school: '0102', verdict: 'pass' }] }),
      colors,
    );
    expect(text).toMatch(/withheld +updates withheld +skipped$/m);
    expect(text).toMatch(/^students +0 +0 +0 +0 +0 +0 +44 +0$/m);
    expect(text).toMatch(/^0101 +students +80 +40 +24 +50 % +30 % \(raised for this run\) +51 %$/m);
    expect(text).not.toContain('0102');
    expect(totalsText(counts)).toBe('44 updates withheld');
  });

  it('shows the groups over the threshold, and no others', () => {
    const text = reportText(report({ findings: [finding, { ...finding, school: '0102', verdict: 'pass' }] }), colors);
    expect(text).toContain('10.18 %');
    expect(text).toContain('11 %');
    expect(text).not.toContain('0102');
  });

  it('shows at most twenty of each kind and says how many more there are', () => {
    const warnings = Array.from({ length: 25 }, (_, i) => ({
      code: 'c',
      file: 'f.csv',
      line: i + 1,
      message: 'm',
      count: 2,
    }));
    const text = reportText(report({ findings: Array(25).fill(finding), warnings }), colors);
    expect(text.match(/^0101/gm)).toHaveLength(20);
    expect(text).toContain('50 warnings');
    expect(text).toContain('f.csv:20: m');
    expect(text).not.toContain('f.csv:21: m');
    expect(text.match(/and 5 more/g)).toHaveLength(2);
  });

  it('names the schools that are missing with those that may be meant', () => {
    const schoolsNotFound = [
      { sisId: '0123', name: 'North High', nearest: ['123'] },
      { sisId: '9', name: null, nearest: [] },
    ];
    const text = reportText(report({ schoolsNotFound }), colors);
    expect(text).toContain('"0123" North High: in the data: "123"');
    expect(text).toContain('"9": no similar ID is in the data');
  });

  it('lets no control characters through to the terminal', () => {
    const run = {
      ...report().run,
      status: 'failed',
      reason: 'invalid_data',
      message: 'a\u001b[2Jb',
      advice: 'c\u009bd',
    } as const;
    const warnings = [{ code: 'c', file: 'f\u001b.csv', line: 1, message: 'm\u0007', count: 1 }];
    expect(reportText(report({ run, warnings }), colors)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });
});

it('totalsText adds the record types up and leaves zeros out', () => {
  const counts = emptyCounts();
  expect(totalsText(counts)).toBe('nothing changed');
  counts.students.created = 1;
  counts.staff.created = 1_000;
  counts.staff.updated = 2;
  counts.classes.withheld = 3;
  counts.classes.unchanged = 99;
  expect(totalsText(counts)).toBe('1,001 created, 2 updated and 3 withheld');
});
