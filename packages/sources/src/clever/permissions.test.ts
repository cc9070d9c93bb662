import { ALL_SCOPES, planReading } from './permissions.ts';

const plan = (scopes: readonly string[] | null, manageGuardians = true) =>
  planReading(scopes && new Set(scopes), { manageGuardians });
const without = (...names: string[]): string[] => ALL_SCOPES.filter((scope) => !names.includes(scope));

describe('planReading', () => {
  it.each([[null], [ALL_SCOPES], [['read:sis']]])('reads everything with the scopes %j', (scopes) => {
    const { announced, collections, warnings } = plan(scopes);
    expect(announced.map(({ recordType }) => recordType)).toEqual([
      'schools',
      'terms',
      'courses',
      'classes',
      'students',
      'staff',
      'guardians',
      'guardianships',
      'enrollments',
    ]);
    expect(announced.every(({ delivery }) => delivery === 'full')).toBe(true);
    expect([collections, warnings]).toEqual([['schools', 'terms', 'courses', 'users', 'sections'], []]);
  });

  it('asks for no collection that holds nothing it can use', () => {
    expect(plan(without('read:sections')).collections).toEqual(['schools', 'users']);
    expect(plan(['read:schools', 'read:sections']).collections).toEqual(['schools', 'terms', 'courses', 'sections']);
    expect(plan(['read:user_id'])).toMatchObject({ announced: [], collections: [] });
  });

  it('says what it leaves as it is, and for want of what', () => {
    expect(plan(without('read:student_contacts')).warnings.map(({ message }) => message)).toEqual([
      'the Clever token lacks read:student_contacts: guardians are left as they are',
      'the Clever token lacks read:student_contacts: guardianships are left as they are',
    ]);
    expect(plan(without('read:student_contacts'), false).warnings).toEqual([]);
  });

  it.each(['read:school_admins', 'read:district_admins'])('archives no staff without %s', (scope) => {
    const { announced, warnings } = plan(without(scope));
    expect(announced.find(({ recordType }) => recordType === 'staff')?.delivery).toBe('delta');
    expect(announced.filter(({ delivery }) => delivery === 'delta')).toHaveLength(1);
    expect(warnings.map(({ message }) => message)).toEqual([`the Clever token lacks ${scope}: no staff are archived`]);
  });
});
