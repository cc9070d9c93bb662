import { pullFiles, type Pulled, type Settings } from '../delivery.fixture.ts';

const lines = (...rows: string[]): string => `${rows.join('\r\n')}\r\n`;

/** A small sound delivery in Clever's format, to be spoilt in one place by each test. */
export const clever = {
  'schools.csv': lines(
    'School_id,School_name,School_number,State_id,Principal,School_phone',
    '0123,North High,N-1,ST-1,Somebody,(217) 555-0100',
    '0124,South High,,,,',
  ),
  'students.csv': lines(
    'School_id,Student_id,Student_number,State_id,Last_name,Middle_name,First_name,Grade,Gender,DOB,Home_language,Student_email,Contact_relationship,Contact_type,Contact_name,Contact_phone,Contact_phone_type,Contact_email,Contact_sis_id,Username,Password,ext.bus',
    '0123,007,S-7,99,Byron,A,Ada,9,F,3/7/2011,en,ada@example.org,Parent,Parent/Guardian,Anne Noel,(217) 555-0101,Cell,anne@example.org,G1,ada,secret-word,12',
    '0123,007,S-7,99,Byron,A,Ada,9,F,3/7/2011,en,ada@example.org,Grandparent,Emergency,"Noel, Judith",(217) 555-0102,Home,,,ada,secret-word,12',
    '0124,008,,,Lovelace,,Ralph,Kindergarten,M,2019-07-02,,,,,,,,,,,,',
  ),
  'teachers.csv': lines(
    'School_id,Teacher_id,Teacher_number,State_teacher_id,Teacher_email,First_name,Middle_name,Last_name,Title,Username,Password',
    '0123,T7,E-1,IL-1,ch@example.org,Charles,,Babbage,,ch,secret-word',
    '0124,T7,E-1,IL-1,ch@example.org,Charles,,Babbage,,ch,secret-word',
    '0124,T8,,,ms@example.org,Mary,,Somerville,Teacher,,',
  ),
  'staff.csv': lines(
    'School_id,Staff_id,Staff_email,First_name,Last_name,Department,Title,Role,Username,Password',
    '0123,P1,gb@example.org,George,Boole,Office,Principal,administrator,gb,secret-word',
    '0123,P7,CH@example.org ,Charles,Babbage,Maths,Head of Mathematics,teacher,,',
  ),
  'sections.csv': lines(
    'School_id,Section_id,Teacher_id,Teacher_2_id,Name,Section_number,Grade,Course_name,Course_number,Course_description,Period,Subject,Term_name,Term_start,Term_end',
    '0123,K1,T7,T8,Algebra 1,A-1,9,Algebra,ALG,,2,math,Fall,8/15/2026,12/19/2026',
    '0124,K2,T8,,,2,,Reading,,,,,Fall,2026-08-15,2026-12-19',
    '0124,K3,,,Advisory,,K,,,,,homeroom/advisory,,,',
  ),
  'enrollments.csv': lines('School_id,Section_id,Student_id', '0123,K1,007', '0124,K2,007', '0124,K2,008'),
} as const;

export type CleverFile = keyof typeof clever;
export type Files = Record<string, string | Buffer>;

/** The sound delivery with one file's text changed. */
export function spoil(name: CleverFile, change: (text: string) => string): Files {
  const changed = change(clever[name]);
  if (changed === clever[name]) throw new Error(`the change left ${name} as it was`);
  return { ...clever, [name]: changed };
}

export const append = (name: CleverFile, ...rows: string[]): Files => spoil(name, (text) => text + lines(...rows));

export const without = (name: CleverFile): Files =>
  Object.fromEntries(Object.entries(clever).filter(([key]) => key !== name));

export const pullClever = (files: Files = clever, settings?: Settings): Promise<Pulled> => pullFiles(files, settings);
