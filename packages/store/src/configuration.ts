import { createHash } from 'node:crypto';
import {
  SourceConfig,
  SyncError,
  UsageError,
  runSettings,
  type RosterSettings,
  type ConfigFile,
  type DistrictConfig,
  type SyncConfig,
} from '@rollbook/core';
import { canonicalJson } from './canonical-json.ts';
import type { Database } from './database.ts';
import type { Prisma } from './generated/client.ts';
import { seal, unseal, type SealedText, type SecretKey } from './secrets.ts';
import { joinSource, partSource } from './source-secrets.ts';

export type ConfigurationChange = 'created' | 'updated' | 'unchanged';

/** What loading a configuration did, in the order of the file. */
export interface LoadedConfiguration {
  readonly districts: readonly { readonly id: string; readonly change: ConfigurationChange }[];
  readonly syncs: readonly {
    readonly id: string;
    readonly district: string;
    readonly change: ConfigurationChange;
    /** Approvals given for the former source or schools, void from now on (guard §27). */
    readonly voidedApprovals: number;
  }[];
}

/** "rollbook configuration" in a number that no other program takes as an advisory lock. */
const CONFIGURATION_LOCK = 7164769128893n;

const TRANSACTION_TIMEOUT_MS = 120_000;

type Transaction = Prisma.TransactionClient;

/**
 * Creates or updates the districts and syncs of a configuration file, all or nothing; those it does not name stay as they
 * are. Credentials are sealed with the first of the keys; credentials that the file no longer has are deleted.
 *
 * @throws UsageError if a sync of the file belongs to another district already.
 */
export async function loadConfiguration(
  { prisma }: Pick<Database, 'prisma'>,
  config: ConfigFile,
  keys: readonly SecretKey[],
): Promise<LoadedConfiguration> {
  return prisma.$transaction(
    async (transaction) => {
      // Two loads at once would take their rows in different orders.
      await transaction.$executeRaw`SELECT pg_advisory_xact_lock(${CONFIGURATION_LOCK})`;
      const districts: LoadedConfiguration['districts'][number][] = [];
      const syncs: LoadedConfiguration['syncs'][number][] = [];
      for (const district of config.districts) {
        districts.push({ id: district.id, change: await saveDistrict(transaction, district) });
        for (const sync of district.syncs) syncs.push(await saveSync(transaction, district.id, sync, keys));
      }
      return { districts, syncs };
    },
    { timeout: TRANSACTION_TIMEOUT_MS, maxWait: TRANSACTION_TIMEOUT_MS },
  );
}

async function saveDistrict(transaction: Transaction, district: DistrictConfig): Promise<ConfigurationChange> {
  const { id, name, timezone, roles } = district;
  const known = await transaction.district.findUnique({ where: { id }, include: { districtRoles: true } });
  if (!known) {
    await transaction.district.create({ data: { id, name, timezone } });
    await saveRoles(transaction, id, roles);
    return 'created';
  }
  const inOrder = (list: readonly { readonly actor: string; readonly role: string }[]): string =>
    canonicalJson(list.map(({ actor, role }) => `${actor} ${role}`).sort());
  if (known.name === name && known.timezone === timezone && inOrder(known.districtRoles) === inOrder(roles))
    return 'unchanged';
  await transaction.district.update({ where: { id }, data: { name, timezone, updatedAt: new Date() } });
  await saveRoles(transaction, id, roles);
  return 'updated';
}

/** Makes these the roles of a district. */
async function saveRoles(transaction: Transaction, districtId: string, roles: DistrictConfig['roles']): Promise<void> {
  await transaction.districtRole.deleteMany({ where: { districtId } });
  await transaction.districtRole.createMany({ data: roles.map((role) => ({ districtId, ...role })) });
}

async function saveSync(
  transaction: Transaction,
  district: string,
  sync: SyncConfig,
  keys: readonly SecretKey[],
): Promise<LoadedConfiguration['syncs'][number]> {
  const { id } = sync;
  const { source, secrets } = partSource(sync.source);
  const data = {
    sourceType: sync.source.type,
    source: source as Prisma.InputJsonObject,
    schedule: sync.schedule,
    settings: runSettings(sync) as unknown as Prisma.InputJsonObject,
    calendar: sync.calendar as unknown as Prisma.InputJsonObject,
    enabled: sync.enabled,
    sourceFingerprint: sourceFingerprint(source, sync.schools),
  };
  const known = await transaction.sync.findUnique({ where: { id }, include: { sealedSecrets: true } });
  if (!known) {
    await transaction.sync.create({ data: { id, districtId: district, ...data } });
    await saveSecrets(transaction, id, secrets, keys);
    return { id, district, change: 'created', voidedApprovals: 0 };
  }
  refuseMove(known, district);
  const isSame =
    canonicalJson(data) === canonicalJson(pick(known)) && hasSameSecrets(id, known.sealedSecrets, secrets, keys);
  if (isSame) return { id, district, change: 'unchanged', voidedApprovals: 0 };
  await transaction.sync.update({ where: { id }, data: { ...data, updatedAt: new Date() } });
  await saveSecrets(transaction, id, secrets, keys);
  const voidedApprovals = known.sourceFingerprint === data.sourceFingerprint ? 0 : await voidApprovals(transaction, id);
  return { id, district, change: 'updated', voidedApprovals };
}

type KnownSync = Prisma.SyncGetPayload<{ include: { sealedSecrets: true } }>;

const pick = ({ sourceType, source, schedule, settings, calendar, enabled, sourceFingerprint }: KnownSync): object => ({
  sourceType,
  source,
  schedule,
  settings,
  calendar,
  enabled,
  sourceFingerprint,
});

/** A sync's records carry its district: under another district they would be out of its reach. */
function refuseMove(known: KnownSync, district: string): void {
  if (known.districtId === district) return;
  throw new UsageError(
    `The sync "${known.id}" belongs to the district "${known.districtId}" and cannot move to "${district}". ` +
      'Give the new sync another id.',
  );
}

/** Of the source, without credentials, and of the school IDs: with it an approval stands and falls (guard §27). */
export function sourceFingerprint(source: object, schools: readonly { readonly sisId: string }[] | null): string {
  const schoolIds = schools === null ? null : schools.map(({ sisId }) => sisId).sort();
  return createHash('sha256').update(canonicalJson({ source, schoolIds })).digest('hex');
}

async function voidApprovals(transaction: Transaction, syncId: string): Promise<number> {
  const { count } = await transaction.approval.updateMany({
    where: { syncId, status: 'active' },
    data: { status: 'void' },
  });
  return count;
}

/** Secrets that cannot be opened any more count as changed: loading them again is the remedy. */
function hasSameSecrets(
  syncId: string,
  known: readonly (SealedText & { readonly field: string })[],
  secrets: ReadonlyMap<string, string>,
  keys: readonly SecretKey[],
): boolean {
  if (known.length !== secrets.size) return false;
  try {
    return known.every((sealed) => unseal(sealed, { syncId, field: sealed.field }, keys) === secrets.get(sealed.field));
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

async function saveSecrets(
  transaction: Transaction,
  syncId: string,
  secrets: ReadonlyMap<string, string>,
  keys: readonly SecretKey[],
): Promise<void> {
  await transaction.sealedSecret.deleteMany({ where: { syncId } });
  const data = [...secrets].map(([field, text]) => {
    const { keyId, nonce, sealed } = seal(text, { syncId, field }, keys);
    return { syncId, field, keyId, nonce: Uint8Array.from(nonce), sealed: Uint8Array.from(sealed) };
  });
  await transaction.sealedSecret.createMany({ data });
}

/**
 * The configuration of a sync's source, credentials included: for opening it and for nothing else. What a run has kept of
 * its settings (`roster`) outweighs what they are now (guard §14).
 *
 * @throws UsageError if there is no such sync; SyncError that no retry can help, `wrong_credentials` if the key to its
 * credentials is missing, `internal` if another version of Rollbook stored the source and it is not understood.
 */
export async function openSourceConfig(
  { prisma }: Pick<Database, 'prisma'>,
  syncId: string,
  keys: readonly SecretKey[],
  roster: RosterSettings = {},
): Promise<SourceConfig> {
  const sync = await prisma.sync.findUnique({ where: { id: syncId }, include: { sealedSecrets: true } });
  if (!sync) throw new UsageError(`There is no sync "${syncId}".`);
  const secrets = unsealAll(syncId, sync.sealedSecrets, keys);
  const parsed = SourceConfig.safeParse(joinSource({ source: sync.source as Record<string, unknown>, secrets }));
  if (parsed.success) return { ...parsed.data, ...roster } as SourceConfig;
  // Only where the fault lies: the values may be secrets.
  const places = parsed.error.issues.map(({ path }) => path.join('.') || 'type').join(', ');
  throw new SyncError('internal', `The stored source of sync "${syncId}" is not understood (${places}).`, {
    advice: 'Operator: load its configuration again with "rollbook config load", then start the sync again.',
    disposition: 'give-up',
  });
}

function unsealAll(
  syncId: string,
  sealedSecrets: KnownSync['sealedSecrets'],
  keys: readonly SecretKey[],
): Map<string, string> {
  try {
    return new Map(
      sealedSecrets.map((sealed) => [sealed.field, unseal(sealed, { syncId, field: sealed.field }, keys)]),
    );
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new SyncError('wrong_credentials', error.message, {
      advice: 'Operator: then start the sync again. The district has nothing to do.',
      cause: error,
    });
  }
}
