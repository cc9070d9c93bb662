import { CLEVER_FILES, ONEROSTER_FILES, ONEROSTER_ZIP, SFTP } from './file-grounds.ts';
import {
  CLASSLINK_PROXY,
  CLASSLINK_SHA1,
  CLASSLINK_SHA256,
  CLEVER_V30,
  CLEVER_V31,
  ONEROSTER_LOOSE,
  ONEROSTER_V11,
  ONEROSTER_V12,
} from './http-grounds.ts';
import type { SourceKind } from './source-ground.ts';

const named = (kinds: readonly SourceKind[]): readonly (readonly [string, SourceKind])[] =>
  kinds.map((kind) => [kind.name, kind]);

/** Sources that ask who we are; for `describe.each`. */
export const REMOTE_SOURCES = named([
  SFTP,
  CLEVER_V30,
  CLEVER_V31,
  CLASSLINK_PROXY,
  CLASSLINK_SHA1,
  CLASSLINK_SHA256,
  ONEROSTER_V11,
  ONEROSTER_V12,
  ONEROSTER_LOOSE,
]);

export const EVERY_SOURCE = [...named([ONEROSTER_FILES, ONEROSTER_ZIP, CLEVER_FILES]), ...REMOTE_SOURCES];
