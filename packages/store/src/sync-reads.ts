import { RunSettings, type SourceType } from '@rollbook/core';
import type { Database } from './database.ts';

type Reader = Pick<Database, 'prisma'>;

export interface DistrictItem {
  readonly id: string;
  readonly name: string;
  /** IANA. */
  readonly timezone: string;
}

export interface SyncItem {
  readonly id: string;
  readonly district: string;
  readonly sourceType: SourceType;
  /** Cron in the district's time zone; null: only on request. */
  readonly schedule: string | null;
  readonly timezone: string;
  readonly enabled: boolean;
  /** What its next run will take with it. */
  readonly settings: RunSettings;
}

/** Every district, by id. */
export async function listDistricts({ prisma }: Reader): Promise<DistrictItem[]> {
  return prisma.district.findMany({ select: { id: true, name: true, timezone: true }, orderBy: { id: 'asc' } });
}

/** Every sync, or those of one district, by id. Without credentials. */
export async function listSyncs(
  { prisma }: Reader,
  { districtId }: { readonly districtId?: string | undefined } = {},
): Promise<SyncItem[]> {
  const syncs = await prisma.sync.findMany({
    ...(districtId !== undefined && { where: { districtId } }),
    include: { district: { select: { timezone: true } } },
    orderBy: { id: 'asc' },
  });
  return syncs.map((sync) => ({
    id: sync.id,
    district: sync.districtId,
    sourceType: sync.sourceType as SourceType,
    schedule: sync.schedule,
    timezone: sync.district.timezone,
    enabled: sync.enabled,
    settings: RunSettings.parse(sync.settings),
  }));
}
