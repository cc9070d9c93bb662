import { pauseSync } from '@rollbook/store';
import { DecidedDistrict, ids } from './decided-district.ts';

let district: DecidedDistrict;

beforeAll(async () => {
  district = await DecidedDistrict.create('guard_holds');
}, 30_000);
afterAll(() => district.drop());
beforeEach(() => district.begin());

const statuses = async (): Promise<string[]> => (await district.holds()).map(({ status }) => status);
const alertCount = async (): Promise<number> => (await district.harness.sql('SELECT 1 FROM alerts')).length;
const setCalendar = (calendar: object) =>
  district.harness.sql(`UPDATE syncs SET calendar = $1`, [JSON.stringify(calendar)]);

describe('guard §23: one open hold', () => {
  it('is confirmed by a run that withholds the same records, and nobody is told again', async () => {
    await district.heldWithout(...ids('a', 5));
    await district.harness.sql(`UPDATE holds SET confirmed_at = now() - interval '2 days'`);
    const [before] = await district.holds();
    const again = await district.run();
    expect(again.status).toBe('held');
    const [after, ...others] = await district.holds();
    expect(others).toEqual([]);
    expect(after).toEqual({ ...before, last_run_id: again.runId, confirmed_at: after?.confirmed_at });
    expect(after?.confirmed_at.getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect(await alertCount()).toBe(1);
  });

  it('is replaced by one of fewer records, which it names', async () => {
    const first = await district.heldWithout(...ids('a', 5));
    district.roster.student('a5', 'A');
    const run = await district.run();
    expect(await district.holds()).toMatchObject([
      { id: first, status: 'replaced', closed_at: expect.any(Date), replaced_by: first + 1 },
      { id: first + 1, status: 'open', record_count: 4, run_id: run.runId, replaced_by: null },
    ]);
    expect(await district.held(first + 1)).toEqual(ids('students a', 4));
    expect(await alertCount()).toBe(2);
  });

  it('is replaced by one of as many other records', async () => {
    const first = await district.heldWithout(...ids('a', 3));
    district.roster.student('a3', 'A').removeStudents('a4');
    expect((await district.run()).status).toBe('held');
    expect(await statuses()).toEqual(['replaced', 'open']);
    expect(await district.held(first + 1)).toEqual(['students a1', 'students a2', 'students a4']);
  });

  it('tells records of one id apart by their type', async () => {
    for (const id of ['1', '2', '3']) district.roster.student(id, 'A').class(id, 'A');
    await district.run();
    const first = await district.heldWithout('1', '2', '3');
    for (const id of ['1', '2', '3']) district.roster.student(id, 'A').remove('classes', id);
    expect((await district.run()).status).toBe('held');
    expect(await statuses()).toEqual(['replaced', 'open']);
    expect(await district.held(first)).toEqual(['students 1', 'students 2', 'students 3']);
    expect(await district.held(first + 1)).toEqual(['classes 1', 'classes 2', 'classes 3']);
  });

  it('is told by types and ids alone: the same records are the same hold, whatever else is held with other numbers', async () => {
    const first = await district.heldWithout(...ids('a', 3));
    const [{ fingerprint } = { fingerprint: '' }] = await district.holds();
    for (const id of ids('a', 3)) district.roster.student(id, 'A');
    await district.run();
    district.roster.students(10, 'B', 'new');
    await district.heldWithout('a3', 'a1', 'a2');
    expect(await district.holds()).toMatchObject([
      { id: first, status: 'resolved', replaced_by: null },
      { status: 'open', fingerprint },
    ]);
    expect(await alertCount()).toBe(2);
  });

  it('is resolved when nothing is withheld any more: the threshold lets the rest go', async () => {
    await district.heldWithout(...ids('a', 3));
    await district.configure({ threshold: { default: 1_500, perType: {} } });
    expect(await district.run()).toMatchObject({ status: 'succeeded' });
    expect(await district.holds()).toMatchObject([{ status: 'resolved', closed_at: expect.any(Date) }]);
    expect(await district.archived()).toEqual(ids('a', 3));
  });

  it('belongs to its sync: another sync of the district has its own', async () => {
    const first = await district.heldWithout(...ids('a', 3));
    await district.harness.createSync('other', 'riverside', { schools: [{ sisId: 'Z', name: null }] });
    district.roster.school('Z').students(10, 'Z', 'z').staff('z-staff', 'Z').class('z-class', 'Z');
    expect(await district.harness.run('other')).toMatchObject({ status: 'succeeded' });
    district.roster.removeStudents(...ids('z', 2));
    expect(await district.harness.run('other')).toMatchObject({ status: 'held' });
    expect(await district.holds()).toMatchObject([
      { id: first, sync_id: 'sis', status: 'open' },
      { sync_id: 'other', status: 'open' },
    ]);
  });

  it('stays the only one, whoever writes to the database', async () => {
    await district.heldWithout(...ids('a', 3));
    await expect(
      district.harness.sql(
        `INSERT INTO holds (district_id, sync_id, run_id, last_run_id, fingerprint, record_count, since_run_id)
         SELECT district_id, sync_id, run_id, last_run_id, 'another', 1, since_run_id FROM holds`,
      ),
    ).rejects.toThrow('holds_one_open_per_sync');
  });
});

describe('guard §23: what leaves the open hold alone', () => {
  const wholeHold = () =>
    district.harness.sql(
      `SELECT to_jsonb(h) AS hold, (SELECT jsonb_agg(r ORDER BY sis_id) FROM hold_records r WHERE r.hold_id = h.id) AS records
       FROM holds h ORDER BY h.id`,
    );

  it('a preview, whether it finds more, or nothing', async () => {
    await district.heldWithout(...ids('a', 3));
    const before = await wholeHold();
    district.roster.removeStudents('a4');
    expect(await district.harness.run('sis', true)).toMatchObject({ status: 'held' });
    for (const id of ids('a', 4)) district.roster.student(id, 'A');
    expect(await district.harness.run('sis', true)).toMatchObject({ status: 'succeeded' });
    expect(await wholeHold()).toEqual(before);
    expect(await alertCount()).toBe(1);
  });

  it('a preview, where there is none', async () => {
    district.roster.removeStudents(...ids('a', 3));
    expect(await district.harness.run('sis', true)).toMatchObject({ status: 'held', reason: 'threshold' });
    expect(await wholeHold()).toEqual([]);
  });

  it('a run that only adds, whether it finds more, or nothing', async () => {
    await district.heldWithout(...ids('a', 3));
    const before = await wholeHold();
    await setCalendar({ additionsOnly: true });
    district.roster.removeStudents('a4');
    expect(await district.run()).toMatchObject({ status: 'succeeded' });
    for (const id of ids('a', 4)) district.roster.student(id, 'A');
    expect(await district.run()).toMatchObject({ status: 'succeeded' });
    // What it saw is noted, so that an approval passes it over.
    await district.harness.sql('UPDATE hold_records SET seen_run_id = NULL');
    expect(await wholeHold()).toEqual(before);
    expect(await district.archived()).toEqual([]);
  });

  it('a run of contacts alone', async () => {
    await district.heldWithout(...ids('a', 3));
    const before = await wholeHold();
    const pause = {
      syncId: 'sis',
      until: '2999-01-01',
      what: 'all-but-contacts',
      actor: 'pat',
      comment: null,
    } as const;
    await pauseSync(district.database.pool, pause, new Date());
    for (const id of ids('a', 3)) district.roster.student(id, 'A');
    expect(await district.run()).toMatchObject({ status: 'succeeded' });
    expect(await wholeHold()).toEqual(before);
  });

  it('a run that fails, whose data would have replaced it', async () => {
    await district.heldWithout(...ids('a', 3));
    const before = await wholeHold();
    district.roster.removeStudents('a4');
    await district.configure({
      schools: [
        { sisId: 'A', name: null },
        { sisId: 'missing', name: null },
      ],
    });
    expect(await district.run()).toMatchObject({ status: 'failed', reason: 'schools_not_found' });
    expect(await wholeHold()).toEqual(before);
  });
});
