import type { JsonAnswer, JsonRequest } from '../http/http-client.ts';

/** How a district's OneRoster data is reached. */
export interface RosterAccess {
  /** Of the OneRoster root, without a slash at the end. */
  readonly baseUrl: string;
  /** Gets a URL below it, with whatever opens it. Throws like {@link HttpClient.getJson}. */
  getJson(url: string, request: JsonRequest): Promise<JsonAnswer>;
}
