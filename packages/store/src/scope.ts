import { ROSTER_MODEL, type RecordType } from '@rollbook/core';
import type { Scope } from '@rollbook/pipeline';
import { homeSchoolSql } from './columns.ts';

/** The value for the parameter of {@link inScopeSql}: null where everything of the type is in scope. */
export function scopeParameter(recordType: RecordType, scope: Scope): string[] | null {
  if (scope.linked === null || ROSTER_MODEL[recordType].homeSchool === null) return null;
  return recordType === 'courses' ? [...scope.linked, ...scope.otherOrgs] : [...scope.linked];
}

/** True for the roster records, by alias, whose home school the sync speaks for (guard §13). */
export function inScopeSql(recordType: RecordType, alias: string, parameter: string): string {
  const school = homeSchoolSql(recordType, alias);
  return `(${parameter}::text[] IS NULL OR ${school} IS NULL OR ${school} = ANY (${parameter}::text[]))`;
}
