import { PullOutput } from '../pull-output.ts';
import { CollectionReport } from './collection-report.ts';
import { Members } from './members.ts';

const read = (object: Record<string, unknown>) => {
  const out = new PullOutput();
  const report = new CollectionReport('users', ['students'], 'full', out);
  report.current = 'S1';
  const members = new Members(object, report);
  const warnings = (): unknown[] => {
    report.finish();
    return out.take().map((event) => (event.kind === 'warning' ? [event.warning.code, event.warning.message] : event));
  };
  return { members, warnings };
};

describe('members as servers write them', () => {
  it.each([
    ['a text', ' 007 ', ' 007 '],
    ['an empty text', '', ''],
    ['null', null, ''],
    ['nothing', undefined, ''],
    ['a boolean', true, 'true'],
  ])('text: %s', (_, value, expected) => {
    const { members, warnings } = read({ email: value });
    expect([members.text('email'), warnings()]).toEqual([expected, []]);
  });

  it.each([
    ['a number', 407, '407', 'a number stands for a text; its digits were taken'],
    ['a fraction', 4.5, '4.5', 'a number stands for a text; its digits were taken'],
    [
      'a number that JSON rounds',
      JSON.parse('12345678901234567890'),
      '',
      'a number too large to be exact stands for a text; it was left empty',
    ],
    ['a list', ['407'], '', 'expected a text; it was left empty'],
    ['an object', { value: '407' }, '', 'expected a text; it was left empty'],
  ])('text: %s, with a word', (_, value, expected, message) => {
    const { members, warnings } = read({ identifier: value });
    expect(members.text('identifier')).toBe(expected);
    expect(warnings()).toEqual([[expect.any(String), `users "S1": \`identifier\`: ${message}.`]]);
  });

  it('references: with href, bare, of another host, or null', () => {
    const { members, warnings } = read({
      course: { href: 'https://elsewhere.example/courses/no', sourcedId: '7_1111', type: 'course' },
      school: '0101',
      parent: null,
      terms: [{ sourcedId: 'FY' }, 'S1', null],
      agents: { sourcedId: 'G1' },
    });
    expect(['course', 'school', 'parent', 'org'].map((name) => members.ref(name))).toEqual(['7_1111', '0101', '', '']);
    expect([members.refs('terms'), members.refs('agents'), members.refs('orgs')]).toEqual([
      ['FY', 'S1', ''],
      ['G1'],
      [],
    ]);
    expect(warnings()).toEqual([]);
  });

  it('lists: items may hold commas, single texts are cells', () => {
    const { members } = read({ subjects: ['Science, grade 5', 'Art', null], grades: '09,10', periods: null });
    expect(['subjects', 'grades', 'periods'].map((name) => members.list(name))).toEqual([
      ['Science, grade 5', 'Art', ''],
      '09,10',
      '',
    ]);
  });
});
