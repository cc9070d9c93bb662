import type { PullEvent } from '@rollbook/pipeline';
import { startOneRosterSite, type HttpFault, type OneRosterSite } from '@rollbook/sandbox';
import { neverAborted, refusal } from '../delivery.fixture.ts';
import { DISTRICT, sourceOf } from './oneroster-ground.fixture.ts';

/**
 * Each fault strikes the middle of a pull, at the second page of users, when much has been read. None may end as if the
 * rest were gone.
 */
const MIDDLE = { path: '/ims/oneroster/rostering/v1p2/users', query: 'offset=100&' };
const WAIT = { kind: 'status', status: 429 } as const;

const FAULTS: readonly [string, HttpFault, reason: string, disposition: string, message: RegExp][] = [
  ['401', { kind: 'status', status: 401 }, 'wrong_credentials', 'give-up', /refuses the credentials/],
  ['403', { kind: 'status', status: 403 }, 'wrong_credentials', 'give-up', /does not let Rollbook read/],
  ['403 in HTML', { kind: 'status', status: 403, body: 'html' }, 'wrong_credentials', 'give-up', /\(403\)/],
  ['404', { kind: 'status', status: 404 }, 'invalid_data', 'give-up', /has nothing at/],
  ['400', { kind: 'status', status: 400 }, 'invalid_data', 'give-up', /does not accept/],
  ['413', { kind: 'status', status: 413 }, 'source_unavailable', 'retry', /could not answer/],
  ['429, seconds', { ...WAIT, retryAfterSeconds: 120 }, 'source_unavailable', 'back-off', /slow down/],
  ['429, date', { ...WAIT, retryAfterSeconds: 120, retryAfterAs: 'date' }, 'source_unavailable', 'back-off', /slow/],
  ['429, reset', { ...WAIT, headers: { 'x-ratelimit-reset': '120' } }, 'source_unavailable', 'back-off', /slow/],
  ['429, no time, HTML', { ...WAIT, body: 'html' }, 'source_unavailable', 'back-off', /slow/],
  ['500', { kind: 'status', status: 500 }, 'source_unavailable', 'retry', /failed at/],
  ['502', { kind: 'status', status: 502 }, 'source_unavailable', 'retry', /could not answer/],
  ['503', { kind: 'status', status: 503, body: 'html' }, 'source_unavailable', 'retry', /failed at/],
  ['503, told', { kind: 'status', status: 503, retryAfterSeconds: 600 }, 'source_unavailable', 'back-off', /slow/],
  ['504', { kind: 'status', status: 504 }, 'source_unavailable', 'retry', /could not answer/],
  ['a refused connection', { kind: 'refuse' }, 'source_unavailable', 'retry', /cannot be reached/],
  ['a reset in the middle', { kind: 'reset' }, 'source_unavailable', 'retry', /broke/],
  ['silence', { kind: 'hang' }, 'source_unavailable', 'retry', /ERR_NO_ANSWER/],
  ['a trickle', { kind: 'slow', bytesPerSecond: 1000 }, 'source_unavailable', 'retry', /ERR_NO_ANSWER/],
  ['truncated JSON', { kind: 'truncate' }, 'source_unavailable', 'retry', /ends in the middle/],
  ['a log-in page', { kind: 'login-page' }, 'source_unavailable', 'retry', /a web page/],
  ['a redirect', { kind: 'redirect' }, 'source_unavailable', 'retry', /redirects/],
  ['{}', { kind: 'body', body: {} }, 'invalid_data', 'give-up', /without the list of users/],
  ['null', { kind: 'body', body: null }, 'invalid_data', 'give-up', /without the list of users/],
  ['another collection', { kind: 'body', body: { orgs: [] } }, 'invalid_data', 'give-up', /without the list/],
  [
    'a list of texts',
    { kind: 'body', body: { users: ['x'] } },
    'invalid_data',
    'give-up',
    /something else than objects/,
  ],
  ['an error with 200', { kind: 'error-envelope' }, 'source_unavailable', 'retry', /internal_server_error/],
  [
    'a refusal with 200',
    { kind: 'body', body: { imsx_codeMajor: 'failure', imsx_codeMinor: 'unauthorisedrequest' } },
    'wrong_credentials',
    'give-up',
    /unauthorisedrequest/,
  ],
  [
    'an error with 200 in its own words',
    { kind: 'body', body: { error: 'Ada Byron is not enrolled' } },
    'invalid_data',
    'give-up',
    /with an error instead of a list\.$/,
  ],
  ['an empty list, against the count', { kind: 'empty-collection' }, 'invalid_data', 'give-up', /announced/],
];

let site: OneRosterSite;
beforeEach(async () => {
  site = await startOneRosterSite({ district: DISTRICT });
});
afterEach(() => site.stop());

it.each(FAULTS)('%s in the middle of a pull', async (_, fault, reason, disposition, message) => {
  site.http.faults.add({ ...fault, ...MIDDLE });
  const log: string[] = [];
  const events: PullEvent[] = [];
  const source = sourceOf(site, { responseTimeoutSeconds: 0.4 }, log);
  const read = async (): Promise<void> => {
    for await (const event of source.pull(neverAborted)) events.push(event);
  };
  const error = await refusal(read());
  expect([error.reason, error.disposition]).toEqual([reason, disposition]);
  expect(error.message).toMatch(message);
  expect(error.advice).not.toBe('');
  if (disposition === 'back-off') expect(error.retryAfterMs).toBeGreaterThanOrEqual(59_000);
  const said = [error.message, error.advice, String(error.cause), ...log];
  for (const event of events) if ('warning' in event) said.push(event.warning.message);
  expect(said.filter((text) => namesSomebody(text))).toEqual([]);
});

/** Whether a text holds what none may: tokens, secrets, names, addresses, numbers to call. */
function namesSomebody(text: string): boolean {
  const { clientSecret } = site.tokens;
  const people = [...DISTRICT.students, ...DISTRICT.guardians].slice(0, 200);
  const personal = people.flatMap(({ email, sms, username }) => [email, sms, username]);
  return [clientSecret, 'Bearer ', 'Byron', ...personal].some((part) => part !== null && text.includes(part));
}

describe('at a server without counts', () => {
  beforeEach(async () => {
    await site.stop();
    site = await startOneRosterSite({ district: DISTRICT, profile: 'loose' });
  });

  it.each([
    ['a short page', { kind: 'too-many-rows', rows: 50, status: 413 }],
    ['a failure that passes', { kind: 'status', status: 503, times: 2 }],
    ['a reset that passes', { kind: 'reset', times: 2 }],
  ] satisfies [string, HttpFault][])('%s is survived, and nobody is lost', async (_, fault) => {
    site.http.faults.add({ ...fault, path: MIDDLE.path });
    const students = new Set<string>();
    for await (const event of sourceOf(site).pull(neverAborted))
      if (event.kind === 'rows' && event.recordType === 'students')
        for (const { record } of event.rows) students.add(record.sisId);
    expect(students.size).toBe(DISTRICT.students.length);
  });
});
