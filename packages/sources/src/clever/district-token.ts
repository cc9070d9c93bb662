import { SyncError, type CleverSource } from '@rollbook/core';
import type { HttpClient } from '../http/http-client.ts';
import { HttpFailure } from '../http/http-failure.ts';
import { invalidData } from '../invalid-data.ts';
import { fieldsOf } from './clever-object.ts';
import type { Scopes } from './permissions.ts';

export interface Access {
  readonly token: string;
  readonly scopes: Scopes;
}

/**
 * The token of the configured district: the fixed one, or the one that Clever lists for it (clever.md §1.1).
 *
 * @throws SyncError `wrong_credentials` if Clever refuses the client or does not list the district.
 */
export async function fetchAccess(client: HttpClient, config: CleverSource, signal: AbortSignal): Promise<Access> {
  if (config.token !== undefined) return { token: config.token, scopes: null };
  const { districtId = '', clientId = '', clientSecret = '' } = config;
  const url = new URL(config.tokenUrl);
  url.searchParams.set('owner_type', 'district');
  url.searchParams.set('district', districtId);
  const authorization = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
  const { body } = await client
    .getJson(url.href, { signal, headers: { Authorization: authorization } })
    .catch((error: unknown) => {
      throw error instanceof HttpFailure && error.reason === 'wrong_credentials' ? refusedClient(error) : error;
    });
  const listed = fieldsOf(body)?.['data'];
  if (!Array.isArray(listed))
    throw invalidData(
      `Clever answered "${url.origin}${url.pathname}" without a list of tokens.`,
      "Check the `tokenUrl` of the source. If it is right, ask Clever's support.",
    );
  for (const item of listed) {
    const entry = fieldsOf(item);
    const token = entry?.['access_token'];
    if (fieldsOf(entry?.['owner'])?.['id'] !== districtId || typeof token !== 'string' || token === '') continue;
    const scopes = entry?.['scopes'];
    return { token, scopes: Array.isArray(scopes) ? new Set(scopes.map(String)) : null };
  }
  throw new SyncError(
    'wrong_credentials',
    `Clever lists no token for district "${districtId}": its sharing with this application is off.`,
    {
      advice:
        "Ask the district's administrator to connect this application again in the Clever dashboard, and to share its data. If the district never connected, check the district ID. Nothing was changed.",
    },
  );
}

const refusedClient = (cause: HttpFailure): SyncError =>
  new SyncError('wrong_credentials', `Clever refuses the client ID and client secret (${cause.status}).`, {
    advice: "Operator: take both from the application's settings in the Clever dashboard, and enter them again.",
    cause,
  });
