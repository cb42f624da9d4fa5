import type { DatabaseSync } from "node:sqlite";
import { fail } from "../../core/failure.ts";
import type { Schema } from "../migrations/schema.ts";
import { Damaged } from "./damaged.ts";
import { isBusy } from "./sqlite-error.ts";

/**
 * The version of a database of this schema; 0 for an empty one.
 * @throws SluiceError `newer-store`
 * @throws Damaged when it is not of this schema
 */
export function versionOf(database: DatabaseSync, file: string, schema: Schema): number {
  const pragma = (name: string) => Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  const version = pragma("user_version");
  const objects = database.prepare("SELECT type FROM sqlite_schema").all();
  if (version === 0 && objects.length === 0) return 0;
  if (pragma("application_id") !== schema.applicationId) throw new Damaged("it is not a database of Sluice");
  if (version > schema.migrations.length) {
    fail("newer-store", `the database ${file} was made by a newer version of Sluice`, {
      where: { file },
      hint: "use that version, or another --cache-dir",
    });
  }
  // Ours has neither; in a file from elsewhere they would run what someone else wrote.
  if (objects.some(({ type }) => type === "view" || type === "trigger")) throw new Damaged("it has views or triggers");
  return version;
}

/**
 * Brings a database to the newest version, once however many processes try.
 * @param timeout milliseconds to wait for the others
 */
export function prepareSchema(database: DatabaseSync, file: string, schema: Schema, timeout: number): void {
  if (versionOf(database, file, schema) === schema.migrations.length) return;
  const deadline = performance.now() + timeout;
  waitingWhileBusy(deadline, () => database.exec("PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL"));
  waitingWhileBusy(deadline, () => database.exec("BEGIN IMMEDIATE"));
  try {
    for (const step of schema.migrations.slice(versionOf(database, file, schema))) database.exec(step);
    database.exec(`
      PRAGMA application_id=${schema.applicationId};
      PRAGMA user_version=${schema.migrations.length};
      COMMIT`);
  } finally {
    if (database.isTransaction) database.exec("ROLLBACK");
  }
}

/** Turning a new file into a WAL database is the one thing for which SQLite does not wait by itself. */
function waitingWhileBusy(deadline: number, work: () => void): void {
  for (;;) {
    try {
      work();
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
