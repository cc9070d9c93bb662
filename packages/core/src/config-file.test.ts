import { configJsonSchema, parseConfig } from './config-file.ts';
import { ConfigError } from './config-problem.ts';
import { FILES, SFTP, problemsOf, syncProblemsOf, withDistrict, withSync } from './config-file.fixture.ts';
import { UsageError } from './errors.ts';

describe('parseConfig', () => {
  it('reads a full configuration', () => {
    const config = parseConfig({
      districts: [
        {
          id: 'riverside',
          name: 'Riverside Unified',
          timezone: 'America/Chicago',
          syncs: [
            {
              id: 'riverside-sis',
              source: SFTP,
              schedule: ' 0  2 * * * ',
              schools: [{ sisId: '0123', name: 'North High' }, { sisId: ' 7 ' }],
              deletionThreshold: { default: 10, staff: 5, enrollments: 25 },
              alwaysAllow: 2,
              withhold: 'school',
              updateThreshold: { default: 30, staff: 12.5 },
              maxSkippedPercent: 2.5,
              archivedStudents: 'keep-archived',
              unarchiveClasses: true,
              updateActiveUserContacts: true,
              updateLanguage: true,
              phoneCredentialColumn: 'phone',
              maxGuardiansPerStudent: 4,
              guardiansWithoutContact: 'take',
              transferGrace: 3,
              classes: [{ sisId: 'K1', adopts: 'm1' }],
              calendar: { additionsOnly: true },
              enabled: false,
            },
          ],
        },
      ],
    });
    const [district] = config.districts;
    expect(district).toMatchObject({ id: 'riverside', name: 'Riverside Unified', timezone: 'America/Chicago' });
    expect(district?.syncs[0]).toMatchObject({
      id: 'riverside-sis',
      source: { ...SFTP, port: 22 },
      schedule: '0 2 * * *',
      schools: [
        { sisId: '0123', name: 'North High', adopts: null },
        { sisId: ' 7 ', name: null, adopts: null },
      ],
      deletionThreshold: { default: 1000, perType: { staff: 500, enrollments: 2500 } },
      alwaysAllow: 2,
      withhold: 'school',
      updateThreshold: { students: 3000, staff: 1250, guardians: 3000 },
      maxSkippedPercent: 2.5,
      archivedStudents: 'keep-archived',
      unarchiveClasses: true,
      updateActiveUserContacts: true,
      updateLanguage: true,
      phoneCredentialColumn: 'phone',
      maxGuardiansPerStudent: 4,
      guardiansWithoutContact: 'take',
      transferGrace: 3,
      classes: [{ sisId: 'K1', adopts: 'm1' }],
      calendar: { blackout: [], additionsOnly: true, rollover: null },
      enabled: false,
    });
  });

  it('fills in what is left out', () => {
    const [district] = parseConfig(withSync({})).districts;
    expect(district).toMatchObject({ name: 'riverside', timezone: 'UTC' });
    expect(district?.syncs[0]).toEqual({
      id: 'sis',
      source: { ...FILES, format: 'auto', manageGuardians: true, studentIdSource: 'student_number' },
      schedule: null,
      schools: null,
      deletionThreshold: { default: 1000, perType: {} },
      alwaysAllow: 0,
      withhold: 'sync',
      updateThreshold: { students: null, staff: null, guardians: null },
      thresholdWindow: 20,
      maxSkippedPercent: 5,
      archivedStudents: 'restore',
      unarchiveClasses: false,
      updateActiveUserContacts: false,
      updateLanguage: false,
      phoneCredentialColumn: 'sms',
      maxGuardiansPerStudent: 6,
      guardiansWithoutContact: 'leave-out',
      transferGrace: 1,
      classes: [],
      calendar: { blackout: [], additionsOnly: null, rollover: null },
      enabled: true,
    });
  });

  it.each([
    [null, 'the top of the file: expected keys with values, received nothing'],
    [[], 'the top of the file: expected keys with values, received an empty list'],
    ['districts', 'the top of the file: expected keys with values, received "districts"'],
    [{}, 'districts: expected a list, received nothing'],
    [{ districts: [] }, 'districts: expected a list of at least 1, received an empty list'],
    [{ districts: [null] }, 'districts[0]: expected keys with values, received nothing'],
  ])('refuses %j', (value, problem) => {
    expect(problemsOf(value)).toEqual([problem]);
  });

  it.each(['a', 'a1', '0', 'north-high-2', 'a'.repeat(63)])('takes the id %j', (id) => {
    expect(parseConfig(withDistrict({ id })).districts[0]?.id).toBe(id);
  });

  it.each(['', 'A', 'north_high', '-a', 'a-', 'a b', 'é', 'a'.repeat(64), 'a\n'])('refuses the id %j', (id) => {
    expect(problemsOf(withDistrict({ id }))).toEqual([
      expect.stringMatching(/^districts\[0\]\.id: expected an id of 1 to 63/),
    ]);
  });

  it('reports everything that is wrong at once, in words', () => {
    const problems = problemsOf({
      districts: [
        {
          id: 'Riverside',
          timezone: 'Mars/Olympus',
          syncs: [
            { id: 'sis', source: { ...SFTP, port: 70_000 }, schedule: '0 25 * * *', enabled: 'yes', alwaysAllow: 1.5 },
          ],
        },
        { id: 'b', syncs: 'none' },
      ],
    });
    expect(problems).toEqual([
      expect.stringMatching(/^districts\[0\]\.id: .*, received "Riverside"$/),
      'districts[0].timezone: expected a time zone such as America/Chicago, received "Mars/Olympus"',
      'districts[0].syncs[0].source.port: expected a number of at most 65535, received 70000',
      expect.stringMatching(/^districts\[0\]\.syncs\[0\]\.schedule: expected for the hour 0 to 23, .*; received "25"$/),
      'districts[0].syncs[0].alwaysAllow: expected a whole number, received 1.5',
      'districts[0].syncs[0].enabled: expected true or false, received "yes"',
      'districts[1].syncs: expected a list, received "none"',
    ]);
  });

  it('is a mistake of the person, shown as a list of paths', () => {
    const parse = () => parseConfig(withSync({ withhold: 'all', schools: [] }));
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(
      'The configuration has 2 mistakes:\n' +
        '  districts[0].syncs[0].schools: expected at least one school (leave the key out to sync every school in the data), received an empty list\n' +
        '  districts[0].syncs[0].withhold: expected one of sync, school, received "all"',
    );
  });

  it('gives the keys of each problem, for looking up its line', () => {
    const problems = (() => {
      try {
        return [parseConfig(withSync({ withhold: 'all' }))];
      } catch (error) {
        return error instanceof ConfigError ? error.problems.map(({ keys }) => keys) : [];
      }
    })();
    expect(problems).toEqual([['districts', 0, 'syncs', 0, 'withhold']]);
  });

  it.each(['+05:00', 'Central', '', 'GMT+5', ' UTC'])('refuses the time zone %j', (timezone) => {
    expect(problemsOf(withDistrict({ timezone }))).toEqual([
      expect.stringMatching(/^districts\[0\]\.timezone: expected a time zone/),
    ]);
  });

  it.each([
    ['10', '"10"'],
    [101, '101'],
    [Number.NaN, 'NaN'],
    [null, 'nothing'],
    [10.123, '10.123'],
  ])('refuses the deletion threshold %p', (deletionThreshold, received) => {
    const [problem, ...others] = syncProblemsOf({ deletionThreshold });
    expect(problem).toMatch(/^deletionThreshold: expected a percentage from 0 to 100/);
    expect(problem?.endsWith(`, received ${received}`)).toBe(true);
    expect(others).toEqual([]);
  });

  it('names the record type whose threshold is wrong', () => {
    expect(syncProblemsOf({ deletionThreshold: { default: 10, staff: 'five', student: 5 } })).toEqual([
      expect.stringMatching(/^deletionThreshold\.staff: expected a percentage .*, received "five"$/),
      'deletionThreshold.student: unknown key; did you mean `students`?',
    ]);
  });
});

describe('school IDs', () => {
  it('refuses a number, whose leading zeros YAML has dropped', () => {
    expect(syncProblemsOf({ schools: [{ sisId: 123 }] })).toEqual([
      'schools[0].sisId: expected a school ID as text, received the number 123: quote it, leading zeros would be lost',
    ]);
  });

  it('refuses a blank', () => {
    expect(syncProblemsOf({ schools: [{ sisId: '' }, { sisId: null }] })).toEqual([
      'schools[0].sisId: expected text of at least 1 character, received ""',
      'schools[1].sisId: expected text, received nothing',
    ]);
  });

  it('refuses one that stands twice in a sync, compared exactly', () => {
    expect(syncProblemsOf({ schools: [{ sisId: '0123' }, { sisId: '123' }, { sisId: '0123' }] })).toEqual([
      'schools[2].sisId: expected each id once, received "0123", which districts[0].syncs[0].schools[0].sisId has',
    ]);
  });

  it('takes the same one in two syncs', () => {
    const sync = (id: string) => ({ id, source: FILES, schools: [{ sisId: '1' }] });
    expect(problemsOf(withDistrict({ syncs: [sync('a'), sync('b')] }))).toEqual([]);
  });
});

describe('configJsonSchema', () => {
  it('describes the file as it is written, not as it is read', () => {
    expect(configJsonSchema()).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      required: ['districts'],
      additionalProperties: false,
      properties: {
        districts: {
          items: {
            required: ['id'],
            properties: {
              syncs: {
                items: {
                  required: ['id', 'source'],
                  properties: {
                    deletionThreshold: { anyOf: [{ type: 'number', maximum: 100 }, { type: 'object' }] },
                    schools: { items: { properties: { sisId: { type: 'string' } } } },
                    source: {
                      oneOf: [
                        { properties: { type: { const: 'files' } } },
                        { properties: { type: { const: 'sftp' } } },
                        { properties: { type: { const: 'clever' } } },
                        { properties: { type: { const: 'classlink' } } },
                        { properties: { type: { const: 'oneroster' } } },
                      ],
                    },
                  },
                },
              },
            },
          },
        },
      },
    });
  });
});

describe('settings that cannot both hold', () => {
  it.each([
    [{ source: { type: 'clever', token: 't' } }],
    [{ source: { type: 'files', path: '.', format: 'clever-csv' } }],
  ])('are refused with both named: a phone column and Clever, %j', (sync) => {
    expect(syncProblemsOf({ ...sync, phoneCredentialColumn: 'phone' })).toEqual([
      'phoneCredentialColumn: expected sms: phoneCredentialColumn is for the columns sms and phone of OneRoster, but source is Clever, where phoneTypes choose the numbers',
    ]);
  });

  it('are refused: two links that adopt the same manual record', () => {
    const classes = [
      { sisId: 'K1', adopts: 'm1' },
      { sisId: 'K2', adopts: 'm1' },
    ];
    expect(syncProblemsOf({ classes })).toEqual([
      'classes[1].adopts: expected each manual record once, received "m1", which classes[0].adopts has',
    ]);
    expect(
      syncProblemsOf({ classes: classes.map((link, index) => ({ ...link, sisId: 'K1', adopts: `m${index}` })) }),
    ).toEqual([
      'classes[1].sisId: expected each id once, received "K1", which districts[0].syncs[0].classes[0].sisId has',
    ]);
    // A school and a class may have the same id.
    expect(syncProblemsOf({ classes: [classes[0]], schools: [{ sisId: 'K1', adopts: 'm1' }] })).toEqual([]);
  });

  it('are refused: a calendar against itself', () => {
    const rollover = { from: '2027-08-01', until: '2027-08-20', deletionThreshold: 60 };
    expect(syncProblemsOf({ calendar: { additionsOnly: true, rollover } })).toEqual([
      expect.stringMatching(
        /^calendar\.rollover: .* calendar\.rollover has limits .* calendar\.additionsOnly \(true\)/,
      ),
    ]);
  });
});

it('reads roles, and refuses others', () => {
  const roles = [{ actor: 'jane@office', role: 'approver' }];
  expect(parseConfig(withDistrict({ roles })).districts[0]?.roles).toEqual(roles);
  expect(problemsOf(withDistrict({ roles: [{ actor: 'jane', role: 'boss' }] }))).toEqual([
    'districts[0].roles[0].role: expected one of viewer, approver, administrator, received "boss"',
  ]);
});
