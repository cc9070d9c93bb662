import { randomUUID } from 'node:crypto';
import { UsageError, compositeKey, quoted, type RecordType } from '@rollbook/core';
import type pg from 'pg';
import { columnsOf } from '../columns.ts';
import { isPersonType } from '../effective-values.ts';
import { actByHand, keepEdits, keyIn, type Act, type ActRequest } from './act-by-hand.ts';
import { fieldValuesFrom, filledValues, isLine, type FieldValues } from './field-values.ts';
import { detailsOf, type RecordDetails } from './read-record.ts';
import { named } from './record-row.ts';
import { refuseLostReferences } from './record-references.ts';

/** As long as an id may be in the configuration, where a link names it. */
const LONGEST_ID = 255;

export interface NewRecord extends ActRequest {
  /** By their names in the roster model: text, `YYYY-MM-DD`, a boolean, or a list of texts; null is no value. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Left out: one of its own, `manual-…`; of a guardianship, made of student and guardian, as ever. */
  readonly sisId?: string | undefined;
}

/**
 * Creates a manual record, which no sync changes, counts or archives, also when its id comes to stand in the data (guard
 * §11). An enrollment belongs to the school of its class, and a person to the home school, unless other schools are given.
 *
 * @throws UsageError if a field or what it refers to cannot be taken, the id is taken or is none, there is no such district
 *   or record type, or the person may not change records of the district.
 */
export async function createRecord(pool: pg.Pool, request: NewRecord): Promise<RecordDetails> {
  return actByHand(pool, request, async (act) => {
    const given = fieldValuesFrom(act.recordType, request.fields, { isWhole: true });
    const sisId = idFor(act.recordType, given, request.sisId);
    await refuseTaken(act, sisId);
    await refuseLostReferences(act, given);
    const values = await withSchools(act, given);
    await insert(act, sisId, values);
    await keepEdits(act, 'create', [{ recordType: act.recordType, sisId, before: {}, after: filledValues(values) }]);
    return detailsOf(act.sql, keyIn(act, sisId));
  });
}

function idFor(recordType: RecordType, { student, guardian }: FieldValues, wanted: string | undefined): string {
  if (recordType === 'guardianships') {
    const made = compositeKey(String(student), String(guardian));
    if (wanted === undefined || wanted === made) return made;
    throw new UsageError(
      `The id of a guardianship is made of its student and guardian: it is ${quoted(made)}, and cannot be ${quoted(wanted)}. Leave it out.`,
    );
  }
  if (wanted === undefined) return `manual-${randomUUID()}`;
  if (wanted.trim() !== '' && wanted.length <= LONGEST_ID && isLine(wanted)) return wanted;
  throw new UsageError(
    `${quoted(wanted)} cannot be an id: expected one line of 1 to ${LONGEST_ID} characters. Leave it out to be given one.`,
  );
}

async function refuseTaken({ sql, districtId, recordType }: Act, sisId: string): Promise<void> {
  const { rows } = await sql.query<{ syncId: string | null; status: string }>(
    `SELECT sync_id AS "syncId", status FROM ${recordType} WHERE district_id = $1 AND sis_id = $2`,
    [districtId, sisId],
  );
  if (!rows[0]) return;
  const { syncId, status } = rows[0];
  const whose = syncId === null ? 'a manual record' : `of the sync "${syncId}"`;
  const advice =
    recordType === 'guardianships' || syncId === null
      ? 'Edit or restore that one.'
      : 'Choose another id, or leave it out.';
  throw new UsageError(`${named({ recordType, sisId })} exists already: ${whose}, ${status}. ${advice}`);
}

/** As the sync has it: the home school is one of a person's schools. */
async function withSchools(act: Act, given: FieldValues): Promise<FieldValues> {
  const { school } = given;
  const hasHomeOnly = isPersonType(act.recordType) && typeof school === 'string' && given['schools'] === undefined;
  return hasHomeOnly ? { ...given, schools: [school] } : withSchoolOfClass(act, given);
}

/** An enrollment whose class is given without a school belongs to the school of the class, as the sync has it. */
export async function withSchoolOfClass(
  { sql, districtId, recordType }: Act,
  values: FieldValues,
): Promise<FieldValues> {
  const { class: classId, school = null } = values;
  if (recordType !== 'enrollments' || classId === undefined || school !== null) return values;
  const { rows } = await sql.query<{ school: string }>(
    'SELECT school_id AS school FROM classes WHERE district_id = $1 AND sis_id = $2',
    [districtId, classId],
  );
  return { ...values, school: rows[0]?.school ?? null };
}

async function insert({ sql, districtId, recordType }: Act, sisId: string, values: FieldValues): Promise<void> {
  const columns = columnsOf(recordType).filter(({ field }) => values[field] !== undefined);
  await sql.query(
    `INSERT INTO ${recordType} (district_id, sis_id, ${columns.map(({ name }) => name).join(', ')})
     VALUES ($1, $2, ${columns.map((_, index) => `$${index + 3}`).join(', ')})`,
    [districtId, sisId, ...columns.map(({ field }) => values[field])],
  );
}
