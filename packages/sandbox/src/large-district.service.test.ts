import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { faultsOf, readDelivery } from './delivery.fixture.ts';
import type { Delivery, Row } from './delivery.fixture.ts';
import { writeLargeDistrict } from './large-district.ts';
import type { LargeDistrictOptions, LargeDistrictReport } from './large-district.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rollbook-sandbox-'));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

type Options = Omit<LargeDistrictOptions, 'dir'>;

async function write(name: string, options: Options): Promise<{ report: LargeDistrictReport; delivery: Delivery }> {
  const dir = join(root, name);
  const report = await writeLargeDistrict({ ...options, dir });
  return { report, delivery: await readDelivery(dir) };
}

const usersOf = ({ files }: Delivery, role: string): Map<string, Row> =>
  new Map((files['users.csv'] ?? []).filter((row) => row['role'] === role).map((row) => [row['sourcedId'] ?? '', row]));

const BASE: Options = { seed: 1, rows: 3_000, day: 1, version: '1.1' };

describe('writeLargeDistrict', () => {
  it.each(['1.1', '1.2'] as const)(
    'writes a whole delivery of about as many rows as asked, version %s',
    async (version) => {
      const { report, delivery } = await write(`whole-${version}`, { ...BASE, version });
      expect(faultsOf(delivery)).toEqual([]);
      expect(Math.abs(report.totalRows - 3_000)).toBeLessThan(60);
      for (const [name, count] of Object.entries(report.rows)) expect(delivery.files[name]).toHaveLength(count);
      expect(delivery.names).toEqual([...Object.keys(report.rows), 'manifest.csv'].sort());
      expect(delivery.names.includes('roles.csv')).toBe(version === '1.2');
    },
  );

  it('has a realistic mix: 1.4 guardians and 6.5 enrollments a student, classes of 25', async () => {
    const { delivery } = await write('mix', { ...BASE, rows: 12_000 });
    const [students, parents] = [usersOf(delivery, 'student').size, usersOf(delivery, 'parent').size];
    const enrolled = (delivery.files['enrollments.csv'] ?? []).filter((row) => row['role'] === 'student').length;
    expect(parents / students).toBeCloseTo(1.4, 1);
    expect(enrolled / students).toBeCloseTo(6.5, 1);
    expect(enrolled / (delivery.files['classes.csv'] ?? []).length).toBeCloseTo(25, 0);
  });

  it('writes day 2 as day 1, byte for byte in content', async () => {
    const small = { ...BASE, rows: 2_000 };
    const [first, second] = [await write('day-1', small), await write('day-2', { ...small, day: 2 })];
    expect(second.delivery).toEqual(first.delivery);
    expect((await write('seed-2', { ...small, seed: 2 })).delivery).not.toEqual(first.delivery);
  });

  it.each([3, 4])('writes a whole delivery on day %i', async (day) => {
    const { delivery } = await write(`whole-day-${day}`, { ...BASE, day });
    expect(faultsOf(delivery)).toEqual([]);
  });

  it('changes about 1 % of the students on day 3, and again on day 4', async () => {
    const students = async (day: number): Promise<Map<string, Row>> => {
      const dir = join(root, `students-${day}`);
      await writeLargeDistrict({ ...BASE, rows: 30_000, day, dir });
      return usersOf(await readDelivery(dir, ['users.csv']), 'student');
    };
    let before = await students(2);
    for (const day of [3, 4]) {
      const after = await students(day);
      const gone = [...before.keys()].filter((id) => !after.has(id)).length;
      const added = [...after.keys()].filter((id) => !before.has(id)).length;
      const changed = [...after].filter(
        ([id, row]) => before.has(id) && JSON.stringify(before.get(id)) !== JSON.stringify(row),
      ).length;
      for (const count of [gone, added, changed]) expect(count).toBeGreaterThan(0);
      expect((gone + added + changed) / before.size).toBeGreaterThan(0.006);
      expect((gone + added + changed) / before.size).toBeLessThan(0.014);
      before = after;
    }
  });

  it.each([
    [{ rows: 999 }, 'Expected 1000 rows or more, as a whole number; got "999".'],
    [{ rows: 1e5 + 0.5 }, 'as a whole number; got "100000.5".'],
    [{ day: 0 }, 'Expected a day of 1 or later, as a whole number; got "0".'],
  ])('refuses %j', async (wrong, message) => {
    await expect(writeLargeDistrict({ ...BASE, ...wrong, dir: root })).rejects.toThrow(message);
  });
});
