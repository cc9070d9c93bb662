import { jest } from '@jest/globals';
import { CommandGround, ids, json } from './command-ground.fixture.ts';
import { runHere } from './command.fixture.ts';

// Other tests share the processors.
jest.setTimeout(60_000);

let ground: CommandGround;

beforeAll(async () => {
  ground = await CommandGround.prepare('sync_beside');
});
afterAll(() => ground.clear());

const runs = () =>
  ground.sql<{ id: number; kind: string; preview: boolean; status: string }>(
    'SELECT id, kind, preview, status FROM runs ORDER BY id',
  );

it('guard §40: a sync does not wait for a preview, and is what was asked for', async () => {
  ground.upload({ renamed: ['S101'] });
  expect(await runHere('sync', 'sis', '--preview', '--no-wait')).toMatchObject({ status: 0 });
  const run = json(await runHere('sync', 'sis', '--json'));
  expect(run).toMatchObject({ preview: false, kind: 'sync', round: 1, counts: { students: { updated: 1 } } });
  expect(run.run).toMatchObject({ id: '3', status: 'succeeded' });
});

it('guard §40: a sync that is asked for while an approval is carried out waits for it, and then runs', async () => {
  ground.upload({ gone: ids(101, 110) });
  expect((await runHere('sync', 'sis')).status).toBe(2);
  const [hold] = await ground.sql<{ id: number }>('SELECT id FROM holds');
  expect(await runHere('approve', String(hold?.id), '--no-wait')).toMatchObject({ status: 0 });
  const approvalRun = (await runs()).at(-1);
  expect(approvalRun).toMatchObject({ kind: 'approval', status: 'queued' });
  const asked = await runHere('sync', 'sis', '--no-wait');
  expect(asked.stderr).toContain(
    `Run ${approvalRun?.id} of "sis" carries out an approval or an undo. The sync that was asked for starts when it has ended.`,
  );
  const ended = await runHere('sync', 'sis');
  expect(ended).toMatchObject({ status: 0 });
  expect(ended.stderr).toContain(
    `Run ${approvalRun?.id} of "sis" carries out an approval or an undo: waiting for its end. Then the sync runs.`,
  );
  expect(ended.stdout).toMatch(/Succeeded: Run \d+ of "sis": nothing changed\./);
  expect((await runs()).slice(-2)).toMatchObject([
    { kind: 'approval', status: 'succeeded' },
    { kind: 'sync', status: 'succeeded' },
  ]);
  expect(await ground.students('archived')).toEqual(ids(101, 110));
});
