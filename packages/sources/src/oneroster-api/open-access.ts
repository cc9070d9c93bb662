import type { OneRosterSource } from '@rollbook/core';
import type { HttpClient, JsonAnswer, JsonRequest } from '../http/http-client.ts';
import { HttpFailure } from '../http/http-failure.ts';
import { signOauth1 } from '../oauth1/sign.ts';
import type { OneRosterAccess } from './collections.ts';
import { OAuth2Token } from './oauth2-token.ts';

/** Opens a OneRoster server with what the configuration holds. Throws `wrong_credentials` if no token is given for it. */
export async function openAccess(
  config: OneRosterSource,
  client: HttpClient,
  signal: AbortSignal,
): Promise<OneRosterAccess> {
  const { auth, version } = config;
  const baseUrl = config.baseUrl.replace(/\/+$/, '');
  switch (auth.type) {
    case 'bearer':
      return { baseUrl, getJson: authorized(client, () => `Bearer ${auth.token}`) };
    case 'oauth1':
      return { baseUrl, getJson: authorized(client, ({ method, url }) => signOauth1({ ...auth, method, url })) };
    case 'oauth2': {
      const token = new OAuth2Token(auth, version, client, signal);
      const readsDemographics = await token.isGranted('roster-demographics.readonly');
      return {
        baseUrl,
        getJson: (url, request) => withToken(token, client, url, request),
        withholds: (collection) => collection === 'demographics' && !readsDemographics,
      };
    }
  }
}

const authorized =
  (client: HttpClient, authorize: NonNullable<JsonRequest['authorize']>): OneRosterAccess['getJson'] =>
  (url, request) =>
    client.getJson(url, { ...request, authorize });

/** A token may be revoked before its time: once, another one is asked for. */
async function withToken(
  token: OAuth2Token,
  client: HttpClient,
  url: string,
  request: JsonRequest,
): Promise<JsonAnswer> {
  let value = await token.value();
  const get = (): Promise<JsonAnswer> => client.getJson(url, { ...request, authorize: () => `Bearer ${value}` });
  try {
    return await get();
  } catch (error) {
    if (!(error instanceof HttpFailure) || error.status !== 401) throw error;
  }
  value = await token.valueAfter(value);
  return get();
}
