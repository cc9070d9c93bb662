import { tmpdir } from 'node:os';
import { CleverSource } from '@rollbook/core';
import type { PullEvent, RosterSource } from '@rollbook/pipeline';
import { generateDistrict, startCleverSite, type CleverSite, type CleverSiteOptions } from '@rollbook/sandbox';
import { collect, neverAborted, type Pulled } from '../delivery.fixture.ts';
import { createSource } from '../index.ts';

/** Three schools of 60, 50 and 70 students. */
export const DISTRICT = generateDistrict({ seed: 3, schoolSizes: [60, 50, 70] });

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
}
