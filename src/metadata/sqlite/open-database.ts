import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Failure, failure } from "../../core/failure.ts";
import type { Schema } from "../migrations/schema.ts";
import { Connection } from "./connection.ts";
import { isDamaged, requireFiles } from "./damaged.ts";
import { openReadOnly } from "./open-read-only.ts";
import { prepareSchema } from "./prepare-schema.ts";
import { makePrivate } from "./private-file.ts";
import { identityOf, setAside } from "./set-aside.ts";
import { fromSqliteError, isShortOfIndex } from "./sqlite-error.ts";
import { isWritable } from "./writable.ts";

export interface DatabaseOptions {
  /** Absolute path. It and its folders are made where they are missing. */
  readonly file: string;
  readonly schema: Schema;
  /** Open only for reading; false unless given. What cannot be written is opened so in any case, with a warning. */
  readonly readOnly?: boolean;
  /** Milliseconds to wait for another process's lock. */
  readonly timeout: number;
  /** Whether a commit waits for the disk; true unless given. */
  readonly syncs?: boolean;
  /** Pages of the log, of 4 KiB, after which a commit brings them to their places in the database; SQLite's own 1,000 unless given. */
  readonly mostLogged?: number;
  /** Pages that are kept in memory; SQLite's own 500 unless given. */
  readonly mostCached?: number;
  readonly onWarning: (warning: Failure) => void;
}

/**
 * Opens a database whatever is at its path: none or an empty one is made, a damaged one is set aside, and one that cannot be
 * written is only read, all but the first with a warning.
 * @throws SluiceError `newer-store` when a newer Sluice made it, `io` when it stays locked, `no-space`
 */
export function openDatabase(options: DatabaseOptions): Connection {
  const { file, onWarning } = options;
  if (options.readOnly) return openReadOnly(options);
  if (!isWritable(file)) {
    onWarning(
      failure(
        "read-only",
        `the cache at ${dirname(file)} cannot be written; its results are used, but none are added`,
        {
          where: { file },
          hint: "check the permissions, or use another --cache-dir",
        },
      ),
    );
    return openReadOnly(options);
  }
  for (let attempt = 1; ; attempt++) {
    const identity = identityOf(file);
    try {
      requireFiles(file);
      if (identity === undefined) makePrivate(file);
      const database = connect(options);
      return new Connection({
        database,
        file,
        readOnly: false,
        identity: identityOf(file),
        syncs: options.syncs ?? true,
      });
    } catch (error) {
      if (!isDamaged(error) || attempt === 3) throw fromSqliteError(error, file);
      const name = setAside(file, identity);
      if (name === undefined) continue;
      onWarning(
        failure("damaged-store", `the database ${file} was damaged (${error.message}); a new one was started`, {
          where: { file },
          hint: `what was there is kept as ${name}; delete it when you do not need it`,
          cause: error,
        }),
      );
    }
  }
}

function connect(options: DatabaseOptions): DatabaseSync {
  try {
    return connectAs("NORMAL", options);
  } catch (error) {
    // On a full disk whoever is alone needs no index to share, and can still read, and collect garbage.
    if (!isShortOfIndex(error)) throw error;
    return connectAs("EXCLUSIVE", options);
  }
}

function connectAs(
  locking: "NORMAL" | "EXCLUSIVE",
  { file, schema, timeout, syncs = true, mostLogged, mostCached }: DatabaseOptions,
): DatabaseSync {
  const database = new DatabaseSync(file, { timeout });
  try {
    if (locking === "EXCLUSIVE") database.exec("PRAGMA locking_mode=EXCLUSIVE");
    database.exec("PRAGMA trusted_schema=OFF");
    // To make a database waits for the disk a dozen times.
    if (!syncs) database.exec("PRAGMA synchronous=OFF");
    if (mostLogged !== undefined) database.exec(`PRAGMA wal_autocheckpoint=${mostLogged}`);
    if (mostCached !== undefined) database.exec(`PRAGMA cache_size=${mostCached}`);
    prepareSchema(database, file, schema, timeout);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
