import { createLogger } from './logger.ts';

function logged(say: (log: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  say(createLogger({ purpose: 'service', write: (line) => lines.push(line) }));
  return lines.join('');
}

describe('createLogger', () => {
  it('writes one JSON line with level, time and message', () => {
    const entry = JSON.parse(logged((log) => log.info({ runId: 'r1' }, 'Run "r1" started.'))) as Record<
      string,
      unknown
    >;
    expect(entry).toEqual({ level: 'info', time: expect.any(String), runId: 'r1', msg: 'Run "r1" started.' });
  });

  it('is quieter for a command than for a service', () => {
    expect(createLogger({ purpose: 'command' }).level).toBe('warn');
    expect(createLogger({ purpose: 'service' }).level).toBe('info');
    expect(createLogger({ purpose: 'command', level: 'trace' }).level).toBe('trace');
  });

  it.each([
    ['a top-level field', { password: 'hunter2' }],
    ['a deep field', { source: { auth: [{ clientSecret: 'hunter2' }] } }],
    ['another spelling', { 'X-Api-Key': 'hunter2', api_token: 'hunter2', Authorization: 'Bearer hunter2' }],
    [
      'personal data',
      { student: { givenName: 'hunter2', family_name: 'hunter2', eMail: 'hunter2', birthDate: 'hunter2' } },
    ],
    ['a URL', { at: 'postgresql://rollbook:hunter2@db/x' }],
    ['bytes', { key: Buffer.from('hunter2') }],
  ])('keeps back %s', (_name, fields) => {
    const line = logged((log) => log.info(fields, 'done'));
    expect(line).toContain('done');
    expect(line).not.toContain('hunter2');
  });

  it('keeps back what is bound to a child, and URLs in the message', () => {
    const line = logged((log) => log.child({ token: 'hunter2', runId: 'r1' }).info('at redis://:hunter2@cache/0'));
    expect(line).toContain('r1');
    expect(line).toContain('cache/0');
    expect(line).not.toContain('hunter2');
  });

  it.each(['err', 'error', 'cause'])('reduces an error under "%s" to what holds no data', (key) => {
    const error = Object.assign(new Error('invalid input syntax for type date: "1999-hunter2"'), {
      code: '22007',
      detail: 'Key (email)=(hunter2) already exists.',
      config: { headers: { authorization: 'hunter2' } },
    });
    const line = logged((log) => log.error({ [key]: error }, 'failed'));
    expect(line).toContain('invalid input syntax for type date');
    expect(line).toContain('22007');
    expect(line).not.toContain('hunter2');
  });

  it('reduces an error that is logged alone', () => {
    const error = Object.assign(new Error('refused'), { detail: 'hunter2' });
    const line = logged((log) => log.error(error));
    expect(line).toContain('refused');
    expect(line).not.toContain('hunter2');
  });

  it('survives a value that contains itself', () => {
    const loop: Record<string, unknown> = { name: 'loop' };
    loop['self'] = loop;
    expect(logged((log) => log.info({ loop }, 'done'))).toContain('done');
  });
});
