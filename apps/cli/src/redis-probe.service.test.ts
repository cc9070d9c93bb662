import { probeRedis } from './redis-probe.ts';

const url = process.env['TEST_REDIS_URL'] as string;

it('asks a Redis what it is', async () => {
  const facts = await probeRedis(url);
  expect(facts.version).toMatch(/^\d+\.\d+/);
  expect(facts.memoryPolicy).toBe('noeviction');
  expect(typeof facts.appendOnly).toBe('boolean');
});

it('tells why it cannot, without the password', async () => {
  const wrong = new URL(url);
  wrong.username = 'default';
  wrong.password = 'hunter2';
  await expect(probeRedis(wrong.href)).rejects.toThrow(/^it answered "(WRONGPASS|ERR)(?!.*hunter2)/);
  await expect(probeRedis('redis://127.0.0.1:1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
