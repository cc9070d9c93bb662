import { SyncError, type CleverSource } from '@rollbook/core';
import type { HttpClient } from '../http/http-client.ts';
import { HttpFailure } from '../http/http-failure.ts';
import { DataMoved } from './data-moved.ts';
import { fetchAccess, type Access } from './district-token.ts';
import type { Scopes } from './permissions.ts';

const isRefusal = (error: unknown): error is HttpFailure =>
  error instanceof HttpFailure && (error.status === 401 || error.status === 403);

/**
 * Clever's Data API as seen with a district's token. The token is fetched anew for every pull, and once more if it is
 * refused on the way, because districts rotate it (clever.md §1.2).
 */
export class CleverApi {
  readonly #client: HttpClient;
  readonly #config: CleverSource;
  readonly #base: URL;
  #access: Access | undefined;

  constructor(client: HttpClient, config: CleverSource) {
    this.#client = client;
    this.#config = config;
    this.#base = new URL(config.apiUrl);
  }

  async scopes(signal: AbortSignal): Promise<Scopes> {
    return (await this.#open(signal)).scopes;
  }

  /** The path of a collection, as Clever's own links name it: `/v3.1/users`. */
  pathOf(collection: string): string {
    return `/${this.#config.apiVersion}/${collection}`;
  }

  /**
   * The body of the answer to a path with its query, both as in a link. Throws an HttpFailure, DataMoved if the token has
   * been replaced by one with other permissions, or `wrong_credentials` if there is none any more.
   */
  async get(uri: string, signal: AbortSignal): Promise<unknown> {
    const access = await this.#open(signal);
    try {
      return await this.#request(uri, access, signal);
    } catch (error) {
      if (!isRefusal(error) || this.#config.token !== undefined) throw error;
      const renewed = await fetchAccess(this.#client, this.#config, signal);
      if (renewed.token === access.token) throw refused(error);
      if (scopesOf(renewed) !== scopesOf(access)) throw new DataMoved('The permissions of the Clever token changed');
      this.#access = renewed;
      return this.#request(uri, renewed, signal);
    }
  }

  async #open(signal: AbortSignal): Promise<Access> {
    this.#access ??= await fetchAccess(this.#client, this.#config, signal);
    return this.#access;
  }

  /** Forgets the token: a pull that begins anew asks for the one that is valid then. */
  reset(): void {
    this.#access = undefined;
  }

  async #request(uri: string, { token }: Access, signal: AbortSignal): Promise<unknown> {
    const url = `${this.#base.origin}${this.#base.pathname.replace(/\/+$/, '')}${uri}`;
    const { body } = await this.#client.getJson(url, { signal, headers: { Authorization: `Bearer ${token}` } });
    return body;
  }
}

const scopesOf = ({ scopes }: Access): string => [...(scopes ?? [])].sort().join(' ');

const refused = (cause: HttpFailure): SyncError =>
  new SyncError('wrong_credentials', `Clever refuses the token that it lists for this district (${cause.status}).`, {
    advice:
      "Ask the district whether it still shares its data with this application in Clever. If it does, ask Clever's support.",
    cause,
  });
