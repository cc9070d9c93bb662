import { createHash } from 'node:crypto';
import type { SiteReply } from '../http/http-site.ts';
import type { ClasslinkShare } from './share.ts';

/** `live`: as it is today. The others are of former days: no bearers, and one district as an object. */
export type ApplicationsShape = 'live' | 'without-bearers' | 'single-object';

/** A row of the list of districts, as ClassLink writes it: a flag is a string, what is not known is empty. */
interface ApplicationRow {
  readonly id: number;
  readonly application_id: number;
  readonly tenant_id: number;
  readonly bearer: string | null;
  readonly tenant_name: string;
  readonly enabled: 'true' | 'false';
  readonly tenant_status: string;
  readonly oneroster_application_id: string;
  readonly name: string;
  readonly version: string;
}

const APPLICATION_ID = 67_890;
/** Without a `limit` only so many are told, and nothing says that there are more. */
const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 500;

/** Districts that share with the application besides those of the sandbox; they only fill the list. */
export function fillerRows(count: number): ApplicationRow[] {
  return Array.from({ length: count }, (_, index) => {
    const digest = createHash('sha256').update(`filler ${index}`).digest();
    return {
      ...rowHead(50_000 + index),
      bearer: digest.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
      tenant_name: `District ${index + 1}`,
      enabled: index % 7 === 3 ? 'false' : 'true',
      tenant_status: index % 11 === 5 ? 'Inactive' : 'Active',
      oneroster_application_id: digest.toString('base64url', 0, 8),
    };
  });
}

const rowHead = (id: number): Pick<ApplicationRow, 'id' | 'application_id' | 'tenant_id' | 'name' | 'version'> => ({
  id,
  application_id: APPLICATION_ID,
  tenant_id: id - 10_000,
  name: 'Rollbook',
  version: '',
});

const rowOf = (share: ClasslinkShare, index: number): ApplicationRow => ({
  ...rowHead(12_345 + index),
  bearer: share.bearer,
  tenant_name: share.tenantName,
  enabled: share.isEnabled ? 'true' : 'false',
  tenant_status: share.tenantStatus,
  oneroster_application_id: share.applicationId,
});

/**
 * `GET /applications`: the districts that share their rosters, those of the sandbox last. No count is told, neither in
 * the body nor in a header.
 */
export function listApplications(
  shares: readonly ClasslinkShare[],
  fillers: readonly ApplicationRow[],
  query: URLSearchParams,
  shape: ApplicationsShape,
): SiteReply {
  const limit = Math.min(wholeNumber(query.get('limit'), DEFAULT_LIMIT), MAX_LIMIT);
  const offset = wholeNumber(query.get('offset'), 0);
  const own = shares.map(rowOf).filter((_, index) => shares[index]?.isListed);
  const rows = [...fillers, ...own].slice(offset, offset + limit);
  if (shape === 'single-object') return { status: 200, body: { status: 1, applications: own[0] ?? {} } };
  const applications = shape === 'live' ? rows : rows.map((row) => ({ ...row, bearer: null }));
  return { status: 200, body: { status: 1, applications }, rows: applications.length };
}

/** `GET /applications/{id}/server`: what opens the district's own server directly. */
export function showServer(share: ClasslinkShare, endpointUrl: string): SiteReply {
  const { consumerKey, consumerSecret } = share;
  const server = { client_id: consumerKey, client_secret: consumerSecret, endpoint_url: endpointUrl };
  return { status: 200, body: { status: 1, server, message: '' } };
}

const wholeNumber = (text: string | null, fallback: number): number =>
  text !== null && /^\d+$/.test(text) ? Number(text) : fallback;
