import { FILES, SFTP, problemsOf, syncProblemsOf, withDistrict, withSync } from './config-file.fixture.ts';

describe('unknown keys', () => {
  it.each([
    [{ pasword: 'x', ...SFTP }, 'pasword: unknown key; did you mean `password`?'],
    [{ ...SFTP, private_key: 'x' }, 'private_key: unknown key; did you mean `privateKey`?'],
    [
      { ...FILES, host: 'x' },
      'host: unknown key; known here: type, path, format, manageGuardians, guardiansFile, studentIdSource',
    ],
  ])('of a source are compared with the keys of its type', (source, problem) => {
    expect(syncProblemsOf({ source })).toEqual([`source.${problem}`]);
  });

  it.each([
    [{ districts: [{ id: 'a' }], distrits: [] }, 'distrits: unknown key; did you mean `districts`?'],
    [withDistrict({ timeZone: 'UTC' }), 'districts[0].timeZone: unknown key; did you mean `timezone`?'],
    [withSync({ threshold: 5 }), 'districts[0].syncs[0].threshold: unknown key; did you mean `deletionThreshold`?'],
    [
      withSync({ schools: [{ sisId: '1', nam: 'x' }] }),
      'districts[0].syncs[0].schools[0].nam: unknown key; did you mean `name`?',
    ],
    [withDistrict({ 'a b': 1 }), 'districts[0]["a b"]: unknown key; known here: id, name, timezone, roles, syncs'],
    [
      withDistrict(JSON.parse('{"constructor": 1}')),
      'districts[0].constructor: unknown key; known here: id, name, timezone, roles, syncs',
    ],
  ])('at every level: %j', (value, problem) => {
    expect(problemsOf(value)).toEqual([problem]);
  });
});

describe('source types', () => {
  it.each([
    [
      { type: 'sfpt' },
      'source.type: expected one of files, sftp, clever, classlink, oneroster, received "sfpt"; did you mean "sftp"?',
    ],
    [
      { type: 'database' },
      'source.type: expected one of files, sftp, clever, classlink, oneroster, received "database"',
    ],
    [{}, 'source.type: expected one of files, sftp, clever, classlink, oneroster, received nothing'],
    ['files', 'source: expected keys with values, received text'],
  ])('refuses %j', (source, problem) => {
    expect(syncProblemsOf({ source })).toEqual([problem]);
  });
});

describe('secrets', () => {
  it.each([
    [{ ...SFTP, password: 48151623 }],
    [{ ...SFTP, password: ['48151623'] }],
    [{ ...SFTP, pasword: '48151623' }],
    [{ ...SFTP, hostKey: '48151623' }],
    [{ ...SFTP, passphrase: { text: '48151623' } }],
    [{ ...SFTP, format: { '48151623': 1 } }],
    ['48151623'],
  ])('are not shown, even where they stand in the wrong place: %j', (source) => {
    const problems = syncProblemsOf({ source });
    expect(problems).not.toEqual([]);
    expect(problems.join('\n')).not.toContain('48151623');
  });
});
