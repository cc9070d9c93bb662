import type { TransferEvidence } from '../hold-evidence.ts';
import { evidenceOf, group } from './hold-evidence.fixture.ts';
import { transfers } from './transfers.ts';

const move = (entry: Partial<TransferEvidence>): TransferEvidence => ({
  from: 'N',
  to: 'W',
  kind: 'not_linked',
  students: 60,
  examples: ['S1'],
  ...entry,
});
const explain = (toArchive: number, ...moves: Partial<TransferEvidence>[]) =>
  transfers(evidenceOf({ groups: [group({ active: 500, toArchive })], transfers: moves.map(move) }));

it('explains students who are at a school that is not linked (guard §9)', () => {
  expect(explain(62, {})).toEqual([
    {
      cause: 'transfers',
      recordType: 'students',
      schools: ['N'],
      explained: 60,
      of: 62,
      message:
        '60 of the 62 students due to be archived at North High are in the data at West High, which is not linked: ' +
        'this looks like students who changed schools.',
      advice: expect.stringMatching(/link it: the students then stay/),
      evidence: { kind: 'not_linked', students: 60, toArchive: 62, destinations: 1, to: 'W' },
      examples: ['S1'],
    },
  ]);
});

it('explains students who are at another school under new ids', () => {
  const [explanation] = explain(60, { kind: 'new_id' });
  expect(explanation?.message).toBe(
    'All 60 students due to be archived at North High are in the data at West High under new ids, with the same name and ' +
      'the same birth date or e-mail: this looks like students who changed schools and were given new ids.',
  );
  expect(explanation?.advice).toMatch(/do not approve.*relink/);
});

it('takes schools together, those with most students first', () => {
  const [explanation, ...others] = transfers(
    evidenceOf({
      groups: [group({ active: 500, toArchive: 10 }), group({ school: 'S', active: 500, toArchive: 40 })],
      transfers: [
        move({ students: 10 }),
        move({ from: 'S', to: '0123', students: 25, examples: ['S7'] }),
        move({ from: 'S', students: 5, examples: ['S8'] }),
      ],
    }),
  );
  expect(others).toEqual([]);
  expect(explanation).toMatchObject({ schools: ['S', 'N'], explained: 40, of: 50, examples: ['S7', 'S1', 'S8'] });
  expect(explanation?.message).toMatch(
    /at South High and North High are .* school "0123" and West High, which are not/,
  );
});

it('weighs both kinds together and explains them apart', () => {
  const explanations = explain(40, { students: 10 }, { kind: 'new_id', students: 10 });
  expect(explanations.map(({ explained, of, evidence }) => [evidence['kind'], explained, of])).toEqual([
    ['not_linked', 10, 40],
    ['new_id', 10, 40],
  ]);
});

it('explains half of the archives of a school, and no less', () => {
  expect(explain(40, { students: 20 })).toHaveLength(1);
  expect(explain(40, { students: 19 })).toEqual([]);
  expect(explain(40, { students: 3 })).toEqual([]);
});

it('does not make much of one or two', () => {
  expect(explain(2, { students: 2 })).toEqual([]);
  expect(explain(3, { students: 3 })).toHaveLength(1);
});

it('explains nothing where nobody would be archived', () => {
  expect(explain(0, { students: 0 })).toEqual([]);
});
