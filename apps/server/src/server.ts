import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { UsageError } from '@rollbook/core';
import type { Log } from '@rollbook/pipeline';
import { Queues, connect, type QueueBackend } from '@rollbook/queue';
import { queuePrefix, type Database } from '@rollbook/store';
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { refuseForeignRequests, requirePassword } from './access.ts';
import { mountDashboard } from './dashboard.ts';
import { startScheduler } from './scheduler.ts';

export interface ServerOptions {
  readonly backend: QueueBackend;
  /** Left out: the database's own. */
  readonly queuePrefix?: string;
  readonly database: Database;
  /** Loopback unless the operator says otherwise. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly dashboardPassword: string;
  readonly log: Log;
}

export interface Server {
  /** Where it listens, such as `http://127.0.0.1:8383`. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts the scheduler and the HTTP server: the queue dashboard at `/queues`, and `/healthz` for those who watch it.
 *
 * @throws UsageError if the address is taken or may not be used.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { log, database } = options;
  const onError = (error: Error): void =>
    log.warn({ code: (error as { code?: string }).code }, `queue: ${error.message}`);
  const connection = connect(options.backend, {
    onError,
    prefix: options.queuePrefix ?? (await queuePrefix(options.database.pool)),
  });
  const queues = new Queues(connection, onError);
  const http = createAdaptorServer({ fetch: createApp(options, queues).fetch });
  const close = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      http.close(() => resolve());
      if ('closeAllConnections' in http) http.closeAllConnections();
    });
    await queues.close();
    await connection.close();
  };
  const scheduler = await listen(http, options)
    .then(() => startScheduler(database, queues, log))
    .catch(async (error: unknown) => {
      await close();
      throw error;
    });
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    async stop() {
      await scheduler.stop();
      await close();
    },
  };
}

/** The dashboard would fetch fonts from elsewhere, and tell them who works with it. */
const OWN_CONTENT_ONLY = {
  defaultSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  fontSrc: ["'self'", 'data:'],
  frameAncestors: ["'none'"],
};

function createApp({ database, dashboardPassword }: ServerOptions, queues: Queues): Hono {
  const app = new Hono();
  app.use(secureHeaders({ contentSecurityPolicy: OWN_CONTENT_ONLY }));
  app.get('/healthz', async (context) => {
    const isUp = await database.pool.query('SELECT 1').then(
      () => true,
      () => false,
    );
    return context.json({ status: isUp ? 'ok' : 'database unavailable' }, isUp ? 200 : 503);
  });
  app.use('/queues', requirePassword(dashboardPassword), refuseForeignRequests());
  app.use('/queues/*', requirePassword(dashboardPassword), refuseForeignRequests());
  mountDashboard(app, queues);
  app.get('/', (context) => context.redirect('/queues'));
  return app;
}

function listen(http: ReturnType<typeof createAdaptorServer>, { host, port }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      const advice = 'Choose another with ROLLBOOK_HTTP_HOST and ROLLBOOK_HTTP_PORT.';
      reject(new UsageError(`Cannot listen on ${host} port ${port} (${error.code ?? error.message}). ${advice}`));
    });
    http.listen(port, host, () => resolve());
  });
}
