import { parseConfig } from './config-file.ts';
import { RunSettings, runSettings } from './run-settings.ts';

const settingsOf = (sync: object, source: object = { type: 'files', path: '.' }): RunSettings => {
  const [district] = parseConfig({ districts: [{ id: 'a', syncs: [{ id: 'b', source, ...sync }] }] }).districts;
  const [parsed] = district?.syncs ?? [];
  if (parsed === undefined) throw new Error('The configuration has no sync.');
  return runSettings(parsed);
};

describe('runSettings (guard §14)', () => {
  it('holds every setting of the sync that a run obeys, and neither its source nor its schedule', () => {
    const settings = settingsOf({
      schools: [{ sisId: '0123', name: 'North' }, { sisId: '4' }],
      schedule: '0 2 * * *',
      deletionThreshold: { default: 29, staff: 0.5 },
      alwaysAllow: 3,
      withhold: 'school',
      maxSkippedPercent: 1,
      restoreUserArchived: true,
    });
    expect(settings).toEqual({
      schools: [
        { sisId: '0123', name: 'North' },
        { sisId: '4', name: null },
      ],
      threshold: { default: 2900, perType: { staff: 50 } },
      alwaysAllow: 3,
      withhold: 'school',
      maxSkippedPercent: 1,
      restoreUserArchived: true,
    });
  });

  it('lets terms and courses of Clever come and go, unless a threshold is set for them (guard §4)', () => {
    const clever = { type: 'clever', token: 'a-token' };
    expect(settingsOf({}, clever).threshold.perType).toEqual({ terms: 10_000, courses: 10_000 });
    const set = settingsOf({ deletionThreshold: { courses: 30 } }, clever);
    expect(set.threshold.perType).toEqual({ terms: 10_000, courses: 3000 });
  });

  it('can be kept as JSON and read again', () => {
    for (const settings of [
      settingsOf({}),
      settingsOf({ schools: [{ sisId: '0' }], deletionThreshold: { terms: 100 } }),
    ])
      expect(RunSettings.parse(JSON.parse(JSON.stringify(settings)))).toEqual(settings);
  });

  it.each([
    [{ alwaysAllow: -1 }],
    [{ threshold: { default: 10_001, perType: {} } }],
    [{ threshold: { default: 0.5, perType: {} } }],
    [{ threshold: { default: 10, perType: { pupils: 1 } } }],
    [{ withhold: 'none' }],
    [{ schools: [{ sisId: 12, name: null }] }],
    [{ more: 1 }],
  ])('refuses %j', (change) => {
    expect(RunSettings.safeParse({ ...settingsOf({}), ...change }).success).toBe(false);
  });
});
