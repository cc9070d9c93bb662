import { whatIf, type RunFindings } from './what-if.ts';

const run = (
  id: string,
  findings: Partial<RunFindings['findings'][number]>[],
  part: Partial<RunFindings> = {},
): RunFindings => ({
  runId: id,
  finishedAt: '2026-11-25T02:00:00.000Z',
  wasHeld: false,
  alwaysAllow: 0,
  findings: findings.map((finding) => ({
    recordType: 'students',
    school: '0101',
    active: 501,
    toArchive: 0,
    approved: 0,
    archivedBefore: 0,
    waiting: 0,
    basisPoints: 1000,
    ...finding,
  })),
  ...part,
});

describe('whatIf (guard §31)', () => {
  const runs = [
    run('4', [{ toArchive: 51 }], { wasHeld: true }),
    run('3', [{ toArchive: 50 }, { recordType: 'staff', active: 20, toArchive: 3 }], { wasHeld: true }),
    run('2', [{ toArchive: 12 }]),
    run('1', []),
  ];

  it('tells which runs a proposed threshold would have held', () => {
    const found = whatIf(runs, { basisPoints: 500, recordType: null });
    expect(found).toMatchObject({ runs: 4, held: 2 });
    expect(found.wouldHold.map(({ runId }) => runId)).toEqual(['4', '3']);
    expect(found.wouldHold[0]?.over).toEqual([
      {
        recordType: 'students',
        school: '0101',
        active: 501,
        toArchive: 51,
        archivedBefore: 0,
        waiting: 0,
        allowed: 25,
      },
    ]);
  });

  it('judges by the exact rule: at 11 % the 51 of 501 pass, at 10.17 % they do not', () => {
    const held = (basisPoints: number) => whatIf(runs.slice(0, 1), { basisPoints, recordType: null }).wouldHold.length;
    expect([held(1100), held(1018), held(1017)]).toEqual([0, 0, 1]);
  });

  it('guard §35: counts what the window held then, on both sides, and what waited in the hold', () => {
    const evening = run('7', [{ active: 451, toArchive: 45, archivedBefore: 50 }]);
    const heldAt = (basisPoints: number) => whatIf([evening], { basisPoints, recordType: null }).wouldHold;
    expect(heldAt(1000)[0]?.over).toMatchObject([{ active: 451, toArchive: 45, archivedBefore: 50, allowed: 50 }]);
    expect(heldAt(1896)).toHaveLength(1);
    expect(heldAt(1897)).toEqual([]);
    const silent = run('8', [{ toArchive: 5, waiting: 46 }]);
    expect(whatIf([silent], { basisPoints: 1000, recordType: null }).wouldHold).toHaveLength(1);
  });

  it('leaves the other types to the limits they had, where one is meant', () => {
    expect(whatIf(runs, { basisPoints: 1100, recordType: 'students' }).wouldHold.map(({ runId }) => runId)).toEqual([
      '3',
    ]);
    expect(whatIf(runs, { basisPoints: 10_000, recordType: 'staff' }).wouldHold.map(({ runId }) => runId)).toEqual([
      '4',
    ]);
  });

  it('knows what was approved, and what is always allowed', () => {
    const approved = run('5', [{ toArchive: 51, approved: 51 }]);
    const few = run('6', [{ active: 9, toArchive: 2 }], { alwaysAllow: 2 });
    expect(whatIf([approved, few], { basisPoints: 0, recordType: null }).wouldHold).toEqual([]);
    expect(whatIf([{ ...few, alwaysAllow: 1 }], { basisPoints: 0, recordType: null }).wouldHold).toHaveLength(1);
  });
});
