import { createHash } from 'node:crypto';

/** What is known of a contact to whom the source gives no id. */
export interface UnnamedContact {
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  /** The student it was given for. */
  readonly student: string;
}

/**
 * An id for a contact without one: the same for the same name with the same e-mail, or else phone, so that the parent
 * of two students is one guardian; without either, the name counts for that student only. It is a digest, because ids
 * appear in messages. A change of the name or the e-mail makes another contact of it, as it does in Clever.
 */
export function contactId({ name, email, phone, student }: UnnamedContact): string {
  const way = email.trim().toLowerCase() || phone.replaceAll(/\D/g, '') || `student ${student}`;
  const words = name.trim().toLowerCase().split(/\s+/).join(' ');
  const digest = createHash('sha256')
    .update(JSON.stringify([words, way]))
    .digest('base64url');
  return `contact-${digest.slice(0, 22)}`;
}
