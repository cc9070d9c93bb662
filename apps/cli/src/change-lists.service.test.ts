import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { jest } from '@jest/globals';
import { RunReport } from '@rollbook/core';
import { CommandGround, expectRefused, ids, json } from './command-ground.fixture.ts';
import { runHere as rollbook, start } from './command.fixture.ts';

// A command opens its connections anew, and other tests share the processors.
jest.setTimeout(60_000);

let ground: CommandGround;

beforeAll(async () => {
  ground = await CommandGround.prepare('cli_change_lists');
});
afterAll(() => ground.clear());

/** `changes` writes to the standard output of its process as it reads. */
const changes = (...args: string[]) =>
  start(
    ['changes', ...args],
    { DATABASE_URL: process.env['DATABASE_URL'] as string, ROLLBOOK_HOME: ground.path('home') },
    ground.folder,
  ).ended;
const linesOf = (path: string): string[] => readFileSync(path, 'utf8').trimEnd().split('\n');
const tables = () =>
  ground.sql(`SELECT (SELECT count(*) FROM runs WHERE NOT preview) AS runs, (SELECT count(*) FROM holds) AS holds,
  (SELECT count(*) FROM students) AS students, (SELECT count(*) FROM roster_changes) AS changes`);

const HEADER = 'action,recordType,sisId,school,withheld,field,before,after';
const NIGHT = {
  gone: ['S101', 'T1', 'S201'],
  renamed: ['S102'],
};

describe('guard §31: change lists', () => {
  it('of files are written field by field, and nothing else is', async () => {
    ground.upload(NIGHT);
    const before = await tables();
    const file = ground.path('files.csv');
    const ended = await rollbook('preview', ground.path('roster'), '--against', 'sis', '--changes', file, '--json');
    expect(ended).toMatchObject({ status: 2, stderr: '' });
    expect(RunReport.parse(json(ended))).toMatchObject({ run: { id: 'preview', status: 'held', reason: 'threshold' } });
    expect(linesOf(file)).toEqual([
      HEADER,
      'archive,students,S101,0101,true,status,active,archived',
      'archive,students,S201,0102,true,status,active,archived',
      'update,students,S102,0101,false,familyName,Family,Other',
      'archive,staff,T1,0101,true,status,active,archived',
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await tables()).toEqual(before);
  });

  it('of a percentage that is tried have fewer withheld', async () => {
    const file = ground.path('files.json');
    const preview = ['preview', ground.path('roster'), '--against', 'riverside', '--changes', file];
    expect((await rollbook(...preview, '--threshold', '24.99')).status).toBe(2);
    expect((await rollbook(...preview, '--threshold', '25')).status).toBe(0);
    expect(JSON.parse(readFileSync(file, 'utf8')).changes[0]).toEqual({
      action: 'archive',
      recordType: 'students',
      sisId: 'S101',
      school: '0101',
      withheld: false,
      before: { status: 'active' },
      after: { status: 'archived' },
    });
  });

  it('of a preview and of the run that follows are the same', async () => {
    const [planned, done] = [ground.path('planned.csv'), ground.path('done.csv')];
    const previewed = await rollbook('sync', 'sis', '--preview', '--changes', planned, '--json');
    expect(previewed.status).toBe(2);
    expect(json(previewed)).toMatchObject({
      preview: true,
      hold: null,
      counts: { students: { updated: 1, withheld: 2 } },
    });
    const synced = await rollbook('sync', 'sis', '--changes', done, '--json');
    expect(synced.status).toBe(2);
    expect(json(synced)).toMatchObject({ preview: false, hold: '1' });
    expect(linesOf(planned)).toHaveLength(5);
    expect(linesOf(done)).toEqual(linesOf(planned));

    const { id } = json(synced).run;
    const csv = await changes(id);
    expect(csv).toMatchObject({ status: 0, stderr: '' });
    expect(csv.stdout.trimEnd().split('\n')).toEqual(linesOf(done));
    const list = json(await changes(id, '--format', 'json')).changes;
    expect(list.map(({ sisId }: { sisId: string }) => sisId)).toEqual(['S101', 'S201', 'S102', 'T1']);
    expect((await changes(json(previewed).run.id)).stderr).toContain('The roster has changed since preview');
  });

  it('say what is wrong with what was asked for', async () => {
    await expectRefused(
      [['sync', 'sis', '--changes', 'changes.txt'], 'ends in .csv or .json, received "changes.txt"'],
      [['sync', 'sis', '--changes', 'changes.csv', '--no-wait'], '--no-wait does not wait for its end'],
      [['preview', ground.path('roster'), '--changes', 'changes'], 'ends in .csv or .json, received "changes"'],
      [['preview', ground.path('roster'), '--changes', ground.path('none/x.csv')], 'cannot be written to', 'ENOENT'],
      [['changes', '999'], 'There is no run 999'],
      [['changes', '1', '--format', 'xml'], 'There is no format "xml". There are: csv, json.'],
    );
  });

  it('are not written by a run that fails', async () => {
    const file = ground.path('failed.csv');
    writeFileSync(ground.path('roster/users.csv'), 'surcedId,status\n1,active\n');
    for (const args of [
      ['sync', 'sis'],
      ['sync', 'sis', '--preview'],
      ['preview', ground.path('roster'), '--against', 'sis'],
    ]) {
      const ended = await rollbook(...args, '--changes', file, '--json');
      expect(ended.status).toBe(3);
      expect(RunReport.parse(json(ended)).run).toMatchObject({ status: 'failed', reason: 'invalid_data' });
    }
    expect(existsSync(file)).toBe(false);
  });
});

describe('guard §31: what-if', () => {
  it('says how many of the past runs a threshold would have held', async () => {
    ground.upload(NIGHT);
    await rollbook('sync', 'sis');
    const asked = await rollbook('whatif', 'sis', '--threshold', '25', '--json');
    expect(asked).toMatchObject({ status: 0, stderr: '' });
    expect(json(asked)).toEqual({
      sync: 'sis',
      thresholdPercent: 25,
      recordType: null,
      runs: 3,
      held: 2,
      wouldHold: [],
    });
    const { wouldHold } = json(
      await rollbook('whatif', 'sis', '--threshold', '5', '--type', 'students', '--last', '1', '--json'),
    );
    expect(wouldHold).toMatchObject([
      {
        wasHeld: true,
        over: [
          { recordType: 'students', school: '0102', active: 10, toArchive: 1, allowed: 0 },
          { recordType: 'staff', school: '0101', active: 4, toArchive: 1, allowed: 0 },
        ],
      },
    ]);
    expect((await rollbook('whatif', 'sis', '--threshold', '25')).stdout).toBe(
      'A deletion threshold of 25 % would have held 0 of the last 3 runs of "sis"; 2 were held.\n',
    );
  });

  it('says what is wrong with what was asked for', async () => {
    await expectRefused(
      [['whatif', 'sis'], "required option '--threshold <percent>'"],
      [['whatif', 'sis', '--threshold', '100.1'], 'received "100.1"'],
      [['whatif', 'sis', '--threshold', '10', '--type', 'pupils'], 'There is no record type "pupils"'],
      [['whatif', 'sis', '--threshold', '10', '--last', '0'], '--last: expected a whole number from 1 to 1000'],
      [['whatif', 'siss', '--threshold', '10'], 'Is "sis" meant?'],
    );
  });
});

describe('guard §26: relink', () => {
  it('lets records take the ids that they have in the data', async () => {
    const rekeyed = ids(103, 106);
    ground.upload({ rekeyed });
    const held = json(await rollbook('sync', 'sis', '--json'));
    expect(held).toMatchObject({ run: { status: 'held' }, explanations: [{ cause: 'ids_changed', explained: 4 }] });
    expect((await rollbook('hold', held.hold)).stdout).toContain(`rollbook approve ${held.hold} --relink`);
    const before = await ground.sql(`SELECT created_run_id FROM students WHERE sis_id = 'S103'`);
    const ended = await rollbook('approve', held.hold, '--relink', '--json');
    expect(ended).toMatchObject({ status: 0, stderr: `Hold ${held.hold}: 4 records approved for relinking.\n` });
    expect(await ground.sql('SELECT old_id, new_id FROM relinks ORDER BY 1')).toEqual([
      { old_id: 'S103', new_id: 'NS103' },
      { old_id: 'S104', new_id: 'NS104' },
      { old_id: 'S105', new_id: 'NS105' },
      { old_id: 'S106', new_id: 'NS106' },
    ]);
    expect(await ground.sql(`SELECT created_run_id FROM students WHERE sis_id = 'NS103'`)).toEqual(before);
    expect(await ground.students('active')).not.toContain('S103');
    expect(await ground.students('archived')).toEqual([]);
    const listed = json(await changes(json(ended).run.id, '--format', 'json')).changes;
    expect(listed[0]).toMatchObject({
      action: 'relink',
      recordType: 'students',
      before: { sisId: 'S103' },
      after: { sisId: 'NS103' },
    });
    expect((await rollbook('sync', 'sis')).status).toBe(0);
  });
});
