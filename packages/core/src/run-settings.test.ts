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
      schools: [
        { sisId: '0123', name: 'North' },
        { sisId: '4', adopts: 'south' },
      ],
      schedule: '0 2 * * *',
      deletionThreshold: { default: 29, staff: 0.5 },
      alwaysAllow: 3,
      withhold: 'school',
      updateThreshold: 29,
      maxSkippedPercent: 1,
      archivedStudents: 'keep-archived',
      unarchiveClasses: true,
      updateActiveUserContacts: true,
      updateLanguage: true,
      phoneCredentialColumn: 'phone',
      maxGuardiansPerStudent: 2,
      guardiansWithoutContact: 'take',
      thresholdWindow: '2 days',
      transferGrace: 3,
      classes: [{ sisId: 'K1', adopts: 'm1' }],
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
      archivedStudents: 'keep-archived',
      unarchiveClasses: true,
      updateActiveUserContacts: true,
      updateLanguage: true,
      phoneCredentialColumn: 'phone',
      maxGuardiansPerStudent: 2,
      guardiansWithoutContact: 'take',
      thresholdWindowHours: 48,
      transferGrace: 3,
      adoptions: { schools: [{ sisId: '4', adopts: 'south' }], classes: [{ sisId: 'K1', adopts: 'm1' }] },
      limitsNote: null,
      updateThreshold: { students: 2900, staff: 2900, guardians: 2900 },
      updateLimitsNote: null,
      additionsOnly: false,
      recordTypes: 'all',
      roster: { manageGuardians: true, studentIdSource: 'student_number' },
    });
  });

  it('keeps what the configuration of the source says of people', () => {
    const clever = { type: 'clever', token: 'a-token', contactTypes: ['Emergency'], studentIdSource: 'student_id' };
    expect(settingsOf({}, clever).roster).toEqual({
      manageGuardians: true,
      studentIdSource: 'student_id',
      contactTypes: ['Emergency'],
      contactRelationships: ['Parent'],
      phoneTypes: ['Cell'],
    });
  });

  it('understands what an earlier version kept', () => {
    const { schools, threshold, alwaysAllow, withhold, maxSkippedPercent } = settingsOf({});
    const kept = { schools, threshold, alwaysAllow, withhold, maxSkippedPercent, restoreUserArchived: false };
    expect(RunSettings.parse(kept)).toEqual({ ...settingsOf({}), roster: {} });
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
    [{ transferGrace: 0 }],
    [{ archivedStudents: 'ask' }],
  ])('refuses %j', (change) => {
    expect(RunSettings.safeParse({ ...settingsOf({}), ...change }).success).toBe(false);
  });
});
