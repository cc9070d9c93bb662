import { evidenceOf } from './hold-evidence.fixture.ts';
import { dueToBeArchived, idList, portion, schoolList, wordList } from './wording.ts';

it.each([
  [1, 1, 'The only class'],
  [128, 128, 'All 128 classes'],
  [1, 2, '1 of the 2 classes'],
  [12_000, 34_567, '12,000 of the 34,567 classes'],
])('%i of %i: %s', (part, whole, words) => {
  expect(portion(part, whole, 'classes')).toBe(words);
});

describe('schools', () => {
  const evidence = evidenceOf({});

  it.each([
    [['N'], 'North High'],
    [['N', 'S'], 'North High and South High'],
    [['N', 'S', 'E'], 'North High, South High and East High'],
    [['N', 'S', 'E', 'W'], 'North High, South High, East High and 1 other school'],
    [['N', 'S', 'E', 'W', '0123'], 'North High, South High, East High and 2 other schools'],
    [['0123'], 'school "0123"'],
  ])('%j: %s', (schools, words) => {
    expect(schoolList(evidence, schools)).toBe(words);
  });

  it('tells two schools of one name by their ids', () => {
    const twins = evidenceOf({ schoolNames: { '1': 'Lincoln', '2': ' Lincoln ', '3': 'Grant' } });
    expect(schoolList(twins, ['1', '2', '3'])).toBe('Lincoln ("1"), Lincoln ("2") and Grant');
  });

  it('shows a name as one line, and the id where there is nothing to see of a name', () => {
    const odd = evidenceOf({ schoolNames: { '1': 'North\n\u200B High', '2': ' \t', '3': 'x'.repeat(61) } });
    const long = evidenceOf({ schoolNames: { '3': 'x'.repeat(60) } });
    expect(schoolList(long, ['3'])).toBe('x'.repeat(60));
    expect(schoolList(odd, ['1', '2', '3'])).toBe(`North High, school "2" and ${'x'.repeat(60)}…`);
  });

  it.each(['constructor', '__proto__'])('takes no name from elsewhere for school "%s"', (school) => {
    expect(schoolList(evidence, [school])).toBe(`school "${school}"`);
  });
});

it('speaks of the district where there is no school', () => {
  const guardians = { recordType: 'guardians', schools: [] } as const;
  expect(dueToBeArchived(evidenceOf({}), 3, 4, guardians)).toBe(
    '3 of the 4 guardians due to be archived in the district',
  );
});

it('shortens lists of ids and of words', () => {
  expect(idList(['1', '2', '3', '4', '5'])).toBe('"1", "2", "3" and 2 more');
  expect(wordList(['kindergarten', 'grade 1'])).toBe('kindergarten and grade 1');
});
