import type { RecordType, RosterRecord } from '@rollbook/core';
import type { Row } from './delivery-model.ts';
import type { RowForm } from './random-days.ts';

/** How the rows of a record tell it. */
export interface Told {
  readonly form: RowForm;
  readonly isReversed: boolean;
}

const UNKNOWN = 'nobody-knows';

/** The rows of a record that is there, in one of the two orders (guard §37, §38). */
export function rowsOf(type: RecordType, record: RosterRecord, told: Told, schools: readonly string[]): Row[] {
  const rows = tell(type, record, told, schools);
  return told.isReversed ? rows.reverse() : rows;
}

function tell(type: RecordType, record: RosterRecord, { form }: Told, schools: readonly string[]): Row[] {
  const row = (fields: object = {}, state: Row['state'] = 'there'): Row => ({
    type,
    record: { ...record, ...fields } as RosterRecord,
    state,
  });
  const at = (school: string): object => (type === 'classes' ? { school } : { school, schools: [school] });
  switch (form) {
    case 'plain':
      return [row()];
    case 'blank school':
      return [type === 'classes' ? row(at(UNKNOWN)) : row({ school: null, schools: [] })];
    case 'unknown school':
      return [row(at(UNKNOWN))];
    case 'split':
      return split(type, record, schools).map((fields) => row(fields));
    case 'unknown school too':
      return [row(), row(at(UNKNOWN))];
    case 'unusable too':
      return [row(), row({}, 'unusable')];
    case 'gone too':
      return [row(), row({}, 'gone')];
    case 'elsewhere too':
      return [row(), row(at(schools.at(-1) as string))];
    case 'two names':
      return ['One', 'Two'].map((name) => row(type === 'classes' ? { title: name } : { familyName: name }));
  }
}

/** One row for each school of a person, or for each term of a class. */
function split(type: RecordType, record: RosterRecord, schools: readonly string[]): object[] {
  const fields = record as unknown as { readonly school: string; readonly terms?: readonly string[] };
  if (type === 'classes') return (fields.terms ?? []).map((term) => ({ terms: [term] }));
  const other = schools[(schools.indexOf(fields.school) + 1) % schools.length] as string;
  return [fields.school, other].map((school) => ({ school, schools: [school] }));
}
