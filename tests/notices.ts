import pg from 'pg';

/**
 * Before every test file with services: whatever PostgreSQL warns of fails the test that caused it, on whichever connection
 * it was. Plans that a {@link hearPlans} asked for are no warnings.
 */

type Plan = Record<string, unknown>;

/** How auto_explain begins. */
const PLAN = /^duration: [\d.]+ ms {2}plan:\n/;

/** What PostgreSQL says to every connection when a test kills it, or has it crash. */
const CRASHED = new Set(['57P01', '57P02', '57P03']);

const warnings: string[] = [];
const listeners = new Set<(plan: Plan) => void>();

interface Notice {
  readonly severity?: string | undefined;
  readonly message?: string | undefined;
  readonly code?: string | undefined;
}

function hear({ severity, message, code }: Notice): void {
  const text = message ?? '';
  const plan = PLAN.exec(text);
  if (plan) {
    const parsed = JSON.parse(text.slice(plan[0].length)) as Plan;
    for (const listener of listeners) listener(parsed);
  } else if (!CRASHED.has(code ?? '') && severity !== 'NOTICE' && severity !== 'INFO' && severity !== 'DEBUG')
    warnings.push(`${severity}: ${text}`);
}

/** Gets every plan that is told from now on in this test file, until the function that it returns is called. */
export function hearPlans(listener: (plan: Plan) => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

const { connect } = pg.Client.prototype as unknown as { connect: (...args: unknown[]) => unknown };
pg.Client.prototype.connect = function (this: pg.Client, ...args: unknown[]) {
  this.on('notice', hear);
  return connect.apply(this, args);
} as typeof pg.Client.prototype.connect;

afterEach(() => {
  const heard = warnings.splice(0);
  if (heard.length > 0) throw new Error(`PostgreSQL warned:\n${heard.join('\n')}`);
});
