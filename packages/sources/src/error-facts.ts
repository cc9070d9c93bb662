/**
 * The `code` of what was thrown, if it has one, else undefined. Errors of the runtime are not of this module's Error
 * class everywhere (worker contexts, test runners), so they are asked for what they have, not for what they are.
 */
export const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;

/** The text of what was thrown. */
export const textOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
