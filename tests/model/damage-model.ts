import { isLookedAt } from './plan-model.ts';
import { keyOf } from './roster-model.ts';
import type { Looking } from './settled-run.ts';

/** Empty is not gone, and too many rows that cannot be used (guard §19, §20). */
export function isDamaged({ sync, roster, settings, delivery, judged, linked }: Looking): boolean {
  return [...delivery.kinds].some(([type, kind]) => {
    if (!isLookedAt(type, settings)) return false;
    const rows = [...judged.values()].filter((row) => row.type === type);
    const skipped = rows.filter(({ means }) => means === 'seen').length;
    if (skipped * 100 > rows.length * settings.maxSkippedPercent) return true;
    if (kind !== 'full' || rows.length > 0) return false;
    return roster.managed(type, sync).some((record) => roster.isInScope(record, linked));
  });
}

/** guard §15 */
export function isInData({ roster, delivery, judged }: Looking, school: string): boolean {
  const means = judged.get(keyOf('schools', school))?.means;
  if (means !== undefined) return means === 'there' || means === 'outside';
  return delivery.kinds.get('schools') !== 'full' && roster.isActive('schools', school);
}
