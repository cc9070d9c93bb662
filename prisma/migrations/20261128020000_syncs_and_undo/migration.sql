-- One transaction, and no semicolon but at a statement's end: the engine splits the file there.
BEGIN;

-- What an undo restored is kept like what a rejection kept. A record may be kept by both, and then by either alone.
ALTER TABLE kept_records
  ALTER COLUMN hold_id DROP NOT NULL,
  ADD COLUMN undo_run_id integer REFERENCES runs (id) ON DELETE CASCADE,
  ADD CONSTRAINT kept_records_decision_check CHECK (hold_id IS NOT NULL OR undo_run_id IS NOT NULL);
CREATE INDEX kept_records_undo_run_id_idx ON kept_records (undo_run_id) WHERE undo_run_id IS NOT NULL;

-- Of an undo: whether what it restores is kept.
ALTER TABLE runs ADD COLUMN keeps_restored boolean NOT NULL DEFAULT true;

-- Whether a record was archived with what it hangs on, and so was not measured. Of those before it is known only while they
-- are archived still: what is not known to have been measured counts as such.
ALTER TABLE roster_changes ADD COLUMN is_along boolean NOT NULL DEFAULT false;
UPDATE roster_changes c SET is_along = true
WHERE c.action = 'archive' AND c.record_type = 'enrollments' AND NOT EXISTS (
  SELECT 1 FROM enrollments r WHERE r.district_id = c.district_id AND r.sis_id = c.sis_id
    AND r.archived_by = 'sync' AND r.archived_run_id = c.run_id);
UPDATE roster_changes c SET is_along = true
WHERE c.action = 'archive' AND c.record_type = 'guardianships' AND NOT EXISTS (
  SELECT 1 FROM guardianships r WHERE r.district_id = c.district_id AND r.sis_id = c.sis_id
    AND r.archived_by = 'sync' AND r.archived_run_id = c.run_id);

-- Manual enrollments that ended because a link let the sync adopt their class: a person wanted it.
UPDATE roster_changes c SET is_approved = true
FROM enrollments r JOIN roster_changes a ON a.district_id = r.district_id AND a.record_type = 'classes' AND a.sis_id = r.class_id
  AND a.action = 'adopt'
WHERE c.action = 'archive' AND c.record_type = 'enrollments' AND r.district_id = c.district_id AND r.sis_id = c.sis_id
  AND a.run_id = c.run_id;

-- What went along with a record is found again from that record when it returns.
CREATE INDEX enrollments_along_class_idx ON enrollments (district_id, class_id) WHERE archived_by = 'parent';
CREATE INDEX enrollments_along_person_idx ON enrollments (district_id, person_id) WHERE archived_by = 'parent';
CREATE INDEX guardianships_along_student_idx ON guardianships (district_id, student_id) WHERE archived_by = 'parent';
CREATE INDEX guardianships_along_guardian_idx ON guardianships (district_id, guardian_id) WHERE archived_by = 'parent';

COMMIT;
