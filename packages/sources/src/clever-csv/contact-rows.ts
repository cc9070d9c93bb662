import { compositeKey } from '@rollbook/core';
import { contactId } from '../contact-identity.ts';
import { splitName } from '../contact-name.ts';
import { textOrNull } from '../oneroster/cells.ts';
import type { FileRow } from './layout.ts';
import type { RowContext } from './read-clever-roster.ts';

/** The contact of a row of students.csv, as a guardian and its guardianship. */
export function takeContact(row: FileRow<'students'>, line: number, { report, out }: RowContext): void {
  const { Student_id: student, Contact_name: name, Contact_sis_id: givenId } = row;
  const { Contact_email: email, Contact_phone: phone } = row;
  const names = splitName(name);
  if (names === null) {
    const what = 'column `Contact_name` is blank; the contact was skipped.';
    if (givenId === '') return report.skip(line, '', 'missing_value', what, ['guardians', 'guardianships']);
    report.skip(line, givenId, 'missing_value', what, ['guardians']);
  }
  const sisId = givenId === '' ? contactId({ name, email, phone, student }) : givenId;
  if (names !== null) {
    const isMobile = /^\s*(cell|mobile)/i.test(row.Contact_phone_type);
    const record = {
      sisId,
      ...names,
      preferredName: null,
      email: textOrNull(email),
      username: null,
      phone: isMobile ? null : textOrNull(phone),
      sms: isMobile ? textOrNull(phone) : null,
      language: null,
    };
    out.add('guardians', record, line, false);
  }
  const guardianship = {
    // A guardianship stands even if the guardian's own facts cannot be used.
    sisId: compositeKey(student, sisId),
    student,
    guardian: sisId,
    relationship: textOrNull(row.Contact_relationship.trim()),
    kind: textOrNull(row.Contact_type.trim().toLowerCase()),
    primary: null,
  };
  out.add('guardianships', guardianship, line, false);
}
