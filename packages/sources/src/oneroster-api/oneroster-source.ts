import type { OneRosterSource } from '@rollbook/core';
import type { PullEvent, RosterSource, SourceSurvey } from '@rollbook/pipeline';
import { createHttpClient, type HttpClient } from '../http/http-client.ts';
import type { SourceContext } from '../source-context.ts';
import { readAnew } from './data-changed.ts';
import { openAccess } from './open-access.ts';
import { REQUESTS_AT_ONCE, readApi } from './read-api.ts';
import { surveyApi } from './survey-api.ts';

/**
 * Common limits are per minute: a pull that gave up and began again at each would never come to its end on a server that
 * answers fewer requests a minute than the roster has pages.
 */
const LONGEST_WAIT_MS = 65_000;

/** Any OneRoster 1.1 or 1.2 server. */
export function createOneRosterSource(config: OneRosterSource, context: SourceContext): RosterSource {
  const createClient = (): HttpClient =>
    createHttpClient({
      provider: 'The OneRoster server',
      support: 'the support of the SIS',
      allowPrivate: context.allowPrivate,
      connectTimeoutMs: config.connectTimeoutSeconds * 1000,
      responseTimeoutMs: config.responseTimeoutSeconds * 1000,
      longestWaitMs: LONGEST_WAIT_MS,
      concurrency: REQUESTS_AT_ONCE,
      log: context.log,
      retryPauseMs: context.retryPauseMs,
    });

  async function* pull(signal: AbortSignal): AsyncGenerator<PullEvent> {
    signal.throwIfAborted();
    const client = createClient();
    try {
      const access = await openAccess(config, client, signal);
      const { version, pageSize } = config;
      yield* readAnew(() => readApi(access, { version, pageSize, settings: config, signal }));
    } finally {
      client.close();
    }
  }

  async function survey(signal: AbortSignal): Promise<SourceSurvey> {
    signal.throwIfAborted();
    const client = createClient();
    try {
      const access = await openAccess(config, client, signal);
      return await surveyApi(access, { pageSize: config.pageSize, settings: config, signal });
    } finally {
      client.close();
    }
  }

  return { pull, survey };
}
