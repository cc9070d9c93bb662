import { HoldExplanations } from '@rollbook/core';
import type { AlertBook, HoldAlert } from '@rollbook/pipeline';
import type pg from 'pg';
import { inTransaction } from './database.ts';

interface AlertRow extends Omit<HoldAlert, 'looksLike' | 'openedAt'> {
  readonly id: number;
  readonly status: string;
  readonly explanations: unknown;
  readonly openedAt: Date;
}

/** New holds that somebody is to be told of (guard §23). */
export class PostgresAlerts implements AlertBook {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async haveWaitedSince(moment: Date): Promise<boolean> {
    const { rows } = await this.#pool.query<{ due: boolean }>(
      'SELECT EXISTS (SELECT 1 FROM alerts WHERE sent_at IS NULL AND created_at <= $1) AS due',
      [moment],
    );
    return rows[0]?.due === true;
  }

  /** The alerts stay locked until `tell` is through: somebody who dies in between leaves them to be told of again. */
  async deliver(tell: (alerts: readonly HoldAlert[]) => Promise<void>): Promise<number> {
    return inTransaction(this.#pool, async (sql) => {
      const { rows: locked } = await sql.query<{ id: number }>(
        'SELECT hold_id AS id FROM alerts WHERE sent_at IS NULL ORDER BY hold_id FOR UPDATE SKIP LOCKED',
      );
      const ids = locked.map(({ id }) => id);
      if (ids.length === 0) return 0;
      const { rows } = await sql.query<AlertRow>(
        `SELECT h.id, h.id::text AS hold, h.district_id AS district, d.name AS "districtName", h.sync_id AS sync,
           h.run_id::text AS run, h.record_count AS records, r.explanations, h.opened_at AS "openedAt",
           (SELECT coalesce(array_agg(DISTINCT school_id) FILTER (WHERE school_id IS NOT NULL), '{}')
            FROM hold_records WHERE hold_id = h.id) AS schools
         FROM holds h JOIN districts d ON d.id = h.district_id JOIN runs r ON r.id = h.run_id
         WHERE h.id = ANY ($1) AND h.status = 'open' ORDER BY h.district_id, h.id`,
        [ids],
      );
      if (rows.length > 0) await tell(rows.map(alertOf));
      await sql.query('UPDATE alerts SET sent_at = now() WHERE hold_id = ANY ($1)', [ids]);
      return rows.length;
    });
  }
}

const alertOf = ({ hold, district, districtName, sync, run, records, schools, explanations, openedAt }: AlertRow) => ({
  hold,
  district,
  districtName,
  sync,
  run,
  records,
  schools,
  looksLike: HoldExplanations.catch([])
    .parse(explanations)
    .map(({ message }) => message),
  openedAt: openedAt.toISOString(),
});
