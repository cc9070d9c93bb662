import { defineConfig } from 'prisma/config';

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  // Generating needs no database; `env()` would throw where the variable is unset.
  datasource: { url: process.env['DATABASE_URL'] ?? 'postgresql://127.0.0.1/rollbook' },
});
