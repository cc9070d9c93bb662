import { append, pullClever, spoil } from './clever.fixture.ts';

/** A row of students.csv for the contact of a student. */
const contact = (student: string, cells: string): string => `0123,${student},,,Byron,,Ada,9,,,,,${cells},,,`;

describe('contacts', () => {
  it('are guardians under their own id, or under one that is made of name and e-mail or phone', async () => {
    const pulled = await pullClever();
    const [anne, judith] = pulled.records('guardians');
    const nothing = { middleName: null, preferredName: null, username: null, language: null };
    expect(anne).toEqual({
      ...nothing,
      sisId: 'G1',
      givenName: 'Anne',
      familyName: 'Noel',
      email: 'anne@example.org',
      phone: null,
      sms: '(217) 555-0101',
    });
    expect(judith).toMatchObject({ givenName: 'Judith', familyName: 'Noel', phone: '(217) 555-0102', sms: null });
    expect(judith?.sisId).toMatch(/^contact-[\w-]{22}$/);
    expect(pulled.records('guardianships')).toEqual([
      {
        sisId: '007~G1',
        student: '007',
        guardian: 'G1',
        relationship: 'Parent',
        kind: 'parent/guardian',
        primary: null,
      },
      {
        sisId: `007~${judith?.sisId}`,
        student: '007',
        guardian: judith?.sisId,
        relationship: 'Grandparent',
        kind: 'emergency',
        primary: null,
      },
    ]);
  });

  it('without an id are one person for several students, and stay it while name and e-mail stay', async () => {
    const pulled = await pullClever(
      append(
        'students.csv',
        contact('008', 'Parent,Family,Max Ernst,,,max@example.org,'),
        contact('007', 'Other,Other,max  ernst,(217) 555-0199,Work, MAX@example.org,'),
        contact('008', 'Parent,Family,Max Ernst,,,,'),
        contact('007', 'Parent,Family,Max Ernst,,,,'),
      ),
    );
    const ids = pulled.records('guardians').map(({ sisId }) => sisId);
    expect(ids[3]).toBe(ids[2]);
    // Without e-mail and phone a name alone does not say that they are one.
    expect(new Set(ids).size).toBe(5);
  });

  it('are found in rows of a student that stand apart, at most five of them', async () => {
    const rows = [1, 2, 3, 4, 5].map((n) => contact('007', `Parent,Family,Parent ${n},,,p${n}@example.org,P${n}`));
    const pulled = await pullClever(append('students.csv', ...rows));
    expect(pulled.records('students')).toHaveLength(2);
    const ofAda = pulled.records('guardianships').filter(({ student }) => student === '007');
    expect(ofAda.map(({ guardian }) => guardian).slice(2)).toEqual(['P1', 'P2', 'P3']);
    expect(pulled.warnings.find(({ code }) => code === 'too_many_contacts')?.message).toBe(
      'students.csv, line 8: a student has more than 5 contacts; the rest was left out (2 rows in all).',
    );
  });

  it('without a name are skipped, and keep what they had', async () => {
    const pulled = await pullClever(append('students.csv', contact('008', 'Parent,Family,,,,x@example.org,G8')));
    expect(pulled.skipped).toMatchObject([
      {
        recordTypes: ['guardians'],
        sisId: 'G8',
        warning: { message: 'students.csv, line 5: column `Contact_name` is blank; the contact was skipped.' },
      },
    ]);
    expect(pulled.records('guardianships').map(({ sisId }) => sisId)).toContain('008~G8');
    const unnamed = await pullClever(append('students.csv', contact('008', 'Parent,Family,,,,x@example.org,')));
    expect(unnamed.skipped).toMatchObject([{ recordTypes: ['guardians', 'guardianships'], sisId: null }]);
  });

  it('are not spoken of by a file without a column for them', async () => {
    const pulled = await pullClever(spoil('students.csv', (text) => text.replaceAll(/Contact_\w+/g, 'ext.x')));
    expect(pulled.delivers).not.toHaveProperty('guardians');
    expect(pulled.rows('students')).toHaveLength(2);
  });
});
