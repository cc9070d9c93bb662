/** The files of a Clever SFTP delivery that this project writes, the one that refers to all others last. */
export const CLEVER_FILES = ['schools', 'students', 'teachers', 'staff', 'sections', 'enrollments'] as const;
export type CleverFile = (typeof CLEVER_FILES)[number];

const columns = (names: string): readonly string[] => names.trim().split(/\s+/);

/** Column names in Clever's spelling and order (clever.md §5). */
export const CLEVER_COLUMNS: Readonly<Record<CleverFile, readonly string[]>> = {
  schools: columns(`
    School_id School_name School_number State_id Low_grade High_grade Principal Principal_email School_address School_city
    School_state School_zip School_phone`),
  students: columns(`
    School_id Student_id Student_number State_id Last_name Middle_name First_name Grade Gender Graduation_year DOB Race
    Hispanic_Latino Home_language Ell_status Frl_status IEP_status Student_street Student_city Student_state Student_zip
    Student_email Contact_relationship Contact_type Contact_name Contact_phone Contact_phone_type Contact_email
    Contact_sis_id Username Password`),
  teachers: columns(`
    School_id Teacher_id Teacher_number State_teacher_id Teacher_email First_name Middle_name Last_name Title Username
    Password`),
  staff: columns('School_id Staff_id Staff_email First_name Last_name Department Title Role Username Password'),
  sections: columns(`
    School_id Section_id Teacher_id Teacher_2_id Teacher_3_id Teacher_4_id Teacher_5_id Teacher_6_id Teacher_7_id
    Teacher_8_id Teacher_9_id Teacher_10_id Name Section_number Grade Course_name Course_number Course_description Period
    Subject Term_name Term_start Term_end`),
  enrollments: columns('School_id Section_id Student_id'),
};
