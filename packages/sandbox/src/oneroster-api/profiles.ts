import type { OneRosterVersion } from '../oneroster-columns.ts';
import type { ObjectShape } from './objects.ts';
import { NO_QUIRKS } from './quirks.ts';
import type { OneRosterQuirks } from './quirks.ts';

/**
 * `strict-1.2`: as the specification has it. `strict-1.1`: the older version as widely served, with empty strings and
 * references to another host. `loose`: 1.2 as small servers do it; neither counts nor links, a page size of its own,
 * relative references, texts for error codes, no nested endpoints.
 */
export type OneRosterProfile = 'strict-1.2' | 'strict-1.1' | 'loose';

export interface ProfileTraits {
  readonly version: OneRosterVersion;
  readonly root: string;
  readonly blanks: ObjectShape['blanks'];
  readonly quirks: OneRosterQuirks;
  readonly hasNested: boolean;
  readonly href: (siteUrl: string, path: string) => string;
  readonly errorBody: (status: number, codeMinor?: string) => unknown;
}

const CODES: Readonly<Record<number, string>> = {
  400: 'invaliddata',
  401: 'unauthorisedrequest',
  403: 'forbidden',
  404: 'unknownobject',
  422: 'invaliddata',
  429: 'server_busy',
  503: 'server_busy',
};
const codeOf = (status: number): string => CODES[status] ?? 'internal_server_error';

const failure = (status: number) => ({
  imsx_codeMajor: 'failure',
  imsx_severity: 'error',
  imsx_description: `The request failed with ${status}.`,
});

export const PROFILES: Readonly<Record<OneRosterProfile, ProfileTraits>> = {
  'strict-1.2': {
    version: '1.2',
    root: '/ims/oneroster/rostering/v1p2',
    blanks: 'omitted',
    quirks: NO_QUIRKS,
    hasNested: true,
    href: (siteUrl, path) => `${siteUrl}/ims/oneroster/rostering/v1p2${path}`,
    errorBody: (status, codeMinor = codeOf(status)) => ({
      ...failure(status),
      imsx_CodeMinor: {
        imsx_codeMinorField: [{ imsx_codeMinorFieldName: 'TargetEndSystem', imsx_codeMinorFieldValue: codeMinor }],
      },
    }),
  },
  'strict-1.1': {
    version: '1.1',
    root: '/ims/oneroster/v1p1',
    blanks: 'empty',
    quirks: NO_QUIRKS,
    hasNested: true,
    href: (_, path) => `https://certs.rosterserver.example/ims/oneroster/v1p1${path}`,
    errorBody: (status, codeMinor = codeOf(status)) => ({
      statusInfoSet: [{ ...failure(status), imsx_codeMinor: [codeMinor.replaceAll('_', ' ')] }],
    }),
  },
  loose: {
    version: '1.2',
    root: '/ims/oneroster/rostering/v1p2',
    blanks: 'omitted',
    quirks: { ...NO_QUIRKS, totalCount: 'absent', link: false, clampTo: 500 },
    hasNested: false,
    href: (_, path) => path,
    errorBody: (status, codeMinor = codeOf(status)) => ({ ...failure(status), imsx_codeMinor: codeMinor }),
  },
};

/** Scopes of a version, in full. */
export const scopesOf = (version: OneRosterVersion): Readonly<Record<'core' | 'nested' | 'demographics', string>> => {
  const prefix = `https://purl.imsglobal.org/spec/or/v${version.replace('.', 'p')}/scope/`;
  return {
    core: `${prefix}roster-core.readonly`,
    nested: `${prefix}roster.readonly`,
    demographics: `${prefix}roster-demographics.readonly`,
  };
};
