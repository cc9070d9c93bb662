import { CleverSource } from '@rollbook/core';
import { guardianOf, guardianshipsOf } from './contact-objects.ts';
import { objectWith } from './objects.fixture.ts';

const ID = '5a25ffb0c1bc2a00360003ee';
const settingsWith = (settings: object = {}): CleverSource =>
  CleverSource.parse({ type: 'clever', token: 'a-token', ...settings });
const relation = (student: string | null, relationship: string | null, type: string | null) => ({
  student,
  relationship,
  type,
});
const shipsOf = (relations: unknown, settings: object = {}) => {
  const { object } = objectWith({ roles: { contact: { student_relationships: relations } } });
  const ships = guardianshipsOf(object, object.part('roles').part('contact'), settingsWith(settings));
  return ships.map(({ student, relationship, kind, primary }) => [student, relationship, kind, primary]);
};

describe('guardianships', () => {
  it('are the relationships whose type and relationship are both wanted', () => {
    const relations = [
      relation('P1', 'Parent', 'Parent/Guardian'),
      relation('P2', 'Parent', 'Emergency'),
      relation('P3', 'Sibling', 'Parent/Guardian'),
      relation('P4', '', 'Parent/Guardian'),
      relation('P5', 'Parent', null),
      relation(null, 'Parent', 'Parent/Guardian'),
    ];
    expect(shipsOf(relations)).toEqual([['P1', 'Parent', 'parent/guardian', null]]);
    expect(
      shipsOf(relations, {
        contactTypes: ['Parent/Guardian', 'Emergency'],
        contactRelationships: ['Parent', 'Sibling'],
      }),
    ).toEqual([
      ['P1', 'Parent', 'parent/guardian', null],
      ['P2', 'Parent', 'emergency', null],
      ['P3', 'Sibling', 'parent/guardian', null],
    ]);
  });

  it('are one for each student, whatever the number of relationships', () => {
    const relations = [relation('P1', 'Parent', 'Parent/Guardian'), relation('P1', 'Parent', 'Primary')];
    const settings = { contactTypes: ['Parent/Guardian', 'Primary'] };
    expect(shipsOf(relations, settings)).toEqual([['P1', 'Parent', 'parent/guardian', true]]);
    expect(shipsOf([...relations].reverse(), settings)).toEqual([['P1', 'Parent', 'primary', true]]);
  });

  it.each([
    ['Primary', true],
    ['Secondary', false],
    ['Family', null],
  ] as const)('of the type %s are primary: %p', (type, primary) => {
    expect(shipsOf([relation('P1', 'Parent', type)], { contactTypes: [type] })).toEqual([
      ['P1', 'Parent', type.toLowerCase(), primary],
    ]);
  });

  it('are known by student and guardian', () => {
    const { object } = objectWith({ student_relationships: [relation('P1', 'Parent', 'Parent/Guardian')] });
    expect(guardianshipsOf(object, object, settingsWith())).toMatchObject([{ sisId: `P1~${ID}`, guardian: ID }]);
  });

  it.each([[undefined], [null], [''], [[]], [['P1']]])('there are none in %j', (relations) => {
    expect(shipsOf(relations)).toEqual([]);
  });
});

describe('guardians', () => {
  const read = (contact: object, settings: object = {}, name: object = { last: 'Ana M. van Dyke' }) => {
    const { object } = objectWith({ name, email: 'ana@mail.example', roles: { contact } });
    return guardianOf(object, object.part('roles').part('contact'), settingsWith(settings));
  };

  it('have their names out of one field, or as they are if they are in parts', () => {
    expect(read({})).toEqual({
      sisId: ID,
      givenName: 'Ana',
      middleName: 'M.',
      familyName: 'van Dyke',
      preferredName: null,
      email: 'ana@mail.example',
      username: null,
      phone: null,
      sms: null,
      language: null,
    });
    expect(read({}, {}, { first: 'Ana Luz', last: 'van Dyke' })).toMatchObject({
      givenName: 'Ana Luz',
      middleName: null,
      familyName: 'van Dyke',
    });
    expect(read({}, {}, { first: 'Ana Dyke' })).toMatchObject({ givenName: 'Ana', familyName: 'Dyke' });
    expect(read({}, {}, { last: ' ' })).toEqual({ lacks: 'name.last' });
  });

  it.each([
    ['Cell', ['Cell'], null, '(217) 555-0100'],
    ['cell', ['Cell'], null, '(217) 555-0100'],
    ['Home', ['Cell'], null, null],
    ['Home', ['Cell', 'Home'], '(217) 555-0100', null],
    ['Work', ['Work'], '(217) 555-0100', null],
    ['', ['Other'], '(217) 555-0100', null],
    ['', ['Cell'], null, null],
    ['Cell', ['Home'], null, null],
  ])('have a phone of the type %j where %j are taken', (phone_type, phoneTypes, phone, sms) => {
    expect(read({ phone: '(217) 555-0100', phone_type }, { phoneTypes })).toMatchObject({ phone, sms });
  });
});
