import { parse } from 'yaml';
import { schoolsYaml } from './schools-yaml.ts';
import type { SourceTest } from './source-test.ts';

const school = (sisId: string, name: string | null, linked: boolean) => ({ sisId, name, number: null, linked });

const seen = (parts: Partial<SourceTest>): SourceTest => ({
  sync: { id: 'sis', district: 'riverside', sourceType: 'files' },
  connected: true,
  reason: null,
  message: null,
  advice: null,
  schools: [],
  schoolsNotFound: [],
  takesEverySchool: false,
  counts: {},
  permissions: [],
  freshAt: null,
  notes: [],
  ...parts,
});

describe('the schools to paste', () => {
  it('are those that are linked, what a missing one means, and the others as comments', () => {
    const test = seen({
      schools: [school('0101', 'Lincoln', true), school('0102', 'Oakwood', false), school('0103', null, false)],
      schoolsNotFound: [
        { sisId: '102', name: null, nearest: ['0102', '0103'] },
        { sisId: '999', name: 'Summit', nearest: [] },
      ],
    });
    expect(schoolsYaml(test).split('\n')).toEqual([
      'schools:',
      '  - {sisId: "0101", name: "Lincoln"}',
      '  - {sisId: "0102", name: "Oakwood"} # instead of "102"',
      '  # - {sisId: "0103"}',
      '  # - {sisId: "999", name: "Summit"} is not in the data',
    ]);
  });

  it('are all, if the configuration names none', () => {
    const test = seen({ takesEverySchool: true, schools: [school('1', 'A', false), school('2', 'B', false)] });
    expect(parse(schoolsYaml(test))).toEqual({
      schools: [
        { sisId: '1', name: 'A' },
        { sisId: '2', name: 'B' },
      ],
    });
  });

  it('keep IDs and names to the character', () => {
    const ids = ['0123', ' 7 ', 'a"b\\c', '#1: {x}', 'tab\there', 'hidden\u200bspace\u00a0', '\u202eright', 'yes', 'é'];
    const test = seen({ schools: ids.map((id) => school(id, id, true)) });
    expect(parse(schoolsYaml(test))).toEqual({ schools: ids.map((id) => ({ sisId: id, name: id })) });
    expect(schoolsYaml(test)).not.toMatch(/[\u200b\u00a0\u202e\t]/);
  });
});
