-- One transaction, and no semicolon but at a statement's end: the engine splits the file there.
BEGIN;

-- What the guard measured of updates. Apart from the archives' findings: nothing is held for them that could be approved.
CREATE TABLE update_findings (
  run_id                   integer NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  ordinal                  integer NOT NULL,
  record_type              text NOT NULL,
  -- Null: the district, or people without a home school.
  school_id                text COLLATE "C",
  active                   integer NOT NULL,
  -- Records whose name, e-mail, username or number would change or be emptied.
  changed                  integer NOT NULL,
  -- Null: the type has no update threshold.
  allowed                  integer,
  basis_points             integer,
  smallest_passing_percent integer NOT NULL,
  verdict                  text NOT NULL CHECK (verdict IN ('pass', 'hold')),
  -- Updates of the group that were not made, whatever they change.
  withheld                 integer NOT NULL,
  PRIMARY KEY (run_id, ordinal)
);

-- What a raise is of: the deletion threshold, or the update threshold. There is one of each at most.
ALTER TABLE threshold_raises ADD COLUMN measure text NOT NULL DEFAULT 'archives' CHECK (measure IN ('archives', 'updates'));
DROP INDEX threshold_raises_one_active_per_sync;
CREATE UNIQUE INDEX threshold_raises_one_active_per_measure ON threshold_raises (sync_id, measure) WHERE status = 'active';

COMMIT;
