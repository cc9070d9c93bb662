-- One transaction, and no semicolon but at a statement's end: the engine splits the file there.
BEGIN;

-- Statistics that know other districts only say that a new district has no rows. The planner would then read all rows of the
-- district for each one that it looks for. Without statistics it takes any district for a small part of the table.
ALTER TABLE schools ALTER COLUMN district_id SET STATISTICS 0;
ALTER TABLE terms ALTER COLUMN district_id SET STATISTICS 0;
ALTER TABLE courses ALTER COLUMN district_id SET STATISTICS 0;
ALTER TABLE classes ALTER COLUMN district_id SET STATISTICS 0;
ALTER TABLE students ALTER COLUMN district_id SET STATISTICS 0;
ALTER TABLE staff ALTER COLUMN district_id SET STATISTICS 0;
ALTER TABLE guardians ALTER COLUMN district_id SET STATISTICS 0;
ALTER TABLE enrollments ALTER COLUMN district_id SET STATISTICS 0;
ALTER TABLE guardianships ALTER COLUMN district_id SET STATISTICS 0;
ANALYZE schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships;

COMMIT;
