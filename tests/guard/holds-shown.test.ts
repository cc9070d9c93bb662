import { listHolds, raiseThreshold, readHold, type HoldDetails } from '@rollbook/store';
import { DecidedDistrict, ids } from './decided-district.ts';

let district: DecidedDistrict;

beforeAll(async () => {
  district = await DecidedDistrict.create('guard_holds_shown');
}, 30_000);
afterAll(() => district.drop());
beforeEach(() => district.begin());

const show = async (): Promise<HoldDetails> => readHold(district.database, await district.openHold());

describe('guard §24: what a hold shows of each school and record type', () => {
  it('has its numbers, what would pass, and whether it is over or withheld because of another', async () => {
    district.roster.remove('staff', 't1');
    await district.heldWithout(...ids('a', 3), 'b1', 'b2');
    const { groups } = await show();
    expect(groups).toEqual([
      {
        school: 'A',
        recordType: 'students',
        withheld: 3,
        active: 20,
        toArchive: 3,
        newcomers: 0,
        archivedBefore: [],
        waiting: 0,
        allowed: 2,
        percent: 15,
        thresholdPercent: 10,
        thresholdNote: null,
        smallestPassingPercent: 15,
        verdict: 'hold',
        relinkable: 0,
      },
      expect.objectContaining({
        school: 'B',
        recordType: 'students',
        withheld: 2,
        allowed: 2,
        percent: 10,
        verdict: 'pass',
      }),
      expect.objectContaining({
        school: 'A',
        recordType: 'staff',
        active: 5,
        toArchive: 1,
        allowed: 0,
        percent: 20,
        smallestPassingPercent: 20,
        verdict: 'hold',
      }),
    ]);
  });

  it('says the smallest whole percentage that would pass: that one passes, and the one below it does not', async () => {
    await district.begin((roster) => roster.students(1, 'A', 'one-more'));
    await district.heldWithout(...ids('a', 4));
    // 4 of 21 are 19.05 %: 19 % allow 3, 20 % allow 4.
    expect((await show()).groups[0]).toMatchObject({ percent: 19.05, smallestPassingPercent: 20 });
    await district.configure({ threshold: { default: 1_900, perType: {} } });
    expect((await district.run()).status).toBe('held');
    await district.configure({ threshold: { default: 2_000, perType: {} } });
    expect((await district.run()).status).toBe('succeeded');
    expect(await district.archived()).toEqual(ids('a', 4));
  });

  it('says why the threshold is not the configured one, for the types it was raised for', async () => {
    const raise = { syncId: 'sis', basisPoints: 1_200, actor: 'pat', comment: null };
    await raiseThreshold(
      district.database.pool,
      { ...raise, recordTypes: ['students'], until: '2999-08-20' },
      new Date(),
    );
    district.roster.remove('staff', 't1');
    await district.heldWithout(...ids('a', 3));
    expect((await show()).groups).toMatchObject([
      { recordType: 'students', thresholdPercent: 12, thresholdNote: 'raised until 2999-08-20' },
      { recordType: 'staff', thresholdPercent: 10, thresholdNote: null },
    ]);
    await raiseThreshold(district.database.pool, { ...raise, recordTypes: null, until: null }, new Date());
    expect((await district.run()).status).toBe('held');
    expect((await show()).groups).toMatchObject([
      { recordType: 'students', thresholdPercent: 12, thresholdNote: 'raised for this run' },
      { recordType: 'staff', thresholdPercent: 12, thresholdNote: 'raised for this run' },
    ]);
  });

  it('names the rollover window whose limits hold', async () => {
    const rollover = {
      from: '2000-01-01',
      until: '2999-01-01',
      deletionThreshold: { default: 1_200, perType: {} },
      alwaysAllow: null,
    };
    await district.harness.sql('UPDATE syncs SET calendar = $1', [JSON.stringify({ rollover })]);
    await district.heldWithout(...ids('a', 3));
    expect((await show()).groups).toMatchObject([
      { thresholdPercent: 12, thresholdNote: 'rollover window until 2999-01-01' },
    ]);
  });

  it('counts how many could be relinked', async () => {
    for (const id of ids('a', 3)) district.roster.student(id, 'A', { birthDate: '2010-01-01' });
    await district.run();
    for (const id of ids('a', 2)) {
      const old = district.roster.records.students.get(id);
      district.roster.student(`${id}-new`, 'A', { ...old, sisId: `${id}-new` });
    }
    await district.heldWithout(...ids('a', 3), 'b1', 'b2', 'b3');
    const { groups, records } = await show();
    expect(groups).toMatchObject([
      { school: 'A', relinkable: 2 },
      { school: 'B', relinkable: 0 },
    ]);
    expect(records.map(({ sisId, newId }) => [sisId, newId])).toEqual([
      ['a1', 'a1-new'],
      ['a2', 'a2-new'],
      ['a3', null],
      ['b1', null],
      ['b2', null],
      ['b3', null],
    ]);
  });
});

describe('guard §24: the hold itself', () => {
  it('is expired once no run has confirmed it for 72 hours, and open again with the run that does', async () => {
    await district.heldWithout(...ids('a', 3));
    const setAge = (age: string) => district.harness.sql(`UPDATE holds SET confirmed_at = now() - $1::interval`, [age]);
    const status = async (): Promise<string[]> => (await listHolds(district.database)).map((hold) => hold.status);
    await setAge('71 hours 59 minutes');
    expect(await status()).toEqual(['open']);
    await setAge('72 hours 1 second');
    expect(await status()).toEqual(['expired']);
    expect((await show()).hold.status).toBe('expired');
    await district.run();
    expect(await status()).toEqual(['open']);
  });

  it('has the message and the advice of the latest run, and when it can be approved until', async () => {
    const id = await district.heldWithout(...ids('a', 3));
    const again = await district.run();
    const { hold } = await show();
    expect(hold).toMatchObject({
      id: String(id),
      district: 'riverside',
      sync: 'sis',
      records: 3,
      run: String(again.runId - 1),
      lastRun: String(again.runId),
      message: again.message,
      advice: expect.any(String),
      closedAt: null,
      replacedBy: null,
    });
    expect(Date.parse(hold.expiresAt) - Date.parse(hold.confirmedAt)).toBe(72 * 3_600_000);
  });
});
