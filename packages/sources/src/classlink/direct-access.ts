import { SyncError, type ClasslinkSource } from '@rollbook/core';
import type { HttpClient, Signable } from '../http/http-client.ts';
import { HttpFailure } from '../http/http-failure.ts';
import { signOauth1 } from '../oauth1/sign.ts';
import type { OneRosterAccess } from '../oneroster-api/collections.ts';

/** A district's own Roster Server, every request signed with OAuth 1 (RFC 5849, two-legged). */
export function openDirect(config: ClasslinkSource, client: HttpClient): OneRosterAccess {
  const { baseUrl, consumerKey, consumerSecret, signatureMethod } = config;
  if (baseUrl === undefined || consumerKey === undefined || consumerSecret === undefined)
    throw new TypeError(
      `expected baseUrl, consumerKey and consumerSecret for access "direct", received access "${config.access}"`,
    );
  const authorize = ({ method, url }: Signable): string =>
    signOauth1({ method, url, consumerKey, consumerSecret, signatureMethod });
  return {
    baseUrl: baseUrl.replace(/\/+$/, ''),
    getJson: (url, request) =>
      client.getJson(url, { ...request, authorize }).catch((error: unknown) => {
        throw error instanceof HttpFailure && error.status === 401 ? keyIsRefused(new URL(url).host, error) : error;
      }),
  };
}

const keyIsRefused = (host: string, cause: HttpFailure): SyncError =>
  new SyncError('wrong_credentials', `The Roster Server "${host}" refuses the consumer key or its signature (401).`, {
    advice:
      "Ask the district's ClassLink administrator whether the application still has access, and compare consumerKey, consumerSecret and signatureMethod. If they are right, the clock of Rollbook's machine may be wrong: signatures count for a few minutes.",
    cause,
  });
