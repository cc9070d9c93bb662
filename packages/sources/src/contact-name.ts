/** The parts of a full name; together they hold every word of it but a leading form of address. */
export interface NameParts {
  readonly givenName: string;
  readonly middleName: string | null;
  readonly familyName: string;
}

const words = (text: string): readonly string[] => text.split(' ');
/** What begins a family name of several words, in any case of letters. */
const PARTICLES = new Set(
  words(
    'af al bin da das de del dela della den der di do dos du el ibn la las le los op san santa st ten ter van vander vom von zu zum zur',
  ),
);
const SUFFIXES = new Set(words('jr sr ii iii iv v esq md phd dds'));
const FORMS_OF_ADDRESS = new Set(words('mr mrs ms miss mx dr prof rev sr sra srta'));
const CONJUNCTIONS = new Set(words('& and y und e'));

const plain = (word: string): string => word.toLowerCase().replaceAll('.', '');

/**
 * Splits the full name that Clever has of a contact: `First Last`, `First M. van Last`, `Last, First`, `First Last, Jr.`,
 * `First & First Last`. The first word is the given name and the last the family name, with particles before it and a
 * suffix after it; what is between is the middle name. A name of one word stands for both, as the roster needs both.
 *
 * @returns null for a blank.
 */
export function splitName(fullName: string): NameParts | null {
  const parts = fullName
    .split(',')
    .map((part) => part.trim().split(/\s+/).filter(Boolean))
    .filter((part) => part.length > 0);
  const suffixes = parts.slice(1).filter(isSuffix).flat();
  const [first, ...rest] = parts.filter((part, index) => index === 0 || !isSuffix(part));
  if (first === undefined) return null;
  if (rest.length > 0) return familyFirst([...first, ...suffixes], rest.flat());
  return givenFirst(withoutAddress(first), suffixes);
}

const isSuffix = (part: readonly string[]): boolean => part.every((word) => SUFFIXES.has(plain(word)));

function familyFirst(family: readonly string[], given: readonly string[]): NameParts {
  const names = withoutAddress(given);
  const count = givenCount(names);
  return assemble(names.slice(0, count), names.slice(count), family);
}

function givenFirst(names: readonly string[], suffixes: readonly string[]): NameParts {
  const end = endOfFamily(names);
  const family = [...names.slice(end), ...suffixes];
  const core = names.slice(0, end);
  if (core.length === 1) return assemble(core, [], family.length > 0 ? [...core, ...family] : core);
  const count = givenCount(core);
  // `John & Mary` without a family name cannot be taken apart.
  if (count >= core.length) return assemble(core, [], [...core, ...family]);
  const start = startOfFamily(core, count);
  return assemble(core.slice(0, count), core.slice(count, start), [...core.slice(start), ...family]);
}

/**
 * `Mrs. Ann Smith` is Ann Smith, but `Mrs. Smith` and `Mr. and Mrs. Smith` keep the form of address for want of a given
 * name.
 */
function withoutAddress(names: readonly string[]): readonly string[] {
  const [address = '', next = ''] = names;
  const isAddressed = names.length > 2 && FORMS_OF_ADDRESS.has(plain(address)) && !CONJUNCTIONS.has(plain(next));
  return isAddressed ? withoutAddress(names.slice(1)) : names;
}

/** Where the family name ends and suffixes such as `Jr.` begin. A name is never a suffix alone. */
function endOfFamily(names: readonly string[]): number {
  let end = names.length;
  while (end > 2 && SUFFIXES.has(plain(names[end - 1] ?? ''))) end -= 1;
  return end;
}

/** How many words the given name has: one, or three for `John & Mary`. */
function givenCount(names: readonly string[]): number {
  return names.length > 2 && CONJUNCTIONS.has(plain(names[1] ?? '')) ? 3 : 1;
}

function startOfFamily(names: readonly string[], from: number): number {
  const particle = names.findIndex((word, index) => index >= from && PARTICLES.has(plain(word)));
  return particle === -1 ? names.length - 1 : particle;
}

const assemble = (given: readonly string[], middle: readonly string[], family: readonly string[]): NameParts => ({
  givenName: given.join(' '),
  middleName: middle.length > 0 ? middle.join(' ') : null,
  familyName: family.join(' '),
});
