import { RECORD_TYPES, type RecordType } from '@rollbook/core';
import type { Database } from '@rollbook/store';
import { forEachType } from './contents.ts';

interface RowState {
  readonly isActive: boolean;
  /** Changes when anything in the row changes. */
  readonly hash: string;
}

/** Every row of a district's roster in the database, by type and SIS id. */
export type RosterState = Readonly<Record<RecordType, ReadonlyMap<string, RowState>>>;

/** Which rows differ between two looks at the database, as SIS ids. */
export interface TouchedRows {
  readonly created: readonly string[];
  readonly updated: readonly string[];
  readonly archived: readonly string[];
  readonly restored: readonly string[];
  readonly deleted: readonly string[];
}

/** Reads the roster's tables themselves, so that a run is judged by what it left and not by what it says. */
export async function readRosterState({ pool }: Pick<Database, 'pool'>, districtId: string): Promise<RosterState> {
  const states = new Map<RecordType, ReadonlyMap<string, RowState>>();
  for (const recordType of RECORD_TYPES) {
    const { rows } = await pool.query<{ sis_id: string; status: string; hash: string }>(
      `SELECT sis_id, status, md5(r::text) AS hash FROM ${recordType} r WHERE district_id = $1`,
      [districtId],
    );
    states.set(
      recordType,
      new Map(rows.map((row) => [row.sis_id, { isActive: row.status === 'active', hash: row.hash }])),
    );
  }
  return forEachType((recordType) => states.get(recordType) ?? new Map());
}

export function touchedBetween(before: RosterState, after: RosterState): Record<RecordType, TouchedRows> {
  return forEachType((recordType) => {
    const [old, now] = [before[recordType], after[recordType]];
    const differing = [...now].filter(([id, row]) => old.has(id) && old.get(id)?.hash !== row.hash);
    const pick = (wasActive: boolean, isActive: boolean): string[] =>
      differing
        .filter(([id, row]) => old.get(id)?.isActive === wasActive && row.isActive === isActive)
        .map(([id]) => id);
    return {
      created: [...now.keys()].filter((id) => !old.has(id)),
      updated: [...pick(true, true), ...pick(false, false)],
      archived: pick(true, false),
      restored: pick(false, true),
      deleted: [...old.keys()].filter((id) => !now.has(id)),
    };
  });
}

export function activeIds(state: RosterState, recordType: RecordType): string[] {
  return [...state[recordType]].filter(([, row]) => row.isActive).map(([id]) => id);
}
