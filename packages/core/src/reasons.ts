/** Why a run is held or failed. The order is the order of judgement: the first that applies is the primary reason. */
export const REASONS = [
  'wrong_credentials',
  'source_unavailable',
  'invalid_data',
  'schools_not_found',
  'threshold',
  'internal',
] as const;
export type Reason = (typeof REASONS)[number];

export const REASON_TITLES: Readonly<Record<Reason, string>> = {
  wrong_credentials: 'Wrong Credentials',
  source_unavailable: 'Source Unavailable',
  invalid_data: 'Invalid Data',
  schools_not_found: 'Schools to Sync Are Not Found',
  threshold: 'Threshold',
  internal: 'Internal Error',
};
