import { approveHold } from '@rollbook/store';
import { HeldDistrict, span } from './held-district.ts';

let district: HeldDistrict;

beforeAll(async () => {
  district = await HeldDistrict.create('guard_baseline');
}, 30_000);
afterAll(() => district.drop());
beforeEach(() => district.begin());

const missing51 = span('s', 1, 51);

describe('guard §32: the baseline of a hold', () => {
  it('is not enlarged by who came the night it was opened, nor later', async () => {
    district.roster.removeStudents(...missing51).students(10, 'N', 'new');
    expect(await district.night()).toMatchObject({ status: 'held' });
    for (let night = 1; night <= 3; night++) {
      district.roster.students(20, 'N', `later${night}-`);
      const run = await district.night();
      expect(run).toMatchObject({ status: 'held', counts: { students: { archived: 0, withheld: 51, created: 20 } } });
      expect(await district.measured(run)).toMatchObject([
        { active: 501, to_archive: 51, newcomers: 10 + 20 * (night - 1), allowed: 50, verdict: 'hold' },
      ]);
    }
    expect(await district.holds()).toMatchObject([{ status: 'open', record_count: 51 }]);
  });

  it('keeps a district whose ids were all exchanged at 100 %, in a rollover window too', async () => {
    await district.configure({ threshold: { default: 6_000, perType: {} } });
    district.roster.removeStudents(...span('s', 1, 501)).students(501, 'N', 'n');
    expect(await district.night()).toMatchObject({ status: 'held' });
    const run = await district.night();
    expect(run).toMatchObject({ status: 'held', counts: { students: { archived: 0, withheld: 501 } } });
    expect(await district.measured(run)).toMatchObject([{ active: 501, to_archive: 501, newcomers: 501 }]);
    expect(await district.archived()).toBe(0);
  });

  it('counts newcomers who are missing again on both sides', async () => {
    district.roster.removeStudents(...missing51).students(10, 'N', 'new');
    await district.night();
    district.roster.removeStudents('new1', 'new2');
    const run = await district.night();
    expect(await district.measured(run)).toMatchObject([
      { active: 503, to_archive: 53, newcomers: 8, allowed: 50, verdict: 'hold' },
    ]);
  });

  it('does not count a newcomer who was held too and is back', async () => {
    district.roster.removeStudents(...missing51).students(10, 'N', 'new');
    await district.night();
    district.roster.removeStudents('new1');
    await district.night();
    district.roster.student('new1', 'N');
    const run = await district.night();
    expect(await district.measured(run)).toMatchObject([
      { active: 501, to_archive: 51, newcomers: 10, verdict: 'hold' },
    ]);
  });

  it('goes on through holds that replace each other, and through what a part approval leaves', async () => {
    district.roster.removeStudents(...missing51).students(30, 'N', 'new');
    await district.night();
    const [first] = await district.holds();
    district.roster.removeStudents('s52', 's53', 's54');
    await district.night();
    expect(await district.holds()).toMatchObject([
      { status: 'replaced' },
      { status: 'open', record_count: 54, since_run_id: first?.since_run_id },
    ]);
    await approveHold(district.pool, {
      holdId: (await district.holds())[1]?.id as number,
      actor: 'pat',
      comment: null,
      schools: null,
      recordTypes: null,
      except: span('s', 2, 54).map((sisId) => ({ recordType: 'students' as const, sisId })),
    });
    expect(await district.statuses()).toEqual(['replaced', 'approved']);
  });

  it('does not count who was restored since, nor who moved in', async () => {
    await district.begin(501, (roster) => roster.school('M').students(40, 'M', 'm'));
    district.roster.removeStudents('s501');
    await district.night();
    district.roster.removeStudents(...missing51);
    await district.night();
    district.roster.student('s501', 'N').student('m1', 'N').student('m2', 'N');
    await district.night();
    const run = await district.night();
    expect(run).toMatchObject({ status: 'held' });
    expect((await district.measured(run))[1]).toMatchObject({
      active: 500,
      to_archive: 51,
      newcomers: 3,
      verdict: 'hold',
    });
  });

  it('ends with the return of records: the rest passes, and the run says why', async () => {
    district.roster.removeStudents(...missing51).students(10, 'N', 'new');
    await district.night();
    district.roster.student('s51', 'N');
    const run = await district.night();
    expect(run).toMatchObject({ status: 'succeeded', counts: { students: { archived: 50 } } });
    expect(await district.notes(run)).toEqual([
      'Hold 1 is resolved: 1 record is back in the data and 50 records were archived. They could be archived because, with the others back, the threshold allows them.'.replace(
        'Hold 1',
        `Hold ${(await district.holds())[0]?.id}`,
      ),
    ]);
  });

  it('ends with another threshold, and the run says so', async () => {
    district.roster.removeStudents(...missing51);
    await district.night();
    await district.configure({ threshold: { default: 1_100, perType: {} } });
    const run = await district.night();
    expect(run).toMatchObject({ status: 'succeeded', counts: { students: { archived: 51 } } });
    expect((await district.notes(run))[0]).toMatch(/because the threshold has changed/);
  });

  it('begins anew after a hold was resolved', async () => {
    district.roster.removeStudents(...missing51).students(10, 'N', 'new');
    await district.night();
    for (const id of missing51) district.roster.student(id, 'N');
    expect(await district.night()).toMatchObject({ status: 'succeeded' });
    district.roster.removeStudents(...missing51);
    const run = await district.night();
    expect(await district.measured(run)).toMatchObject([
      { active: 511, to_archive: 51, newcomers: 0, verdict: 'pass' },
    ]);
  });
});
