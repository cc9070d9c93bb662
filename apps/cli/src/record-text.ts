import type { FieldValue, RecordDetails, RecordEdit } from '@rollbook/store';
import { indented, table } from './table.ts';
import { printable, type Colors } from './terminal.ts';
import { time } from './wording.ts';

/** A record for people: whose it is, its fields that have a value, and what people did to it. */
export function recordText(record: RecordDetails, colors: Colors): string {
  const filled = Object.entries(record.fields).filter(([, value]) => textOf(value) !== '');
  const fields = filled.map(([name, value]) => [name, textOf(value)]);
  return [
    colors.bold(printable(`${record.recordType} ${record.sisId} of "${record.district}"`)),
    `${standing(record)}${record.claimedAt === null ? '' : ` Joined at ${time(record.claimedAt)}.`}`,
    indented(table([{ title: 'field' }, { title: 'value' }], fields, colors)),
    ...(record.edits.length === 0
      ? []
      : [
          'By hand, latest first:',
          indented(table([{ title: 'at' }, { title: 'who' }, { title: 'what' }], record.edits.map(editRow), colors)),
        ]),
  ].join('\n');
}

const textOf = (value: FieldValue | undefined): string =>
  value === null || value === undefined ? '' : typeof value === 'object' ? value.join(', ') : String(value);

function standing({ sync, status, archivedBy, archivedRun }: RecordDetails): string {
  const owner = sync === null ? 'Manual: no sync changes it' : `Managed by the sync "${sync}"`;
  if (status === 'active') return `${owner}; active.`;
  const how = archivedRun !== null ? ` by run ${archivedRun}` : archivedBy === 'user' ? ' by hand' : '';
  return `${owner}; archived${how}${archivedBy === 'parent' ? ', with what it hangs on' : ''}.`;
}

const editRow = ({ editedAt, actor, action, before, after }: RecordEdit): string[] => {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => name !== 'status' && name !== 'claimedAt',
  );
  return [time(editedAt), actor, names.length === 0 || action === 'create' ? action : `${action}: ${names.join(', ')}`];
};
