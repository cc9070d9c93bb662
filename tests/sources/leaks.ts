import { inspect } from 'node:util';
import type { District } from '@rollbook/sandbox';
import type { SourceGround } from './source-ground.ts';

/**
 * Fails if anything of what was told opens something or names somebody: secrets, names, addresses, numbers to call,
 * birth dates. Errors are looked at with their causes, as a log would show them.
 */
export function expectNoLeak(ground: SourceGround, district: District, ...told: readonly unknown[]): void {
  const text = [...told, ground.log].map((each) => inspect(each, { depth: 8, maxArrayLength: null })).join('\n');
  const found = [...secretsOf(ground), ...factsOf(district)].filter((each) => text.includes(each));
  // What was found is not shown: it is what must not be.
  if (found.length > 0) throw new Error(`What was told holds ${found.length} secrets, or facts of people.`);
}

const secretsOf = (ground: SourceGround): string[] =>
  ground.secrets().flatMap((secret) => [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]);

function factsOf({ students, staff, guardians }: District): string[] {
  const people = [...students, ...staff, ...guardians];
  const birthDates = students.flatMap(({ birthDate }) => (birthDate === null ? [] : [birthDate]));
  const facts = people.flatMap(({ givenName, familyName, email, phone, sms, username }) => [
    `${givenName} ${familyName}`,
    ...[email, phone, sms, username].filter((each) => each !== null),
  ]);
  return [...birthDates, ...facts];
}
