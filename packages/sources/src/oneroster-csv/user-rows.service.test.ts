import { pullFiles, refusal, sound } from '../delivery.fixture.ts';
import { ids, manifest, type Files } from './roster.fixture.ts';

describe('a OneRoster 1.1 delivery', () => {
  it('does not speak of guardians if they are managed elsewhere', async () => {
    const pulled = await pullFiles(sound, { manageGuardians: false });
    expect(Object.keys(pulled.delivers).sort()).toEqual(
      ['schools', 'terms', 'courses', 'classes', 'students', 'staff', 'enrollments'].sort(),
    );
    expect([...pulled.rows('guardians'), ...pulled.rows('guardianships')]).toEqual([]);
    expect(pulled.warnings).toEqual([]);
  });

  it('gives students their sourcedId as number if told to, staff theirs', async () => {
    const pulled = await pullFiles(sound, { studentIdSource: 'student_id' });
    expect(pulled.records('students')[0]).toMatchObject({ sisId: '007', studentNumber: '007' });
    expect(pulled.records('staff')[0]).toMatchObject({ sisId: 'T7', staffNumber: 'E-1' });
  });

  it('has another revision when it is to be read otherwise', async () => {
    const settings = [{}, { manageGuardians: false }, { studentIdSource: 'student_id' as const }];
    const revisions = [];
    for (const each of settings) revisions.push((await pullFiles(sound, each)).revision);
    expect(new Set(revisions).size).toBe(3);
  });
});

describe('a OneRoster 1.2 delivery', () => {
  const users = [
    'sourcedId,status,enabledUser,username,givenName,familyName,agentSourcedIds,preferredGivenName,preferredFamilyName,primaryOrgSourcedId',
    'U1,,true,u1,A,B,,Al,Bee,0123',
    'U2,,true,u2,A,B,,,,',
    'U3,,true,u3,A,B,,,,',
    'U4,,true,u4,A,B,"U1,U2",,,',
    'U5,tobedeleted,,,,,,,,',
  ].join('\n');
  const roles = [
    'sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId',
    'R1,,,U1,secondary,student,,,0124,',
    'R2,,,U2,secondary,STUDENT,,,0124,',
    'R3,,,U2,primary,districtadministrator,2001-01-01,2002-01-01,0123,',
    'R4,,,U2,secondary,ext:Nurse,,,MATH,',
    'R5,,,U3,primary,wizard,,,0123,',
    'R6,,,U4,primary,guardian,,,D1,',
    'R7,,,U9,primary,teacher,,,0123,',
  ].join('\n');
  const files: Files = {
    ...sound,
    'orgs.csv': `${sound['orgs.csv']}0124,,,South High,school,,D1\n`,
    'users.csv': users,
    'roles.csv': roles,
  };

  it('is known without a manifest, and its roles make the people', async () => {
    const pulled = await pullFiles(files);
    expect(
      pulled
        .rows('students')
        .filter(({ gone }) => !gone)
        .map(({ record }) => record),
    ).toMatchObject([
      { sisId: 'U1', preferredName: 'Al Bee', school: '0123', schools: ['0123', '0124'] },
      { sisId: 'U2', preferredName: null, school: '0124', schools: ['0124'] },
    ]);
    expect(
      pulled
        .rows('staff')
        .filter(({ gone }) => !gone)
        .map(({ record }) => record),
    ).toMatchObject([{ sisId: 'U2', role: 'districtAdministrator', school: '0123', schools: ['0123'] }]);
    expect(ids(pulled.rows('guardians').filter(({ gone }) => !gone))).toEqual(['U4']);
    expect(ids(pulled.rows('guardianships'))).toEqual(['U1~U4', 'U2~U4']);
    for (const type of ['students', 'staff', 'guardians'] as const)
      expect(ids(pulled.rows(type).filter(({ gone }) => gone))).toEqual(['U5']);
  });

  it('tells of users without a usable role and of roles without a user', async () => {
    const pulled = await pullFiles(files);
    expect(pulled.skipped).toMatchObject([
      {
        sisId: 'U3',
        recordTypes: ['students', 'staff', 'guardians'],
        warning: {
          code: 'user_without_role',
          message: 'users.csv, line 4: the user "U3" has no usable row in roles.csv; it was skipped.',
        },
      },
    ]);
    expect(pulled.warnings).toMatchObject([
      { code: 'unknown_role', file: 'roles.csv', line: 6 },
      { code: 'role_without_user', file: 'roles.csv', line: 8 },
    ]);
  });

  it('ends the record of a role that is marked as deleted', async () => {
    const pulled = await pullFiles({ ...files, 'roles.csv': roles.replace('R2,,', 'R2,tobedeleted,') });
    const students = pulled.rows('students').map(({ record, gone }) => [record.sisId, gone]);
    expect(students).toEqual([
      ['U1', false],
      ['U2', true],
      ['U5', true],
    ]);
  });

  it('does not speak of guardians if they are managed elsewhere, and judges none of their rows', async () => {
    const pulled = await pullFiles(
      { ...files, 'users.csv': users.replace('U4,,true,u4,A,B', 'U4,,true,u4,A,') },
      { manageGuardians: false },
    );
    expect(pulled.delivers).not.toHaveProperty('guardians');
    expect(pulled.delivers).not.toHaveProperty('guardianships');
    expect([...pulled.rows('guardians'), ...pulled.rows('guardianships')]).toEqual([]);
    expect(pulled.skipped).toMatchObject([{ sisId: 'U3', recordTypes: ['students', 'staff'] }]);
    expect(ids(pulled.rows('students'))).toEqual(['U1', 'U2', 'U5']);
  });

  it('needs roles.csv, whatever the manifest says', async () => {
    const modes = {
      orgs: 'bulk',
      users: 'bulk',
      classes: 'bulk',
      enrollments: 'bulk',
      courses: 'bulk',
      academicSessions: 'bulk',
      roles: 'absent',
    };
    const { 'roles.csv': _, ...others } = files;
    const error = await refusal(pullFiles({ ...others, 'manifest.csv': manifest('1.2.1', modes) }));
    expect(error.message).toMatch(/^Required file is missing \(OneRoster 1\.2\): roles\.csv\./);
  });
});
