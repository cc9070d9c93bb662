import { explain, explainSchoolsNotFound, explainThreshold } from './guard-explanation.ts';
import { judge, threshold } from './guard.fixture.ts';

const messageOf = (...args: Parameters<typeof judge>) => explain(judge(...args))?.message;

describe('explainThreshold', () => {
  it('says what was seen, what was allowed and what came of it', () => {
    expect(messageOf([{ active: 501, toArchive: 51 }])).toBe(
      '51 of 501 students of school "0123" would be archived; the deletion threshold of 10 % allows 50. ' +
        'Nothing was archived; new and changed records were applied.',
    );
  });

  it('begins with the group furthest over, and lists the others', () => {
    expect(
      messageOf([
        { school: 'A', active: 10, toArchive: 2 },
        { school: 'B', recordType: 'classes', active: 40, toArchive: 40 },
        { school: 'C', recordType: 'schools', active: 1, toArchive: 1 },
        { school: null, recordType: 'guardians', active: 9, toArchive: 1 },
        { school: 'D', active: 500, toArchive: 5 },
      ]),
    ).toBe(
      '40 of 40 classes of school "B" would be archived; the deletion threshold of 10 % allows 4. ' +
        'Over the limit as well: school "C" itself (none allowed); 2 of 10 students of school "A" (1 allowed); ' +
        '1 of 9 guardians of the district (none allowed). Nothing was archived; new and changed records were applied.',
    );
  });

  it('puts many records before a small group that lost everything', () => {
    expect(
      messageOf([
        { school: 'A', active: 1, toArchive: 1 },
        { school: 'B', active: 501, toArchive: 400 },
      ]),
    ).toMatch(/^400 of 501 students of school "B" would be archived/);
  });

  it('keeps a long list short', () => {
    const schools = Array.from({ length: 12 }, (_, index) => ({ school: `S${index}`, active: 1, toArchive: 1 }));
    expect(messageOf(schools)).toMatch(/none allowed\); and 6 more\. Nothing was archived/);
  });

  it('tells records that came after the approval from approved ones', () => {
    expect(messageOf([{ active: 100, toArchive: 13, approved: 12 }])).toBe(
      '13 of 100 students of school "0123" would be archived; the deletion threshold of 10 % allows 10. ' +
        '1 of these is not covered by the approval. ' +
        'Only 12 approved records were archived; new and changed records were applied.',
    );
  });

  it('names what alone was withheld with `school`', () => {
    const counts = [
      { school: 'A', active: 10, toArchive: 9 },
      { school: null, recordType: 'guardians', active: 9, toArchive: 1 },
    ] as const;
    expect(messageOf(counts, { withhold: 'school' })).toContain(
      'Every archive of school "A" and the district\'s guardians was withheld; everything else was applied.',
    );
  });

  it('says that approved records of a withheld school were archived', () => {
    expect(messageOf([{ active: 10, toArchive: 9, approved: 1 }], { withhold: 'school' })).toContain(
      'Every archive of school "0123" was withheld, but for 1 approved record; everything else was applied.',
    );
  });

  it('does not credit the percentage with what is always allowed', () => {
    expect(messageOf([{ active: 9, toArchive: 5 }], { alwaysAllow: 3 })).toContain(
      'the deletion threshold of 10 % allows fewer, and 3 are always allowed.',
    );
  });

  it('shows a threshold with decimals as it was written, and a single record as one', () => {
    expect(messageOf([{ active: 1, toArchive: 1 }], { threshold: threshold(3333) })).toContain(
      '1 of 1 student of school "0123" would be archived; the deletion threshold of 33.33 % allows none.',
    );
  });

  it('advises the percentage that lets every group pass, and the other ways out', () => {
    const { advice } = explainThreshold(
      judge([
        { school: 'A', active: 501, toArchive: 51 },
        { school: 'B', active: 100, toArchive: 30 },
      ]),
    );
    expect(advice).toMatch(/raise the deletion threshold to 30 % for the next run\./);
    expect(advice).toMatch(/District administrator: .* approve them/);
    expect(advice).toMatch(/the next run clears the hold by itself/);
    expect(advice).not.toMatch(/whole group is missing/);
  });

  it('warns where a whole group is missing, and does not advise a threshold that guards nothing', () => {
    const { advice } = explainThreshold(judge([{ active: 480, toArchive: 480 }]));
    expect(advice).toMatch(/^A whole group is missing/);
    expect(advice).toMatch(/approve them\. If/);
    expect(advice).not.toMatch(/raise/);
  });

  it('refuses a result that is no hold', () => {
    expect(() => explainThreshold(judge([]))).toThrow(RangeError);
  });
});

describe('explainSchoolsNotFound', () => {
  const schoolLinks = [
    { sisId: '0123', name: 'North High' },
    { sisId: '88', name: null },
  ];

  it('lists the missing schools with the ids that may be meant', () => {
    const result = judge([], { schoolLinks, schoolsInData: [{ sisId: '123', name: 'North High' }] });
    const { message, advice } = explainSchoolsNotFound(result);
    expect(message).toBe(
      '2 linked schools are not in the data: "0123" (North High; in the data: "123"); ' +
        '"88" (no similar ID in the data). Nothing was written.',
    );
    expect(advice).toMatch(/^Leading zeros seem to have been lost/);
    expect(explain(result)).toEqual({ message, advice });
  });

  it('says so where the data holds no school at all, and blames no zeros then', () => {
    const { message, advice } = explainSchoolsNotFound(judge([], { schoolLinks: schoolLinks.slice(1) }));
    expect(message).toBe(
      '1 linked school is not in the data: "88" (no similar ID in the data). The data holds no school at all. Nothing was written.',
    );
    expect(advice).not.toMatch(/zeros seem/);
    expect(advice).toMatch(/no longer shared/);
  });

  it('refuses a result without missing schools', () => {
    expect(() => explainSchoolsNotFound(judge([]))).toThrow(RangeError);
  });
});

it('has nothing to explain where the run passed', () => {
  expect(explain(judge([{ active: 10, toArchive: 1 }]))).toBeNull();
});
