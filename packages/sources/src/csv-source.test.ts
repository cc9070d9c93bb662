import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { clever } from './clever-csv/clever.fixture.ts';
import { filesSource, neverAborted, refusal, sound, withFolder, zipOf, type Settings } from './delivery.fixture.ts';

type Files = Readonly<Record<string, string | Buffer>>;

const survey = (files: Files, settings?: Settings) =>
  withFolder(files, async (folder) => {
    const at = new Date('2026-09-01T02:00:00Z');
    for (const name of Object.keys(files)) await utimes(join(folder, name), at, at);
    const [newest] = Object.keys(files);
    await utimes(join(folder, newest ?? ''), at, new Date('2026-09-01T02:30:00Z'));
    return filesSource(folder, settings).survey(neverAborted);
  });

describe('the survey of a folder', () => {
  it('counts what OneRoster files hold, and lists schools without other organisations', async () => {
    expect(await survey(sound)).toEqual({
      schools: [{ sisId: '0123', name: 'North High', number: 'N-1' }],
      counts: {
        schools: 1,
        terms: 1,
        courses: 1,
        classes: 1,
        students: 1,
        staff: 1,
        guardians: 1,
        // Named on both sides, and one all the same.
        guardianships: 1,
        enrollments: 2,
      },
      permissions: ['classes', 'courses', 'academicSessions', 'enrollments', 'orgs', 'users']
        .map((key) => ({ name: `${key}.csv`, granted: true }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
      freshAt: '2026-09-01T02:30:00.000Z',
      notes: [],
    });
  });

  it('counts what Clever files hold', async () => {
    const { schools, counts, notes } = await survey(clever, { manageGuardians: false });
    expect(schools).toEqual([
      { sisId: '0123', name: 'North High', number: 'N-1' },
      { sisId: '0124', name: 'South High', number: null },
    ]);
    expect(counts).toEqual({ schools: 2, terms: 1, courses: 2, classes: 3, students: 2, staff: 3, enrollments: 6 });
    expect(notes).toMatchObject([expect.stringContaining('only the birth date is taken')]);
  });

  it('is that of a zip, dated by the zip', async () => {
    const zip = zipOf(Object.entries(clever).map(([name, content]) => ({ name, content })));
    const { counts, freshAt } = await survey({ 'clever.zip': zip });
    expect(counts.students).toBe(2);
    expect(freshAt).toBe('2026-09-01T02:30:00.000Z');
  });

  it('tells of rows that cannot be used, once of each kind', async () => {
    const bad = ['', ',,,true,0123,student,,,A,B', ',,,true,0123,student,,,A,B', 'U5,,,true,0123,wizard,,,A,B'].join(
      '\n',
    );
    const { notes, counts } = await survey({ ...sound, 'users.csv': sound['users.csv'].trimEnd() + bad });
    expect(counts.students).toBe(1);
    expect(notes).toEqual([
      '3 rows cannot be used.',
      'users.csv, line 5: column `sourcedId` is blank; the row was skipped. (and 1 more of the kind)',
      expect.stringMatching(/^users\.csv, line 7: column `role`/),
    ]);
  });

  it('fails as a pull does', async () => {
    const { 'orgs.csv': _, ...others } = sound;
    expect((await refusal(survey(others))).message).toMatch(/^Required file is missing \(OneRoster 1\.1\): orgs\.csv/);
  });
});
