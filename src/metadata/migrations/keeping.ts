/**
 * What is kept, counted as it comes and goes. `blobs` has what results refer to, `blob_uses` which do. `worth` is for eviction:
 * a result has a row from the first time on that something is to be evicted, so that recording one pays nothing for it; `worth` and
 * `used_at` may be behind, never ahead of, what is true, and `floor` is what was evicted last when the result came.
 * `loose` has blobs that the last result has let go of and that may still be on the disk. `kept` has one row. What stored blobs take is not known yet where they come from before: their content, at most.
 */
export const keeping = `
  CREATE TABLE blobs (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    stored_size INTEGER NOT NULL
  );
  CREATE TABLE blob_uses (
    result INTEGER NOT NULL,
    blob INTEGER NOT NULL,
    PRIMARY KEY (result, blob)
  ) WITHOUT ROWID;
  CREATE INDEX uses_of_blob ON blob_uses (blob);
  CREATE TABLE loose (digest BLOB PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE worth (
    id INTEGER PRIMARY KEY,
    worth REAL NOT NULL,
    used_at INTEGER NOT NULL,
    floor REAL NOT NULL
  );
  CREATE INDEX least_worth ON worth (worth);
  CREATE INDEX longest_unused ON worth (used_at);
  CREATE TABLE pins (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (kind, name)
  ) WITHOUT ROWID;
  CREATE TABLE kept (
    bytes INTEGER NOT NULL,
    floor REAL NOT NULL,
    saved_ms REAL NOT NULL,
    unswept INTEGER NOT NULL
  );
  ALTER TABLE used ADD COLUMN times INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE used ADD COLUMN floor REAL NOT NULL DEFAULT 0;
  CREATE TEMP TABLE found AS
    SELECT DISTINCT results.id AS result, unhex(json_extract(artifact.value, '$[1]')) AS digest,
      json_extract(artifact.value, '$[2]') AS size
    FROM results, json_each(CASE WHEN json_valid(body) THEN body ELSE '[]' END, '$[8]') AS artifact
    WHERE artifact.type = 'array' AND json_extract(artifact.value, '$[4]') = 0;
  INSERT INTO blobs (digest, size, stored_size)
    SELECT digest, max(size), max(size) FROM found WHERE length(digest) = 32 AND typeof(size) = 'integer' GROUP BY digest;
  INSERT OR IGNORE INTO blob_uses (result, blob)
    SELECT found.result, blobs.id FROM found JOIN blobs ON blobs.digest = found.digest;
  DROP TABLE found;
  INSERT INTO kept (bytes, floor, saved_ms, unswept)
    SELECT (SELECT coalesce(sum(octet_length(body) + coalesce(octet_length(inline), 0) + 250), 0) FROM results) +
        (SELECT coalesce(sum(stored_size), 0) FROM blobs),
      0,
      (SELECT coalesce(sum(json_extract(body, '$.savedMs')), 0) FROM runs WHERE json_valid(body)), 0;
`;
