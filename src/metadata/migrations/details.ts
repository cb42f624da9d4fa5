/**
 * The parts of code move out of the versions of code, so that versions that share a part share its text: `name` is the
 * digest of `body`. Ids are never used again, so that what another process removed cannot be taken for something else.
 * `inputs` says what inputs of results were made of.
 */
export const details = `
  CREATE TABLE code_parts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL
  );
  CREATE TABLE inputs (
    version TEXT NOT NULL UNIQUE,
    body BLOB NOT NULL
  );
`;
