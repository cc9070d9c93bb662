-- The hand-written script a district would be loaded with: \copy into staging, then set-based SQL into the same typed,
-- indexed tables. :folder is the district's folder, :district its id.
\set ON_ERROR_STOP on
SET work_mem = '64MB';
SET jit = off;
CREATE UNLOGGED TABLE bench.academic_sessions (sourced_id text, status text, modified text, title text, type text, start_date text, end_date text, parent_id text, school_year text);
CREATE UNLOGGED TABLE bench.orgs (sourced_id text, status text, modified text, name text, type text, identifier text, parent_id text);
CREATE UNLOGGED TABLE bench.courses (sourced_id text, status text, modified text, school_year_id text, title text, course_code text, grades text, org_id text, subjects text, subject_codes text);
CREATE UNLOGGED TABLE bench.classes (sourced_id text, status text, modified text, title text, grades text, course_id text, class_code text, class_type text, location text, school_id text, term_ids text, subjects text, subject_codes text, periods text);
CREATE UNLOGGED TABLE bench.users (sourced_id text, status text, modified text, enabled text, org_ids text, role text, username text, user_ids text, given_name text, family_name text, middle_name text, identifier text, email text, sms text, phone text, agent_ids text, grades text, password text);
CREATE UNLOGGED TABLE bench.enrollments (sourced_id text, status text, modified text, class_id text, school_id text, user_id text, role text, is_primary text, begin_date text, end_date text);
\cd :folder
\copy bench.academic_sessions FROM 'academicSessions.csv' WITH (FORMAT csv, HEADER true)
\copy bench.orgs FROM 'orgs.csv' WITH (FORMAT csv, HEADER true)
\copy bench.courses FROM 'courses.csv' WITH (FORMAT csv, HEADER true)
\copy bench.classes FROM 'classes.csv' WITH (FORMAT csv, HEADER true)
\copy bench.users FROM 'users.csv' WITH (FORMAT csv, HEADER true)
\copy bench.enrollments FROM 'enrollments.csv' WITH (FORMAT csv, HEADER true)
BEGIN;
INSERT INTO schools (district_id, sis_id, name, number, state_id, nces_id, kind, parent_id, sync_id, created_run_id)
SELECT :'district', sis_id, name, number, state_id, nces_id, kind, parent_id, 'bench', 1 FROM (
  SELECT sourced_id AS sis_id, name, identifier AS number, NULL AS state_id, NULL AS nces_id, lower(type) AS kind, parent_id FROM bench.orgs
) s;
INSERT INTO terms (district_id, sis_id, title, kind, start_date, end_date, school_year, parent_id, sync_id, created_run_id)
SELECT :'district', sis_id, title, kind, start_date, end_date, school_year, parent_id, 'bench', 1 FROM (
  SELECT sourced_id AS sis_id, title, type AS kind, start_date::date AS start_date, end_date::date AS end_date, school_year, parent_id FROM bench.academic_sessions
) s;
INSERT INTO courses (district_id, sis_id, title, code, school_id, grades, subjects, sync_id, created_run_id)
SELECT :'district', sis_id, title, code, school_id, grades, subjects, 'bench', 1 FROM (
  SELECT sourced_id AS sis_id, title, course_code AS code, org_id AS school_id, coalesce(string_to_array(grades, ','), '{}') AS grades, coalesce(string_to_array(subjects, ','), '{}') AS subjects FROM bench.courses
) s;
INSERT INTO classes (district_id, sis_id, title, code, kind, school_id, course_id, term_ids, grades, subjects, periods, location, sync_id, created_run_id)
SELECT :'district', sis_id, title, code, kind, school_id, course_id, term_ids, grades, subjects, periods, location, 'bench', 1 FROM (
  SELECT sourced_id AS sis_id, title, class_code AS code, lower(class_type) AS kind, school_id, course_id, coalesce(string_to_array(term_ids, ','), '{}') AS term_ids, coalesce(string_to_array(grades, ','), '{}') AS grades, coalesce(string_to_array(subjects, ','), '{}') AS subjects, coalesce(string_to_array(periods, ','), '{}') AS periods, location FROM bench.classes
) s;
INSERT INTO students (district_id, sis_id, given_name, middle_name, family_name, preferred_name, email, username, phone, sms, language, grade, student_number, state_id, birth_date, school_id, school_ids, enabled, sync_id, created_run_id)
SELECT :'district', sis_id, given_name, middle_name, family_name, preferred_name, email, username, phone, sms, language, grade, student_number, state_id, birth_date, school_id, school_ids, enabled, 'bench', 1 FROM (
  SELECT sourced_id AS sis_id, given_name, middle_name, family_name, NULL AS preferred_name, email, username, phone, sms, NULL AS language, split_part(grades, ',', 1) AS grade, identifier AS student_number, NULL AS state_id, NULL::date AS birth_date, split_part(org_ids, ',', 1) AS school_id, coalesce(string_to_array(org_ids, ','), '{}') AS school_ids, enabled::boolean AS enabled FROM bench.users WHERE role = 'student'
) s;
INSERT INTO staff (district_id, sis_id, given_name, middle_name, family_name, preferred_name, email, username, phone, sms, language, role, title, staff_number, state_id, school_id, school_ids, enabled, sync_id, created_run_id)
SELECT :'district', sis_id, given_name, middle_name, family_name, preferred_name, email, username, phone, sms, language, role, title, staff_number, state_id, school_id, school_ids, enabled, 'bench', 1 FROM (
  SELECT sourced_id AS sis_id, given_name, middle_name, family_name, NULL AS preferred_name, email, username, phone, sms, NULL AS language, role, NULL AS title, identifier AS staff_number, NULL AS state_id, split_part(org_ids, ',', 1) AS school_id, coalesce(string_to_array(org_ids, ','), '{}') AS school_ids, enabled::boolean AS enabled FROM bench.users WHERE role IN ('teacher', 'administrator', 'aide', 'proctor')
) s;
INSERT INTO guardians (district_id, sis_id, given_name, middle_name, family_name, preferred_name, email, username, phone, sms, language, sync_id, created_run_id)
SELECT :'district', sis_id, given_name, middle_name, family_name, preferred_name, email, username, phone, sms, language, 'bench', 1 FROM (
  SELECT sourced_id AS sis_id, given_name, middle_name, family_name, NULL AS preferred_name, email, username, phone, sms, NULL AS language FROM bench.users WHERE role IN ('parent', 'guardian', 'relative')
) s;
INSERT INTO enrollments (district_id, sis_id, class_id, person_id, role, is_primary, begin_date, end_date, school_id, sync_id, created_run_id)
SELECT :'district', sis_id, class_id, person_id, role, is_primary, begin_date, end_date, school_id, 'bench', 1 FROM (
  SELECT sourced_id AS sis_id, class_id, user_id AS person_id, role, is_primary::boolean AS is_primary, begin_date::date AS begin_date, end_date::date AS end_date, school_id FROM bench.enrollments
) s;
INSERT INTO guardianships (district_id, sis_id, student_id, guardian_id, relationship, kind, is_primary, sync_id, created_run_id)
SELECT :'district', sis_id, student_id, guardian_id, relationship, kind, is_primary, 'bench', 1 FROM (
  SELECT u.sourced_id || '~' || a.id AS sis_id, u.sourced_id AS student_id, a.id AS guardian_id, NULL AS relationship, NULL AS kind, NULL::boolean AS is_primary FROM bench.users u CROSS JOIN LATERAL unnest(string_to_array(u.agent_ids, ',')) AS a (id) WHERE u.role = 'student'
) s;
COMMIT;
