import { SyncError } from '@rollbook/core';
import { COLUMNS, matchColumns } from './columns.ts';

const match = (header: string) => matchColumns('guardians.csv', { cells: header.split(','), line: 1 });

function problem(header: string): SyncError {
  try {
    match(header);
  } catch (error) {
    if (error instanceof SyncError) return error;
  }
  throw new Error('expected a SyncError');
}

describe('the columns of guardians.csv', () => {
  it.each([
    'studentSisId,guardianSisId,firstName,lastName,email,mobilePhone,homePhone,language',
    'Student ID,Guardian ID,First Name,Last Name,E-Mail,Mobile,Other Phone,Preferred Language',
    '\uFEFFSTUDENT_ID,PARENT_ID,GUARDIAN_FIRST_NAME,PARENT_LAST_NAME,CONTACT_EMAIL,CELL_PHONE,PHONE,LANG',
  ])('are known by name: %s', (header) => {
    expect(match(header)).toEqual({ keys: COLUMNS, byPlace: [] });
  });

  it('may stand in any order, beside others', () => {
    expect(match('last_name,note,first_name,email,student_id')).toEqual({
      keys: ['last name', '', 'first name', 'e-mail', 'student ID'],
      byPlace: [],
    });
  });

  it('are known by their place, if the known ones stand in theirs', () => {
    expect(match('Schueler,Kontakt,Vorname,Nachname,E-Mail,Handy,Telefon,Sprache,Notiz')).toEqual({
      keys: [...COLUMNS, ''],
      byPlace: COLUMNS.filter((column) => column !== 'e-mail'),
    });
  });

  it('are refused where neither tells', () => {
    expect(problem('email,Schueler,Vorname,last name').message).toBe(
      'guardians.csv, line 1: no column holds the student ID or the first name.',
    );
    expect(problem('student,guardian').message).toMatch(/no column holds the first name or the last name\.$/);
    expect(problem('student id,first name,firstName,last name').message).toMatch(/two columns hold the first name\.$/);
  });

  it('are refused if the first line is data, which is not shown', () => {
    for (const data of [
      '007,G1,Anne,Noel,anne@example.org,,,en',
      'S7,G1,Anne,Noel,,,,',
      'student,id,Anne,Noel,,217555,,',
    ]) {
      const { reason, message, advice } = problem(data);
      expect(reason).toBe('invalid_data');
      expect(message).toBe('guardians.csv, line 1: expected a header, found what looks like data.');
      expect(message + advice).not.toMatch(/Anne|Noel/);
    }
  });
});
