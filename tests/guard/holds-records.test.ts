import { compositeKey } from '@rollbook/core';
import { readHold, type HeldRecord, type HoldDetails } from '@rollbook/store';
import { DecidedDistrict, ids } from './decided-district.ts';

type RecordPage = Parameters<typeof readHold>[2];

let district: DecidedDistrict;

beforeAll(async () => {
  district = await DecidedDistrict.create('guard_holds_records');
}, 30_000);
afterAll(() => district.drop());
beforeEach(() => district.begin());

const show = async (page?: RecordPage): Promise<HoldDetails> =>
  readHold(district.database, await district.openHold(), page);
const shown = async (sisId: string): Promise<HeldRecord | undefined> =>
  (await show()).records.find((record) => record.sisId === sisId);
const finishedAt = async (runId: number): Promise<string | undefined> =>
  (
    await district.harness.sql<{ finished_at: Date }>('SELECT finished_at FROM runs WHERE id = $1', [runId])
  )[0]?.finished_at.toISOString();

describe('guard §24: what a hold shows of each record', () => {
  it('a student has a name, a grade, and up to three classes, homerooms first', async () => {
    await district.begin((roster) => {
      roster.student('a1', 'A', { givenName: 'Given a1', familyName: 'Family a1', grade: '12' });
      roster.class('k1', 'A', { title: 'Algebra' }).class('k2', 'A', { title: 'Biology' });
      roster.class('k3', 'A', { title: 'Chemistry' }).class('k4', 'A', { title: 'Room 9', kind: 'homeroom' });
      for (const id of ids('k', 4)) roster.enroll('a1', id);
    });
    await district.heldWithout(...ids('a', 3));
    expect(await shown('a1')).toMatchObject({
      recordType: 'students',
      school: 'A',
      name: 'Given a1 Family a1',
      grade: '12',
      classes: ['Room 9', 'Algebra', 'Biology'],
      newId: null,
    });
    expect(await shown('a2')).toMatchObject({ name: 'Given a2 Family a2', grade: '09', classes: [] });
  });

  it('staff, guardians, schools, terms, courses and classes have a name or a title', async () => {
    await district.begin((roster) => {
      roster.guardian('g1', 'b1').school('C');
      roster.records.terms.set('y', {
        sisId: 'y',
        title: 'Year',
        kind: null,
        startDate: null,
        endDate: null,
        schoolYear: null,
        parent: null,
      });
      roster.records.courses.set('m', {
        sisId: 'm',
        title: 'Mathematics',
        code: null,
        school: 'A',
        grades: [],
        subjects: [],
      });
      roster.records.terms.set('z', {
        sisId: 'z',
        title: 'Other',
        kind: null,
        startDate: null,
        endDate: null,
        schoolYear: null,
        parent: null,
      });
      roster.records.courses.set('n', {
        sisId: 'n',
        title: 'Other',
        code: null,
        school: 'A',
        grades: [],
        subjects: [],
      });
    });
    const { roster } = district;
    roster.remove('staff', 't1').remove('guardians', 'g1').remove('guardianships', compositeKey('b1', 'g1'));
    roster.remove('schools', 'C').remove('terms', 'y').remove('courses', 'm').remove('classes', 'c1');
    expect((await district.run()).status).toBe('held');
    expect((await show()).records.map(({ recordType, sisId, name }) => [recordType, sisId, name])).toEqual([
      ['schools', 'C', 'School C'],
      ['terms', 'y', 'Year'],
      ['courses', 'm', 'Mathematics'],
      ['classes', 'c1', 'Class c1'],
      ['staff', 't1', 'Given t1 Family t1'],
      ['guardians', 'g1', 'Given g1 Family g1'],
    ]);
  });

  it('an enrollment and a guardianship have the ids of both sides, an enrollment its class', async () => {
    await district.begin((roster) => {
      for (const id of ids('a', 10)) roster.enroll(id, 'c1');
      roster.guardian('g1', 'a1').guardian('g2', 'a2');
    });
    district.roster.remove('enrollments', compositeKey('c1', 'a1', 'student'), compositeKey('c1', 'a2', 'student'));
    district.roster.remove('guardianships', compositeKey('a1', 'g1'));
    expect((await district.run()).status).toBe('held');
    expect(await show()).toMatchObject({
      records: [
        { recordType: 'enrollments', name: 'student a1 in class c1', classes: ['Class c1'], grade: null },
        { recordType: 'enrollments', name: 'student a2 in class c1', classes: ['Class c1'], grade: null },
        { recordType: 'guardianships', school: null, name: 'student a1 and guardian g1', classes: [] },
      ],
    });
  });

  it('was last seen by the run before the first that missed it, also when that is confirmed later', async () => {
    const seen = await district.run();
    await district.heldWithout(...ids('a', 3));
    await district.run();
    expect((await shown('a1'))?.lastSeen).toBe(await finishedAt(seen.runId));
  });

  it('has no such time if it was missing before its hold was opened', async () => {
    await district.heldWithout(...ids('a', 3));
    const seen = await district.run();
    await district.heldWithout('a4');
    expect((await shown('a1'))?.lastSeen).toBeNull();
    expect((await shown('a4'))?.lastSeen).toBe(await finishedAt(seen.runId));
  });

  it('is named as the roster has it now; nothing that a hold stores has a name', async () => {
    await district.heldWithout(...ids('a', 3));
    await district.harness.sql(`UPDATE students SET given_name = 'Renamed', family_name = 'Since' WHERE sis_id = 'a1'`);
    expect((await shown('a1'))?.name).toBe('Renamed Since');
    const stored = await district.harness.sql(
      `SELECT to_jsonb(h), to_jsonb(r), to_jsonb(u), to_jsonb(f) FROM holds h JOIN hold_records r ON r.hold_id = h.id
       JOIN runs u ON u.id = h.run_id JOIN findings f ON f.run_id = u.id`,
    );
    expect(stored.length).toBeGreaterThan(0);
    expect(JSON.stringify(stored)).not.toMatch(/Given|Family|Renamed|@/);
  });

  it('is listed in the order of types, schools and ids, and can be read in pages', async () => {
    district.roster.remove('classes', 'c1').remove('staff', 't1');
    await district.heldWithout('b2', 'b1', ...ids('a', 3));
    const page = async (request?: RecordPage): Promise<string[]> =>
      (await show(request)).records.map(({ sisId }) => sisId);
    const all = ['c1', 'a1', 'a2', 'a3', 'b1', 'b2', 't1'];
    expect(await page()).toEqual(all);
    expect(await page({ limit: 3 })).toEqual(['c1', 'a1', 'a2']);
    expect(await page({ offset: 3, limit: 3 })).toEqual(['a3', 'b1', 'b2']);
    expect(await page({ offset: 6, limit: 3 })).toEqual(['t1']);
    expect(await page({ offset: 7, limit: 3 })).toEqual([]);
    expect(await page({ offset: 5 })).toEqual(['b2', 't1']);
    // The numbers are those of the whole hold whatever the page.
    expect((await show({ offset: 7 })).groups.map(({ withheld }) => withheld)).toEqual([1, 3, 2, 1]);
  });
});
