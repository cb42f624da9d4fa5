/**
 * `check_sum` is a CRC-32 of the row's key and content, for what SQLite itself does not check. `used` is a narrow table of its
 * own, in the order in which results were made, so that touching a thousand results writes a few pages.
 */
export const first = `
  CREATE TABLE results (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    node TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    check_sum INTEGER NOT NULL,
    body TEXT NOT NULL,
    inline BLOB
  );
  CREATE INDEX results_of_node ON results (node, created_at);
  CREATE TABLE used (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL
  );
  CREATE TABLE code (
    version TEXT NOT NULL UNIQUE,
    body BLOB NOT NULL
  );
  CREATE TABLE durations (
    node TEXT PRIMARY KEY,
    milliseconds REAL NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE runs (
    id TEXT NOT NULL UNIQUE,
    started_at INTEGER NOT NULL,
    check_sum INTEGER NOT NULL,
    body TEXT NOT NULL,
    nodes BLOB
  );
  CREATE INDEX runs_by_start ON runs (started_at);
  CREATE TABLE derived (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    check_sum INTEGER NOT NULL,
    value BLOB NOT NULL,
    UNIQUE (kind, key)
  );
  CREATE TABLE files (
    path TEXT NOT NULL UNIQUE,
    check_sum INTEGER NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    device INTEGER NOT NULL,
    executable INTEGER NOT NULL,
    digest TEXT NOT NULL,
    hashed_at_ns INTEGER NOT NULL
  );
`;
