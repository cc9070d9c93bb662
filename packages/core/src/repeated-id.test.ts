import { FILES, problemsOf } from './config-file.fixture.ts';

describe('ids that stand twice', () => {
  const district = (id: string, ...syncs: string[]) => ({
    id,
    syncs: syncs.map((sync) => ({ id: sync, source: FILES })),
  });

  it('refuses two districts of one id, and two syncs of one id in different districts', () => {
    expect(problemsOf({ districts: [district('a', 'x'), district('b', 'y', 'x'), district('a')] })).toEqual([
      'districts[1].syncs[1].id: expected each id once, received "x", which districts[0].syncs[0].id has',
      'districts[2].id: expected each id once, received "a", which districts[0].id has',
    ]);
  });

  it('finds them although something else is wrong', () => {
    expect(problemsOf({ districts: [district('a'), district('a')], more: 1 })).toHaveLength(2);
  });

  it('lets a sync be named like its district', () => {
    expect(problemsOf({ districts: [district('a', 'a')] })).toEqual([]);
  });
});
