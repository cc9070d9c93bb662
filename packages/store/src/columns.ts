import { ROSTER_MODEL, type Field, type FieldKind, type RecordType } from '@rollbook/core';

/** How a field of the roster model stands in PostgreSQL. */
export interface Column {
  readonly field: string;
  readonly name: string;
  readonly kind: FieldKind;
  /** Of the snapshot's tables, which allow null everywhere; the roster's are in the migrations. */
  readonly sqlType: string;
}

const SQL_TYPES: Readonly<Record<FieldKind, string>> = {
  text: 'text COLLATE "C"',
  date: 'date',
  flag: 'boolean',
  set: 'text[] COLLATE "C"',
};

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** `class` → `class_id`, `terms` → `term_ids`, `primary` → `is_primary`, `givenName` → `given_name`. */
function columnName(field: Field): string {
  if (field.name === 'primary') return 'is_primary';
  if (!field.refersTo) return snakeCase(field.name);
  return field.kind === 'set' ? `${snakeCase(field.name).replace(/s$/, '')}_ids` : `${snakeCase(field.name)}_id`;
}

const COLUMNS = new Map<RecordType, readonly Column[]>();

/** The columns of a record type's fields, in model order, without `sis_id`. */
export function columnsOf(recordType: RecordType): readonly Column[] {
  let columns = COLUMNS.get(recordType);
  if (columns) return columns;
  columns = ROSTER_MODEL[recordType].fields.map((field) => ({
    field: field.name,
    name: columnName(field),
    kind: field.kind,
    sqlType: SQL_TYPES[field.kind],
  }));
  COLUMNS.set(recordType, columns);
  return columns;
}

/** The SQL expression, over alias `alias`, of the school a record is counted in; null for types of the whole district. */
export function homeSchoolSql(recordType: RecordType, alias: string): string {
  const homeSchool = ROSTER_MODEL[recordType].homeSchool;
  if (homeSchool === null) return 'NULL::text';
  return homeSchool === 'sisId' ? `${alias}.sis_id` : `${alias}.school_id`;
}
