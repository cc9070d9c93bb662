import type { ClasslinkSource } from '@rollbook/core';
import type { PullEvent, RosterSource, SourceSurvey } from '@rollbook/pipeline';
import { createHttpClient, type HttpClient } from '../http/http-client.ts';
import type { OneRosterAccess } from '../oneroster-api/collections.ts';
import { readAnew } from '../oneroster-api/data-changed.ts';
import { REQUESTS_AT_ONCE, readApi } from '../oneroster-api/read-api.ts';
import { surveyApi } from '../oneroster-api/survey-api.ts';
import type { SourceContext } from '../source-context.ts';
import { openDirect } from './direct-access.ts';
import { OBFUSCATED, deliveryName, latestChange, lookAt } from './freshness.ts';
import { openProxy } from './proxy-access.ts';
import { watched } from './watched-access.ts';

const PERMISSIONS_NOTE =
  "ClassLink shows only what the district's permissions let through: a school or course that is missing here is not shared with the application.";

/** A district's roster at ClassLink, through the proxy or directly: of version 1.1, whatever the label says. */
export function createClasslinkSource(config: ClasslinkSource, context: SourceContext): RosterSource {
  const createClient = (): HttpClient =>
    createHttpClient({
      provider: 'ClassLink',
      allowPrivate: context.allowPrivate,
      connectTimeoutMs: config.connectTimeoutSeconds * 1000,
      responseTimeoutMs: config.responseTimeoutSeconds * 1000,
      concurrency: REQUESTS_AT_ONCE,
      log: context.log,
      retryPauseMs: context.retryPauseMs,
    });
  const open = async (client: HttpClient, signal: AbortSignal): Promise<OneRosterAccess> =>
    config.access === 'proxy' ? openProxy(config, client, signal) : openDirect(config, client);

  async function* readOnce(access: OneRosterAccess, signal: AbortSignal): AsyncGenerator<PullEvent> {
    const freshness = await lookAt(access, signal);
    const revision = deliveryName(config, access.baseUrl, freshness);
    if (revision !== undefined) yield { kind: 'revision', revision };
    if (freshness.isObfuscated)
      yield { kind: 'warning', warning: { code: 'obfuscated', file: null, line: null, message: OBFUSCATED } };
    yield* readApi(access, { version: '1.1', pageSize: config.pageSize, settings: config, signal });
  }

  async function* pull(signal: AbortSignal): AsyncGenerator<PullEvent> {
    signal.throwIfAborted();
    const client = createClient();
    try {
      const access = await open(client, signal);
      yield* readAnew(() => readOnce(watched(access), signal));
    } finally {
      client.close();
    }
  }

  async function survey(signal: AbortSignal): Promise<SourceSurvey> {
    signal.throwIfAborted();
    const client = createClient();
    try {
      const access = await open(client, signal);
      const freshness = await lookAt(access, signal);
      const seen = await surveyApi(access, { pageSize: config.pageSize, settings: config, signal });
      const notes = [PERMISSIONS_NOTE, ...(freshness.isObfuscated ? [OBFUSCATED] : []), ...seen.notes];
      return { ...seen, freshAt: latestChange(freshness), notes };
    } finally {
      client.close();
    }
  }

  return { pull, survey };
}
