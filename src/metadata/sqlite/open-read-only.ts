import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { failure, fromSystemError, temporaryHint } from "../../core/failure.ts";
import { Connection, type Opened } from "./connection.ts";
import { Damaged, isDamaged, requireFiles } from "./damaged.ts";
import { onceSettled } from "./once-settled.ts";
import type { DatabaseOptions } from "./open-database.ts";
import { prepareSchema, versionOf } from "./prepare-schema.ts";
import { fromSqliteError, isUnopenable } from "./sqlite-error.ts";

type Source = Pick<Opened, "database" | "onClose">;

/**
 * Opens a database for reading, where perhaps nothing at all can be written. What is missing, empty, of an older form or
 * damaged reads as empty, the last two with a warning.
 * @throws SluiceError `newer-store`, `io`
 */
export function openReadOnly(options: DatabaseOptions): Connection {
  const { file, schema, timeout, onWarning } = options;
  let source: Source | undefined;
  if (existsSync(file)) {
    try {
      const opened = openSource(file, timeout);
      source = opened;
      const version = onceSettled(() => versionOf(opened.database, file, schema));
      if (version > 0 && version < schema.migrations.length) throw new Damaged("an older version of Sluice made it");
      if (version === 0) source = closed(source);
    } catch (error) {
      source = closed(source);
      if (!isDamaged(error)) throw fromSqliteError(error, file);
      onWarning(
        failure("damaged-store", `the database ${file} cannot be used while it cannot be written (${error.message})`, {
          where: { file },
          hint: "make the cache writable and run again, or use another --cache-dir",
          cause: error,
        }),
      );
    }
  }
  if (!source) {
    source = { database: new DatabaseSync(":memory:") };
    prepareSchema(source.database, file, schema, timeout);
  }
  return new Connection({ ...source, file, readOnly: true, syncs: true });
}

function closed(source: Source | undefined): undefined {
  source?.database.close();
  source?.onClose?.();
}

/** An open database of which at least the first page could be read. */
function openSource(file: string, timeout: number): Source {
  requireFiles(file);
  const database = new DatabaseSync(file, { readOnly: true, timeout });
  try {
    onceSettled(() => database.prepare("PRAGMA user_version").get());
    return { database };
  } catch (error) {
    database.close();
    // A WAL database needs the files beside it, and they are neither there nor can they be made.
    if (!isUnopenable(error)) throw error;
    return hasLog(file) ? openCopy(file) : openImmutable(file);
  }
}

function hasLog(file: string): boolean {
  return (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/** Without locks and without a log. Nobody here can write; a row torn by someone elsewhere does not match its checksum. */
function openImmutable(file: string): Source {
  const url = new URL(`${pathToFileURL(file).href}?immutable=1`);
  return { database: new DatabaseSync(url, { readOnly: true }) };
}

/** Its writer was killed and left a log, without which the database may be inconsistent: the two are joined in a copy. */
function openCopy(file: string): Source {
  const folder = temporaryFolder();
  const onClose = () => rmSync(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, basename(file));
    copyFileSync(file, copy);
    copyFileSync(`${file}-wal`, `${copy}-wal`);
    return { database: new DatabaseSync(copy), onClose };
  } catch (error) {
    onClose();
    throw error;
  }
}

function temporaryFolder(): string {
  const place = join(tmpdir(), "sluice-read-");
  try {
    return mkdtempSync(place);
  } catch (error) {
    throw fromSystemError(error, "making a temporary folder", place, temporaryHint);
  }
}
