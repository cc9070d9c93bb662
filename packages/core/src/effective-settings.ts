import type { CalendarState } from './calendar/sync-state.ts';
import { basisPointsFor, thresholdFor, type DeletionThreshold } from './deletion-threshold.ts';
import { RECORD_TYPES, type RecordType } from './record-types.ts';
import type { LimitsNote, RunSettings } from './run-settings.ts';
import type { SourceType } from './source-config.ts';
import { raisedUpdates } from './update-threshold.ts';

/** A threshold that a person raised for the next run, or until a day (guard §26). It ends by itself. */
export interface ThresholdRaise {
  readonly id: number;
  readonly basisPoints: number;
  /** Null: every record type. */
  readonly recordTypes: readonly RecordType[] | null;
  /** The first day, `YYYY-MM-DD`, on which it no longer holds; null: it holds for one run. */
  readonly until: string | null;
}

export interface EffectiveSettings {
  readonly settings: RunSettings;
  /** A sentence for people on each thing that is special today. */
  readonly notes: readonly string[];
}

/** The settings of a run that is requested now: those of the sync, under the calendar and a raise (guard §14, §26, §30). */
export function effectiveSettings(
  settings: RunSettings,
  {
    calendar,
    raise,
    updateRaise = null,
    sourceType,
  }: {
    readonly calendar: CalendarState;
    readonly raise: ThresholdRaise | null;
    /** A raise of the update threshold (guard §36). */
    readonly updateRaise?: ThresholdRaise | null;
    readonly sourceType: SourceType;
  },
): EffectiveSettings {
  const { rollover, additionsOnly, recordTypes, notes } = calendar;
  const limits = rollover === null ? settings.threshold : thresholdFor(rollover.deletionThreshold, sourceType);
  const threshold = raise === null ? limits : raised(limits, raise);
  const limitsNote = noteOf(raise, rollover);
  return {
    settings: {
      ...settings,
      threshold,
      alwaysAllow: rollover?.alwaysAllow ?? settings.alwaysAllow,
      limitsNote,
      updateThreshold:
        updateRaise === null ? settings.updateThreshold : raisedUpdates(settings.updateThreshold, updateRaise),
      updateLimitsNote: noteOf(updateRaise, null),
      additionsOnly,
      recordTypes,
    },
    notes: [
      ...notes,
      ...(raise === null ? [] : [raiseText(raise)]),
      ...(updateRaise === null ? [] : [raiseText(updateRaise, 'update')]),
    ],
  };
}

/** A raise never lowers what is configured. */
function raised(threshold: DeletionThreshold, { basisPoints, recordTypes }: ThresholdRaise): DeletionThreshold {
  const perType: DeletionThreshold['perType'] = { ...threshold.perType };
  for (const recordType of recordTypes ?? RECORD_TYPES)
    perType[recordType] = Math.max(basisPointsFor(threshold, recordType), basisPoints);
  return { default: threshold.default, perType };
}

function noteOf(raise: ThresholdRaise | null, rollover: CalendarState['rollover']): LimitsNote | null {
  if (raise !== null)
    return {
      kind: 'raised',
      raiseId: raise.id,
      basisPoints: raise.basisPoints,
      recordTypes: raise.recordTypes === null ? null : [...raise.recordTypes],
      until: raise.until,
    };
  return rollover === null ? null : { kind: 'rollover', until: rollover.until };
}

/** `The deletion threshold of students is raised to 15 % until 2027-08-20.` */
export function raiseText(
  { basisPoints, recordTypes, until }: Omit<ThresholdRaise, 'id'>,
  threshold: 'deletion' | 'update' = 'deletion',
): string {
  const of = recordTypes === null ? '' : ` of ${recordTypes.join(', ')}`;
  const end = until === null ? 'for one run' : `until ${until}`;
  return `The ${threshold} threshold${of} is raised to ${basisPoints / 100} % ${end}.`;
}

/** What to say beside a threshold of a record type: why it is not the configured one; null if it is. */
export function limitsText(note: LimitsNote | null, recordType: RecordType): string | null {
  if (note === null) return null;
  if (note.kind === 'rollover') return `rollover window until ${note.until}`;
  if (note.recordTypes !== null && !note.recordTypes.includes(recordType)) return null;
  return note.until === null ? 'raised for this run' : `raised until ${note.until}`;
}
