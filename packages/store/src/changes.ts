import type { Sql } from './database.ts';

/**
 * What a change set says of a record. `u` update, `r` restore, `h` nothing but the hash changes, `a` archive, `w` archive
 * and `v` update that the guard withheld, `k` missing and kept by a decision, `g` missing and in grace, `l` takes another id
 * (`other_id`), `o` adopts the manual record `other_id`, `b` was archived with a record that is restored, and comes back
 * with it.
 */
export type ChangeAction = 'u' | 'r' | 'h' | 'a' | 'w' | 'v' | 'k' | 'g' | 'l' | 'o' | 'b';

/** The change set's table. Creates are not in it: they are the snapshot's rows that the roster lacks. */
export const changesTable = (prefix: string): string => `snapshot."${prefix}_changes"`;

/** Makes the table, in place of that of a comparison before. */
export async function createChanges(sql: Sql, prefix: string): Promise<string> {
  const table = changesTable(prefix);
  await sql.query(`DROP TABLE IF EXISTS ${table}`);
  await sql.query(
    `CREATE UNLOGGED TABLE ${table} (record_type text NOT NULL, sis_id text COLLATE "C" NOT NULL, action "char" NOT NULL,
       school_id text COLLATE "C", other_id text COLLATE "C", is_dependent boolean NOT NULL DEFAULT false,
       is_approved boolean NOT NULL DEFAULT false)
     WITH (autovacuum_enabled = false)`,
  );
  return table;
}
