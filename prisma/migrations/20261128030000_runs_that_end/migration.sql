-- One transaction, and no semicolon but at a statement's end: the engine splits the file there.
BEGIN;

-- What the roster was called after the act: a run that is under way asks what was changed since it read the hashes.
ALTER TABLE record_edits ADD COLUMN roster_version bigint;
CREATE INDEX record_edits_version_idx ON record_edits (district_id, roster_version);
CREATE INDEX runs_roster_version_idx ON runs (district_id, roster_version);

-- A preview writes nothing, and excludes no run: only another preview.
DROP INDEX runs_one_active_per_sync;
CREATE UNIQUE INDEX runs_one_active_per_sync ON runs (sync_id) WHERE status IN ('queued', 'running') AND NOT preview;
CREATE UNIQUE INDEX runs_one_active_preview_per_sync ON runs (sync_id) WHERE status IN ('queued', 'running') AND preview;

-- Runs of a sync that were due or asked for while an approval or an undo was carried out: they follow when it has ended.
CREATE TABLE wanted_runs (
  sync_id      text COLLATE "C" PRIMARY KEY REFERENCES syncs (id) ON DELETE CASCADE,
  trigger      text NOT NULL,
  anyway       boolean NOT NULL,
  requested_by text,
  wanted_at    timestamptz NOT NULL DEFAULT now()
);

COMMIT;
