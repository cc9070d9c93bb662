import { compositeKey, type CleverSource, type Guardian, type Guardianship } from '@rollbook/core';
import { splitName, type NameParts } from '../contact-name.ts';
import type { CleverObject } from './clever-object.ts';
import type { Lack } from './structure-objects.ts';

type ContactSettings = Pick<CleverSource, 'contactTypes' | 'contactRelationships' | 'phoneTypes'>;

/**
 * The guardianships that a contact's relationships make: those whose type and relationship are both wanted, one for each
 * student. A contact without any is no guardian.
 */
export function guardianshipsOf(user: CleverObject, contact: CleverObject, settings: ContactSettings): Guardianship[] {
  const wanted = new Map<string, Guardianship>();
  for (const each of contact.parts('student_relationships')) {
    const [student, relationship, type] = [each.text('student'), each.text('relationship'), each.text('type')];
    if (student === null || !isIn(settings.contactTypes, type)) continue;
    if (!isIn(settings.contactRelationships, relationship)) continue;
    const known = wanted.get(student);
    const primary = primaryOf(type ?? '') ?? known?.primary ?? null;
    if (known !== undefined) wanted.set(student, { ...known, primary });
    else
      wanted.set(student, {
        sisId: compositeKey(student, user.id),
        student,
        guardian: user.id,
        relationship,
        kind: type?.toLowerCase() ?? null,
        primary,
      });
  }
  return [...wanted.values()];
}

const isIn = (list: readonly string[], value: string | null): boolean =>
  value !== null && list.some((each) => each.toLowerCase() === value.trim().toLowerCase());

/** Of Clever's types only two say who comes first. */
function primaryOf(type: string): boolean | null {
  const word = type.trim().toLowerCase();
  if (word === 'primary') return true;
  return word === 'secondary' ? false : null;
}

/** A contact as a guardian. A cell phone takes messages; a number of any other kind is there to be called. */
export function guardianOf(user: CleverObject, contact: CleverObject, settings: ContactSettings): Guardian | Lack {
  const names = contactNamesOf(user.part('name'));
  if (names === null) return { lacks: 'name.last' };
  const phoneType = contact.text('phone_type') ?? 'Other';
  const phone = isIn(settings.phoneTypes, phoneType) ? contact.text('phone') : null;
  const isCell = phoneType.trim().toLowerCase() === 'cell';
  return {
    sisId: user.id,
    ...names,
    preferredName: null,
    email: user.text('email') ?? contact.text('email'),
    username: null,
    phone: isCell ? null : phone,
    sms: isCell ? phone : null,
    language: null,
  };
}

/** Clever has the full name in `name.last`; should it ever be in parts, they are taken as they are. */
function contactNamesOf(name: CleverObject): NameParts | null {
  const [first, last] = [name.text('first'), name.text('last')];
  if (first !== null && last !== null) return { givenName: first, middleName: name.text('middle'), familyName: last };
  return splitName(last ?? first ?? '');
}
