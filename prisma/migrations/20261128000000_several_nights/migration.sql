-- One transaction, and no semicolon but at a statement's end: the engine splits the file there.
BEGIN;

-- The run with which the hold began: what came since does not enlarge its groups. A hold that replaces another goes on with it.
ALTER TABLE holds ADD COLUMN since_run_id integer;
UPDATE holds SET since_run_id = run_id;
ALTER TABLE holds ALTER COLUMN since_run_id SET NOT NULL;

-- Why a record is no longer held, and the run that found it out. Null: it is held, or was when the hold ended.
ALTER TABLE hold_records
  ADD COLUMN left_because text CHECK (left_because IN ('returned', 'archived', 'kept', 'gone')),
  ADD COLUMN left_run_id integer,
  -- A run that could not settle the hold and saw the record in the data: an approval passes it over.
  ADD COLUMN seen_run_id integer;

-- Records that a delta marked as deleted and that stayed active: every later delta measures them again.
CREATE TABLE delta_marks (
  sync_id     text COLLATE "C" NOT NULL REFERENCES syncs (id) ON DELETE CASCADE,
  record_type text NOT NULL,
  sis_id      text COLLATE "C" NOT NULL,
  run_id      integer NOT NULL,
  PRIMARY KEY (sync_id, record_type, sis_id)
);

-- What became of an approved record. Null: it waits for the approval's own run.
ALTER TABLE approval_records
  ADD COLUMN outcome text CHECK (outcome IN ('archived', 'relinked', 'present', 'gone')),
  ADD COLUMN done_run_id integer;
UPDATE approval_records r SET outcome = 'gone', done_run_id = a.used_run_id
FROM approvals a WHERE a.id = r.approval_id AND a.status = 'used';

-- When it was applied, by the clock of the ledger: for the archives of the threshold's window.
ALTER TABLE runs ADD COLUMN applied_at timestamptz;
UPDATE runs SET applied_at = finished_at WHERE status IN ('succeeded', 'held') AND NOT preview;

-- Whether an archive was one that a person had approved: those do not count in the window.
ALTER TABLE roster_changes ADD COLUMN is_approved boolean NOT NULL DEFAULT false;
UPDATE roster_changes c SET is_approved = true
FROM approvals a JOIN approval_records r ON r.approval_id = a.id
WHERE a.used_run_id = c.run_id AND c.action = 'archive' AND r.record_type = c.record_type AND r.sis_id = c.sis_id;
CREATE INDEX roster_changes_archives_idx ON roster_changes (run_id, record_type) WHERE action = 'archive';

ALTER TABLE findings
  -- What came since the hold began and does not count in active.
  ADD COLUMN newcomers integer NOT NULL DEFAULT 0,
  -- Archived within the window before the run, and in which runs.
  ADD COLUMN archived_before integer NOT NULL DEFAULT 0,
  ADD COLUMN before_runs jsonb NOT NULL DEFAULT '[]',
  -- Held, and not looked at by the run.
  ADD COLUMN waiting integer NOT NULL DEFAULT 0;

-- The record types of the hold that was open when the threshold was raised for the next run.
ALTER TABLE threshold_raises ADD COLUMN held_types text[];

COMMIT;
