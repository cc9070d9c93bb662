import { SyncError, type ClasslinkSource } from '@rollbook/core';
import type { HttpClient, JsonAnswer, JsonRequest } from '../http/http-client.ts';
import { HttpFailure } from '../http/http-failure.ts';
import { bearerOf, findDistrict, sharingIsOff } from './applications.ts';
import type { OneRosterAccess } from '../oneroster-api/collections.ts';

/** The list of districts is long for large partners, and counts nothing against the roster's pages. */
const LIST_PAGE_ROWS = 1000;

/**
 * A district's data through ClassLink's proxy: the partner's token opens the list of districts, and the district's
 * bearer in it opens the data. ClassLink may replace that bearer at any time without a word: when it is refused, the
 * list is read once more.
 * Throws `wrong_credentials` if the token is refused, or the district does not share.
 */
export async function openProxy(
  config: ClasslinkSource,
  client: HttpClient,
  signal: AbortSignal,
): Promise<OneRosterAccess> {
  const { partnerToken, applicationId } = config;
  if (partnerToken === undefined || applicationId === undefined)
    throw new TypeError(
      `expected partnerToken and applicationId for access "proxy", received access "${config.access}"`,
    );
  const root = config.proxyUrl.replace(/\/+$/, '');

  const readList = (offset: number): Promise<unknown> =>
    client
      .getJson(`${root}/applications?limit=${LIST_PAGE_ROWS}&offset=${offset}`, {
        signal,
        authorize: () => `Bearer ${partnerToken}`,
      })
      .then(
        ({ body }) => body,
        (error: unknown) => {
          throw error instanceof HttpFailure && error.reason === 'wrong_credentials' ? partnerIsRefused(error) : error;
        },
      );
  const readBearer = async (): Promise<string> => bearerOf(await findDistrict(applicationId, readList));

  let latest = readBearer();
  await latest;

  /** The bearer to go on with after this one was refused; requests that are refused together ask together. */
  const bearerAfter = async (refused: string): Promise<string> => {
    const asked = latest;
    if ((await asked) === refused && latest === asked) latest = readBearer();
    const bearer = await latest;
    if (bearer === refused) throw sharingIsOff(applicationId);
    return bearer;
  };

  const getJson = async (url: string, request: JsonRequest): Promise<JsonAnswer> => {
    const get = (bearer: string): Promise<JsonAnswer> =>
      client.getJson(url, { ...request, authorize: () => `Bearer ${bearer}` });
    const bearer = await latest;
    try {
      return await get(bearer);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
    const next = await bearerAfter(bearer);
    return get(next).catch((error: unknown) => {
      throw isRefusal(error) ? sharingIsOff(applicationId) : error;
    });
  };

  // The id has its escapes already: made again, they would lead nowhere.
  return { baseUrl: `${root}/${applicationId}/ims/oneroster/v1p1`, getJson };
}

const isRefusal = (error: unknown): error is HttpFailure => error instanceof HttpFailure && error.status === 401;

const partnerIsRefused = (cause: HttpFailure): SyncError =>
  new SyncError('wrong_credentials', `ClassLink refuses the partner token of Rollbook (${cause.status}).`, {
    advice:
      "Nothing is wrong at the district. Operator: enter the partner token of ClassLink's developer console again, or ask ClassLink's partner support whether it is still valid.",
    cause,
  });
