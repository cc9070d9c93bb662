import type { PullEvent, RosterSource, SourceSurvey } from '@rollbook/pipeline';
import { revisionOf } from '../delivery-revision.ts';
import type { GuardiansSource, OpenGuardians } from './guardians-source.ts';
import { readGuardians } from './read-guardians.ts';
import { StudentIds } from './student-ids.ts';

/** Goes up with every change to what is made of the file. */
const READER_VERSION = 1;

/**
 * A source whose guardians come from a guardians.csv beside it. Everything the source says is passed on; then come the
 * guardians of the file. The file is opened first: if it is missing or bad, the pull fails before anything is read, and
 * nothing is applied. A revision stands for both.
 */
export function withGuardiansFile(source: RosterSource, guardians: GuardiansSource): RosterSource {
  async function* pull(signal: AbortSignal): AsyncGenerator<PullEvent> {
    const file = yield* guardians.open(signal);
    try {
      const students = new StudentIds();
      for await (const event of source.pull(signal)) {
        students.take(event);
        if (event.kind !== 'revision') yield event;
        else yield { kind: 'revision', revision: revisionOf(READER_VERSION, event.revision, file.digest) };
      }
      for (const warning of file.warnings) yield { kind: 'warning', warning };
      yield* readGuardians(file, students, signal);
    } finally {
      await file.close();
    }
  }

  async function survey(signal: AbortSignal): Promise<SourceSurvey> {
    const file = await opened(guardians, signal);
    try {
      const counted = await countGuardians(file, signal);
      const seen = await source.survey(signal);
      const written = new Date(file.modifiedMs).toISOString().slice(0, 16).replace('T', ' ');
      return {
        ...seen,
        counts: { ...seen.counts, ...counted },
        permissions: [...seen.permissions, { name: file.fileName, granted: true }],
        notes: [
          ...seen.notes,
          `Guardians come from ${file.fileName}, written ${written} UTC. Whether its students are in the roster shows in a run.`,
          ...file.warnings.map(({ message }) => message),
        ],
      };
    } finally {
      await file.close();
    }
  }

  return { pull, survey };
}

/** Opens the file for somebody who does not watch the progress. */
async function opened(guardians: GuardiansSource, signal: AbortSignal): Promise<OpenGuardians> {
  const steps = guardians.open(signal);
  let step = await steps.next();
  while (step.done !== true) step = await steps.next();
  return step.value;
}

/** Rows are pairs; a guardian of several students counts once, and one without an ID each time. */
async function countGuardians(
  file: OpenGuardians,
  signal: AbortSignal,
): Promise<{ readonly guardians: number; readonly guardianships: number }> {
  const ids = new Set<string>();
  let pairs = 0;
  let unnamed = 0;
  for await (const { rows } of file.rows(signal))
    for (const row of rows) {
      if (row['student ID'] === '') continue;
      pairs += 1;
      if (row['guardian ID'] === '') unnamed += 1;
      else ids.add(row['guardian ID']);
    }
  return { guardians: ids.size + unnamed, guardianships: pairs };
}
