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
MERGE INTO schools t USING (
  SELECT sourced_id AS sis_id, name, identifier AS number, NULL AS state_id, NULL AS nces_id, lower(type) AS kind, parent_id FROM bench.orgs
) s ON t.district_id = :'district' AND t.sis_id = s.sis_id
WHEN MATCHED AND (t.name, t.number, t.state_id, t.nces_id, t.kind, t.parent_id) IS DISTINCT FROM
  (s.name, s.number, s.state_id, s.nces_id, s.kind, s.parent_id) THEN
  UPDATE SET name = s.name, number = s.number, state_id = s.state_id, nces_id = s.nces_id, kind = s.kind, parent_id = s.parent_id
WHEN NOT MATCHED THEN
  INSERT (district_id, sis_id, name, number, state_id, nces_id, kind, parent_id, sync_id) VALUES (:'district', s.sis_id, s.name, s.number, s.state_id, s.nces_id, s.kind, s.parent_id, 'bench');
MERGE INTO terms t USING (
  SELECT sourced_id AS sis_id, title, type AS kind, start_date::date AS start_date, end_date::date AS end_date, school_year, parent_id FROM bench.academic_sessions
) s ON t.district_id = :'district' AND t.sis_id = s.sis_id
WHEN MATCHED AND (t.title, t.kind, t.start_date, t.end_date, t.school_year, t.parent_id) IS DISTINCT FROM
  (s.title, s.kind, s.start_date, s.end_date, s.school_year, s.parent_id) THEN
  UPDATE SET title = s.title, kind = s.kind, start_date = s.start_date, end_date = s.end_date, school_year = s.school_year, parent_id = s.parent_id
WHEN NOT MATCHED THEN
  INSERT (district_id, sis_id, title, kind, start_date, end_date, school_year, parent_id, sync_id) VALUES (:'district', s.sis_id, s.title, s.kind, s.start_date, s.end_date, s.school_year, s.parent_id, 'bench');
MERGE INTO courses t USING (
  SELECT sourced_id AS sis_id, title, course_code AS code, org_id AS school_id, coalesce(string_to_array(grades, ','), '{}') AS grades, coalesce(string_to_array(subjects, ','), '{}') AS subjects FROM bench.courses
) s ON t.district_id = :'district' AND t.sis_id = s.sis_id
WHEN MATCHED AND (t.title, t.code, t.school_id, t.grades, t.subjects) IS DISTINCT FROM
  (s.title, s.code, s.school_id, s.grades, s.subjects) THEN
  UPDATE SET title = s.title, code = s.code, school_id = s.school_id, grades = s.grades, subjects = s.subjects
WHEN NOT MATCHED THEN
  INSERT (district_id, sis_id, title, code, school_id, grades, subjects, sync_id) VALUES (:'district', s.sis_id, s.title, s.code, s.school_id, s.grades, s.subjects, 'bench');
MERGE INTO classes t USING (
  SELECT sourced_id AS sis_id, title, class_code AS code, lower(class_type) AS kind, school_id, course_id, coalesce(string_to_array(term_ids, ','), '{}') AS term_ids, coalesce(string_to_array(grades, ','), '{}') AS grades, coalesce(string_to_array(subjects, ','), '{}') AS subjects, coalesce(string_to_array(periods, ','), '{}') AS periods, location FROM bench.classes
) s ON t.district_id = :'district' AND t.sis_id = s.sis_id
WHEN MATCHED AND (t.title, t.code, t.kind, t.school_id, t.course_id, t.term_ids, t.grades, t.subjects, t.periods, t.location) IS DISTINCT FROM
  (s.title, s.code, s.kind, s.school_id, s.course_id, s.term_ids, s.grades, s.subjects, s.periods, s.location) THEN
  UPDATE SET title = s.title, code = s.code, kind = s.kind, school_id = s.school_id, course_id = s.course_id, term_ids = s.term_ids, grades = s.grades, subjects = s.subjects, periods = s.periods, location = s.location
WHEN NOT MATCHED THEN
  INSERT (district_id, sis_id, title, code, kind, school_id, course_id, term_ids, grades, subjects, periods, location, sync_id) VALUES (:'district', s.sis_id, s.title, s.code, s.kind, s.school_id, s.course_id, s.term_ids, s.grades, s.subjects, s.periods, s.location, 'bench');
MERGE INTO students t USING (
  SELECT sourced_id AS sis_id, given_name, middle_name, family_name, NULL AS preferred_name, email, username, phone, sms, NULL AS language, split_part(grades, ',', 1) AS grade, identifier AS student_number, NULL AS state_id, NULL::date AS birth_date, split_part(org_ids, ',', 1) AS school_id, coalesce(string_to_array(org_ids, ','), '{}') AS school_ids, enabled::boolean AS enabled FROM bench.users WHERE role = 'student'
) s ON t.district_id = :'district' AND t.sis_id = s.sis_id
WHEN MATCHED AND (t.given_name, t.middle_name, t.family_name, t.preferred_name, t.email, t.username, t.phone, t.sms, t.language, t.grade, t.student_number, t.state_id, t.birth_date, t.school_id, t.school_ids, t.enabled) IS DISTINCT FROM
  (s.given_name, s.middle_name, s.family_name, s.preferred_name, s.email, s.username, s.phone, s.sms, s.language, s.grade, s.student_number, s.state_id, s.birth_date, s.school_id, s.school_ids, s.enabled) THEN
  UPDATE SET given_name = s.given_name, middle_name = s.middle_name, family_name = s.family_name, preferred_name = s.preferred_name, email = s.email, username = s.username, phone = s.phone, sms = s.sms, language = s.language, grade = s.grade, student_number = s.student_number, state_id = s.state_id, birth_date = s.birth_date, school_id = s.school_id, school_ids = s.school_ids, enabled = s.enabled
WHEN NOT MATCHED THEN
  INSERT (district_id, sis_id, given_name, middle_name, family_name, preferred_name, email, username, phone, sms, language, grade, student_number, state_id, birth_date, school_id, school_ids, enabled, sync_id) VALUES (:'district', s.sis_id, s.given_name, s.middle_name, s.family_name, s.preferred_name, s.email, s.username, s.phone, s.sms, s.language, s.grade, s.student_number, s.state_id, s.birth_date, s.school_id, s.school_ids, s.enabled, 'bench');
MERGE INTO staff t USING (
  SELECT sourced_id AS sis_id, given_name, middle_name, family_name, NULL AS preferred_name, email, username, phone, sms, NULL AS language, role, NULL AS title, identifier AS staff_number, NULL AS state_id, split_part(org_ids, ',', 1) AS school_id, coalesce(string_to_array(org_ids, ','), '{}') AS school_ids, enabled::boolean AS enabled FROM bench.users WHERE role IN ('teacher', 'administrator', 'aide', 'proctor')
) s ON t.district_id = :'district' AND t.sis_id = s.sis_id
WHEN MATCHED AND (t.given_name, t.middle_name, t.family_name, t.preferred_name, t.email, t.username, t.phone, t.sms, t.language, t.role, t.title, t.staff_number, t.state_id, t.school_id, t.school_ids, t.enabled) IS DISTINCT FROM
  (s.given_name, s.middle_name, s.family_name, s.preferred_name, s.email, s.username, s.phone, s.sms, s.language, s.role, s.title, s.staff_number, s.state_id, s.school_id, s.school_ids, s.enabled) THEN
  UPDATE SET given_name = s.given_name, middle_name = s.middle_name, family_name = s.family_name, preferred_name = s.preferred_name, email = s.email, username = s.username, phone = s.phone, sms = s.sms, language = s.language, role = s.role, title = s.title, staff_number = s.staff_number, state_id = s.state_id, school_id = s.school_id, school_ids = s.school_ids, enabled = s.enabled
WHEN NOT MATCHED THEN
  INSERT (district_id, sis_id, given_name, middle_name, family_name, preferred_name, email, username, phone, sms, language, role, title, staff_number, state_id, school_id, school_ids, enabled, sync_id) VALUES (:'district', s.sis_id, s.given_name, s.middle_name, s.family_name, s.preferred_name, s.email, s.username, s.phone, s.sms, s.language, s.role, s.title, s.staff_number, s.state_id, s.school_id, s.school_ids, s.enabled, 'bench');
MERGE INTO guardians t USING (
  SELECT sourced_id AS sis_id, given_name, middle_name, family_name, NULL AS preferred_name, email, username, phone, sms, NULL AS language FROM bench.users WHERE role IN ('parent', 'guardian', 'relative')
) s ON t.district_id = :'district' AND t.sis_id = s.sis_id
WHEN MATCHED AND (t.given_name, t.middle_name, t.family_name, t.preferred_name, t.email, t.username, t.phone, t.sms, t.language) IS DISTINCT FROM
  (s.given_name, s.middle_name, s.family_name, s.preferred_name, s.email, s.username, s.phone, s.sms, s.language) THEN
  UPDATE SET given_name = s.given_name, middle_name = s.middle_name, family_name = s.family_name, preferred_name = s.preferred_name, email = s.email, username = s.username, phone = s.phone, sms = s.sms, language = s.language
WHEN NOT MATCHED THEN
  INSERT (district_id, sis_id, given_name, middle_name, family_name, preferred_name, email, username, phone, sms, language, sync_id) VALUES (:'district', s.sis_id, s.given_name, s.middle_name, s.family_name, s.preferred_name, s.email, s.username, s.phone, s.sms, s.language, 'bench');
MERGE INTO enrollments t USING (
  SELECT sourced_id AS sis_id, class_id, user_id AS person_id, role, is_primary::boolean AS is_primary, begin_date::date AS begin_date, end_date::date AS end_date, school_id FROM bench.enrollments
) s ON t.district_id = :'district' AND t.sis_id = s.sis_id
WHEN MATCHED AND (t.class_id, t.person_id, t.role, t.is_primary, t.begin_date, t.end_date, t.school_id) IS DISTINCT FROM
  (s.class_id, s.person_id, s.role, s.is_primary, s.begin_date, s.end_date, s.school_id) THEN
  UPDATE SET class_id = s.class_id, person_id = s.person_id, role = s.role, is_primary = s.is_primary, begin_date = s.begin_date, end_date = s.end_date, school_id = s.school_id
WHEN NOT MATCHED THEN
  INSERT (district_id, sis_id, class_id, person_id, role, is_primary, begin_date, end_date, school_id, sync_id) VALUES (:'district', s.sis_id, s.class_id, s.person_id, s.role, s.is_primary, s.begin_date, s.end_date, s.school_id, 'bench');
MERGE INTO guardianships t USING (
  SELECT u.sourced_id || '~' || a.id AS sis_id, u.sourced_id AS student_id, a.id AS guardian_id, NULL AS relationship, NULL AS kind, NULL::boolean AS is_primary FROM bench.users u CROSS JOIN LATERAL unnest(string_to_array(u.agent_ids, ',')) AS a (id) WHERE u.role = 'student'
) s ON t.district_id = :'district' AND t.sis_id = s.sis_id
WHEN MATCHED AND (t.student_id, t.guardian_id, t.relationship, t.kind, t.is_primary) IS DISTINCT FROM
  (s.student_id, s.guardian_id, s.relationship, s.kind, s.is_primary) THEN
  UPDATE SET student_id = s.student_id, guardian_id = s.guardian_id, relationship = s.relationship, kind = s.kind, is_primary = s.is_primary
WHEN NOT MATCHED THEN
  INSERT (district_id, sis_id, student_id, guardian_id, relationship, kind, is_primary, sync_id) VALUES (:'district', s.sis_id, s.student_id, s.guardian_id, s.relationship, s.kind, s.is_primary, 'bench');
COMMIT;
