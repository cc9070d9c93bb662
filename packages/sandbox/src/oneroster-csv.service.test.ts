import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import yauzl from 'yauzl';
import { nextDay } from './changes.ts';
import { faultsOf, parseDelivery, readDelivery } from './delivery.fixture.ts';
import type { Delivery } from './delivery.fixture.ts';
import { generateDistrict } from './district.ts';
import { loseLeadingZeros, rekeyStudents } from './id-changes.ts';
import { writeOneRosterFolder, writeOneRosterZip } from './oneroster-csv.ts';
import { removeSchool } from './school-changes.ts';
import { newStudents, removeStudents, transferStudents } from './student-changes.ts';

const DISTRICT = generateDistrict({ seed: 2, schoolSizes: [24, 22, 18, 20] });

const HEADERS = {
  'academicSessions.csv': 'sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear',
  'orgs.csv': 'sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId',
  'courses.csv':
    'sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes',
  'classes.csv':
    'sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods',
  'users.csv':
    'sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password',
  'enrollments.csv':
    'sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate',
  'demographics.csv':
    'sourcedId,status,dateLastModified,birthDate,sex,americanIndianOrAlaskaNative,asian,blackOrAfricanAmerican,nativeHawaiianOrOtherPacificIslander,white,demographicRaceTwoOrMoreRaces,hispanicOrLatinoEthnicity,countryOfBirthCode,stateOfBirthAbbreviation,cityOfBirth,publicSchoolResidenceStatus',
  'manifest.csv': 'propertyName,value',
};
const HEADERS_1_2 = {
  ...HEADERS,
  'users.csv':
    'sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,preferredGivenName,preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns',
  'roles.csv':
    'sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId',
};

const manifestOf = (delivery: Delivery): Record<string, string> =>
  Object.fromEntries((delivery.files['manifest.csv'] ?? []).map((row) => [row['propertyName'], row['value']]));
const rowsOf = (delivery: Delivery, name: string) => delivery.files[name] ?? [];

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rollbook-sandbox-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('writeOneRosterFolder', () => {
  it('writes version 1.1 with the exact headers, every record and whole references', async () => {
    const names = await writeOneRosterFolder(DISTRICT, dir, { version: '1.1' });
    const delivery = await readDelivery(dir);
    expect(delivery.headers).toEqual(HEADERS);
    expect([...names].sort()).toEqual(delivery.names);
    expect(names.at(-1)).toBe('manifest.csv');
    expect(faultsOf(delivery)).toEqual([]);
    const people = [DISTRICT.students, DISTRICT.staff, DISTRICT.guardians].map((list) => list.length);
    expect(rowsOf(delivery, 'users.csv')).toHaveLength(people.reduce((sum, count) => sum + count, 0));
    expect(rowsOf(delivery, 'enrollments.csv')).toHaveLength(DISTRICT.enrollments.length);
    expect(rowsOf(delivery, 'classes.csv')).toHaveLength(DISTRICT.classes.length);
    expect(rowsOf(delivery, 'orgs.csv').map((row) => row['sourcedId'])).toEqual([
      '0100',
      '0101',
      '0102',
      '0103',
      '0104',
    ]);
    expect(rowsOf(delivery, 'demographics.csv')).toHaveLength(DISTRICT.students.length);
  });

  it('writes the people as the model has them', async () => {
    await writeOneRosterFolder(DISTRICT, dir, { version: '1.1' });
    const users = new Map(rowsOf(await readDelivery(dir), 'users.csv').map((row) => [row['sourcedId'], row]));
    for (const student of DISTRICT.students) {
      const guardians = DISTRICT.guardianships.filter((each) => each.student === student.sisId);
      expect(users.get(student.sisId)).toMatchObject({
        status: '',
        dateLastModified: '',
        orgSourcedIds: student.school,
        role: 'student',
        givenName: student.givenName,
        familyName: student.familyName,
        identifier: student.studentNumber,
        email: student.email,
        agentSourcedIds: guardians.map((each) => each.guardian).join(','),
        grades: student.grade,
        password: '',
      });
    }
    const roles = new Set([...users.values()].map((row) => row['role']));
    for (const role of ['student', 'teacher', 'administrator', 'aide', 'parent']) expect(roles).toContain(role);
  });

  it('declares every property of the manifest', async () => {
    await writeOneRosterFolder(DISTRICT, dir, { version: '1.1', demographics: false });
    const manifest = manifestOf(await readDelivery(dir));
    expect(Object.keys(manifest)).toHaveLength(17);
    expect(manifest).toMatchObject({
      'manifest.version': '1.0',
      'oneroster.version': '1.1',
      'file.users': 'bulk',
      'file.enrollments': 'bulk',
      'file.demographics': 'absent',
      'file.lineItems': 'absent',
      'source.systemName': 'Rollbook Sandbox',
    });
  });

  it('writes version 1.2 with roles instead of the role and schools of a user', async () => {
    await writeOneRosterFolder(DISTRICT, dir, { version: '1.2' });
    const delivery = await readDelivery(dir);
    expect(delivery.headers).toEqual(HEADERS_1_2);
    expect(faultsOf(delivery)).toEqual([]);
    const manifest = manifestOf(delivery);
    expect(Object.keys(manifest)).toHaveLength(25);
    expect(manifest).toMatchObject({ 'oneroster.version': '1.2', 'file.roles': 'bulk', 'file.userProfiles': 'absent' });
    const primary = rowsOf(delivery, 'roles.csv').filter((row) => row['roleType'] === 'primary');
    expect(primary.map((row) => row['userSourcedId']).sort()).toEqual(
      rowsOf(delivery, 'users.csv')
        .map((row) => row['sourcedId'])
        .sort(),
    );
    const allowed =
      /^(aide|districtAdministrator|guardian|parent|principal|relative|siteAdministrator|student|teacher)$/;
    expect(rowsOf(delivery, 'roles.csv').filter((row) => !allowed.test(row['role'] ?? ''))).toEqual([]);
    const shared = DISTRICT.staff.find((each) => each.schools.length > 1);
    expect(rowsOf(delivery, 'roles.csv').filter((row) => row['userSourcedId'] === shared?.sisId)).toHaveLength(2);
  });

  it('replaces an older delivery whole: no file of it is left, nor any file in the making', async () => {
    await writeOneRosterFolder(DISTRICT, dir, { version: '1.2' });
    await writeFile(join(dir, 'notes.txt'), 'not ours');
    await writeOneRosterFolder(DISTRICT, dir, { version: '1.1', demographics: false });
    expect((await readdir(dir)).sort()).toEqual(
      ['academicSessions', 'classes', 'courses', 'enrollments', 'manifest', 'orgs', 'users']
        .map((name) => `${name}.csv`)
        .concat('notes.txt')
        .sort(),
    );
  });

  it('leaves out a file that would have no rows, and declares it absent', async () => {
    const empty = nextDay(
      DISTRICT,
      DISTRICT.schools.map((school) => removeSchool(school.sisId)),
    );
    await writeOneRosterFolder(empty, dir, { version: '1.1' });
    const delivery = await readDelivery(dir);
    expect(delivery.names).toEqual(['academicSessions.csv', 'courses.csv', 'manifest.csv', 'orgs.csv', 'users.csv']);
    expect(manifestOf(delivery)).toMatchObject({
      'file.classes': 'absent',
      'file.enrollments': 'absent',
      'file.users': 'bulk',
    });
  });

  it('stays whole through every kind of day', async () => {
    const late = nextDay(DISTRICT, [
      transferStudents(5, '0101', '0102'),
      newStudents(7, '0103'),
      removeStudents(9, '0102'),
      rekeyStudents('0104'),
      removeSchool('0101'),
      loseLeadingZeros(),
    ]);
    await writeOneRosterFolder(late, dir, { version: '1.2' });
    expect(faultsOf(await readDelivery(dir))).toEqual([]);
  });
});

describe('writeOneRosterZip', () => {
  const hashOf = async (path: string) =>
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex');

  it('holds the same files as the folder, at the root of the archive', async () => {
    const path = join(dir, 'roster.zip');
    await writeOneRosterZip(DISTRICT, path, { version: '1.1' });
    const texts: Record<string, string> = {};
    const zip = await yauzl.openPromise(path);
    for await (const entry of zip.eachEntry())
      texts[entry.fileName] = (await buffer(await zip.openReadStreamPromise(entry))).toString('utf8');
    const folder = join(dir, 'folder');
    await writeOneRosterFolder(DISTRICT, folder, { version: '1.1' });
    expect(await parseDelivery(texts)).toEqual(await readDelivery(folder));
    expect(await readdir(dir)).not.toContain('roster.zip.part');
  });

  it('has the same bytes each time', async () => {
    await writeOneRosterZip(DISTRICT, join(dir, 'a.zip'), { version: '1.2' });
    await writeOneRosterZip(DISTRICT, join(dir, 'b.zip'), { version: '1.2' });
    expect(await hashOf(join(dir, 'a.zip'))).toBe(await hashOf(join(dir, 'b.zip')));
  });

  it('fails, instead of hanging, where it cannot write', async () => {
    await expect(writeOneRosterZip(DISTRICT, join(dir, 'no', 'a.zip'), { version: '1.1' })).rejects.toThrow('ENOENT');
  });
});
