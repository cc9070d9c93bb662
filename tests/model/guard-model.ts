import { RECORD_TYPES, type RecordType, type RunSettings } from '@rollbook/core';
import { cameSince, homeSchool, keyOf, type Key, type ModelRecord, type RosterModel } from './roster-model.ts';
import type { Missing } from './plan-model.ts';

/** A measurement as the table of findings has it. */
export interface FindingModel {
  readonly type: RecordType;
  readonly school: string | null;
  readonly active: number;
  readonly newcomers: number;
  readonly toArchive: number;
  readonly before: number;
  readonly waiting: number;
  readonly approved: number;
  readonly allowed: number;
  readonly verdict: 'pass' | 'hold';
}

export interface Measured {
  readonly findings: readonly FindingModel[];
  /** Whether archives of a group are withheld, unless approved (guard §7). */
  readonly isWithheld: (record: ModelRecord) => boolean;
}

export interface MeasureInput {
  readonly roster: RosterModel;
  readonly sync: string;
  /** What was delivered, and is looked at. */
  readonly types: ReadonlySet<RecordType>;
  readonly missing: ReadonlyMap<Key, Missing>;
  readonly settings: RunSettings;
  readonly linked: ReadonlySet<string> | null;
  /** The run with which the open hold, or the first of its chain, began; null: no hold is open (guard §32). */
  readonly since: number | null;
  /** What runs of the sync archived within the window (guard §35). */
  readonly before: readonly ModelRecord[];
  /** Of the open hold, and a delta is silent about them (guard §33). */
  readonly waiting: ReadonlySet<Key>;
}

/** Measures record types, in the schools in which the sync has active records of them (guard §1 to §7, §32 to §35). */
export function measure(input: MeasureInput): Measured {
  const { roster, sync, linked } = input;
  const findings: FindingModel[] = [];
  for (const type of RECORD_TYPES.filter((candidate) => input.types.has(candidate))) {
    const active = roster.managed(type, sync).filter((record) => roster.isInScope(record, linked));
    for (const school of [...new Set(active.map(homeSchool))].sort())
      findings.push(
        measureGroup(
          input,
          type,
          school,
          active.filter((record) => homeSchool(record) === school),
        ),
      );
  }
  // What waits may be over by itself: that holds a run only where it keeps something from being archived (guard §33).
  const isHeld = [...input.missing.values()].some(
    (entry) => isRoot(entry) && !entry.isApproved && isHeldBack(findings, input.settings, entry.record),
  );
  return {
    findings: isHeld ? findings : findings.map((finding) => ({ ...finding, verdict: 'pass' })),
    isWithheld: (record) => input.settings.additionsOnly || (isHeld && isHeldBack(findings, input.settings, record)),
  };
}

const isRoot = (entry: Missing | undefined): entry is Missing => entry?.stays === null && !entry.isDependent;

function measureGroup(
  { missing, settings, since, before, waiting }: MeasureInput,
  type: RecordType,
  school: string | null,
  group: readonly ModelRecord[],
): FindingModel {
  const entryOf = ({ id }: ModelRecord): Missing | undefined => missing.get(keyOf(type, id));
  const toArchive = group.filter((record) => isRoot(entryOf(record)));
  const approved = toArchive.filter((record) => entryOf(record)?.isApproved).length;
  // What goes with its parent in this run does not wait.
  const waits = group.filter((record) => waiting.has(keyOf(type, record.id)) && !entryOf(record));
  const newcomers = group.filter(
    (record) => since !== null && cameSince(record, since) && !toArchive.includes(record) && !waits.includes(record),
  ).length;
  const gone = before.filter((record) => record.type === type && homeSchool(record) === school).length;
  const active = group.length - newcomers;
  const percent = settings.threshold.perType[type] ?? settings.threshold.default;
  const total = active + gone;
  const allowed = Math.max(Math.floor((total * percent) / 10_000), Math.min(settings.alwaysAllow, total));
  // Where nothing is left to withhold, nothing is held: what went before passed then.
  const isOpen = approved < toArchive.length + waits.length;
  const isOver = toArchive.length + gone + waits.length > allowed;
  return {
    type,
    school,
    active,
    newcomers,
    toArchive: toArchive.length,
    before: gone,
    waiting: waits.length,
    approved,
    allowed,
    verdict: isOver && isOpen ? 'hold' : 'pass',
  };
}

/** Whether a group that is over keeps the record from being archived (guard §7). */
function isHeldBack(findings: readonly FindingModel[], settings: RunSettings, record: ModelRecord): boolean {
  const over = findings.filter(({ verdict }) => verdict === 'hold');
  if (settings.withhold === 'sync') return over.length > 0;
  const school = homeSchool(record);
  return over.some((finding) => finding.school === school && (school !== null || finding.type === record.type));
}
