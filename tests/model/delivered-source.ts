import { RECORD_TYPES, type RecordType } from '@rollbook/core';
import type { PullEvent, RosterSource, SourceSurvey } from '@rollbook/pipeline';
import type { DeliveryModel } from './delivery-model.ts';

const LINKS: readonly RecordType[] = ['guardianships', 'enrollments'];
const IN_ORDER = [...RECORD_TYPES.filter((type) => !LINKS.includes(type)), ...LINKS];

/** Says what a delivery of the model holds. */
export class DeliveredSource implements RosterSource {
  delivery: DeliveryModel = { kinds: new Map(), rows: [] };
  /** What it says first, and takes back because its data changed while it was read; null: nothing. */
  takenBack: DeliveryModel | null = null;
  /** Called before the pull ends; a fault throws here. */
  beforeEnd: () => Promise<void> = () => Promise.resolve();

  async *pull(): AsyncIterable<PullEvent> {
    if (this.takenBack) {
      yield* tell(this.takenBack);
      yield { kind: 'restart', message: 'the data changed' };
    }
    yield* tell(this.delivery);
    await this.beforeEnd();
  }

  survey(): Promise<SourceSurvey> {
    return Promise.resolve({ schools: [], counts: {}, permissions: [], freshAt: null, notes: [] });
  }
}

function* tell({ kinds, rows }: DeliveryModel): Iterable<PullEvent> {
  for (const recordType of IN_ORDER) {
    const delivery = kinds.get(recordType);
    if (delivery === undefined) continue;
    const file = `${recordType}.csv`;
    yield { kind: 'delivers', recordType, delivery, file };
    const ofType = rows.filter(({ type }) => type === recordType);
    const usable = ofType.filter(({ state }) => state !== 'unusable');
    const told = usable.map(({ record, state }, index) => ({ record, line: index + 2, gone: state === 'gone' }));
    if (told.length > 0) yield { kind: 'rows', recordType, file, rows: told } as PullEvent;
    for (const { record, state } of ofType) {
      if (state !== 'unusable') continue;
      const warning = { code: 'bad_value', file, line: null, message: 'a value cannot be read' };
      yield { kind: 'skipped', recordTypes: [recordType], sisId: record.sisId, warning };
    }
  }
}
