import type { Reader } from './data-api.ts';
import type { CleverObject } from './objects.ts';
import type { Collection } from './switches.ts';

interface Related {
  readonly collection: Collection;
  /** A list is paged; a single object is answered as it is. */
  readonly objects: CleverObject | readonly CleverObject[];
}

type Ids = ReadonlySet<unknown>;
type RoleFacts = Readonly<Record<string, unknown>>;

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const rolesOf = (user: CleverObject): readonly RoleFacts[] => Object.values(user.roles ?? {}) as RoleFacts[];
const schoolsOf = (user: CleverObject): unknown[] => rolesOf(user).flatMap(({ schools }) => listOf(schools));
const primarySchoolsOf = (user: CleverObject): unknown[] => rolesOf(user).flatMap(({ school }) => school ?? []);
const peopleOf = (section: CleverObject): unknown[] => [...listOf(section['teachers']), ...listOf(section['students'])];

/**
 * What `/{collection}/{id}/{relation}` names (clever.md §2, "Related"), before paging and the filter `role`; undefined if
 * there is no such path.
 */
export function relatedTo(
  reader: Reader,
  collection: Collection,
  relation: string,
  object: CleverObject,
  query: URLSearchParams,
): Related | undefined {
  const where = (name: Collection, isMeant: (each: CleverObject) => boolean): Related => ({
    collection: name,
    objects: reader.all(name).filter(isMeant),
  });
  const among = (name: Collection, ids: Ids): Related => where(name, ({ id }) => ids.has(id));
  const one = (name: Collection, id: unknown): Related | undefined => {
    const found = reader.all(name).find((each) => each.id === id);
    return found && { collection: name, objects: found };
  };
  const sections = (isMeant: (section: CleverObject) => boolean): CleverObject[] =>
    reader.all('sections').filter(isMeant);
  const valuesOf = (key: string, of: readonly CleverObject[]): Ids => new Set(of.map((each) => each[key]));

  if (relation === 'district' && collection !== 'districts') return one('districts', object['district']);
  const isPrimary = query.get('primary') === 'true';
  const ownSections = (): CleverObject[] => sections((each) => peopleOf(each).includes(object.id));
  const contactsOf = (user: CleverObject): readonly unknown[] =>
    rolesOf(user).flatMap((facts) =>
      listOf(facts['student_relationships']).map((each) => (each as RoleFacts)['student']),
    );

  switch (`${collection}/${relation}`) {
    case 'schools/users':
      return where('users', (user) => (isPrimary ? primarySchoolsOf(user) : schoolsOf(user)).includes(object.id));
    case 'schools/sections':
      return where('sections', ({ school }) => school === object.id);
    case 'schools/courses':
      return among(
        'courses',
        valuesOf(
          'course',
          sections(({ school }) => school === object.id),
        ),
      );
    case 'schools/terms':
      return among(
        'terms',
        valuesOf(
          'term_id',
          sections(({ school }) => school === object.id),
        ),
      );
    case 'users/sections':
      return where('sections', (section) => peopleOf(section).includes(object.id));
    case 'users/schools':
      return among('schools', new Set(isPrimary ? primarySchoolsOf(object) : schoolsOf(object)));
    case 'users/mystudents':
      return among(
        'users',
        new Set([...ownSections().flatMap(({ students }) => listOf(students)), ...contactsOf(object)]),
      );
    case 'users/myteachers':
      return among('users', new Set(ownSections().flatMap(({ teachers }) => listOf(teachers))));
    case 'users/mycontacts':
      return where('users', (user) => contactsOf(user).includes(object.id));
    case 'sections/users':
      return among('users', new Set(peopleOf(object)));
    case 'sections/course':
      return one('courses', object['course']);
    case 'sections/term':
      return one('terms', object['term_id']);
    case 'sections/school':
      return one('schools', object['school']);
    case 'courses/schools':
    case 'terms/schools':
      return among(
        'schools',
        valuesOf(
          'school',
          sections((each) => each[keyOf(collection)] === object.id),
        ),
      );
    case 'courses/sections':
    case 'terms/sections':
      return where('sections', (each) => each[keyOf(collection)] === object.id);
    default:
      return undefined;
  }
}

const keyOf = (collection: Collection): string => (collection === 'terms' ? 'term_id' : 'course');
