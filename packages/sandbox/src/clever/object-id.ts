import { createHash } from 'node:crypto';

export type ObjectKind = 'district' | 'school' | 'term' | 'course' | 'section' | 'user' | 'token';

/** 2016-10-14: when the first object was made. */
const FIRST_SECONDS = 0x5800_0000;
/** Keeps the time within the eight digits that an id has for it, and before 2026. */
const SECONDS_LIMIT = 0x0fff_ffff;

/**
 * A 24-digit id like those of Clever: the first eight digits are the time of making in seconds. That time follows the
 * number in the SIS id, so that ids ascend in the order in which a district numbers its things; the rest is a hash of
 * kind, SIS id and salt. The same always gets the same id; another `salt` is the same thing made anew.
 */
export function objectId(kind: ObjectKind, sisId: string, salt: number | string = 0): string {
  const number = Number(sisId.replaceAll(/\D/g, '').slice(-15) || 0);
  const seconds = (FIRST_SECONDS + (number % SECONDS_LIMIT)).toString(16).padStart(8, '0');
  const hash = createHash('sha256')
    .update(JSON.stringify([kind, sisId, salt]))
    .digest('hex');
  return seconds + hash.slice(0, 16);
}

/** When an object was made, ISO 8601: the time in its id. */
export function createdAt(id: string): string {
  return new Date(Number.parseInt(id.slice(0, 8), 16) * 1000).toISOString();
}
