import { pullFiles, refusal, sound } from '../delivery.fixture.ts';
import { manifest, spoil, without, type Files } from './roster.fixture.ts';

describe('the files of a delivery (guard §18)', () => {
  it('matches the header in any order and case, with a BOM and what cannot be seen', async () => {
    const text = '\uFEFF NAME\u200b,Type,"sourcedid" ,metadata.note\r\nNorth,school,0123,x\r\n';
    const pulled = await pullFiles({ ...sound, 'orgs.csv': text });
    expect(pulled.records('schools')).toMatchObject([{ sisId: '0123', name: 'North', kind: 'school' }]);
    expect(pulled.warnings).toEqual([]);
  });

  it.each<[string, Files, string]>([
    [
      'a required column that is misspelt',
      spoil('users.csv', (text) => text.replace('sourcedId', 'sourcedld')),
      'users.csv, line 1: the required column `sourcedId` (found `sourcedld`; did you mean `sourcedId`?) is missing.',
    ],
    [
      'required columns that are missing',
      spoil('enrollments.csv', (text) => text.replace('classSourcedId', 'metadata.a').replace('role', 'metadata.b')),
      'enrollments.csv, line 1: the required columns `classSourcedId`, `role` are missing.',
    ],
    [
      'an optional column that is misspelt',
      spoil('users.csv', (text) => text.replace('agentSourcedIds', 'agentSourceIds')),
      'users.csv, line 1: found the column `agentSourceIds`; did you mean `agentSourcedIds`?',
    ],
    [
      'a column that stands twice',
      spoil('orgs.csv', (text) => text.replace('identifier', 'Name')),
      'orgs.csv, line 1: the column `name` stands twice.',
    ],
    ['an empty file', { ...sound, 'classes.csv': '' }, 'classes.csv is empty: it has not even a header.'],
    [
      'missing files',
      without('users.csv', 'enrollments.csv', 'courses.csv'),
      'Required files are missing (OneRoster 1.1): users.csv, enrollments.csv. Found: "academicSessions.csv", "classes.csv", "orgs.csv".',
    ],
    [
      'a file under a wrong name',
      { ...without('enrollments.csv'), 'enrolments.csv': sound['enrollments.csv'] },
      'Required file is missing (OneRoster 1.1): enrollments.csv. Found: "academicSessions.csv", "classes.csv", "courses.csv", "orgs.csv", "users.csv", "enrolments.csv".',
    ],
    [
      'OneRoster 1.0',
      spoil('users.csv', (text) => text.replace('role', 'roleName').replace('agentSourcedIds', 'agents')),
      'users.csv has the columns of OneRoster 1.0, which is not supported.',
    ],
    [
      'a file cut in the middle of a quoted value',
      spoil('classes.csv', (text) => text.slice(0, text.indexOf('1,2"'))),
      'classes.csv, line 2, column 14: a quote is opened there and the file ends before it is closed.',
    ],
  ])('refuses %s', async (_, files, message) => {
    const error = await refusal(pullFiles(files));
    expect([error.reason, error.message]).toEqual(['invalid_data', message]);
    expect(error.advice.length).toBeGreaterThan(20);
  });

  it('does not repeat a first line that is somebody instead of a header', async () => {
    const text = '007,active,true,0123,student,Ada,Byron\n';
    const error = await refusal(pullFiles({ ...sound, 'users.csv': text.replace('active,', '') }));
    expect(error.message + error.advice).not.toMatch(/Ada|Byron/);
  });

  it('gathers unknown columns and files into one warning each', async () => {
    const pulled = await pullFiles({
      ...spoil('orgs.csv', (text) => text.replace('dateLastModified', 'colour,size')),
      'notes.csv': 'a\n',
      'lineItems.csv': 'a\n',
    });
    expect(pulled.warnings.map(({ message }) => message)).toEqual([
      'Files that do not belong to OneRoster were left out: "notes.csv".',
      'orgs.csv: columns that are not known were left out: `colour`, `size`.',
    ]);
  });

  it('delivers a type whose file has a header only, with no rows', async () => {
    const pulled = await pullFiles({ ...sound, 'courses.csv': 'sourcedId,title\n' });
    expect(pulled.delivers).toHaveProperty('courses', 'full');
    expect(pulled.rows('courses')).toEqual([]);
  });

  it('does not deliver optional files that are not there', async () => {
    const pulled = await pullFiles(without('courses.csv', 'academicSessions.csv'));
    expect(Object.keys(pulled.delivers)).toEqual([
      'schools',
      'classes',
      'students',
      'staff',
      'guardians',
      'guardianships',
      'enrollments',
    ]);
  });

  it.each<[string, (text: string) => Buffer]>([
    ['Windows-1252', (text) => Buffer.from(text, 'latin1')],
    ['UTF-16 with tabs', (text) => Buffer.from(`\uFEFF${text.replaceAll(',', '\t').replaceAll('"', '')}`, 'utf16le')],
  ])('reads %s', async (name, encode) => {
    const text = 'sourcedId,name,type\n0123,Lycée Émile,school\n';
    const pulled = await pullFiles({ ...sound, 'orgs.csv': encode(text) });
    expect(pulled.records('schools')).toMatchObject([{ name: 'Lycée Émile' }]);
    expect(pulled.codes()).toEqual(name === 'Windows-1252' ? ['windows_1252'] : []);
  });
});

describe('a manifest (guard §18)', () => {
  const all = {
    orgs: 'bulk',
    users: 'bulk',
    classes: 'bulk',
    enrollments: 'bulk',
    courses: 'bulk',
    academicSessions: 'bulk',
  };

  it('says what is full, what is delta and what is left alone', async () => {
    const modes = { ...all, enrollments: 'delta', courses: 'absent', academicSessions: ' Bulk ' };
    const pulled = await pullFiles({ ...without('courses.csv'), 'Manifest.CSV': manifest('1.1', modes) });
    expect(pulled.delivers).toMatchObject({ schools: 'full', terms: 'full', enrollments: 'delta' });
    expect(pulled.delivers).not.toHaveProperty('courses');
    expect(pulled.codes()).toEqual(['missing_status']);
  });

  it('may declare required files absent', async () => {
    const modes = { ...all, enrollments: 'absent' };
    const pulled = await pullFiles({ ...without('enrollments.csv'), 'manifest.csv': manifest('1.1', modes) });
    expect(pulled.delivers).not.toHaveProperty('enrollments');
  });

  it('is overruled by a file it does not mention, and obeyed about one it declares absent', async () => {
    const { courses: _, ...modes } = { ...all, academicSessions: 'absent' };
    const pulled = await pullFiles({ ...sound, 'manifest.csv': manifest('1.1', modes) });
    expect(pulled.delivers).toHaveProperty('courses', 'full');
    expect(pulled.delivers).not.toHaveProperty('terms');
    expect(pulled.warnings.map(({ message }) => message)).toEqual([
      'manifest.csv declares academicSessions.csv absent, but the file is there. It was not read.',
      'manifest.csv does not mention courses.csv, but the file is there. It was read as bulk.',
    ]);
  });

  it('that is all delta makes an unmentioned file delta too', async () => {
    const modes = Object.fromEntries(Object.keys(all).map((name) => [name, 'delta']));
    const { orgs: _, ...others } = modes;
    const pulled = await pullFiles({ ...sound, 'manifest.csv': manifest('1.1', others) });
    expect(pulled.delivers).toHaveProperty('schools', 'delta');
  });

  it.each<[string, Files, RegExp]>([
    [
      'a file it promises and that is missing',
      { ...without('courses.csv'), 'manifest.csv': manifest('1.1', all) },
      /^manifest\.csv declares courses\.csv as bulk, but the file is missing\.$/,
    ],
    [
      'an unknown version',
      { ...sound, 'manifest.csv': manifest('2.0', all) },
      /^manifest\.csv, line 3: oneroster\.version "2\.0" is not supported; expected 1\.1 or 1\.2\.$/,
    ],
    [
      'an unknown mode',
      { ...sound, 'manifest.csv': manifest('1.1', { ...all, users: 'full' }) },
      /^manifest\.csv, line 5: "file\.users" is "full"; expected absent, bulk or delta\.$/,
    ],
    ['another header', { ...sound, 'manifest.csv': 'name,value\n' }, /^manifest\.csv, line 1: expected the header/],
    [
      'a delta file without status',
      {
        ...spoil('orgs.csv', (t) => t.replace('status', 'metadata.s')),
        'manifest.csv': manifest('1.1', { ...all, orgs: 'delta' }),
      },
      /^orgs\.csv, line 1: the required column `status` is missing\.$/,
    ],
  ])('is refused with %s', async (_, files, message) => {
    const error = await refusal(pullFiles(files));
    expect(error.reason).toBe('invalid_data');
    expect(error.message).toMatch(message);
  });
});
