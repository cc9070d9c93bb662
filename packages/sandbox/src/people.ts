import type { Staff } from '@rollbook/core';
import { birthDateFor } from './calendar.ts';
import { GRADES, RACES } from './model.ts';
import type { Address, Demographics, DistrictGuardian, DistrictStudent, Phone } from './model.ts';
import { FAMILY_NAMES, FEMALE_NAMES, MALE_NAMES, STREETS, plain } from './names.ts';
import type { Random } from './random.ts';

/** A household: its children share name, address and guardians. */
export interface Family {
  readonly familyName: string;
  readonly language: string;
  readonly hispanic: boolean;
  readonly races: Demographics['races'];
  readonly address: Address;
  readonly members: readonly { readonly guardian: DistrictGuardian; readonly relationship: string }[];
}

const AREA_CODES = ['217', '309', '618', '815'];
/** One of fifty states neither female nor male. */
const SEXES: readonly Demographics['sex'][] = Array.from({ length: 100 }, (_, index) => {
  if (index < 2) return index === 0 ? 'other' : 'unspecified';
  return index % 2 === 0 ? 'female' : 'male';
});
const RELATIONSHIPS = ['Mother', 'Father', 'Grandparent', 'Aunt/Uncle', 'Guardian'] as const;
const LANGUAGES = ['es', 'es', 'es', 'vi', 'zh', 'ar', 'pl', 'uk', 'so'];

/** A number of the range 555-0100 to 555-0199, which telephone companies keep for fiction. */
export function createPhone(random: Random): string {
  return `(${random.pick(AREA_CODES)}) 555-01${String(random.below(100)).padStart(2, '0')}`;
}

export function createAddress(random: Random): Address {
  return {
    street: `${random.between(1, 9800)} ${random.pick(STREETS)} ${random.pick(['St', 'Ave', 'Rd', 'Ln', 'Ct'])}`,
    city: random.pick(['Riverside', 'Fairview', 'Lakewood']),
    state: 'IL',
    zip: `6${String(random.below(10_000)).padStart(4, '0')}`,
  };
}

const roleOf = (relationship: string): DistrictGuardian['role'] => {
  if (relationship === 'Mother' || relationship === 'Father') return 'parent';
  return relationship === 'Guardian' ? 'guardian' : 'relative';
};

function createGuardian(number: number, familyName: string, relationship: string, random: Random): DistrictGuardian {
  const names = relationship === 'Mother' ? FEMALE_NAMES : relationship === 'Father' ? MALE_NAMES : null;
  const givenName = random.pick(names ?? (random.chance(0.5) ? FEMALE_NAMES : MALE_NAMES));
  const cell = createPhone(random);
  const phones: Phone[] = [{ kind: 'cell', number: cell }];
  if (random.chance(0.4)) phones.push({ kind: random.chance(0.5) ? 'home' : 'work', number: createPhone(random) });
  const username = `${plain(givenName)}.${plain(familyName)}${number}`;
  return {
    sisId: `G${number}`,
    givenName,
    middleName: null,
    familyName,
    preferredName: null,
    // Some parents give no address: readers must live without it.
    email: random.chance(0.92) ? `${username}@mail.example` : null,
    username,
    phone: phones[1]?.number ?? null,
    sms: cell,
    language: null,
    role: roleOf(relationship),
    phones,
  };
}

/** A household of one or two guardians, numbered from `firstGuardian` on. */
export function createFamily(firstGuardian: number, random: Random): Family {
  const familyName = random.pick(FAMILY_NAMES);
  const language = random.chance(0.78) ? 'en' : random.pick(LANGUAGES);
  const relationships: string[] = random.chance(0.9) ? ['Mother'] : [random.pick(RELATIONSHIPS)];
  if (random.chance(0.85)) relationships.push(relationships[0] === 'Father' ? 'Mother' : 'Father');
  return {
    familyName,
    language,
    hispanic: language === 'es' || random.chance(0.08),
    races: random.chance(0.06) ? random.shuffled(RACES).slice(0, 2) : [random.pick(RACES)],
    address: createAddress(random),
    members: relationships.map((relationship, index) => {
      const surname = index === 1 && random.chance(0.25) ? random.pick(FAMILY_NAMES) : familyName;
      const guardian = createGuardian(firstGuardian + index, surname, relationship, random);
      return { relationship, guardian: { ...guardian, language } };
    }),
  };
}

export interface StudentPlan {
  readonly number: number;
  readonly districtId: string;
  readonly schoolYear: number;
  readonly school: string;
  readonly cohort: string;
  readonly grade: string;
  readonly family: Family;
  /** Left out: any that fits the grade. */
  readonly birthDate?: string;
}

export function createStudent(plan: StudentPlan, random: Random): DistrictStudent {
  const { number, family, grade } = plan;
  const sex = random.pick(SEXES);
  const givenName = random.pick(sex === 'female' ? FEMALE_NAMES : MALE_NAMES);
  const username = `${plain(givenName).slice(0, 1)}${plain(family.familyName)}${number}`;
  const bornHere = random.chance(0.9);
  return {
    sisId: `S${number}`,
    givenName,
    middleName: random.chance(0.4) ? random.pick(sex === 'female' ? FEMALE_NAMES : MALE_NAMES) : null,
    familyName: family.familyName,
    preferredName: random.chance(0.05) ? random.pick(FEMALE_NAMES) : null,
    email: `${username}@students.${plan.districtId}.example`,
    username,
    phone: null,
    sms: grade.startsWith('1') && random.chance(0.5) ? createPhone(random) : null,
    language: family.language,
    grade,
    // Seven digits with leading zeros, as many systems print them.
    studentNumber: String(number - 76_000).padStart(7, '0'),
    stateId: String(6_000_000_000 + number * 7919).slice(0, 10),
    birthDate:
      plan.birthDate ??
      birthDateFor(
        plan.schoolYear,
        GRADES.findIndex((each) => each === grade),
        random,
      ),
    school: plan.school,
    schools: [plan.school],
    enabled: true,
    cohort: plan.cohort,
    address: family.address,
    demographics: {
      sex,
      races: family.races,
      hispanic: family.hispanic,
      birthCountry: bornHere ? 'US' : random.pick(['MX', 'VN', 'CN', 'PL', 'UA', 'SO']),
      birthState: bornHere ? 'IL' : null,
      birthCity: bornHere ? family.address.city : null,
    },
  };
}

export interface StaffPlan {
  readonly sisId: string;
  readonly staffNumber: string;
  readonly districtId: string;
  readonly school: string;
  readonly role: 'teacher' | 'administrator' | 'aide';
  readonly title: string;
}

export function createStaff(plan: StaffPlan, random: Random): Staff {
  const isWoman = random.chance(0.7);
  const givenName = random.pick(isWoman ? FEMALE_NAMES : MALE_NAMES);
  const familyName = random.pick(FAMILY_NAMES);
  const username = `${plain(givenName).slice(0, 1)}${plain(familyName)}${plan.staffNumber}`;
  return {
    sisId: plan.sisId,
    givenName,
    middleName: null,
    familyName,
    preferredName: null,
    email: `${username}@${plan.districtId}.example`,
    username,
    phone: random.chance(0.3) ? createPhone(random) : null,
    sms: null,
    language: null,
    role: plan.role,
    title: plan.title,
    staffNumber: plan.staffNumber,
    stateId: plan.role === 'aide' ? null : `IL${900_000 + Number(plan.staffNumber)}`,
    school: plan.school,
    schools: [plan.school],
    enabled: true,
  };
}
