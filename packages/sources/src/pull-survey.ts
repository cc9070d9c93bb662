import type { RecordType } from '@rollbook/core';
import type { PullEvent, PullWarning, SourceSurvey, SurveyedSchool } from '@rollbook/pipeline';

/**
 * What the events of a pull show: schools, counts and what is worth a word. Records that stand twice count once, but
 * for enrollments, which are counted by row: their ids would fill the memory. Records marked as deleted do not count.
 */
export async function surveyOf(
  events: AsyncIterable<PullEvent>,
): Promise<Pick<SourceSurvey, 'schools' | 'counts' | 'notes'>> {
  let survey = new PullSurvey();
  for await (const event of events) {
    if (event.kind === 'restart') survey = new PullSurvey();
    else survey.take(event);
  }
  return { schools: survey.schools, counts: survey.counts(), notes: survey.notes() };
}

class PullSurvey {
  readonly schools: SurveyedSchool[] = [];
  readonly #ids = new Map<RecordType, Set<string>>();
  #enrollments = 0;
  readonly #told = new Map<string, { readonly warning: PullWarning; count: number }>();
  #skipped = 0;

  take(event: Exclude<PullEvent, { readonly kind: 'restart' }>): void {
    switch (event.kind) {
      case 'delivers':
        this.#ids.set(event.recordType, new Set());
        if (event.delivery === 'delta')
          this.#tell({
            code: `delta:${event.file}`,
            file: event.file,
            line: null,
            message: `${event.file} holds changes only; its counts are those of the changes.`,
          });
        return;
      case 'rows':
        return this.#takeRows(event);
      case 'skipped':
        this.#skipped += 1;
        return this.#tell(event.warning);
      case 'warning':
        return this.#tell(event.warning);
      case 'revision':
      case 'progress':
    }
  }

  #takeRows({ recordType, rows }: Extract<PullEvent, { kind: 'rows' }>): void {
    const ids = this.#ids.get(recordType);
    for (const { record, gone } of rows) {
      if (gone) continue;
      if (recordType === 'enrollments') this.#enrollments += 1;
      else if (ids !== undefined && !ids.has(record.sisId)) {
        ids.add(record.sisId);
        if ('kind' in record && 'ncesId' in record && (record.kind === null || record.kind === 'school'))
          this.schools.push({ sisId: record.sisId, name: record.name, number: record.number });
      }
    }
  }

  #tell(warning: PullWarning): void {
    const key = `${warning.code} ${warning.file ?? ''}`;
    const known = this.#told.get(key);
    if (known === undefined) this.#told.set(key, { warning, count: 1 });
    else known.count += 1;
  }

  counts(): SourceSurvey['counts'] {
    const counts: Partial<Record<RecordType, number>> = {};
    for (const [recordType, ids] of this.#ids)
      counts[recordType] = recordType === 'enrollments' ? this.#enrollments : ids.size;
    // A county's office and its departments are among the schools of some formats, but nobody links them.
    if (counts.schools !== undefined) counts.schools = this.schools.length;
    return counts;
  }

  notes(): string[] {
    const skipped =
      this.#skipped === 0 ? [] : [`${this.#skipped} ${this.#skipped === 1 ? 'row' : 'rows'} cannot be used.`];
    const told = [...this.#told.values()].map(({ warning, count }) =>
      count === 1 ? warning.message : `${warning.message} (and ${count - 1} more of the kind)`,
    );
    return [...skipped, ...told];
  }
}
