import { isSynced, type CountedWarning } from '@rollbook/pipeline';
import type { PoolClient } from 'pg';
import { changesTable } from './changes.ts';
import type { DiffInput } from './diff.ts';
import { examples } from './snapshot-check.ts';
import { snapshotTable } from './snapshot-writer.ts';

const ROLES = [
  { from: 'students', to: 'staff', message: 'is a student no longer, and a member of the staff' },
  { from: 'staff', to: 'students', message: 'is a member of the staff no longer, and a student' },
] as const;

/** Says who changed between student and staff: the one record ends, the other begins (guard §9). */
export async function noteRoleChanges(sql: PoolClient, input: DiffInput, warnings: CountedWarning[]): Promise<void> {
  for (const { from, to, message } of ROLES) {
    if (!input.contents.types[to] || !isSynced(to, input.settings)) continue;
    const { rows } = await sql.query<{ sis_id: string; line: number }>(
      `SELECT c.sis_id, s.line FROM ${changesTable(input.prefix)} c
       JOIN ${snapshotTable(input.prefix, to)} s ON s.sis_id = c.sis_id AND s.presence = 'p'
       WHERE c.record_type = '${from}' AND c.action = 'a' ORDER BY s.line, c.sis_id`,
    );
    warnings.push(...examples(rows, 'role_changed', to, ({ sis_id }) => `"${sis_id}" ${message} in the data`));
  }
}
