import { tmpdir } from 'node:os';
import { CleverSource, type SyncError } from '@rollbook/core';
import type { PullEvent, RosterSource } from '@rollbook/pipeline';
import { generateDistrict, startCleverSite, type CleverSite, type CleverSiteOptions } from '@rollbook/sandbox';
import { collect, neverAborted, refusal, type Pulled } from '../delivery.fixture.ts';
import { createSource } from '../index.ts';

/** Three schools of 60, 50 and 70 students. */
export const DISTRICT = generateDistrict({ seed: 3, schoolSizes: [60, 50, 70] });

const EMAILS = [...DISTRICT.students, ...DISTRICT.staff, ...DISTRICT.guardians].flatMap(({ email }) => email ?? []);

export type Settings = { readonly [K in keyof CleverSource]?: CleverSource[K] | undefined };

/** What a pull that may begin anew ended with. */
export interface PulledAnew extends Pulled {
  /** What it said each time it began anew. */
  readonly restarts: readonly string[];
  /** Record types in the order in which they were announced. */
  readonly announced: readonly string[];
}

export async function collectAnew(events: AsyncIterable<PullEvent>): Promise<PulledAnew> {
  let since: PullEvent[] = [];
  const restarts: string[] = [];
  for await (const event of events) {
    since.push(event);
    if (event.kind !== 'restart') continue;
    restarts.push(event.message);
    since = [];
  }
  const announced = since.flatMap((event) => (event.kind === 'delivers' ? [event.recordType] : []));
  const pulled = await collect(
    (async function* () {
      yield* since;
    })(),
  );
  return { ...pulled, restarts, announced };
}

/** A pretend Clever and the source that reads it. */
export class CleverGround {
  readonly site: CleverSite;
  /** What the source said on the way. */
  readonly told: string[] = [];

  private constructor(site: CleverSite) {
    this.site = site;
  }

  static async prepare(options: Partial<CleverSiteOptions> = {}): Promise<CleverGround> {
    return new CleverGround(await startCleverSite({ districts: [DISTRICT], ...options }));
  }

  get account() {
    return this.site.account;
  }

  source(settings: Settings = {}): RosterSource {
    const { clientId, clientSecret, apiUrl, tokenUrl, account } = this.site;
    const access = settings.token === undefined ? { clientId, clientSecret, districtId: account.id } : {};
    const config = CleverSource.parse({ type: 'clever', apiUrl, tokenUrl, pageSize: 100, ...access, ...settings });
    return createSource(config, {
      spoolDir: tmpdir(),
      allowPrivate: true,
      log: (message) => this.told.push(message),
    });
  }

  pull(settings?: Settings): Promise<PulledAnew> {
    return collectAnew(this.source(settings).pull(neverAborted));
  }

  /** The error of a pull that must fail, which gives advice and tells nothing that is secret or personal. */
  async refused(settings: Settings = {}): Promise<SyncError> {
    const token = this.account.token ?? this.site.clientSecret;
    const error = await refusal(this.pull({ pageSize: 100, ...settings }));
    const said = this.#saidOf(error);
    const { clientId, clientSecret } = this.site;
    const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
    for (const secret of [token, clientSecret, basic, settings.token ?? clientSecret])
      expect(said).not.toContain(secret);
    expect(EMAILS.filter((email) => said.includes(email))).toEqual([]);
    expect(said).not.toContain('pretended failure');
    expect(error.advice).not.toBe('');
    return error;
  }

  /** Everything that people and logs can see of a failure. */
  #saidOf(error: SyncError): string {
    const causes: string[] = [];
    for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause)
      causes.push(cause.message, JSON.stringify(cause));
    return [error.message, error.advice, error.stack, ...causes, ...this.told].join('\n');
  }
}
