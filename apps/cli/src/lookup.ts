import { nearest, quoted } from '@rollbook/core';
import { listDistricts, listSyncs, type Database, type DistrictItem, type SyncItem } from '@rollbook/store';
import { CommandError } from './problem.ts';

const MOST_LISTED = 10;

/** @throws CommandError with the nearest sync if there is none of that id. */
export async function findSync(database: Database, syncId: string): Promise<SyncItem> {
  const syncs = await listSyncs(database);
  const found = syncs.find(({ id }) => id === syncId);
  if (found) return found;
  throw unknown('sync', syncId, syncs);
}

/** @throws CommandError with the nearest district if there is none of that id. */
export async function findDistrict(database: Database, districtId: string): Promise<DistrictItem> {
  const districts = await listDistricts(database);
  const found = districts.find(({ id }) => id === districtId);
  if (found) return found;
  throw unknown('district', districtId, districts);
}

/**
 * The sync that a preview is made against, by its own id or by that of its district.
 *
 * @throws CommandError if neither is known, or the district has no sync or several.
 */
export async function findSyncOrDistrict(database: Database, id: string): Promise<SyncItem> {
  const syncs = await listSyncs(database);
  const ownId = syncs.find((sync) => sync.id === id);
  if (ownId) return ownId;
  const district = await findDistrict(database, id);
  const [only, ...others] = syncs.filter((sync) => sync.district === district.id);
  if (!only)
    throw new CommandError(`The district "${id}" has no sync.`, {
      advice: 'Add one with "rollbook config load", or leave --against out to compare with an empty roster.',
    });
  if (others.length === 0) return only;
  const ids = [only, ...others].map((sync) => sync.id).join(', ');
  throw new CommandError(`The district "${id}" has several syncs: ${ids}.`, {
    advice: 'Name one of them with --against.',
  });
}

function unknown(what: 'sync' | 'district', id: string, known: readonly { readonly id: string }[]): CommandError {
  const ids = known.map((item) => item.id);
  if (ids.length === 0)
    return new CommandError(`There is no ${what} ${quoted(id)}: nothing is configured yet.`, {
      advice: 'Load a configuration first: rollbook config load FILE',
    });
  const [meant] = nearest(id, ids);
  const rest = ids.length - MOST_LISTED;
  const listed = ids.slice(0, MOST_LISTED).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
  return new CommandError(`There is no ${what} ${quoted(id)}. There ${ids.length === 1 ? 'is' : 'are'}: ${listed}.`, {
    advice: meant === undefined ? 'Use one of these.' : `Is "${meant}" meant?`,
  });
}
