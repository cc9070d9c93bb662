import { RECORD_TYPES, type RunSettings } from '@rollbook/core';
import type { DeliveryModel, Judged } from './delivery-model.ts';
import type { Fate, RaiseModel } from './hold-model.ts';
import { isLookedAt } from './plan-model.ts';
import { typeOf, type Key, type ModelRecord, type RosterModel } from './roster-model.ts';

/** What a run looks at, and sees. */
export interface Looking {
  readonly sync: string;
  readonly roster: RosterModel;
  readonly settings: RunSettings;
  readonly delivery: DeliveryModel;
  readonly judged: ReadonlyMap<Key, Judged>;
  readonly linked: ReadonlySet<string> | null;
  /** As they were before the run. */
  readonly marks: ReadonlySet<Key>;
}

/** What a run finds of a held record (guard §33). `looking`: null if the run looked at no source. */
export function fateOf(
  key: Key,
  record: ModelRecord | undefined,
  sync: string,
  looking: Looking | null,
  isKept: boolean,
): Fate {
  if (record === undefined || record.owner !== sync) return 'gone';
  if (record.status === 'archived') return 'archived';
  const isTypeLooked = looking !== null && isLookedAt(record.type, looking.settings);
  const kind = isTypeLooked ? looking.delivery.kinds.get(record.type) : undefined;
  const means = kind && looking?.judged.get(key)?.means;
  if (means === 'there' || means === 'seen' || means === 'unplaced') return 'returned';
  if (isKept) return 'kept';
  if (looking === null || kind === undefined || !looking.roster.isInScope(record, looking.linked))
    return 'not looked at';
  if (kind === 'delta' && means === undefined && !looking.marks.has(key)) return 'delta is silent';
  return 'stays';
}

/** Whether a run measured all that a threshold was raised for, and so uses the raise (guard §34). */
export function neededByRaise(
  { recordTypes, heldTypes }: RaiseModel,
  { settings, delivery }: Looking,
  unlooked: readonly Key[],
): boolean {
  if (settings.recordTypes === 'contacts' || settings.additionsOnly) return false;
  const types = recordTypes ?? heldTypes ?? RECORD_TYPES;
  if (types.some((type) => !delivery.kinds.has(type))) return false;
  return !unlooked.some((key) => types.includes(typeOf(key)));
}
