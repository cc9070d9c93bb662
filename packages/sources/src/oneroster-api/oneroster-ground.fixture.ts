import { tmpdir } from 'node:os';
import { OneRosterSource, RECORD_TYPES, type RecordType } from '@rollbook/core';
import type { RosterSource } from '@rollbook/pipeline';
import { generateDistrict, type District, type OneRosterSite } from '@rollbook/sandbox';
import { collect, neverAborted, type Pulled } from '../delivery.fixture.ts';
import { createSource } from '../index.ts';

/** Two schools: some 190 students, and the more than 500 users that a small page needs. */
export const DISTRICT: District = generateDistrict({ seed: 7, schoolSizes: [130, 60] });

type Config = Partial<Omit<OneRosterSource, 'auth'>> & { readonly auth?: unknown };

export const oauth2 = ({ tokenUrl, tokens }: OneRosterSite, more: object = {}): unknown => ({
  type: 'oauth2',
  tokenUrl,
  clientId: tokens.clientId,
  clientSecret: tokens.clientSecret,
  ...more,
});

/** The source that reads a pretend server, with small pages. */
export const sourceOf = (site: OneRosterSite, config: Config = {}, log: string[] = []): RosterSource =>
  createSource(
    OneRosterSource.parse({
      type: 'oneroster',
      baseUrl: site.baseUrl,
      version: site.baseUrl.endsWith('v1p1') ? '1.1' : '1.2',
      pageSize: 100,
      auth: oauth2(site),
      ...config,
    }),
    { spoolDir: tmpdir(), allowPrivate: true, log: (message) => log.push(message) },
  );

export const pull = (site: OneRosterSite, config: Config = {}): Promise<Pulled> =>
  collect(sourceOf(site, config).pull(neverAborted));

/** All records by type, in the order of their ids. */
export function rosterOf(pulled: Pulled): Partial<Record<RecordType, unknown[]>> {
  const sorted = (type: RecordType): unknown[] =>
    [...pulled.records(type)].sort((one, other) => (one.sisId < other.sisId ? -1 : one.sisId > other.sisId ? 1 : 0));
  return Object.fromEntries(RECORD_TYPES.filter((type) => type in pulled.delivers).map((type) => [type, sorted(type)]));
}
