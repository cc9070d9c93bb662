import fc from 'fast-check';
import { splitName } from './contact-name.ts';

const split = (name: string) => {
  const parts = splitName(name);
  return parts && [parts.givenName, parts.middleName, parts.familyName];
};

describe('splitName', () => {
  it.each([
    ['Ana García', 'Ana', null, 'García'],
    ['  Ana   García ', 'Ana', null, 'García'],
    ['García, Ana', 'Ana', null, 'García'],
    ['García,Ana', 'Ana', null, 'García'],
    ['García, Ana María', 'Ana', 'María', 'García'],
    ['Van Dyke, Quinn', 'Quinn', null, 'Van Dyke'],
    ['Ana M. García', 'Ana', 'M.', 'García'],
    ['Ana María Luz García', 'Ana', 'María Luz', 'García'],
    ['Ada M. van Dyke', 'Ada', 'M.', 'van Dyke'],
    ['Ada Van Dyke', 'Ada', null, 'Van Dyke'],
    ['Maria de la Cruz', 'Maria', null, 'de la Cruz'],
    ['Maria DE LA CRUZ', 'Maria', null, 'DE LA CRUZ'],
    ['Noor bin Omar Al Hassan', 'Noor', null, 'bin Omar Al Hassan'],
    ['Mary St. Clair', 'Mary', null, 'St. Clair'],
    ["Siobhán O'Brien", 'Siobhán', null, "O'Brien"],
    ['Ana García-Lee', 'Ana', null, 'García-Lee'],
    ['Thảo Nguyễn', 'Thảo', null, 'Nguyễn'],
    ['Van Nguyen', 'Van', null, 'Nguyen'],
    ['Ana Van', 'Ana', null, 'Van'],
  ])('splits %p', (name, given, middle, family) => {
    expect(split(name)).toEqual([given, middle, family]);
  });

  it.each([
    ['John Smith Jr.', 'John', null, 'Smith Jr.'],
    ['John Smith, Jr.', 'John', null, 'Smith Jr.'],
    ['Smith, John, III', 'John', null, 'Smith III'],
    ['John Q. Smith III', 'John', 'Q.', 'Smith III'],
    ['Mr. John Smith', 'John', null, 'Smith'],
    ['Dr. Ana M. van Dyke', 'Ana', 'M.', 'van Dyke'],
    ['Smith, Mrs. Ann Lee', 'Ann', 'Lee', 'Smith'],
    ['Mrs. Smith', 'Mrs.', null, 'Smith'],
    ['Mr. and Mrs. Smith', 'Mr. and Mrs.', null, 'Smith'],
    ['John & Mary Smith', 'John & Mary', null, 'Smith'],
    ['John and Mary van Dyke', 'John and Mary', null, 'van Dyke'],
    ['Smith, John & Mary', 'John & Mary', null, 'Smith'],
  ])('knows suffixes, forms of address and couples: %p', (name, given, middle, family) => {
    expect(split(name)).toEqual([given, middle, family]);
  });

  it.each([
    ['Garcia', 'Garcia', null, 'Garcia'],
    ['Garcia,', 'Garcia', null, 'Garcia'],
    [', Ana', 'Ana', null, 'Ana'],
    ['Garcia, Jr.', 'Garcia', null, 'Garcia Jr.'],
    ['John & Mary', 'John & Mary', null, 'John & Mary'],
  ])('lets a name that cannot be split stand for both: %p', (name, given, middle, family) => {
    expect(split(name)).toEqual([given, middle, family]);
  });

  it.each(['', '   ', ',', ' , , '])('has no name for %j', (name) => {
    expect(splitName(name)).toBeNull();
  });

  it('always gives both names, whatever it is given', () => {
    const word = fc.constantFrom('van', 'Jr.', ',', '&', 'Mr.', 'Ana', 'García', 'de', 'III', 'and', ' ');
    fc.assert(
      fc.property(fc.array(word, { maxLength: 7 }), (list) => {
        const parts = splitName(list.join(' '));
        const isBlank = list.every((each) => /^[\s,]*$/.test(each));
        if (isBlank) expect(parts).toBeNull();
        else
          expect([parts?.givenName, parts?.familyName]).toEqual([
            expect.stringMatching(/./),
            expect.stringMatching(/./),
          ]);
      }),
    );
  });
});
