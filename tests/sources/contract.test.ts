import { RECORD_TYPES, type RecordType } from '@rollbook/core';
import { generateDistrict } from '@rollbook/sandbox';
import { EVERY_SOURCE, REMOTE_SOURCES } from './every-source.ts';
import { expectNoLeak } from './leaks.ts';
import { eventsOf, neverAborted, pull, refusal, rosterIn, rowsOf, warningsOf, type Event } from './pulled.ts';
import type { SourceGround, WrongAccess } from './source-ground.ts';

/** Users come in several pages, and a student of the second school is in the first one's last page. */
const DISTRICT = generateDistrict({ seed: 11, schools: 3, students: 240 });

describe.each(EVERY_SOURCE)('%s', (_, kind) => {
  let ground: SourceGround;
  beforeAll(async () => {
    ground = await kind.prepare(DISTRICT);
  });
  afterAll(() => ground.clear());

  it('gives something of every type, and the same again', async () => {
    const source = ground.source();
    const events = await pull(source);
    const found = rosterIn(events);
    for (const type of RECORD_TYPES) expect(found[type].length).toBeGreaterThan(0);
    expect(rosterIn(await pull(source))).toEqual(found);
    expectNoLeak(ground, DISTRICT, warningsOf(events));
  });

  it('announces what it delivers before the rows, and what is referred to before what refers to it', async () => {
    const events = await pull(ground.source());
    const announced = events.flatMap((event) => (event.kind === 'delivers' ? [event.recordType] : []));
    expect(new Set(announced).size).toBe(announced.length);
    for (const type of RECORD_TYPES)
      expect(firstAt(events, 'delivers', type)).toBeLessThan(firstAt(events, 'rows', type));
    for (const type of ['terms', 'courses', 'classes', 'students', 'staff'] as const)
      expect(lastAt(events, 'schools')).toBeLessThan(firstAt(events, 'rows', type));
    const classesSoFar = new Set<string>();
    for (const event of events) {
      if (event.kind !== 'rows') continue;
      for (const { record } of event.rows) {
        if (event.recordType === 'classes') classesSoFar.add(record.sisId);
        if ('class' in record) expect(classesSoFar.has(record.class)).toBe(true);
      }
    }
  });

  it('skips what has no id, and gives no record without one', async () => {
    const own = await kind.prepare(DISTRICT);
    try {
      await own.loseId();
      const events = await pull(own.source());
      for (const type of RECORD_TYPES)
        expect(rowsOf(events, type).filter(({ record }) => record.sisId.trim() === '')).toEqual([]);
      const nameless = events.filter((event) => event.kind === 'skipped' && event.sisId === null);
      expect(nameless.length).toBeGreaterThan(0);
      expectNoLeak(own, DISTRICT, warningsOf(events));
    } finally {
      await own.clear();
    }
  });

  it('surveys what a pull finds, and leaves nothing behind', async () => {
    const found = rosterIn(await pull(ground.source()));
    const survey = await ground.source().survey(neverAborted);
    expect(survey.schools.map(({ sisId }) => sisId).toSorted()).toEqual(
      found.schools.flatMap(({ sisId, kind: word }) => (word === null || word === 'school' ? [sisId] : [])),
    );
    const counted = Object.entries(survey.counts).filter(([type, count]) => type !== 'schools' && count !== null);
    for (const [type, count] of counted) expect([type, count]).toEqual([type, found[type as RecordType].length]);
    expect(survey.permissions.every(({ granted }) => granted)).toBe(true);
    expectNoLeak(ground, DISTRICT, survey.notes);
  });

  it('ends with the reason, never silently, when it is aborted', async () => {
    const controller = new AbortController();
    const reason = new Error('told to stop');
    const stopped = async (): Promise<void> => {
      for await (const event of eventsOf(ground.source(), controller.signal))
        if (event.kind === 'rows') controller.abort(reason);
    };
    await expect(stopped()).rejects.toThrow(reason.message);
  });

  it('says that nothing answers where nothing does', async () => {
    const error = await refusal(pull(ground.source(await ground.unreachable())));
    expect(error.reason).toBe(ground.wrongCredentials === null ? 'invalid_data' : 'source_unavailable');
    expect(error.advice).not.toBe('');
    expectNoLeak(ground, DISTRICT, error);
  });
});

describe.each(REMOTE_SOURCES)('%s', (_, kind) => {
  it('calls credentials that are refused wrong, and does not try them again', async () => {
    const ground = await kind.prepare(DISTRICT);
    try {
      const { settings, asked } = ground.wrongCredentials as WrongAccess;
      const before = asked().length;
      const error = await refusal(pull(ground.source(settings)));
      expect(error).toMatchObject({ reason: 'wrong_credentials', disposition: 'give-up' });
      const requests = asked().slice(before);
      expect(new Set(requests).size).toBe(requests.length);
      expectNoLeak(ground, DISTRICT, error);
    } finally {
      await ground.clear();
    }
  });
});

const firstAt = (events: readonly Event[], kind: 'delivers' | 'rows', type: RecordType): number => {
  const at = events.findIndex((event) => event.kind === kind && event.recordType === type);
  return at < 0 ? Number.POSITIVE_INFINITY : at;
};

const lastAt = (events: readonly Event[], type: RecordType): number =>
  events.findLastIndex((event) => event.kind === 'rows' && event.recordType === type);
