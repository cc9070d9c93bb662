import { RECORD_TYPES, SyncError, type RecordType, type RosterRecord } from '@rollbook/core';
import type { PulledRow, PullEvent, PullWarning, RosterSource } from '@rollbook/pipeline';
import type { Roster } from './carries.ts';

export const neverAborted = new AbortController().signal;

/** Rows as they came, those that were packed unpacked. */
export type Event = Exclude<PullEvent, { kind: 'packed' }>;

/** Every event of a pull, those before a restart as well. Packed rows are good until the next event only. */
export async function* eventsOf(source: RosterSource, signal = neverAborted): AsyncGenerator<Event> {
  for await (const event of source.pull(signal)) {
    if (event.kind !== 'packed') yield event;
    else {
      const { file, enrollments } = event;
      const rows = Array.from({ length: enrollments.count }, (_, index) => enrollments.unpack(index));
      yield { kind: 'rows', recordType: 'enrollments', file, rows };
    }
  }
}

export async function pull(source: RosterSource): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of eventsOf(source)) events.push(event);
  return events;
}

export const rowsOf = (events: readonly Event[], recordType: RecordType): PulledRow[] =>
  events.flatMap((event) => (event.kind === 'rows' && event.recordType === recordType ? [...event.rows] : []));

/** The records of each type, the first of each id, in the order of their ids; sets in order as well. */
export function rosterIn(events: readonly Event[]): Roster {
  const recordsOf = (type: RecordType): RosterRecord[] => {
    const byId = new Map<string, RosterRecord>();
    for (const { record } of rowsOf(events, type)) if (!byId.has(record.sisId)) byId.set(record.sisId, record);
    return inOrder([...byId.values()]);
  };
  return Object.fromEntries(RECORD_TYPES.map((type) => [type, recordsOf(type)])) as unknown as Roster;
}

export const inOrder = <R extends { readonly sisId: string }>(records: readonly R[]): R[] =>
  records
    .toSorted((one, other) => (one.sisId < other.sisId ? -1 : one.sisId > other.sisId ? 1 : 0))
    .map(
      (record) =>
        Object.fromEntries(
          Object.entries(record).map(([name, value]) => [
            name,
            Array.isArray(value) ? (value as string[]).toSorted() : (value as unknown),
          ]),
        ) as R,
    );

export const warningsOf = (events: readonly Event[]): PullWarning[] =>
  events.flatMap((event) => ('warning' in event ? [event.warning] : []));

/** The SyncError that a step ends with; fails the test if there is none. */
export async function refusal(step: Promise<unknown>): Promise<SyncError> {
  const outcome = await step.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(outcome instanceof SyncError)) throw new Error('Expected a SyncError.', { cause: outcome });
  return outcome;
}
