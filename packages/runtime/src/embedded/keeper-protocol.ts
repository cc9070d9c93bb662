import { z } from 'zod';

/** What `keeper.json` tells: where a keeper takes clients, and the token that opens it. */
export const KeeperAddress = z.object({
  pid: z.number().int().positive(),
  port: z.number().int().positive(),
  token: z.string().min(20),
});
export type KeeperAddress = z.infer<typeof KeeperAddress>;

/** A client's first line: who it is and which servers it needs. Holding the connection holds the servers. */
export const KeeperRequest = z.object({ token: z.string(), postgres: z.boolean(), redis: z.boolean() });
export type KeeperRequest = z.infer<typeof KeeperRequest>;

export const KeptServer = z.object({ url: z.string(), describe: z.string() });
export type KeptServer = z.infer<typeof KeptServer>;

/** The keeper's one answer. A server is null if it was not asked for, or if there is no program to run it. */
export const KeeperReply = z.union([
  z.object({ postgres: KeptServer.nullable(), redis: KeptServer.nullable() }),
  z.object({ error: z.string() }),
]);
export type KeeperReply = z.infer<typeof KeeperReply>;

/** A client's last line. The connection then closes; for the last client, after the servers have stopped. */
export const RELEASE = 'release';

/** Parses one line of JSON; null if it is not what the schema says. */
export function parseLine<T>(schema: z.ZodType<T>, line: string): T | null {
  try {
    return schema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
