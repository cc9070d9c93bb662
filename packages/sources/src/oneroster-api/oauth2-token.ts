import { SyncError, type OneRosterAuth } from '@rollbook/core';
import type { HttpClient } from '../http/http-client.ts';
import { isObject } from './members.ts';

type OAuth2 = Extract<OneRosterAuth, { readonly type: 'oauth2' }>;

/** A token is replaced so long before it ends, as the clocks of two machines differ. */
const MARGIN_MS = 30_000;
/** For servers that do not say how long a token lives: the shortest life seen. */
const DEFAULT_LIFE_MS = 300_000;

interface Token {
  readonly value: string;
  readonly renewAtMs: number;
  /** What was granted, which may be less than was asked for; null if the server does not say. */
  readonly scopes: ReadonlySet<string> | null;
}

/** The standard's prefix, put before short names such as `roster-core.readonly`. */
export const fullScopes = (scopes: readonly string[], version: '1.1' | '1.2'): string[] =>
  scopes.map((scope) =>
    scope.includes('/') ? scope : `https://purl.imsglobal.org/spec/or/v${version.replace('.', 'p')}/scope/${scope}`,
  );

/** The token of one pull: asked for once (RFC 6749 §4.4), and again when it ends or is refused. */
export class OAuth2Token {
  readonly #config: OAuth2;
  readonly #client: HttpClient;
  readonly #signal: AbortSignal;
  #scopes: readonly string[];
  #latest: Promise<Token> | undefined;

  constructor(config: OAuth2, version: '1.1' | '1.2', client: HttpClient, signal: AbortSignal) {
    this.#config = config;
    this.#client = client;
    this.#signal = signal;
    this.#scopes = fullScopes(config.scopes, version);
  }

  /** The present token, or a new one in its place. */
  async value(): Promise<string> {
    const token = await (this.#latest ??= this.#ask());
    if (Date.now() < token.renewAtMs) return token.value;
    return (await this.#replace(token.value)).value;
  }

  /** The one to go on with after `refused`; requests that are refused together ask together. */
  async valueAfter(refused: string): Promise<string> {
    return (await this.#replace(refused)).value;
  }

  /** Whether a scope that ends so was granted; true if nothing speaks against it. */
  async isGranted(ending: string): Promise<boolean> {
    const { scopes } = await (this.#latest ??= this.#ask());
    return [...(scopes ?? this.#scopes)].some((scope) => scope.endsWith(ending));
  }

  async #replace(old: string): Promise<Token> {
    const asked = this.#latest;
    if ((await asked)?.value === old && this.#latest === asked) this.#latest = this.#ask();
    return (this.#latest ??= this.#ask());
  }

  async #ask(): Promise<Token> {
    try {
      return await this.#request();
    } catch (error) {
      // The next one who needs a token asks again.
      this.#latest = undefined;
      throw error;
    }
  }

  async #request(): Promise<Token> {
    const { tokenUrl, clientId, clientSecret, credentialsIn } = this.#config;
    const form = { grant_type: 'client_credentials', scope: this.#scopes.join(' ') };
    // RFC 6749 §2.3.1: id and secret are escaped before they are joined.
    const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
    const { status, body } = await this.#client.postForm(
      tokenUrl,
      credentialsIn === 'body' ? { ...form, client_id: clientId, client_secret: clientSecret } : form,
      {
        signal: this.#signal,
        allowStatuses: [400, 401, 403],
        ...(credentialsIn === 'body' ? {} : { authorize: () => `Basic ${Buffer.from(pair).toString('base64')}` }),
      },
    );
    if (status < 300) return this.#tokenOf(body);
    if (isInvalidScope(body) && this.#dropDemographics()) return this.#request();
    throw this.#refusal(status, isInvalidScope(body));
  }

  #tokenOf(body: unknown): Token {
    const fields = isObject(body) ? body : {};
    const { access_token: value, expires_in: life, scope } = fields;
    if (typeof value !== 'string' || value === '')
      throw new SyncError('wrong_credentials', `"${this.#config.tokenUrl}" answered without an access token.`, {
        advice:
          'Check the tokenUrl of the source: it must be that of the token endpoint, which differs from the baseUrl.',
      });
    const seconds = Number(life);
    const lifeMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : DEFAULT_LIFE_MS;
    return {
      value,
      renewAtMs: Date.now() + Math.max(lifeMs - MARGIN_MS, lifeMs / 2),
      scopes: typeof scope === 'string' && scope !== '' ? new Set(scope.split(/\s+/)) : null,
    };
  }

  /** Some servers refuse everything for one scope too many; birth dates are the one thing that can be done without. */
  #dropDemographics(): boolean {
    const rest = this.#scopes.filter((scope) => !scope.includes('demographics'));
    if (rest.length === this.#scopes.length || rest.length === 0) return false;
    this.#scopes = rest;
    return true;
  }

  #refusal(status: number, isScope: boolean): SyncError {
    const { tokenUrl } = this.#config;
    if (isScope)
      return new SyncError('wrong_credentials', `"${tokenUrl}" does not grant the scopes asked for (${status}).`, {
        advice:
          'Ask the district which scopes its SIS grants to Rollbook, and compare them with the scopes and the version of the source.',
      });
    return new SyncError('wrong_credentials', `"${tokenUrl}" refuses the client id or secret (${status}).`, {
      advice:
        'Ask the district whether the client still exists and its secret has changed; then enter the new one. Some servers want both in the body: credentialsIn: body.',
    });
  }
}

const isInvalidScope = (body: unknown): boolean => isObject(body) && body['error'] === 'invalid_scope';
