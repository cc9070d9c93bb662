import type { PipelineHarness } from '../pipeline-harness.ts';

/**
 * Lets hours pass for whoever asks what time it is, the database as well as this process: every time that was noted is so
 * much longer ago afterwards. Days that were entered as such stay.
 */
export async function passHours(harness: PipelineHarness, hours: number): Promise<void> {
  await harness.sql(`DO $$
    DECLARE noted record;
    BEGIN
      FOR noted IN
        SELECT c.table_name AS of, string_agg(format('%1$I = %1$I - interval ''${hours} hours''', c.column_name), ', ') AS assignments
        FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
        WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.data_type = 'timestamp with time zone'
          AND c.table_name NOT LIKE '\\_%'
        GROUP BY 1
      LOOP
        EXECUTE format('UPDATE %I SET %s', noted.of, noted.assignments);
      END LOOP;
    END $$`);
}
