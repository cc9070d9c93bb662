import { SyncError } from '@rollbook/core';

/** One district of the list, as far as it matters here. */
export interface SharingDistrict {
  /** `oneroster_application_id`, percent escapes and all. */
  readonly applicationId: string;
  /** What opens its data; null where the list does not tell. */
  readonly bearer: string | null;
  /** The switch of the district's administrator. */
  readonly isEnabled: boolean;
  readonly tenantStatus: string | null;
  /** The other numbers and names it goes by in the list. */
  readonly otherIds: readonly string[];
}

/** Reads the rows of the list from `offset` on; the list is over where there are none. */
export type ReadApplications = (offset: number) => Promise<unknown>;

const LIST = 'The list of districts of ClassLink';

const oldForm = (what: string): SyncError =>
  new SyncError('invalid_data', `${LIST} ${what}.`, {
    advice:
      'This is not the answer of the proxy as it is today. Operator: check proxyUrl; the present one is https://oneroster-proxy.apis.classlink.com.',
  });

/**
 * The district with this application id, found in the list page by page. The list tells no count, and a server may give
 * fewer rows than were asked for: only a page without rows, or without new ones, ends it. Throws `wrong_credentials`
 * if the district is not there.
 */
export async function findDistrict(applicationId: string, read: ReadApplications): Promise<SharingDistrict> {
  const seen = new Set<string>();
  const lookalikes = new Set<string>();
  let rowCount = 0;
  for (;;) {
    const rows = rowsOf(await read(rowCount));
    const districts = districtsOf(rows);
    const found = districts.find((district) => district.applicationId === applicationId);
    if (found !== undefined) return found;
    const before = seen.size;
    for (const district of districts) {
      seen.add(district.applicationId);
      if (looksLike(district, applicationId)) lookalikes.add(district.applicationId);
    }
    if (seen.size === before) throw notShared(applicationId, lookalikes);
    rowCount += rows.length;
  }
}

/**
 * The bearer that opens a district's data. Throws `wrong_credentials`, with what to do, for a district that has
 * switched the sharing off or is not active at ClassLink.
 */
export function bearerOf(district: SharingDistrict): string {
  const { applicationId, bearer, isEnabled, tenantStatus } = district;
  if (!isEnabled) throw sharingIsOff(applicationId);
  if (tenantStatus?.toLowerCase() !== 'active') {
    const status = tenantStatus === null ? 'it has no status' : `its status is ${quoted(tenantStatus)}`;
    throw new SyncError(
      'wrong_credentials',
      `The district of the application "${applicationId}" is not active at ClassLink: ${status}.`,
      { advice: "Ask the district, or ClassLink's support, whether its ClassLink account has ended or is suspended." },
    );
  }
  if (bearer === null)
    throw new SyncError('wrong_credentials', `${LIST} has no bearer token for the application "${applicationId}".`, {
      advice:
        "Without it the district's data cannot be opened. Operator: check proxyUrl, as older versions of the proxy gave no tokens; then ask ClassLink's partner support.",
    });
  return bearer;
}

/** What it means when data is refused though the list still has the same bearer, or says so itself. */
export const sharingIsOff = (applicationId: string): SyncError =>
  new SyncError(
    'wrong_credentials',
    `The district has switched sharing with the application "${applicationId}" off in ClassLink, or revoked its permissions.`,
    {
      advice:
        "Ask the district's ClassLink administrator to enable the application in Roster Server again and to check its permissions. Nothing was archived.",
    },
  );

function notShared(applicationId: string, lookalikes: ReadonlySet<string>): SyncError {
  const message = `The application "${applicationId}" is not in the list of districts that share with Rollbook at ClassLink.`;
  const [lookalike] = lookalikes;
  // Of several, others are other districts: their ids are nothing to show to this one.
  if (lookalike === undefined || lookalikes.size > 1)
    return new SyncError('wrong_credentials', message, {
      advice:
        "The district has stopped sharing, or the applicationId is another one. Ask the district's ClassLink administrator to share Roster Server data with this application; then compare the applicationId with the oneroster_application_id of the list.",
    });
  return new SyncError('wrong_credentials', message, {
    advice: `The list has a district whose oneroster_application_id is ${quoted(lookalike)}: if that is the one, enter it as applicationId exactly so, percent signs and all.`,
  });
}

/** The same id with its escapes resolved or made once more, or another number of the same district. */
const looksLike = (district: SharingDistrict, id: string): boolean =>
  unescaped(district.applicationId) === unescaped(id) || district.otherIds.includes(id);

/** All escapes resolved, however often they were made; text that cannot be resolved stays. */
function unescaped(text: string): string {
  for (let before = text; ;) {
    const after = resolvedOnce(before);
    if (after === before) return after;
    before = after;
  }
}

function resolvedOnce(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The rows of one page. Throws `invalid_data` for an answer that is no list. */
function rowsOf(body: unknown): readonly unknown[] {
  if (!isObject(body)) throw oldForm(`came as ${kindOf(body)}, not as an object`);
  const { applications } = body;
  if (isObject(applications)) throw oldForm('came as a single district, in an older form');
  if (!Array.isArray(applications)) throw oldForm(`has no applications: ${kindOf(applications)} stands there`);
  return applications;
}

/** A row without an id is of no use; a page of such rows alone is of another form. */
function districtsOf(rows: readonly unknown[]): SharingDistrict[] {
  const districts = rows.flatMap((row): SharingDistrict[] => {
    const read = (key: string): string | null => (isObject(row) ? textOf(row[key]) : null);
    const applicationId = read('oneroster_application_id');
    if (applicationId === null) return [];
    return [
      {
        applicationId,
        bearer: read('bearer'),
        isEnabled: read('enabled')?.toLowerCase() === 'true',
        tenantStatus: read('tenant_status'),
        otherIds: ['id', 'application_id', 'tenant_id'].flatMap((key) => read(key) ?? []),
      },
    ];
  });
  if (districts.length === 0 && rows.length > 0)
    throw oldForm('has districts without oneroster_application_id, in an older form');
  return districts;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Numbers and booleans as text; empty text is none. */
function textOf(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}

/** What kind of thing was received; never the thing itself, which may hold tokens. */
const kindOf = (value: unknown): string => (value === undefined || value === null ? 'nothing' : typeof value);

/** What the list says is shown only if it is short and plain. */
const quoted = (text: string): string => (/^[\w%.~ -]{1,100}$/.test(text) ? `"${text}"` : 'not shown here');
