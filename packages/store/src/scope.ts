import type { RecordType } from '@rollbook/core';
import type { Scope } from '@rollbook/pipeline';
import { homeSchoolSql } from './columns.ts';

/** The value for the parameter of {@link inScopeSql}: null where everything of the type is in scope. */
export function scopeParameter(recordType: RecordType, scope: Scope): string[] | null {
  if (scope.linked === null || recordType === 'terms') return null;
  return recordType === 'courses' ? [...scope.linked, ...scope.otherOrgs] : [...scope.linked];
}

/**
 * True for the roster records, by alias, that the sync speaks for (guard §13, §33): those whose home school is linked, the
 * guardianships of students whose home school is, the guardians who have or had one and now have none of an active student
 * elsewhere, and the enrollments of such people in such classes.
 */
export function inScopeSql(recordType: RecordType, alias: string, parameter: string): string {
  return `(${parameter}::text[] IS NULL OR ${isLinkedSql(recordType, alias, `(${parameter}::text[])`)})`;
}

function isLinkedSql(recordType: RecordType, alias: string, linked: string): string {
  // IS TRUE and OFFSET: found by the id one by one, not among all students of these schools.
  const hasLinkedStudent = (studentId: string): string =>
    `EXISTS (SELECT 1 FROM students st
             WHERE st.district_id = ${alias}.district_id AND st.sis_id = ${studentId}
               AND (st.school_id = ANY ${linked}) IS TRUE OFFSET 0)`;
  if (recordType === 'guardianships') return hasLinkedStudent(`${alias}.student_id`);
  if (recordType === 'guardians') {
    const joined = (condition: string): string =>
      `EXISTS (SELECT 1 FROM guardianships gs CROSS JOIN LATERAL (
                 SELECT * FROM students x WHERE x.district_id = gs.district_id AND x.sis_id = gs.student_id OFFSET 0) st
               WHERE gs.district_id = ${alias}.district_id AND gs.guardian_id = ${alias}.sis_id AND ${condition})`;
    const isElsewhere = `gs.status = 'active' AND st.status = 'active' AND st.school_id <> ALL ${linked}`;
    // A guardianship of the sync was one of a linked student when it was made, wherever that student is now.
    const isOwn = `EXISTS (SELECT 1 FROM guardianships gs WHERE gs.district_id = ${alias}.district_id
               AND gs.guardian_id = ${alias}.sis_id AND gs.sync_id = ${alias}.sync_id)`;
    return `((${isOwn} OR ${joined(`st.school_id = ANY ${linked}`)}) AND NOT ${joined(isElsewhere)})`;
  }
  const school = homeSchoolSql(recordType, alias);
  const isLinked = `(${school} IS NULL OR ${school} = ANY ${linked})`;
  if (recordType !== 'enrollments') return isLinked;
  // Somebody of a school that is not linked may be in a class of one that is.
  const isElsewhere = (['students', 'staff'] as const).map(
    (type) => `EXISTS (SELECT 1 FROM ${type} p
               WHERE p.district_id = ${alias}.district_id AND p.sis_id = ${alias}.person_id AND p.school_id <> ALL ${linked})`,
  );
  return `(${isLinked} AND NOT ${isElsewhere.join(' AND NOT ')})`;
}
