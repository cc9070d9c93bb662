import { SyncError, type CleverSource } from '@rollbook/core';
import { invalidData } from '../invalid-data.ts';
import type { CleverApi } from './clever-api.ts';
import { fieldsOf, isAbsent, type Fields } from './clever-object.ts';

/** What Clever says of a district itself (clever.md §3.6). */
export interface CleverDistrict {
  readonly id: string;
  /** When the district's data last came into Clever, as Clever writes it; null if it does not say. */
  readonly lastSync: string | null;
  /** What is worth a word about its state, such as that it is paused. */
  readonly remarks: readonly string[];
}

/**
 * The one district that the token can see.
 *
 * @throws SyncError `wrong_credentials` if it is not the configured one.
 */
export async function readDistrict(
  api: CleverApi,
  config: Pick<CleverSource, 'districtId'>,
  signal: AbortSignal,
): Promise<CleverDistrict> {
  const path = api.pathOf('districts');
  const listed = fieldsOf(await api.get(path, signal))?.['data'];
  const fields = Array.isArray(listed) ? fieldsOf(fieldsOf(listed[0])?.['data']) : undefined;
  const id = fields?.['id'];
  if (fields === undefined || typeof id !== 'string')
    throw invalidData(
      `Clever answered "${path}" without a district.`,
      'Check that the token is one of a district, not of a user, and the `apiUrl` of the source.',
    );
  if (config.districtId !== undefined && config.districtId !== id)
    throw new SyncError('wrong_credentials', `The token is of district "${id}", not "${config.districtId}".`, {
      advice: 'Operator: enter the token of the right district, or correct the district ID. Nothing was changed.',
    });
  return { id, lastSync: textOf(fields, 'last_sync'), remarks: remarksOf(fields) };
}

const textOf = (fields: Fields, key: string): string | null => {
  const value = fields[key];
  return isAbsent(value) ? null : String(value);
};

function remarksOf(fields: Fields): string[] {
  const state = textOf(fields, 'state')?.toLowerCase();
  if (state === 'paused') {
    const [start, end] = [textOf(fields, 'pause_start'), textOf(fields, 'pause_end')];
    const since = start === null ? '' : ` since ${start}`;
    const until = end === null ? '' : ` until ${end}`;
    return [`the district is paused in Clever${since}${until}: its data stays as it was, but sharing may change`];
  }
  if (state === 'pending') return ['Clever is still setting the district up: its data may not be whole'];
  if (state === 'error') return ["Clever reports an error with the district's own upload: its data may be old"];
  return [];
}
