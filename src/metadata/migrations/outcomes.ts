/**
 * How the nodes of runs ended moves out of the runs, so that runs that ended alike share it. `touched_at` is when the results
 * that these runs reused were last marked as used. `generation` counts the times that results were replaced or removed.
 */
export const outcomes = `
  CREATE TABLE outcomes (
    name TEXT NOT NULL UNIQUE,
    touched_at INTEGER NOT NULL,
    body BLOB NOT NULL
  );
  ALTER TABLE runs ADD COLUMN outcomes TEXT;
  INSERT INTO outcomes (name, touched_at, body) SELECT id, started_at, nodes FROM runs WHERE nodes IS NOT NULL;
  UPDATE runs SET outcomes = id WHERE nodes IS NOT NULL;
  ALTER TABLE runs DROP COLUMN nodes;
  CREATE INDEX runs_by_outcomes ON runs (outcomes);
  CREATE TABLE generation (value INTEGER NOT NULL);
  INSERT INTO generation (value) VALUES (0);
`;
