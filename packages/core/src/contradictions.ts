import type { Calendar } from './calendar/calendar-config.ts';
import type { DeletionThreshold } from './deletion-threshold.ts';
import { RECORD_TYPES } from './record-types.ts';
import type { SourceConfig } from './source-config.ts';
import type { UpdateThreshold } from './update-threshold.ts';

/** What of a sync's settings can contradict each other. */
export interface CheckedSettings {
  readonly source: SourceConfig;
  readonly deletionThreshold: DeletionThreshold;
  readonly alwaysAllow: number;
  readonly updateThreshold: UpdateThreshold;
  readonly calendar: Calendar;
}

type Refuse = (path: (string | number)[], message: string) => void;

/** Refuses settings of the guard that cannot both hold; each message names both and says what to do. */
export function checkContradictions(sync: CheckedSettings, refuse: Refuse): void {
  checkAlwaysAllow(sync, refuse);
  checkRolloverAllow(sync, refuse);
  checkGuardians(sync, refuse);
}

/** 0 holds every archive (guard §2), and `alwaysAllow` lets some go whatever the percentage (guard §3). */
function checkAlwaysAllow({ deletionThreshold, alwaysAllow }: CheckedSettings, refuse: Refuse): void {
  const zero = zeroOf(deletionThreshold);
  if (zero !== null && alwaysAllow > 0)
    refuse(
      ['alwaysAllow'],
      `expected 0, received ${alwaysAllow}: deletionThreshold${zero} is 0, which holds every archive, and alwaysAllow lets ${alwaysAllow} of every group go. Leave alwaysAllow out, or set deletionThreshold above 0`,
    );
}

/** A rollover window without an `alwaysAllow` of its own has that of the sync (guard §30). */
function checkRolloverAllow({ calendar: { rollover }, alwaysAllow }: CheckedSettings, refuse: Refuse): void {
  if (rollover === null) return;
  const zero = zeroOf(rollover.deletionThreshold);
  const inForce = rollover.alwaysAllow ?? alwaysAllow;
  if (zero === null || inForce === 0) return;
  const name = rollover.alwaysAllow === null ? 'alwaysAllow of the sync' : 'calendar.rollover.alwaysAllow';
  refuse(
    ['calendar', 'rollover', 'alwaysAllow'],
    `expected 0: calendar.rollover.deletionThreshold${zero} is 0, which holds every archive, and ${name} (${inForce}) lets ${inForce} of every group go. Set calendar.rollover.alwaysAllow to 0, or calendar.rollover.deletionThreshold above 0`,
  );
}

/** `.schools` for a threshold that is 0 for a type alone, nothing where it is 0 for all; null: nowhere. */
function zeroOf({ default: basisPoints, perType }: DeletionThreshold): string | null {
  if (basisPoints === 0) return '';
  const type = RECORD_TYPES.find((recordType) => perType[recordType] === 0);
  return type === undefined ? null : `.${type}`;
}

/** A threshold for guardians alone, where no guardian ever comes: nothing would be measured. */
function checkGuardians({ source, updateThreshold }: CheckedSettings, refuse: Refuse): void {
  if (source.manageGuardians || source.guardiansFile !== undefined) return;
  const { students, staff, guardians } = updateThreshold;
  if (guardians !== null && students === null && staff === null)
    refuse(
      ['updateThreshold', 'guardians'],
      'expected no percentage for guardians: source.manageGuardians is false and there is no source.guardiansFile, so that no guardian is ever synced. Take guardians out of updateThreshold, or set source.manageGuardians to true',
    );
}
