import type { ZerosEvidence } from '../hold-evidence.ts';
import { evidenceOf, group } from './hold-evidence.fixture.ts';
import { zerosLost } from './zeros-lost.ts';

const zeros = (entry: Partial<ZerosEvidence>): ZerosEvidence => ({
  recordType: 'students',
  school: 'N',
  pairs: 480,
  examples: [{ oldId: '00123', newId: '123' }],
  ...entry,
});

const explain = (toArchive: number, entry: Partial<ZerosEvidence>) =>
  zerosLost(evidenceOf({ groups: [group({ active: 480, toArchive, ...entry })], zeros: [zeros(entry)] }));

it('explains a school whose students lost the zeros of their ids', () => {
  expect(explain(500, { pairs: 480 })).toEqual([
    {
      cause: 'zeros_lost',
      recordType: 'students',
      schools: ['N'],
      explained: 480,
      of: 500,
      message:
        '480 of the 500 students due to be archived at North High are in the data under the same ids without their leading ' +
        'zeros (for example, "00123" is now "123"): this looks like a file that was opened and saved in a spreadsheet.',
      advice: expect.stringMatching(/^Approve nothing\..*without opening it in a spreadsheet/),
      evidence: { pairs: 480, toArchive: 500, toCreate: 0, oldId: '00123', newId: '123' },
      examples: ['00123'],
    },
  ]);
});

it('needs three records, but only one school', () => {
  expect(explain(2, { pairs: 2 })).toEqual([]);
  expect(explain(3, { pairs: 3 })).toHaveLength(1);
  const examples = [{ oldId: '0123', newId: '123' }];
  const [explanation] = explain(1, { recordType: 'schools', school: '0123', pairs: 1, examples });
  expect(explanation?.message).toMatch(
    /^School "0123" is in the data under the same id without its leading zeros \(for example, "0123" is now "123"\): /,
  );
});

it('tells a school that lost zeros from the one of its name that came', () => {
  const groups = ['01', '02'].map((school) => group({ recordType: 'schools', school, active: 1, toArchive: 1 }));
  const pairs = ['1', '2'].map((id) =>
    zeros({ recordType: 'schools', school: `0${id}`, pairs: 1, examples: [{ oldId: `0${id}`, newId: id }] }),
  );
  const schoolNames = { '01': 'North High', '1': 'North High', '02': 'South High' };
  const [explanation] = zerosLost(evidenceOf({ groups, zeros: pairs, schoolNames }));
  expect(explanation).toMatchObject({ schools: ['01', '02'], explained: 2, of: 2 });
  expect(explanation?.message).toMatch(/^North High \("01"\) and South High are in the data under the same ids/);
});

it('explains half of the archives of a school, and no less', () => {
  expect(explain(40, { pairs: 20 })).toHaveLength(1);
  expect(explain(40, { pairs: 19 })).toEqual([]);
});

it('does not call it a loss where ids have gained zeros, or where no example tells', () => {
  const both = [
    { oldId: '00123', newId: '123' },
    { oldId: '124', newId: '0124' },
  ];
  expect(explain(40, { pairs: 40, examples: both })).toEqual([]);
  expect(explain(40, { pairs: 40, examples: [{ oldId: '123', newId: '00123' }] })).toEqual([]);
  expect(explain(40, { pairs: 40, examples: [] })).toEqual([]);
});
