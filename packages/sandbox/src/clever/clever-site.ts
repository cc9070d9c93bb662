import { UsageError } from '@rollbook/core';
import { startHttpSite } from '../http/http-site.ts';
import type { HttpSite, SiteReply, SiteRequest } from '../http/http-site.ts';
import type { District } from '../model.ts';
import { CleverAccount } from './account.ts';
import { answerData } from './data-api.ts';
import { operatorCommands } from './operator.ts';
import { problem } from './paging.ts';
import { RateLimit } from './rate-limit.ts';
import { TOKEN_PATH, answerTokens, type AppCredentials } from './token-host.ts';

export interface CleverSiteOptions extends Partial<AppCredentials> {
  readonly districts: readonly District[];
  /** 0 or left out: any free port. */
  readonly port?: number;
  /** Requests of one token in one window; Clever's are 1,200 a minute. */
  readonly requestLimit?: number;
  readonly windowMs?: number;
}

/** Something that happens when a request comes in, before it is answered. */
export interface PlannedEvent {
  /** Requests whose path begins so … */
  readonly before: string;
  /** … the how manieth of them, counted from now; left out: the first. */
  readonly occurrence?: number;
  readonly happens: () => void;
}

export interface CleverSite extends AppCredentials {
  /** Both of Clever's hosts: `https://api.clever.com` and, for {@link tokenUrl}, `https://clever.com`. */
  readonly http: HttpSite;
  readonly apiUrl: string;
  readonly tokenUrl: string;
  /** In the order of the districts given. */
  readonly accounts: readonly CleverAccount[];
  /** For districts of which there is only one. */
  readonly account: CleverAccount;
  plan(event: PlannedEvent): void;
  stop(): Promise<void>;
}

const CLEVER_LIMIT = 1200;
const CLEVER_WINDOW_MS = 60_000;

/** Starts a pretend Clever on 127.0.0.1 with these districts, all connected with one app. */
export async function startCleverSite(options: CleverSiteOptions): Promise<CleverSite> {
  const accounts = options.districts.map((district) => new CleverAccount(district));
  const [account] = accounts;
  if (account === undefined) throw new UsageError('Expected at least one district, got none.');
  const app = {
    clientId: options.clientId ?? 'rollbook-sandbox',
    clientSecret: options.clientSecret ?? 'not-a-secret-of-anybody',
  };
  const rateLimit = new RateLimit(options.requestLimit ?? CLEVER_LIMIT, options.windowMs ?? CLEVER_WINDOW_MS);
  const planned: { readonly event: PlannedEvent; seen: number }[] = [];

  const answer = (request: SiteRequest): SiteReply => {
    for (const entry of planned.filter(({ event }) => request.path.startsWith(event.before))) {
      entry.seen += 1;
      if (entry.seen === (entry.event.occurrence ?? 1)) entry.event.happens();
    }
    if (request.path === TOKEN_PATH) return answerTokens(request, accounts, app);
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    const owner = accounts.find((each) => each.token !== null && each.token === token);
    if (owner === undefined || token === undefined) return problem(401, 'Invalid auth');
    const { isOver, headers } = rateLimit.take(token);
    if (isOver) return { status: 429, headers, body: '' };
    const reply = answerData(request, owner);
    return { ...reply, headers: { ...reply.headers, ...headers } };
  };

  const http = await startHttpSite({
    ...(options.port === undefined ? {} : { port: options.port }),
    answer,
    errorBody: (status) => ({ message: `pretended failure ${status}` }),
    operator: operatorCommands(accounts),
  });
  return {
    ...app,
    http,
    apiUrl: http.url,
    tokenUrl: `${http.url}${TOKEN_PATH}`,
    accounts,
    account,
    plan: (event) => {
      planned.push({ event, seen: 0 });
    },
    stop: () => http.stop(),
  };
}
