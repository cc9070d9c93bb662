import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  nextDay,
  removeStudents,
  startOneRosterSite,
  writeOneRosterFolder,
  type OneRosterProfile,
  type OneRosterSite,
} from '@rollbook/sandbox';
import { neverAborted, pullPath, refusal, type Pulled } from '../delivery.fixture.ts';
import { DISTRICT, oauth2, pull, rosterOf, sourceOf } from './oneroster-ground.fixture.ts';

let site: OneRosterSite;
const start = async (profile: OneRosterProfile): Promise<void> => {
  site = await startOneRosterSite({ district: DISTRICT, profile });
};
afterEach(() => site.stop());

const requests = (path: string): string[] =>
  site.http.log.requests.filter((each) => each.path.endsWith(path)).map(({ query }) => query);

async function pullFiles(version: '1.1' | '1.2'): Promise<Pulled> {
  const folder = await mkdtemp(join(tmpdir(), 'rollbook-oneroster-'));
  try {
    await writeOneRosterFolder(DISTRICT, folder, { version });
    return await pullPath(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('the roster', () => {
  it.each([
    ['strict-1.2', '1.2'],
    ['strict-1.1', '1.1'],
    ['loose', '1.2'],
  ] as const)('of %s is that of the files', async (profile, version) => {
    await start(profile);
    const pulled = await pull(site);
    expect(pulled.skipped).toEqual([]);
    expect(pulled.codes()).toEqual(['demographics_skipped']);
    const roster = rosterOf(pulled);
    const files = rosterOf(await pullFiles(version));
    expect(Object.keys(roster)).toEqual(Object.keys(files));
    for (const [type, records] of Object.entries(files)) expect([type, roster[type as never]]).toEqual([type, records]);
    expect(pulled.records('students')).toHaveLength(DISTRICT.students.length);
    expect(pulled.records('enrollments')).toHaveLength(DISTRICT.enrollments.length);
  });
});
