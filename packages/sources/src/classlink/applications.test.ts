import { refusal } from '../delivery.fixture.ts';
import { bearerOf, findDistrict } from './applications.ts';

const OURS = '%2FgVa0ed75Gs%43';
const BEARER = '7e2a2f0e-8d4b-4f5c-9a39-0f6cb7d9d1aa';

const row = (applicationId: string, more: object = {}): Record<string, unknown> => ({
  id: 12345,
  application_id: 67890,
  tenant_id: 2222,
  bearer: BEARER,
  tenant_name: 'Example',
  enabled: 'true',
  tenant_status: 'Active',
  oneroster_application_id: applicationId,
  name: 'App',
  version: '',
  ...more,
});
const others = (count: number, more: object = {}): Record<string, unknown>[] =>
  Array.from({ length: count }, (_, index) => row(`other${index}`, { id: index, tenant_id: 100_000 + index, ...more }));

/** A list that is served so many rows at a time, and the offsets that were asked for. */
function list(rows: readonly unknown[], atOnce = 500) {
  const offsets: number[] = [];
  const read = async (offset: number): Promise<unknown> => {
    offsets.push(offset);
    return { status: 1, applications: rows.slice(offset, offset + atOnce) };
  };
  return { offsets, read };
}

describe('the list of districts that share', () => {
  it('gives the district with exactly this id', async () => {
    const { read } = list([...others(3), row('gVa0ed75GsC'), row(OURS), row('/gVa0ed75GsC')]);
    expect(await findDistrict(OURS, read)).toEqual({
      applicationId: OURS,
      bearer: BEARER,
      isEnabled: true,
      tenantStatus: 'Active',
      otherIds: ['12345', '67890', '2222'],
    });
  });

  it('is read on after a short page, by as many rows as came, and no further than needed', async () => {
    const { read, offsets } = list([...others(630), row(OURS), ...others(500)], 200);
    expect((await findDistrict(OURS, read)).applicationId).toBe(OURS);
    expect(offsets).toEqual([0, 200, 400, 600]);
  });

  it('ends where there is nothing more, or nothing new', async () => {
    const short = list(others(3), 2);
    expect((await refusal(findDistrict(OURS, short.read))).reason).toBe('wrong_credentials');
    expect(short.offsets).toEqual([0, 2, 3]);
    let asked = 0;
    const deaf = async (): Promise<unknown> => {
      asked += 1;
      return { status: 1, applications: others(3) };
    };
    expect((await refusal(findDistrict(OURS, deaf))).reason).toBe('wrong_credentials');
    expect(asked).toBe(2);
  });

  it.each([
    ['resolved escapes', '/gVa0ed75GsC'],
    ['one escape resolved', '%2FgVa0ed75GsC'],
    ['escapes made again', '%252FgVa0ed75Gs%2543'],
    ['its number as a tenant', '2222'],
  ])('says what to enter instead of the id with %s', async (_, entered) => {
    const error = await refusal(findDistrict(entered, list([...others(3), row(OURS)]).read));
    expect([error.reason, error.disposition]).toEqual(['wrong_credentials', 'give-up']);
    expect(error.message).toBe(
      `The application "${entered}" is not in the list of districts that share with Rollbook at ClassLink.`,
    );
    expect(error.advice).toContain(`"${OURS}"`);
  });

  it('names no district to people of another one', async () => {
    for (const entered of ['67890', 'unknown']) {
      const error = await refusal(findDistrict(entered, list([...others(3), row(OURS)]).read));
      expect(error.reason).toBe('wrong_credentials');
      expect(error.advice).not.toMatch(/other0|gVa0/);
      expect(error.advice).toMatch(/stopped sharing/);
    }
  });

  it('passes over a row without an id', async () => {
    const { read } = list([{ enabled: 'true' }, null, row(OURS)]);
    expect((await findDistrict(OURS, read)).bearer).toBe(BEARER);
  });

  it.each([
    ['a single district', { status: 1, applications: row(OURS) }, /single district, in an older form/],
    ['no list', { status: 0, message: 'nobody@example.com' }, /no applications: nothing stands there/],
    ['a text', 'Welcome', /came as string/],
    ['a list alone', [row(OURS)], /came as object/],
    ['rows of another form', { applications: [{ id: 1, bearer: null }] }, /without oneroster_application_id/],
  ])('is refused as %s', async (_, body, message) => {
    const error = await refusal(findDistrict(OURS, async () => body));
    expect([error.reason, error.disposition]).toEqual(['invalid_data', 'give-up']);
    expect(error.message).toMatch(message);
    expect(error.advice).toContain('proxyUrl');
    expect(error.message + error.advice).not.toMatch(/nobody|7e2a2f0e/);
  });
});

describe('the bearer of a district', () => {
  const bearerFor = async (more: object): Promise<string> =>
    bearerOf(await findDistrict(OURS, list([row(OURS, more)]).read));

  it.each([{ enabled: 'true' }, { enabled: 'TRUE' }, { enabled: true }, { tenant_status: 'active' }])(
    'is given for %j',
    async (more) => {
      expect(await bearerFor(more)).toBe(BEARER);
    },
  );

  it.each([
    [{ enabled: 'false' }, 'has switched sharing with the application "%2FgVa0ed75Gs%43" off', 'administrator'],
    [{ enabled: '' }, 'off', 'enable the application'],
    [{ enabled: false, tenant_status: 'Inactive' }, 'off', 'enable the application'],
    [{ tenant_status: 'Inactive' }, 'is not active at ClassLink: its status is "Inactive".', 'account'],
    [{ tenant_status: '' }, 'it has no status.', 'account'],
    [{ tenant_status: '<b>nobody@example.com</b>' }, 'its status is not shown here.', 'account'],
    [{ bearer: null }, 'has no bearer token for the application', 'proxyUrl'],
    [{ bearer: '' }, 'has no bearer token for the application', 'proxyUrl'],
  ])('is not given for %j', async (more, message, advice) => {
    const error = await refusal(bearerFor(more));
    expect([error.reason, error.disposition]).toEqual(['wrong_credentials', 'give-up']);
    expect(error.message).toContain(message);
    expect(error.advice).toContain(advice);
    expect(error.message + error.advice).not.toMatch(/7e2a2f0e|nobody/);
  });
});
