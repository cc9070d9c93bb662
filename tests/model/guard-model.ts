import { RECORD_TYPES, type RecordType, type RunSettings } from '@rollbook/core';
import { homeSchool, type Key, type ModelRecord, type RosterModel } from './roster-model.ts';
import type { Missing } from './plan-model.ts';

/** A measurement as the table of findings has it. */
export interface FindingModel {
  readonly type: RecordType;
  readonly school: string | null;
  readonly active: number;
  readonly toArchive: number;
  readonly approved: number;
  readonly allowed: number;
  readonly verdict: 'pass' | 'hold';
}

export interface Measured {
  readonly findings: readonly FindingModel[];
  /** Whether archives of a group are withheld, unless approved (guard §7). */
  readonly isWithheld: (record: ModelRecord) => boolean;
}

/** Measures record types, in the schools in which the sync has active records of them (guard §1 to §7). */
export function measure(
  roster: RosterModel,
  types: ReadonlySet<RecordType>,
  missing: ReadonlyMap<Key, Missing>,
  settings: RunSettings,
  linked: ReadonlySet<string> | null,
): Measured {
  const roots = [...missing.values()].filter(({ stays, isDependent }) => stays === null && !isDependent);
  const findings: FindingModel[] = [];
  for (const type of RECORD_TYPES.filter((candidate) => types.has(candidate))) {
    const active = roster.managed(type).filter((record) => roster.isInScope(record, linked));
    for (const school of [...new Set(active.map(homeSchool))].sort()) {
      const group = roots.filter(({ record }) => record.type === type && homeSchool(record) === school);
      const toArchive = group.length;
      const approved = group.filter(({ isApproved }) => isApproved).length;
      const count = active.filter((record) => homeSchool(record) === school).length;
      const percent = settings.threshold.perType[type] ?? settings.threshold.default;
      const allowed = Math.max(Math.floor((count * percent) / 10_000), Math.min(settings.alwaysAllow, count));
      const verdict = toArchive > allowed && approved < toArchive ? 'hold' : 'pass';
      findings.push({ type, school, active: count, toArchive, approved, allowed, verdict });
    }
  }
  return { findings, isWithheld: (record) => isWithheld(findings, settings, record) };
}

function isWithheld(findings: readonly FindingModel[], settings: RunSettings, record: ModelRecord): boolean {
  if (settings.additionsOnly) return true;
  const over = findings.filter(({ verdict }) => verdict === 'hold');
  if (settings.withhold === 'sync') return over.length > 0;
  const school = homeSchool(record);
  return over.some((finding) => finding.school === school && (school !== null || finding.type === record.type));
}
