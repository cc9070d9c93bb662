import type { SiteReply, SiteRequest } from '../http/http-site.ts';
import type { CleverAccount } from './account.ts';
import { createdAt } from './object-id.ts';

export const TOKEN_PATH = '/oauth/tokens';

export interface AppCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

const refusal = (status: number, error: string, description: string): SiteReply => ({
  status,
  body: { error, error_description: description },
});

/** Lists the tokens of the districts that are connected with the app (clever.md §1.1). */
export function answerTokens(
  { method, query, headers, path }: SiteRequest,
  accounts: readonly CleverAccount[],
  app: AppCredentials,
): SiteReply {
  const expected = `Basic ${Buffer.from(`${app.clientId}:${app.clientSecret}`).toString('base64')}`;
  if (headers.authorization !== expected) return refusal(401, 'invalid_client', 'Client authentication failed.');
  if (method !== 'GET') return refusal(501, 'unsupported_request', 'Only lists are given here.');
  if (query.get('owner_type') !== 'district') return refusal(400, 'invalid_request', 'owner_type must be district.');
  const district = query.get('district');
  return {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: {
      data: accounts
        .filter(({ id, token }) => token !== null && (district === null || district === id))
        .map((account) => ({
          id: account.tokenId,
          created: createdAt(account.tokenId),
          owner: { type: 'district', id: account.id },
          access_token: account.token,
          scopes: account.scopes,
        })),
      links: [{ rel: 'self', uri: `${path}?${query.toString()}` }],
    },
  };
}
