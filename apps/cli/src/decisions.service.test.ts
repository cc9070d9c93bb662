import { jest } from '@jest/globals';
import { RunReport } from '@rollbook/core';
import { CommandGround, expectRefused, ids, json } from './command-ground.fixture.ts';
import { runHere as rollbook } from './command.fixture.ts';

// A command opens its connections anew, and other tests share the processors.
jest.setTimeout(60_000);

let ground: CommandGround;

beforeAll(async () => {
  ground = await CommandGround.prepare('cli_decisions');
});
afterAll(() => ground.clear());

/** Six of thirty, two of ten, one of the staff of four: each over 10 %. */
const GONE = [...ids(101, 106), 'S201', 'S202', 'T1'];

describe('guard §26: approve', () => {
  it('says what is wrong with what it was given, and decides nothing', async () => {
    ground.upload({ gone: GONE });
    expect((await rollbook('sync', 'sis')).status).toBe(2);
    await expectRefused(
      [['approve', '1', '--except', 'S101'], 'Expected a record as type:id, such as students:S1001, received "S101"'],
      [['approve', '1', '--except', 'students:S1011'], 'Hold 1 has no students "S1011"', 'Is "S101" meant?'],
      [['approve', '1', '--school', '101'], 'Hold 1 has no record in school "101". Its schools: 0101, 0102.'],
      [['approve', '1', '--type', 'pupils'], 'There is no record type "pupils"'],
      [['approve', '1', '--type', 'courses'], 'Hold 1 has no courses.'],
      [['approve', '1', '--relink'], 'there is nothing to relink'],
      [['approve', 'one'], 'Expected the number of a hold, received "one"'],
      [['approve', '9'], 'There is no hold 9'],
      [['reopen', '1'], 'No record of hold 1 is kept by a decision'],
    );
    expect(await ground.sql('SELECT 1 FROM decisions')).toEqual([]);
  });

  it('archives those of a school but for the exceptions, and says where the rest waits', async () => {
    const ended = await rollbook('approve', '1', '--school', '0102', '--except', 'students:S202', '--json');
    expect(ended).toMatchObject({
      status: 0,
      stderr: 'Hold 1: 1 record approved. 1 record is kept. The other 7 records wait in hold 2.\n',
    });
    const report = json(ended);
    expect(RunReport.parse(report)).toMatchObject({
      run: { status: 'succeeded', reason: null },
      counts: { students: { archived: 1, withheld: 0 } },
    });
    expect(report).toMatchObject({ kind: 'approval', trigger: 'approval' });
    expect(await ground.students('archived')).toEqual(['S201']);
    await expectRefused([['approve', '1'], 'Hold 1 was approved already', 'pat']);
  });

  it('archives those of a type', async () => {
    const ended = await rollbook('approve', '2', '--type', 'staff', '--comment', 'retired');
    expect(ended.status).toBe(0);
    expect(ended.stderr).toContain('Hold 2: 1 record approved. The other 6 records wait in hold 3.');
    expect(ended.stdout).toContain('(carries out an approval)');
    expect(await ground.sql(`SELECT sis_id FROM staff WHERE status = 'archived'`)).toEqual([{ sis_id: 'T1' }]);
    const { decisions } = json(await rollbook('hold', '2', '--json'));
    expect(decisions).toMatchObject([
      { decision: 'approve', actor: 'pat', comment: 'retired', schools: null, recordTypes: ['staff'], recordCount: 1 },
    ]);
  });
});

describe('guard §26: reject and reopen', () => {
  it('keep the records, and have them measured again', async () => {
    const rejected = await rollbook('reject', '3', '--comment', 'on an excursion', '--json');
    expect(rejected).toMatchObject({ status: 0, stderr: '' });
    expect(json(rejected)).toMatchObject({
      hold: { id: '3', status: 'rejected', records: 6 },
      decisions: [{ decision: 'reject', actor: 'pat', comment: 'on an excursion', recordCount: 6 }],
    });
    expect((await rollbook('sync', 'sis')).status).toBe(0);
    expect(await ground.students('archived')).toEqual(['S201']);
    await expectRefused([['reject', '3', '--comment', 'again'], 'Hold 3 was rejected already']);

    expect(await rollbook('reopen', '3', '--comment', 'they moved')).toMatchObject({
      status: 0,
      stdout: '6 records of hold 3 are no longer kept. "rollbook sync sis" measures them again.\n',
    });
    const again = await rollbook('sync', 'sis', '--json');
    expect(again.status).toBe(2);
    expect(json(again)).toMatchObject({ hold: '4', counts: { students: { withheld: 6, kept: 1 } } });
    expect(json(await rollbook('reopen', '1', '--json'))).toEqual({ hold: '1', sync: 'sis', records: 1 });
  });
});

describe('guard §26: threshold', () => {
  it('says what is wrong with what it was given, and raises nothing', async () => {
    await expectRefused(
      [['threshold', 'siss'], 'There is no sync "siss"', 'Is "sis" meant?'],
      [['threshold', 'sis', '--raise', '20'], 'A raise ends by itself: for how long shall it hold?', '--next-run'],
      [['threshold', 'sis', '--raise', '20', '--next-run', '--until', '2999-01-01'], 'exclude each other'],
      [['threshold', 'sis', '--next-run'], '--next-run says how --raise is meant, and --raise is missing'],
      [['threshold', 'sis', '--raise', '20', '--revert'], 'give one of them'],
      [['threshold', 'sis', '--raise', '101', '--next-run'], 'received "101"'],
      [['threshold', 'sis', '--raise', '5', '--next-run'], '10 %'],
      [['threshold', 'sis', '--raise', '20', '--until', '2020-01-01'], 'cannot be raised until 2020-01-01'],
      [['threshold', 'sis', '--raise', '20', '--until', 'May'], '--until: expected a date'],
      [['threshold', 'sis', '--revert'], 'sis'],
    );
    expect(await ground.sql('SELECT 1 FROM threshold_raises')).toEqual([]);
  });

  it('raises it until a day, shows that wherever the threshold is, and takes it back', async () => {
    const raised = await rollbook(
      'threshold',
      'sis',
      '--raise',
      '50',
      '--type',
      'staff',
      '--until',
      '2999-01-01',
      '--json',
    );
    expect(raised.status).toBe(0);
    expect(json(raised)).toMatchObject({
      sync: 'sis',
      recordTypes: {
        staff: { thresholdPercent: 50, thresholdNote: 'raised until 2999-01-01' },
        students: { thresholdPercent: 10, thresholdNote: null },
      },
      raise: { basisPoints: 5000, recordTypes: ['staff'], until: '2999-01-01', actor: 'pat' },
    });
    const reverted = await rollbook('threshold', 'sis', '--revert');
    expect(reverted.status).toBe(0);
    expect(reverted.stdout).toMatch(/^staff +10 % +as configured$/m);
  });

  it('raises it for one run, which archives what was held, and is used up', async () => {
    const raised = await rollbook('threshold', 'sis', '--raise', '20', '--next-run', '--comment', 'they moved');
    expect(raised.stdout).toMatch(/^students +20 % +raised for this run$/m);
    expect(raised.stdout).toContain('pat raised it at');
    const { counts, notes } = json(await rollbook('sync', 'sis', '--json'));
    expect(counts.students).toMatchObject({ archived: 7, withheld: 0 });
    expect(notes).toEqual([
      'The deletion threshold is raised to 20 % for one run.',
      'Hold 4 is resolved: 6 records were archived. They could be archived because the threshold has changed.',
    ]);
    expect(json(await rollbook('threshold', 'sis', '--json'))).toMatchObject({
      recordTypes: { students: { thresholdPercent: 10, thresholdNote: null } },
      raise: null,
    });
  });
});

describe('guard §36: threshold --raise-updates', () => {
  it('says what is wrong with what it was given, and raises nothing', async () => {
    const before = await ground.sql('SELECT id FROM threshold_raises');
    await expectRefused(
      [
        ['threshold', 'sis', '--raise-updates', '50', '--next-run'],
        'The update threshold of "sis" is off',
        'updateThreshold',
      ],
      [['threshold', 'sis', '--raise-updates', '50'], 'A raise ends by itself'],
      [['threshold', 'sis', '--raise-updates', '50', '--raise', '50', '--next-run'], 'give one of them'],
      [['threshold', 'sis', '--raise-updates', 'all', '--next-run'], 'received "all"'],
      [['threshold', 'sis', '--revert-updates'], 'The update threshold of "sis" is not raised.'],
    );
    expect(await ground.sql('SELECT id FROM threshold_raises')).toEqual(before);
    expect((await rollbook('threshold', 'sis')).stdout).not.toContain('usernames');
  });

  it('raises it for one run, shows that, and takes it back', async () => {
    const on = { students: 3000, staff: null, guardians: 3000 };
    await ground.sql(`UPDATE syncs SET settings = settings || '${JSON.stringify({ updateThreshold: on })}'`);
    const raised = await rollbook('threshold', 'sis', '--raise-updates', '60', '--type', 'students', '--next-run');
    expect(raised.status).toBe(0);
    expect(raised.stdout).toMatch(/^students +60 % +raised for this run$/m);
    expect(raised.stdout).toMatch(/^staff +all +no update threshold$/m);
    expect(raised.stdout).toContain('The update threshold of students is raised to 60 % for one run. pat raised it at');
    expect(json(await rollbook('threshold', 'sis', '--json'))).toMatchObject({
      recordTypes: { students: { thresholdPercent: 10, thresholdNote: null } },
      updates: {
        students: { thresholdPercent: 60, thresholdNote: 'raised for this run' },
        staff: { thresholdPercent: null, thresholdNote: null },
        guardians: { thresholdPercent: 30, thresholdNote: null },
      },
      raise: null,
      updateRaise: { basisPoints: 6000, recordTypes: ['students'], until: null, actor: 'pat' },
    });
    const reverted = await rollbook('threshold', 'sis', '--revert-updates');
    expect(reverted.stdout).toMatch(/^students +30 % +as configured$/m);
    await ground.sql(`UPDATE syncs SET settings = settings - 'updateThreshold'`);
  });
});

describe('guard §29, §40: undo', () => {
  it('restores what a run archived, once, and keeps it until it is released', async () => {
    const [run] = await ground.sql<{ id: number }>(`SELECT max(id) AS id FROM runs WHERE kind = 'sync'`);
    const ended = await rollbook('undo', String(run?.id), '--comment', 'by mistake', '--json');
    expect(ended.status).toBe(0);
    expect(json(ended)).toMatchObject({
      kind: 'undo',
      undoes: String(run?.id),
      counts: { students: { restored: 7, archived: 0 } },
    });
    expect(await ground.students('archived')).toEqual(['S201']);
    await expectRefused(
      [['undo', String(run?.id)], `Run ${run?.id} was undone already`],
      [['undo', '1'], 'Run 1 archived nothing: there is nothing to undo.'],
      [['undo', '999'], 'There is no run 999'],
      [['undo', 'last'], 'Expected the number of a run, received "last"'],
    );
    expect((await rollbook('sync', 'sis')).status).toBe(0);
    expect(await ground.students('archived')).toEqual(['S201']);
    await expectRefused([['undo', String(run?.id), '--release', '--no-keep'], 'cannot be given together']);
    const released = await rollbook('undo', String(run?.id), '--release', '--json');
    expect(json(released)).toEqual({ run: String(run?.id), sync: 'sis', records: 7 });
    expect((await rollbook('sync', 'sis')).status).toBe(2);
    expect(await ground.students('archived')).toEqual(['S201']);
  });
});

describe('guard §30: pause and resume', () => {
  it('say what is wrong with what they were given', async () => {
    await expectRefused(
      [['pause', 'sis'], "required option '--until <date>'"],
      [['pause', 'sis', '--until', '2020-01-01'], '"sis" cannot be paused until 2020-01-01'],
      [['pause', 'sis', '--until', '2027-02-30'], '--until: expected a date that exists'],
      [['pause', 'siss', '--until', '2999-01-01'], 'Is "sis" meant?'],
      [['resume', 'sis'], '"sis" is not paused.'],
    );
  });

  it('stop runs but for previews and those that a person insists on, and let them go on', async () => {
    expect(await rollbook('pause', 'sis', '--until', '2999-01-01', '--comment', 'rollover')).toMatchObject({
      status: 0,
      stdout: '"sis": Paused until 2999-01-01, the first day it runs again.\n',
    });
    await expectRefused([['sync', 'sis'], '"sis" does not run today', 'It runs again on 2999-01-01', '--anyway']);
    expect((await rollbook('sync', 'sis', '--preview')).status).toBe(2);
    expect((await rollbook('sync', 'sis', '--anyway')).status).toBe(2);
    expect(await rollbook('resume', 'sis')).toMatchObject({ status: 0, stdout: '"sis" runs again.\n' });
    const contacts = await rollbook('pause', 'sis', '--until', '2999-01-01', '--except-contacts', '--json');
    expect(json(contacts)).toEqual({
      sync: 'sis',
      until: '2999-01-01',
      what: 'all-but-contacts',
      notes: ['Paused until 2999-01-01, except for contacts: only guardians and guardianships are synced.'],
    });
    expect((await rollbook('sync', 'sis')).status).toBe(0);
    expect(json(await rollbook('resume', 'sis', '--json'))).toEqual({ sync: 'sis' });
  });
});
