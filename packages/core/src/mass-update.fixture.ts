import { NO_PATTERNS, type UpdateCount } from './mass-update.ts';

/** The updates of 80 students of a school, of whom nobody changes unless told otherwise. */
export const updateCount = (parts: Partial<UpdateCount> = {}): UpdateCount => ({
  recordType: 'students',
  school: '0101',
  active: 80,
  updates: parts.changed ?? 0,
  changed: 0,
  fields: [],
  patterns: NO_PATTERNS,
  shifts: [],
  examples: [],
  ...parts,
});

export const field = (name: string, parts: object = {}) => ({
  field: name,
  changed: 0,
  emptied: 0,
  had: 0,
  examples: [],
  ...parts,
});
