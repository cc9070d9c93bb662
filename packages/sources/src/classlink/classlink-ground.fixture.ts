import { tmpdir } from 'node:os';
import { ClasslinkSource } from '@rollbook/core';
import type { PullEvent, RosterSource, SourceSurvey } from '@rollbook/pipeline';
import { generateDistrict, startClasslinkSite, type ClasslinkShare, type ClasslinkSite } from '@rollbook/sandbox';
import { collect, neverAborted, type Pulled } from '../delivery.fixture.ts';
import { createSource } from '../index.ts';

/** Two schools: enough users for several pages of 100. */
export const DISTRICT = generateDistrict({ seed: 7, schoolSizes: [130, 60] });

type Settings = { readonly [K in keyof ClasslinkSource]?: unknown };

/** A pretend ClassLink with one district, and the sources that read it, with small pages. */
export class ClasslinkGround {
  readonly site: ClasslinkSite;
  readonly share: ClasslinkShare;
  /** What the sources told their log. */
  readonly log: string[] = [];

  private constructor(site: ClasslinkSite, share: ClasslinkShare) {
    this.site = site;
    this.share = share;
  }

  static async prepare(): Promise<ClasslinkGround> {
    const site = await startClasslinkSite({ shares: [{ district: DISTRICT }], otherDistricts: 40 });
    return new ClasslinkGround(site, site.shares[0]!);
  }

  clear(): Promise<void> {
    return this.site.stop();
  }

  configOf(access: 'proxy' | 'direct', settings: Settings = {}): ClasslinkSource {
    const { site, share } = this;
    const keys =
      access === 'proxy'
        ? { partnerToken: site.partnerToken, applicationId: share.applicationId, proxyUrl: site.proxyUrl }
        : { baseUrl: site.directUrl, consumerKey: share.consumerKey, consumerSecret: share.consumerSecret };
    return ClasslinkSource.parse({ type: 'classlink', access, pageSize: 100, ...keys, ...settings });
  }

  sourceOf(access: 'proxy' | 'direct', settings?: Settings): RosterSource {
    const log = (message: string): void => {
      this.log.push(message);
    };
    return createSource(this.configOf(access, settings), { spoolDir: tmpdir(), allowPrivate: true, log });
  }

  pull(access: 'proxy' | 'direct' = 'proxy', settings?: Settings): Promise<Pulled> {
    return collect(this.sourceOf(access, settings).pull(neverAborted));
  }

  survey(access: 'proxy' | 'direct' = 'proxy', settings?: Settings): Promise<SourceSurvey> {
    return this.sourceOf(access, settings).survey(neverAborted);
  }

  /** All events, those before a restart as well. */
  async events(settings?: Settings): Promise<PullEvent[]> {
    const events: PullEvent[] = [];
    for await (const event of this.sourceOf('proxy', settings).pull(neverAborted)) events.push(event);
    return events;
  }

  /** The requests for a collection's data, and their queries. */
  queries(collection: string): string[] {
    return this.site.http.log.requests
      .filter(({ path }) => path.endsWith(`/ims/oneroster/v1p1/${collection}`))
      .map(({ query }) => query);
  }
}
