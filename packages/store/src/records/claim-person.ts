import { UsageError } from '@rollbook/core';
import type pg from 'pg';
import { PERSON_TYPES, isPersonType } from '../effective-values.ts';
import { actByHand, keepEdits, keyIn, type Act, type RecordRequest } from './act-by-hand.ts';
import { detailsOf, type RecordDetails } from './read-record.ts';
import { findRecord, named, refuseArchived, type RecordKey } from './record-row.ts';

/**
 * Notes that a student, a member of the staff or a guardian has joined the product: their contact details are theirs from
 * now on, unless the sync is set to update them (guard §11).
 *
 * @throws UsageError if the record is no person's, has joined already or is archived, there is no such record, or the actor
 *   may not change records of the district.
 */
export async function claimPerson(pool: pg.Pool, request: RecordRequest): Promise<RecordDetails> {
  return actByHand(pool, request, async (act) => {
    const key = keyIn(act, request.sisId);
    const claimedAt = await claimedAtOf(act, key);
    if (claimedAt !== null)
      throw new UsageError(
        `${named(key)} has joined already, at ${claimedAt.toISOString()}: there is nothing to note.`,
      );
    return note(act, key, 'claim', null);
  });
}

/**
 * Takes back that a person has joined: the next run brings their contact details in line with the data.
 *
 * @throws UsageError as {@link claimPerson} does, and if the person has not joined.
 */
export async function releasePerson(pool: pg.Pool, request: RecordRequest): Promise<RecordDetails> {
  return actByHand(pool, request, async (act) => {
    const key = keyIn(act, request.sisId);
    const claimedAt = await claimedAtOf(act, key);
    if (claimedAt === null) throw new UsageError(`${named(key)} has not joined: there is nothing to take back.`);
    return note(act, key, 'release', claimedAt);
  });
}

async function claimedAtOf({ sql, recordType }: Act, key: RecordKey): Promise<Date | null> {
  if (!isPersonType(recordType))
    throw new UsageError(`${named(key)} is no person's record: only ${PERSON_TYPES.join(', ')} can join.`);
  const record = await findRecord(sql, key);
  refuseArchived(key, record, 'changed so');
  return record.claimedAt;
}

async function note(
  act: Act,
  key: RecordKey,
  action: 'claim' | 'release',
  before: Date | null,
): Promise<RecordDetails> {
  // The next run looks at whoever was released, even if the data says what it said.
  const { rows } = await act.sql.query<{ after: Date | null }>(
    `UPDATE ${key.recordType} SET claimed_at = $3,
       differs_from_source = sync_id IS NOT NULL AND ${action === 'release' ? 'true' : 'differs_from_source'}
     WHERE district_id = $1 AND sis_id = $2 RETURNING claimed_at AS after`,
    [key.districtId, key.sisId, action === 'claim' ? act.at : null],
  );
  const iso = (time: Date | null | undefined): string | null => time?.toISOString() ?? null;
  await keepEdits(act, action, [
    { ...key, before: { claimedAt: iso(before) }, after: { claimedAt: iso(rows[0]?.after) } },
  ]);
  return detailsOf(act.sql, key);
}
