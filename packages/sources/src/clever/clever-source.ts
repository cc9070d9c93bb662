import { SyncError, type CleverSource } from '@rollbook/core';
import type { PullEvent, RosterSource } from '@rollbook/pipeline';
import { createHttpClient } from '../http/http-client.ts';
import type { SourceContext } from '../source-context.ts';
import { CleverApi } from './clever-api.ts';
import { DataMoved } from './data-moved.ts';
import { readDistrict } from './district.ts';
import { PageReader } from './pages.ts';
import { planReading } from './permissions.ts';
import { CleverReader } from './read-clever.ts';
import { surveyClever } from './survey.ts';

/** So often a pull begins anew because the data changed while it was read. */
const MOST_RESTARTS = 3;

/**
 * Clever's Data API, read whole: schools, terms, courses, users, sections. Pages are no snapshot, so that a district
 * whose data came into Clever meanwhile (`last_sync`) is read again from the beginning (clever.md §2.1).
 */
export function createCleverSource(config: CleverSource, context: SourceContext): RosterSource {
  const log = context.log ?? (() => undefined);

  function connect() {
    const client = createHttpClient({
      provider: 'Clever',
      allowPrivate: context.allowPrivate,
      connectTimeoutMs: config.connectTimeoutSeconds * 1000,
      responseTimeoutMs: config.responseTimeoutSeconds * 1000,
      log,
      retryPauseMs: context.retryPauseMs,
    });
    const api = new CleverApi(client, config);
    return { api, pages: new PageReader(api, config.pageSize, log), close: () => client.close() };
  }

  async function* pull(signal: AbortSignal): AsyncGenerator<PullEvent> {
    const { api, pages, close } = connect();
    try {
      for (let restarts = 0; ; restarts += 1) {
        try {
          return yield* pullOnce(api, pages, signal);
        } catch (error) {
          if (!(error instanceof DataMoved)) throw error;
          if (restarts === MOST_RESTARTS) throw neverAtRest(error);
          api.reset();
          yield { kind: 'restart', message: `${error.message} while it was read; reading it anew` };
        }
      }
    } finally {
      close();
    }
  }

  async function* pullOnce(api: CleverApi, pages: PageReader, signal: AbortSignal): AsyncGenerator<PullEvent> {
    yield { kind: 'progress', message: 'Asking Clever for the district' };
    const district = await readDistrict(api, config, signal);
    const plan = planReading(await api.scopes(signal), config);
    if (plan.announced.length === 0) throw nothingToRead();
    for (const message of district.remarks)
      yield { kind: 'warning', warning: { code: 'district_state', file: null, line: null, message } };
    for (const warning of plan.warnings) yield { kind: 'warning', warning };
    const reader = new CleverReader(plan.announced, config);
    for await (const page of pages.read(plan.collections, signal)) yield* reader.take(page);
    const { lastSync } = await readDistrict(api, config, signal);
    if (lastSync !== district.lastSync) throw new DataMoved("The district's data in Clever changed");
  }

  async function survey(signal: AbortSignal) {
    const { api, pages, close } = connect();
    try {
      return await surveyClever(api, pages, config, signal);
    } finally {
      close();
    }
  }

  return { pull, survey };
}

const neverAtRest = (cause: DataMoved): SyncError =>
  new SyncError('source_unavailable', `${cause.message} while it was read, ${MOST_RESTARTS + 1} times in a row.`, {
    advice:
      'Rollbook tries again by itself. If it goes on, set the schedule of the sync to a time at which the district does not upload to Clever.',
    cause,
  });

const nothingToRead = (): SyncError =>
  new SyncError('wrong_credentials', 'The Clever token may not read anything of a roster.', {
    advice:
      "Ask Clever's support which data this application may read: it needs Secure Sync with schools, sections and users.",
  });
