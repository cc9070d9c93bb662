import { randomBytes } from 'node:crypto';
import type { SiteReply, SiteRequest } from '../http/http-site.ts';

export interface TokenDeskOptions {
  readonly clientId: string;
  readonly clientSecret: string;
  /** In full. What the client may have; it must ask for what it wants. */
  readonly scopes: readonly string[];
}

/** Switches of the token endpoint; change freely. */
export interface TokenRules {
  /** Where the client's credentials are looked for. */
  credentialsIn: 'header' | 'body' | 'either';
  lifetimeSeconds: number;
  /** What is asked for and not allowed: refused as a whole, or left out without a word. */
  excess: 'refuse' | 'narrow';
  /** Scopes that are not allowed any more. */
  withdrawn: readonly string[];
}

interface Token {
  readonly scopes: ReadonlySet<string>;
  readonly expiresMs: number;
}

/** A token endpoint for client credentials (RFC 6749 §4.4), and the memory of what it gave out. */
export class TokenDesk {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly rules: TokenRules = { credentialsIn: 'either', lifetimeSeconds: 3600, excess: 'refuse', withdrawn: [] };
  readonly #scopes: readonly string[];
  readonly #tokens = new Map<string, Token>();
  /** Tokens given out so far. */
  issued = 0;

  constructor({ clientId, clientSecret, scopes }: TokenDeskOptions) {
    this.clientId = clientId;
    this.clientSecret = clientSecret;
    this.#scopes = scopes;
  }

  /** The tokens given out so far are worth nothing any more. */
  revokeAll(): void {
    this.#tokens.clear();
  }

  /** The scopes of the bearer; null if it is none of ours, or has expired. */
  scopesOf(authorization: string | undefined): ReadonlySet<string> | null {
    const token = this.#tokens.get(/^bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? '');
    return token === undefined || token.expiresMs <= Date.now() ? null : token.scopes;
  }

  answer({ method, headers, body }: SiteRequest): SiteReply {
    const form = new URLSearchParams(body);
    if (method !== 'POST') return refusal(405, 'invalid_request');
    if (!this.#isKnown(headers.authorization, form)) return refusal(401, 'invalid_client');
    if (form.get('grant_type') !== 'client_credentials') return refusal(400, 'unsupported_grant_type');
    const asked = (form.get('scope') ?? '').split(' ').filter((scope) => scope !== '');
    const allowed = this.#scopes.filter((scope) => !this.rules.withdrawn.includes(scope));
    const granted = asked.filter((scope) => allowed.includes(scope));
    if (granted.length === 0 || (granted.length < asked.length && this.rules.excess === 'refuse'))
      return refusal(400, 'invalid_scope');
    const accessToken = randomBytes(24).toString('base64url');
    const { lifetimeSeconds } = this.rules;
    this.#tokens.set(accessToken, {
      scopes: new Set(granted),
      expiresMs: Date.now() + lifetimeSeconds * 1000,
    });
    this.issued += 1;
    return {
      status: 200,
      headers: { 'cache-control': 'no-store' },
      body: {
        access_token: accessToken,
        token_type: 'bearer',
        expires_in: lifetimeSeconds,
        scope: granted.join(' '),
      },
    };
  }

  #isKnown(authorization: string | undefined, form: URLSearchParams): boolean {
    const { credentialsIn } = this.rules;
    const basic = /^basic (.+)$/i.exec(authorization ?? '')?.[1];
    if (basic !== undefined) {
      const [id = '', secret = ''] = Buffer.from(basic, 'base64').toString().split(':').map(decodeURIComponent);
      return credentialsIn !== 'body' && id === this.clientId && secret === this.clientSecret;
    }
    if (credentialsIn === 'header') return false;
    return form.get('client_id') === this.clientId && form.get('client_secret') === this.clientSecret;
  }
}

const refusal = (status: number, error: string): SiteReply => ({ status, body: { error } });
