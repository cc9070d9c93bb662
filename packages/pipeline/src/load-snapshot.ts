import { SyncError, counted, number, type RecordType, type RunSettings } from '@rollbook/core';
import { INDEXED_TYPES, Intake, inModelOrder } from './intake.ts';
import { checkIntegrity } from './integrity.ts';
import type { StageSnapshot } from './ledger.ts';
import { placeUnknown } from './place-unknown.ts';
import type {
  CountedWarning,
  Scope,
  SnapshotContents,
  SnapshotDraft,
  SnapshotStore,
  TableContents,
  TypeContents,
} from './snapshot.ts';
import { PACKED_CELLS, type Delivery, type PackedEnrollments, type PullEvent, type RosterSource } from './source.ts';

export interface LoadOptions {
  readonly source: RosterSource;
  readonly snapshots: SnapshotStore;
  readonly runId: number | null;
  readonly districtId: string;
  readonly syncId: string;
  readonly settings: RunSettings;
  /** The delivery that the roster is in line with already; null: none. */
  readonly appliedRevision: string | null;
  /** False: every row is kept, so that whatever is done to the roster meanwhile, it need not be read again (guard §40). */
  readonly recognises: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (message: string) => void;
}

export interface LoadedSnapshot extends StageSnapshot {
  readonly scope: Scope;
  readonly warnings: readonly CountedWarning[];
  /** Gives back the connection; the tables stay. */
  release(): void;
  discard(): Promise<void>;
}

/** People say more in thousands than in rows. */
const PROGRESS_EVERY_ROWS = 100_000;

/**
 * Pulls everything a source has into a new snapshot and checks it (guard §18-§22). What is returned is whole; on any
 * error nothing is left of it.
 *
 * @returns null if the source delivers what was applied already: then there is nothing to compare.
 * @throws SyncError for what the source, its data or its credentials are to blame for.
 */
export async function loadSnapshot(options: LoadOptions): Promise<LoadedSnapshot | null> {
  const { snapshots, runId, districtId, syncId, settings, recognises } = options;
  const linked = settings.schools?.map(({ sisId }) => sisId) ?? null;
  const key = { runId, districtId, syncId, isScoped: linked !== null, linked, recognises };
  const begin = async (): Promise<Loading> => new Loading(options, await snapshots.draft(key));
  let loading = await begin();
  try {
    for await (const event of options.source.pull(options.signal)) {
      if (event.kind === 'revision' && event.revision === options.appliedRevision) {
        await loading.draft.discard();
        return null;
      }
      if (event.kind === 'restart') {
        options.onProgress(event.message);
        await loading.draft.discard();
        loading = await begin();
      } else await loading.take(event);
      options.signal.throwIfAborted();
    }
    return await complete(options, loading);
  } catch (error) {
    // The error that matters is the first one; tables that could not be dropped now are swept up later.
    await loading.draft.discard().catch(() => undefined);
    throw error;
  }
}

/** Checks what was pulled, as a whole. */
async function complete(options: LoadOptions, loading: Loading): Promise<LoadedSnapshot> {
  const { snapshots, districtId, syncId, settings } = options;
  const { draft } = loading;
  const { delivered, intake } = loading.end();
  options.onProgress('checking the data');
  const { types: tables, recognition, warnings, placeless } = await draft.finish(delivered);
  const types = loading.withUnusable(tables);
  const { revision } = loading;
  const contents = { types, schools: intake.schools, otherOrgs: intake.otherOrgs, revision, recognition };
  const scope = { linked: settings.schools?.map(({ sisId }) => sisId) ?? null, otherOrgs: contents.otherOrgs };
  const managedCount = (type: RecordType): Promise<number> => snapshots.managedCount(districtId, syncId, type, scope);
  await checkIntegrity({ types, managedCount, settings });
  return {
    prefix: draft.prefix,
    contents,
    scope,
    warnings: [
      ...intake.warnings.list(),
      ...unlinkedSchools(intake),
      ...placeUnknown(placeless, intake.schools),
      ...warnings,
    ],
    release: () => draft.release(),
    discard: () => draft.discard(),
  };
}

const CLASS_CELL = 2 * PACKED_CELLS.indexOf('class');

/** Takes a source's events into a draft, in order. */
class Loading {
  readonly #options: LoadOptions;
  readonly draft: SnapshotDraft;
  readonly #intake: Intake;
  readonly #delivered = new Map<RecordType, Delivery>();
  readonly #indexed = new Set<RecordType>();
  /** Unusable rows that no table of their type holds, less those that stand in a table of another type too. */
  readonly #unusableBeyondTables = new Map<RecordType, number>();
  /** By the bytes of the class's id, each taken for a character: cheaper than to decode it for every row. */
  readonly #schoolsByClass = new Map<string, string | null>();
  #revision: string | null = null;
  #rows = 0;
  #nextReport = PROGRESS_EVERY_ROWS;

  constructor(options: LoadOptions, draft: SnapshotDraft) {
    this.#options = options;
    this.draft = draft;
    this.#intake = new Intake(options.settings);
  }

  withUnusable(tables: Partial<Record<RecordType, TableContents>>): SnapshotContents['types'] {
    const types: Partial<Record<RecordType, TypeContents>> = {};
    for (const [type, table] of Object.entries(tables) as [RecordType, TableContents][])
      types[type] = { ...table, unusable: Math.max(0, table.skipped + (this.#unusableBeyondTables.get(type) ?? 0)) };
    return types;
  }

  get revision(): string | null {
    return this.#revision;
  }

  async take(event: Exclude<PullEvent, { readonly kind: 'restart' }>): Promise<void> {
    switch (event.kind) {
      case 'revision':
        this.#revision = event.revision;
        return;
      case 'delivers':
        return this.#open(event);
      case 'rows':
        return this.#takeRows(event);
      case 'packed':
        return this.#takePacked(event.enrollments, event.file);
      case 'skipped':
        return this.#takeSkipped(event);
      case 'warning':
        return this.#intake.warnings.add(event.warning);
      case 'progress':
        return this.#options.onProgress(event.message);
    }
  }

  end(): { readonly delivered: Map<RecordType, Delivery>; readonly intake: Intake } {
    if (this.#delivered.size === 0)
      throw new SyncError('invalid_data', 'The source delivered no record type at all.', {
        advice: 'District: check that the roster files are in the place the sync reads from.',
      });
    return { delivered: inModelOrder(this.#delivered), intake: this.#intake };
  }

  async #open(event: Extract<PullEvent, { kind: 'delivers' }>): Promise<void> {
    const { recordType, delivery, file, wins = 'last' } = event;
    // The draft notes what the roster is called before anything is looked up in it.
    await this.draft.open(recordType, { file, wins });
    await this.#indexBefore(recordType);
    this.#delivered.set(recordType, delivery);
    if (recordType === 'classes') this.#intake.isFirstClassRowTaken = wins === 'first';
  }

  /** Where the rows do not say of what school a class is, its enrollments go by the roster (guard §37, §38). */
  async #learnClasses(): Promise<void> {
    if (!this.#intake.needsClassesOfRoster) return;
    this.#intake.learnClasses([]);
    for await (const page of this.#options.snapshots.knownRecords(this.#options.districtId, 'classes'))
      this.#intake.learnClasses(page);
  }

  /** What the data does not deliver whole, and may refer to, is taken from the roster. */
  async #indexBefore(recordType: RecordType): Promise<void> {
    for (const type of INDEXED_TYPES) {
      if (type === recordType) return;
      if (this.#indexed.has(type) || this.#delivered.get(type) === 'full') continue;
      this.#indexed.add(type);
      for await (const page of this.#options.snapshots.knownRecords(this.#options.districtId, type))
        this.#intake.know(type, page);
    }
  }

  async #takeRows(event: Extract<PullEvent, { kind: 'rows' }>): Promise<void> {
    const { recordType, rows, file } = event;
    if (recordType === 'enrollments') await this.#learnClasses();
    for (const row of rows) {
      const { record, presence } = this.#intake.judge(recordType, row as never, file);
      this.draft.append(recordType, record, presence, row.line);
    }
    await this.#count(rows.length);
  }

  /** What {@link Intake} makes of an enrollment of a present class is its school, and no more: it need not be unpacked. */
  async #takePacked(rows: PackedEnrollments, file: string): Promise<void> {
    const { bytes, cells, stride, lines, count } = rows;
    await this.#learnClasses();
    for (let row = 0, at = CLASS_CELL; row < count; row++, at += stride) {
      const school = this.#schoolOfClass(bytes, cells[at] as number, cells[at + 1] as number);
      if (school !== undefined) this.draft.appendPacked(rows, row, school);
      else {
        const { record, presence } = this.#intake.judge('enrollments', rows.unpack(row), file);
        this.draft.append('enrollments', record, presence, lines[row] as number);
      }
    }
    await this.#count(count);
  }

  #schoolOfClass(bytes: Buffer, start: number, end: number): string | null | undefined {
    const key = bytes.toString('latin1', start, end);
    let school = this.#schoolsByClass.get(key);
    if (school === undefined) {
      school = this.#intake.schoolOfPresentClass(bytes.toString('utf8', start, end));
      if (school !== undefined) this.#schoolsByClass.set(key, school);
    }
    return school;
  }

  async #count(rows: number): Promise<void> {
    this.#rows += rows;
    if (this.#rows >= this.#nextReport) {
      this.#options.onProgress(`${number(this.#rows)} records read`);
      this.#nextReport += PROGRESS_EVERY_ROWS;
    }
    await this.draft.drain();
  }

  #takeSkipped(event: Extract<PullEvent, { kind: 'skipped' }>): void {
    this.#intake.warnings.add(event.warning);
    const [first, ...others] = event.recordTypes;
    if (event.sisId === null) return this.#correct(first, 1);
    if (event.recordTypes.includes('classes')) this.#intake.noteUnusableClass(event.sisId);
    for (const recordType of event.recordTypes)
      if (this.#delivered.has(recordType)) this.draft.appendSkipped(recordType, event.sisId, event.warning.line ?? 0);
    for (const recordType of others) this.#correct(recordType, -1);
  }

  #correct(recordType: RecordType, by: number): void {
    this.#unusableBeyondTables.set(recordType, (this.#unusableBeyondTables.get(recordType) ?? 0) + by);
  }
}

/** One warning for each school that is in the data and not linked (guard §16), for linking it. */
function unlinkedSchools(intake: Intake): CountedWarning[] {
  return [...intake.unlinkedSchools].map(([school, count]) => {
    const what = intake.isSchool(school) ? 'school' : 'organization';
    const records = counted(count, 'record');
    return {
      code: 'school_not_linked',
      file: null,
      line: null,
      message: `${what} "${school}" is in the data but not linked; it was left out with ${records}`,
      count: Math.max(1, count),
    };
  });
}
