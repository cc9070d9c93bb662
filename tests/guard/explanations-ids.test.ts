import { compositeKey, type Guardian, type Staff, type Student } from '@rollbook/core';
import { readHold } from '@rollbook/store';
import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { causesOf, explainedHold, someOf } from './explained.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('explanations_ids');
});
afterAll(() => testDatabase.drop());
/** Two linked schools with ten students each, and one that is not linked. */
beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  roster = new RosterBuilder().school('A').school('B').school('X');
  for (const id of someOf('00', 1, 9)) roster.student(id, 'A', { birthDate: '2011-03-04' });
  roster.students(10, 'B', 'b').staff('t1', 'A').staff('t2', 'A');
  harness = new PipelineHarness(testDatabase.database, roster, () => new Date('2027-06-15T12:00:00Z'));
  await harness.createSync('sis', 'riverside', {
    schools: [
      { sisId: 'A', name: null },
      { sisId: 'B', name: null },
    ],
  });
  await harness.run('sis');
});

/** The same person under another id, and what else is said of them now. */
const rekey = (from: string, to: string, { school = 'A', ...fields }: Partial<Student> = {}): void => {
  const known = roster.records.students.get(from) as Student;
  roster
    .removeStudents(from)
    .student(to, school ?? 'A', { ...known, sisId: to, school, schools: [school ?? 'A'], ...fields });
};

/** Every pair of the latest hold. */
const pairs = async (): Promise<string[]> =>
  (
    await harness.sql<{ pair: string }>(
      `SELECT record_type || ' ' || sis_id || ' ' || new_id AS pair FROM hold_pairs
       WHERE hold_id = (SELECT max(id) FROM holds) ORDER BY 1`,
    )
  ).map(({ pair }) => pair);

describe('guard §25: ids that were changed', () => {
  it('are people in the data under new ids, with the same name and the same birth date or e-mail', async () => {
    rekey('001', 'n1', { email: 'other@district.example' });
    rekey('002', 'n2', { birthDate: null });
    rekey('003', 'n3');
    const told = await explainedHold(harness);
    expect(told).toMatchObject([
      {
        cause: 'ids_changed',
        recordType: 'students',
        schools: ['A'],
        explained: 3,
        of: 3,
        message:
          'All 3 students due to be archived at School A are in the data under new ids, with the same name and the same birth ' +
          'date or e-mail (for example, "001" is now "n1"): this looks like ids that were changed, not like people who left.',
        evidence: { pairs: 3, toArchive: 3, toCreate: 3, oldId: '001', newId: 'n1' },
        examples: ['001', '002', '003'],
      },
    ]);
    expect(await explainedHold(harness)).toEqual(told);
  });

  it('are told of where half of the missing have them, and not where fewer do', async () => {
    for (const n of [1, 2, 3]) rekey(`00${n}`, `n${n}`);
    roster.removeStudents('004', '005', '006');
    expect(await explainedHold(harness)).toMatchObject([{ cause: 'ids_changed', explained: 3, of: 6 }]);
    roster.removeStudents('007');
    expect(await explainedHold(harness)).toEqual([]);
  });

  it('are not told of for two', async () => {
    for (const n of [1, 2]) rekey(`00${n}`, `n${n}`);
    expect(await explainedHold(harness)).toEqual([]);
    expect(await pairs()).toEqual(['students 001 n1', 'students 002 n2']);
  });

  it('of the staff and of guardians are told by the e-mail', async () => {
    for (const n of [1, 2, 3]) roster.staff(`t${n}`, 'A').guardian(`g${n}`, `b${n}`);
    await harness.run('sis');
    for (const n of [1, 2, 3]) {
      const staff = roster.records.staff.get(`t${n}`) as Staff;
      roster.remove('staff', `t${n}`).staff(`T-${n}`, 'A', { ...staff, sisId: `T-${n}` });
      const guardian = roster.records.guardians.get(`g${n}`) as Guardian;
      roster.remove('guardians', `g${n}`).remove('guardianships', compositeKey(`b${n}`, `g${n}`));
      roster.guardian(`G-${n}`, `b${n}`, { ...guardian, sisId: `G-${n}` });
    }
    const told = await explainedHold(harness);
    expect(told).toMatchObject([
      { cause: 'ids_changed', recordType: 'staff', schools: ['A'], explained: 3, of: 3 },
      { cause: 'ids_changed', recordType: 'guardians', schools: [], explained: 3, of: 3 },
    ]);
    expect(await explainedHold(harness)).toEqual(told);
  });
});

describe('guard §25: a pair', () => {
  /** The pairs of the hold after a change in the data, the same on the first night and the second; others are missing too. */
  const pairsAfter = async (change: () => void): Promise<string[]> => {
    change();
    roster.removeStudents('008', '009');
    await explainedHold(harness);
    const night = await pairs();
    await explainedHold(harness);
    expect(await pairs()).toEqual(night);
    return night;
  };

  it('is known by the name without regard to case and spaces around it', async () => {
    const found = pairsAfter(() =>
      rekey('001', 'n1', { givenName: ' GIVEN 001 ', familyName: 'family 001', email: ' 001@DISTRICT.example ' }),
    );
    expect(await found).toEqual(['students 001 n1']);
  });

  it('is not made where the name was changed', async () => {
    expect(await pairsAfter(() => rekey('001', 'n1', { familyName: 'Married' }))).toEqual([]);
  });

  it('is not made where the name is the same and neither birth date nor e-mail is', async () => {
    const changed = { birthDate: null, email: 'other@district.example' };
    expect(await pairsAfter(() => rekey('001', 'n1', changed))).toEqual([]);
  });

  it('is not made where the e-mail is the same and the birth date another', async () => {
    expect(await pairsAfter(() => rekey('001', 'n1', { birthDate: '2012-01-01' }))).toEqual([]);
  });

  it('is not made where two new records could be meant', async () => {
    const found = pairsAfter(() => {
      const { email, ...known } = roster.records.students.get('001') as Student;
      roster.student('n1', 'A', { ...known, sisId: 'n1', email: 'other@district.example' });
      rekey('001', 'n2', { birthDate: null, email });
    });
    expect(await found).toEqual([]);
  });

  it('is not made for twins of one name and birth date, of whom nobody can tell which is which', async () => {
    const twin = { givenName: 'Given twin', familyName: 'Family twin', email: null, birthDate: '2011-03-04' };
    roster.student('001', 'A', twin).student('002', 'A', twin);
    await harness.run('sis');
    const found = pairsAfter(() => {
      rekey('001', 'n1');
      rekey('002', 'n2');
    });
    expect(await found).toEqual([]);
  });

  it('is not made with a record that was there before', async () => {
    const { email, birthDate, givenName, familyName } = roster.records.students.get('001') as Student;
    roster.student('old', 'A', { email, birthDate, givenName, familyName });
    await harness.run('sis');
    expect(await pairsAfter(() => roster.removeStudents('001'))).toEqual([]);
  });

  it('is shown with the hold', async () => {
    await pairsAfter(() => rekey('001', 'n1'));
    const [hold] = await harness.sql<{ id: number }>(`SELECT id FROM holds WHERE status = 'open'`);
    const { groups, records } = await readHold(testDatabase.database, hold?.id as number);
    expect(groups).toMatchObject([{ school: 'A', withheld: 3, relinkable: 1 }]);
    expect(records.filter(({ newId }) => newId !== null)).toMatchObject([{ sisId: '001', newId: 'n1' }]);
  });
});

describe('guard §25: zeros that were lost', () => {
  it('are ids in the data without their leading zeros', async () => {
    for (const n of [1, 2, 3]) rekey(`00${n}`, String(n));
    const told = await explainedHold(harness);
    expect(told).toMatchObject([
      {
        cause: 'zeros_lost',
        recordType: 'students',
        schools: ['A'],
        explained: 3,
        of: 3,
        evidence: { pairs: 3, toArchive: 3, toCreate: 3, oldId: '001', newId: '1' },
      },
    ]);
    expect(await explainedHold(harness)).toEqual(told);
  });

  it('are told of for records that have no name to know them by', async () => {
    for (const n of [1, 2, 3]) roster.class(`0${n}`, 'A');
    await harness.run('sis');
    for (const n of [1, 2, 3]) roster.remove('classes', `0${n}`).class(String(n), 'A');
    const told = await explainedHold(harness);
    expect(told).toMatchObject([{ cause: 'zeros_lost', recordType: 'classes', schools: ['A'], explained: 3, of: 3 }]);
    expect(await explainedHold(harness)).toEqual(told);
  });

  it('are not told of where zeros were gained: those are other ids', async () => {
    for (const n of [1, 2, 3]) rekey(`00${n}`, `000${n}`);
    expect(causesOf(await explainedHold(harness))).toEqual(['ids_changed']);
  });

  it('are not told of for two, nor for fewer than half', async () => {
    for (const n of [1, 2]) rekey(`00${n}`, String(n));
    expect(await explainedHold(harness)).toEqual([]);
    rekey('003', '3');
    roster.removeStudents(...someOf('00', 4, 7));
    expect(await explainedHold(harness)).toEqual([]);
  });
});

describe('guard §25: transfers', () => {
  it('are students in the data at a school that is not linked', async () => {
    for (const n of [1, 2, 3]) roster.student(`00${n}`, 'X');
    const told = await explainedHold(harness);
    expect(told).toMatchObject([
      {
        cause: 'transfers',
        recordType: 'students',
        schools: ['A'],
        explained: 3,
        of: 3,
        message:
          'All 3 students due to be archived at School A are in the data at School X, which is not linked: ' +
          'this looks like students who changed schools.',
        evidence: { kind: 'not_linked', students: 3, toArchive: 3, destinations: 1, to: 'X' },
        examples: ['001', '002', '003'],
      },
    ]);
    expect(await explainedHold(harness)).toEqual(told);
  });

  it('are students who are new at another linked school under another id', async () => {
    for (const n of [1, 2, 3]) rekey(`00${n}`, `n${n}`, { school: 'B' });
    const told = await explainedHold(harness);
    expect(told).toMatchObject([
      { cause: 'transfers', schools: ['A'], explained: 3, of: 3, evidence: { kind: 'new_id', to: 'B' } },
    ]);
    expect(await explainedHold(harness)).toEqual(told);
    expect(await pairs()).toEqual(['students 001 n1', 'students 002 n2', 'students 003 n3']);
  });

  it('are not told of for two, nor for fewer than half', async () => {
    for (const n of [1, 2]) roster.student(`00${n}`, 'X');
    expect(await explainedHold(harness)).toEqual([]);
    roster.student('003', 'X').removeStudents(...someOf('00', 4, 7));
    expect(await explainedHold(harness)).toEqual([]);
  });
});
