export { DASHBOARD_USER } from './access.ts';
export { startServer } from './server.ts';
export type { Server, ServerOptions } from './server.ts';
