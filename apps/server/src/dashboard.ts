import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { HonoAdapter } from '@bull-board/hono';
import { serveStatic } from '@hono/node-server/serve-static';
import type { Queues } from '@rollbook/queue';
import type { Hono } from 'hono';

const BASE_PATH = '/queues';

/** Mounts the queue dashboard: every queue, its failed jobs with their reason, and retry. */
export function mountDashboard(app: Hono, queues: Queues): void {
  const adapter = new HonoAdapter(serveStatic);
  adapter.setBasePath(BASE_PATH);
  createBullBoard({
    queues: queues.all().map((queue) => new BullMQAdapter(queue)),
    serverAdapter: adapter,
    options: {
      uiBasePath: dirname(createRequire(import.meta.url).resolve('@bull-board/ui/package.json')),
      uiConfig: { boardTitle: 'Rollbook queues', hideRedisDetails: true },
    },
  });
  app.route(BASE_PATH, adapter.registerPlugin());
}
