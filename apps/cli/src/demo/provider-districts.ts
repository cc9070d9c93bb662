import { parseConfig, type ConfigFile } from '@rollbook/core';
import {
  cleverId,
  generateDistrict,
  startClasslinkSite,
  startCleverSite,
  type ClasslinkShare,
  type CleverAccount,
  type District,
} from '@rollbook/sandbox';

/** A district whose roster a provider shows, and how it is configured. */
interface ProviderDistrict {
  readonly district: District;
  readonly districtId: string;
  readonly syncId: string;
  readonly configuration: ConfigFile;
}

/** Two more districts, on a pretend Clever and a pretend ClassLink on this computer. */
export interface ProviderDistricts {
  readonly clever: ProviderDistrict & { readonly account: CleverAccount };
  readonly classlink: ProviderDistrict & { readonly share: ClasslinkShare };
  close(): Promise<void>;
}

const SEED = 20_262;

/** Throws the system's error if a site cannot be started; then neither is. */
export async function openProviderDistricts(): Promise<ProviderDistricts> {
  const lakeside = generateDistrict({ id: 'lakeside', seed: SEED, schoolSizes: [260, 240] });
  const hillcrest = generateDistrict({ id: 'hillcrest', seed: SEED + 1, schoolSizes: [240, 180, 150] });
  const clever = await startCleverSite({ districts: [lakeside] });
  const classlink = await startClasslinkSite({ shares: [{ district: hillcrest }] }).catch(async (error: unknown) => {
    await clever.stop();
    throw error;
  });
  const { account, clientId, clientSecret, apiUrl, tokenUrl } = clever;
  const [share] = classlink.shares;
  if (share === undefined) throw new Error('expected ClassLink to have a district, received none');
  const { partnerToken, proxyUrl } = classlink;
  const { applicationId } = share;
  return {
    clever: {
      account,
      ...configured(
        lakeside,
        'lakeside-clever',
        { type: 'clever', districtId: account.id, clientId, clientSecret, apiUrl, tokenUrl },
        (sisId) => cleverId('school', sisId),
      ),
    },
    classlink: {
      share,
      ...configured(
        hillcrest,
        'hillcrest-classlink',
        { type: 'classlink', access: 'proxy', partnerToken, applicationId, proxyUrl },
        (sisId) => sisId,
      ),
    },
    close: async () => {
      await clever.stop();
      await classlink.stop();
    },
  };
}

function configured(
  district: District,
  syncId: string,
  source: object,
  schoolId: (sisId: string) => string,
): ProviderDistrict {
  const schools = district.schools.map(({ sisId, name }) => ({ sisId: schoolId(sisId), name }));
  const districts = [{ id: district.id, name: district.org.name, syncs: [{ id: syncId, source, schools }] }];
  return { district, districtId: district.id, syncId, configuration: parseConfig({ districts }) };
}
