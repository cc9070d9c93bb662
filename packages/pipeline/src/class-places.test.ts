import { ClassPlaces } from './class-places.ts';

type Note = 'inside A' | 'inside B' | 'outside' | 'placeless' | 'gone' | 'unusable';

function placeOf(
  notes: readonly Note[],
  { roster, isFirst = false }: { roster?: string | null; isFirst?: boolean } = {},
) {
  const places = new ClassPlaces((school) => school !== 'X');
  places.isFirstRowTaken = isFirst;
  for (const note of notes) {
    if (note === 'inside A') places.noteInside('k', 'A');
    if (note === 'inside B') places.noteInside('k', 'B');
    if (note === 'outside') places.noteOutside('k', 'X');
    if (note === 'placeless') places.notePlaceless('k');
    if (note === 'gone') places.noteGone('k');
    if (note === 'unusable') places.noteUnusable('k');
  }
  if (roster !== undefined) places.learn([{ sisId: 'k', school: roster }], { isPartOfData: false });
  return places.placeOf('k');
}
const inside = (school: string | null) => ({ kind: 'inside', school });
const UNKNOWN = { kind: 'unknown', isInData: true };

describe('guard §38: where a class of several rows is', () => {
  it.each<[Note[], ReturnType<typeof placeOf>]>([
    [['outside', 'inside A'], { kind: 'inside', school: 'A' }],
    [['gone', 'inside A', 'unusable'], { kind: 'inside', school: 'A' }],
    [['placeless', 'inside A'], { kind: 'inside', school: 'A' }],
    [['outside', 'placeless'], { kind: 'inside', school: 'R' }],
    [['gone', 'placeless'], { kind: 'inside', school: 'R' }],
    [['outside', 'unusable'], { kind: 'inside', school: 'R' }],
    [['unusable', 'gone'], { kind: 'unknown', isInData: true }],
    [['outside', 'gone'], { kind: 'unknown', isInData: true }],
    [['outside'], { kind: 'outside', school: 'X' }],
    [[], { kind: 'unknown', isInData: false }],
  ])('%j', (notes, expected) => {
    expect(placeOf(notes, { roster: 'R' })).toEqual(expected);
    expect(placeOf(notes.toReversed(), { roster: 'R' })).toEqual(expected);
  });

  it('of several schools is the one of the roster, else that of the row that wins', () => {
    expect(placeOf(['inside A', 'inside B'], { roster: 'A' })).toEqual(inside('A'));
    expect(placeOf(['inside A', 'inside B'], { roster: 'C' })).toEqual(inside('B'));
    expect(placeOf(['inside A', 'inside B', 'inside A'])).toEqual(inside('A'));
    expect(placeOf(['inside A', 'inside B', 'inside B'], { isFirst: true })).toEqual(inside('A'));
  });
});

describe('guard §37: a class whose place cannot be told', () => {
  it('is where the roster has it, if the roster holds it', () => {
    expect(placeOf(['placeless'], { roster: 'A' })).toEqual(inside('A'));
    expect(placeOf(['placeless'], { roster: null })).toEqual(inside(null));
    expect(placeOf(['placeless'], { roster: 'X' })).toEqual({ kind: 'outside', school: 'X' });
    expect(placeOf(['placeless'])).toEqual(UNKNOWN);
  });

  it('asks for the roster once, and only if there is one', () => {
    const places = new ClassPlaces(() => true);
    places.noteInside('k', 'A');
    places.noteInside('k', 'A');
    expect(places.needsRoster).toBe(false);
    places.notePlaceless('m');
    expect(places.needsRoster).toBe(true);
    places.learn([], { isPartOfData: false });
    expect(places.needsRoster).toBe(false);
  });
});

describe('a class that is in the roster only', () => {
  it('counts where the data does not deliver all classes, unless a row says otherwise', () => {
    const places = new ClassPlaces(() => true);
    places.learn(
      ['k', 'm'].map((sisId) => ({ sisId, school: 'A' })),
      { isPartOfData: true },
    );
    places.noteGone('m');
    expect(places.placeOf('k')).toEqual(inside('A'));
    expect(places.placeOf('m')).toEqual(UNKNOWN);
  });
});
