import { compositeKey } from '@rollbook/core';
import { archiveRecord, editRecord, rejectHold, restoreRecord } from '@rollbook/store';
import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { OvertakenDistrict, on } from './overtaken-district.ts';

let district: OvertakenDistrict;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  district = await OvertakenDistrict.create('run_ends_touched');
}, 30_000);
afterAll(() => district.test.drop(), 30_000);
beforeEach(async () => {
  await district.begin();
  ({ harness, roster } = district);
});

describe('guard §40: what others touch while a run reads', () => {
  it.each(['while reading', 'before comparing'] as const)(
    'archives nobody who was edited and released %s, nor what hangs on them; the next run looks at them',
    async (moment) => {
      const act = async (): Promise<void> => {
        await editRecord(district.pool, { ...on('students', 's1'), fields: { phone: '555-0100' } });
        await district.release('s1');
      };
      await district.claim('s1');
      roster.revision = moment;
      roster.student('s3', 'A', { grade: '11' });
      roster.beforeEnd = moment === 'while reading' ? act : () => Promise.resolve();
      const run = await district.runWith(async (stage) => {
        if (stage === 'diff' && moment === 'before comparing') await act();
      });
      expect(run).toMatchObject({ status: 'succeeded' });
      expect(run.counts.students).toMatchObject({ updated: 1, archived: 0, unchanged: 39 });
      expect(run.counts.enrollments).toMatchObject({ archived: 0, unchanged: 80 });
      expect(run.counts.guardianships).toMatchObject({ archived: 0, unchanged: 1 });
      expect(run.warnings).toMatchObject([
        {
          code: 'changed_meanwhile',
          message: '1 student was changed by hand or by another sync while the data was read; the next run looks at it',
        },
      ]);
      roster.beforeEnd = () => Promise.resolve();
      // The very same delivery is looked at once more.
      expect((await harness.run('sis')).counts.students).toMatchObject({ updated: 1, archived: 0 });
      expect(await harness.sql(`SELECT phone, claimed_at FROM students WHERE sis_id = 's1'`)).toEqual([
        { phone: null, claimed_at: null },
      ]);
    },
  );

  it.each([true, false])(
    'finds a class archived that the data has (unarchiveClasses: %s)',
    async (unarchiveClasses) => {
      await harness.createSync('sis', 'riverside', { unarchiveClasses });
      await harness.run('sis');
      let claims = 0;
      roster.student('s41', 'A').enroll('s41', 'c1').enroll('s41', 'c2');
      roster.beforeEnd = async () => void (await archiveRecord(district.pool, on('classes', 'c1')));
      const run = await district.runWith((stage) =>
        stage === 'apply' ? district.claim(`s${++claims}`) : Promise.resolve(),
      );
      expect(run).toMatchObject({ status: 'succeeded' });
      expect(run.counts.classes).toMatchObject(
        unarchiveClasses ? { archived: 0, restored: 1, unchanged: 1 } : { archived: 0, restored: 0, unchanged: 2 },
      );
      expect(run.counts.enrollments).toMatchObject(
        unarchiveClasses
          ? { archived: 0, restored: 40, created: 2, unchanged: 40 }
          : { archived: 0, restored: 0, created: 1, unchanged: 40 },
      );
      expect(await lostEnrollments()).toEqual([]);
      expect(run.warnings.filter(({ code }) => code === 'changed_meanwhile')).toEqual([]);
    },
  );

  it('takes for seen what was archived by hand and restored again meanwhile', async () => {
    roster.student('s3', 'A', { grade: '11' });
    roster.beforeEnd = async () => {
      await archiveRecord(district.pool, on('classes', 'c1'));
      await restoreRecord(district.pool, on('classes', 'c1'));
    };
    const run = await district.runWith();
    expect(run.counts.classes).toMatchObject({ archived: 0, restored: 0, unchanged: 2 });
    expect(run.counts.enrollments).toMatchObject({ archived: 0, restored: 0, unchanged: 80 });
    expect(run.warnings).toEqual([]);
  });

  it('ends no decision for a class that was restored by hand meanwhile and is not in the data', async () => {
    roster.remove('classes', 'c2');
    for (const { sisId, class: id } of roster.records.enrollments.values())
      if (id === 'c2') roster.remove('enrollments', sisId);
    expect(await harness.run('sis')).toMatchObject({ status: 'held' });
    const [hold] = await harness.sql<{ id: number }>('SELECT id FROM holds');
    await rejectHold(district.pool, { holdId: hold!.id, actor: 'pat', comment: 'it is still taught' });
    await archiveRecord(district.pool, on('classes', 'c2'));
    roster.beforeEnd = async () => void (await restoreRecord(district.pool, on('classes', 'c2')));
    const run = await district.runWith();
    expect(run.counts.classes).toMatchObject({ archived: 0 });
    expect(await harness.ids('classes')).toEqual(['c1', 'c2']);
    expect(await harness.sql(`SELECT sis_id FROM kept_records WHERE record_type = 'classes'`)).toEqual([
      { sis_id: 'c2' },
    ]);
  });

  it('archives who is gone from the data although somebody has noted meanwhile that they joined', async () => {
    roster.removeStudents('s39');
    roster.beforeEnd = async () => void (await district.claim('s39'));
    const run = await district.runWith();
    expect(run.counts.students).toMatchObject({ archived: 1, unchanged: 39 });
    expect(await harness.ids('enrollments', 'archived')).toEqual(
      ['c1', 'c2'].map((id) => compositeKey(id, 's39', 'student')),
    );
  });
});

const lostEnrollments = () =>
  harness.sql(`SELECT e.sis_id FROM enrollments e WHERE e.status = 'active' AND NOT EXISTS (
    SELECT 1 FROM classes c WHERE c.sis_id = e.class_id AND c.status = 'active')`);

describe('guard §40: two syncs of one district', () => {
  it('come to their ends although they commit in turn', async () => {
    const other = new RosterBuilder().school('B').students(20, 'B', 'b');
    const otherHarness = new PipelineHarness(district.test.database, other);
    await otherHarness.createSync('other', 'riverside');
    let nights = 0;
    const night = async (): Promise<void> => {
      other.student('b1', 'B', { grade: String(++nights) });
      expect(await otherHarness.run('other')).toMatchObject({ status: 'succeeded' });
    };
    await night();
    roster.removeStudents('s39').student('s41', 'A');
    roster.beforeEnd = night;
    const run = await district.runWith(night);
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(run.counts.students).toMatchObject({ created: 1, archived: 1, unchanged: 39 });
    expect([roster.pullsRead, await district.roundOf(run.runId)]).toEqual([1, 3]);
    expect(await harness.count('students')).toBe(60);
  });

  it('creates no enrollment in a class that the other archived while this one read', async () => {
    const other = new RosterBuilder().school('B').class('cb', 'B').class('cc', 'B');
    const otherHarness = new PipelineHarness(district.test.database, other);
    await otherHarness.createSync('other', 'riverside', { threshold: { default: 10_000, perType: {} } });
    await otherHarness.run('other');
    for (const type of ['classes', 'courses', 'terms'] as const) roster.deliveries[type] = 'absent';
    for (let i = 1; i <= 3; i++) roster.enroll(`s${i}`, 'cb');
    other.remove('classes', 'cb');
    roster.beforeEnd = async () => void (await otherHarness.run('other'));
    const run = await district.runWith();
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(await harness.ids('classes', 'archived')).toEqual(['cb']);
    expect(run.counts.enrollments).toMatchObject({ created: 0, archived: 0 });
    expect(await lostEnrollments()).toEqual([]);
  });
});

it('guard §40: a delta that shows a marked record again does not archive it if somebody edited it meanwhile', async () => {
  for (const type of ['students', 'enrollments', 'guardianships'] as const) roster.deliveries[type] = 'delta';
  for (const i of [1, 2, 3, 4, 5]) roster.gone.add(`students/s${i}`);
  expect(await harness.run('sis')).toMatchObject({ status: 'held' });
  await district.claim('s4');
  roster.gone.clear();
  roster.beforeEnd = async () => {
    await editRecord(district.pool, { ...on('students', 's4'), fields: { phone: '555-0100' } });
    await district.release('s4');
  };
  const run = await district.runWith();
  expect(run.counts.students).toMatchObject({ archived: 0, withheld: 0 });
  expect(await harness.sql('SELECT sis_id FROM delta_marks')).toEqual([]);
  // The hold keeps it until a run looks at it that nobody disturbs.
  const held = `SELECT r.sis_id FROM holds h JOIN hold_records r ON r.hold_id = h.id WHERE h.status = 'open'`;
  expect(await harness.sql(held)).toEqual([{ sis_id: 's4' }]);
  roster.beforeEnd = () => Promise.resolve();
  await harness.run('sis');
  expect(await harness.sql(held)).toEqual([]);
  expect(await harness.count('students')).toBe(40);
});
