import { approveHold, pauseSync, readHold, rejectHold, reopenHold } from '@rollbook/store';
import { requestApproval } from '@rollbook/pipeline';
import { HeldDistrict, span } from './held-district.ts';

let district: HeldDistrict;

beforeAll(async () => {
  district = await HeldDistrict.create('guard_settlement');
}, 30_000);
afterAll(() => district.drop());
beforeEach(() => district.begin());

const held60 = span('s', 1, 60);
const openHold = async (): Promise<number> => {
  const hold = (await district.holds()).find(({ status }) => status === 'open');
  return hold?.id as number;
};
const marks = async (): Promise<string[]> =>
  (await district.harness.sql<{ sis_id: string }>('SELECT sis_id FROM delta_marks ORDER BY sis_id')).map(
    (row) => row.sis_id,
  );

const approve = async (holdId: number, schools: string[] | null = null): Promise<void> => {
  const { approvalId } = await approveHold(district.pool, {
    holdId,
    actor: 'pat',
    comment: null,
    schools,
    recordTypes: null,
  });
  await requestApproval(district.harness.context, approvalId, 'pat');
  await district.harness.work();
};

describe('guard §33: marks of a delta', () => {
  beforeEach(async () => {
    await district.delta(held60);
    expect(await district.night()).toMatchObject({ status: 'held', counts: { students: { withheld: 60 } } });
  });

  it('are not lost by a delta that is silent about them: they are measured again, and the hold is confirmed', async () => {
    await district.delta([], ['s400']);
    const run = await district.night();
    expect(run).toMatchObject({ status: 'held', counts: { students: { withheld: 60 } } });
    expect(await district.holds()).toMatchObject([{ status: 'open', record_count: 60, last_run_id: run.runId }]);
    expect(await marks()).toHaveLength(60);
  });

  it('join the marks of later deltas, each of which would pass alone', async () => {
    await district.delta(span('s', 61, 70));
    expect(await district.night()).toMatchObject({
      status: 'held',
      counts: { students: { withheld: 70, archived: 0 } },
    });
    expect(await district.holds()).toMatchObject([{ status: 'replaced' }, { status: 'open', record_count: 70 }]);
  });

  it('are carried out by an approval after silent deltas', async () => {
    await district.delta([]);
    await district.night();
    await approve(await openHold());
    expect(await district.archived()).toBe(60);
    await district.night();
    expect(await marks()).toEqual([]);
  });

  it('end for those whom a delta shows again; the rest passes when few enough are left', async () => {
    await district.delta([], span('s', 1, 10));
    const run = await district.night();
    expect(run).toMatchObject({ status: 'succeeded', counts: { students: { archived: 50 } } });
    expect(await district.statuses()).toEqual(['resolved']);
    expect(await marks()).toEqual([]);
  });

  it('live on while they are kept by a decision, and are measured again after it is taken back', async () => {
    const holdId = await openHold();
    await rejectHold(district.pool, { holdId, actor: 'pat', comment: 'they stay' });
    await district.delta([]);
    expect(await district.night()).toMatchObject({
      status: 'succeeded',
      counts: { students: { kept: 60, withheld: 0 } },
    });
    await reopenHold(district.pool, { holdId, actor: 'pat', comment: null });
    expect(await district.night()).toMatchObject({ status: 'held', counts: { students: { withheld: 60 } } });
  });

  it('are replaced by a full delivery', async () => {
    district.full(span('s', 1, 501));
    expect(await district.night()).toMatchObject({ status: 'succeeded' });
    expect(await marks()).toEqual([]);
    expect(await district.statuses()).toEqual(['resolved']);
  });

  it('of an additions-only day are measured by the next delta', async () => {
    await approve(await openHold());
    await district.harness.sql(`UPDATE syncs SET calendar = '{"additionsOnly": true}'`);
    await district.delta(['s100', 's101']);
    expect(await district.night()).toMatchObject({ counts: { students: { archived: 0 } } });
    await district.harness.sql(`UPDATE syncs SET calendar = '{}'`);
    await district.delta([]);
    expect(await district.night()).toMatchObject({ status: 'succeeded', counts: { students: { archived: 2 } } });
  });
});

describe('guard §33: only a run that looked can settle a hold', () => {
  beforeEach(async () => {
    district.roster.removeStudents(...held60);
    expect(await district.night()).toMatchObject({ status: 'held' });
  });

  it('a delta that is silent leaves it open, counts what waits, and archives nothing beside it that would not pass with it', async () => {
    await district.delta(span('s', 61, 105));
    const run = await district.night();
    expect(run).toMatchObject({ status: 'held', counts: { students: { archived: 0, withheld: 45 } } });
    expect(await district.measured(run)).toMatchObject([{ active: 501, to_archive: 45, waiting: 60, verdict: 'hold' }]);
    expect(await district.holds()).toMatchObject([{ status: 'replaced' }, { status: 'open', record_count: 105 }]);
    const { groups } = await readHold(district.database, await openHold());
    expect(groups).toMatchObject([{ withheld: 105, toArchive: 45, waiting: 60 }]);
  });

  it('a delta that shows some of them lets these leave', async () => {
    await district.delta([], ['s1', 's2']);
    const run = await district.night();
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(await district.holds()).toMatchObject([{ status: 'replaced' }, { status: 'open', record_count: 58 }]);
    const { left, hold } = await readHold(district.database, await openHold());
    expect(left).toEqual(
      ['s1', 's2'].map((sisId) => ({ recordType: 'students', sisId, because: 'returned', run: String(run.runId) })),
    );
    expect(hold.sinceRun).not.toBe(hold.run);
    expect((await district.notes(run))[0]).toMatch(/was replaced by a new hold: 2 records are back in the data\./);
  });

  it('a delivery without the type leaves it as it is, and does not confirm it', async () => {
    const before = await district.holds();
    district.roster.deliveries.students = 'absent';
    const run = await district.night();
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(await district.holds()).toEqual(before);
    expect((await district.notes(run))[0]).toMatch(/stays open: 60 records still wait for a decision/);
  });

  it('a run of contacts alone leaves it as it is', async () => {
    const before = await district.holds();
    const pause = { until: '2999-01-01', what: 'all-but-contacts' as const, actor: 'pat', comment: null };
    await pauseSync(district.pool, { syncId: 'sis', ...pause }, new Date());
    await district.night();
    expect(await district.holds()).toEqual(before);
  });

  it('a run of fewer schools leaves it as it is', async () => {
    await district.configure({ schools: [{ sisId: 'M', name: null }] });
    district.roster.school('M').students(5, 'M', 'm');
    await district.night();
    expect(await district.holds()).toMatchObject([{ status: 'open', record_count: 60 }]);
    expect(await district.archived()).toBe(0);
  });

  it('an additions-only run settles nothing, and an approval passes over what it saw', async () => {
    await district.harness.sql(`UPDATE syncs SET calendar = '{"additionsOnly": true}'`);
    district.roster.student('s1', 'N');
    await district.night();
    expect(await district.holds()).toMatchObject([{ status: 'open', record_count: 60 }]);
    await approve(await openHold());
    expect(await district.archived()).toBe(59);
    expect(await district.harness.ids('students', 'archived')).not.toContain('s1');
  });

  it('what an additions-only run saw is passed over in the rest of a hold, too', async () => {
    await district.begin(501, (roster) => roster.school('M').students(20, 'M', 'm'));
    district.roster.removeStudents(...held60, ...span('m', 1, 10));
    await district.night();
    await district.harness.sql(`UPDATE syncs SET calendar = '{"additionsOnly": true}'`);
    district.roster.student('s1', 'N');
    await district.night();
    await approve(await openHold(), ['M']);
    expect(await district.holds()).toMatchObject([{ status: 'approved' }, { status: 'open', record_count: 60 }]);
    await approve(await openHold());
    expect(await district.archived()).toBe(69);
    expect(await district.harness.ids('students', 'archived')).not.toContain('s1');
  });

  it('approved records leave it as archived', async () => {
    const holdId = await openHold();
    await approve(holdId);
    await district.night();
    expect(await district.statuses()).toEqual(['approved']);
    expect(await district.archived()).toBe(60);
  });
});
