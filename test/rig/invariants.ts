import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { digestOf, isDigest } from "../../src/core/digest.ts";
import { resultKey, settingsVersion } from "../../src/core/key.ts";
import { isWork } from "../../src/core/node.ts";
import type { ResultRecord } from "../../src/core/record.ts";
import { decodeResult } from "../../src/metadata/result-row.ts";
import { isAlive, parseMark } from "../../src/platform/process-mark.ts";
import { storedContent } from "./stored-content.ts";

export interface InvariantOptions {
  /** Whether `gc` was the last to use the store: then there is nothing in it that nothing needs. */
  readonly collected?: boolean;
  /** Whether a database that was set aside (`metadata.db.damaged-...`) may be there; false unless given. */
  readonly setAside?: boolean;
  /**
   * Whether `leases.db` must be whole; true unless given. Nothing in it is ever synced, so a power cut may damage it: then it is
   * set aside and begun anew.
   */
  readonly leases?: boolean;
}

/**
 * What is wrong with a store, a sentence each; empty when it is as it must be: SQLite finds the databases whole, every record
 * can be read and is under its own key, all that it refers to is there and matches, each blob's file holds what its name
 * says. After `gc` there is nothing stray either. Blobs are read by code of its own, see {@link storedContent}.
 *
 * No other process may write to the store meanwhile.
 * @param cacheDir the folder `.sluice`
 */
export function brokenInvariants(cacheDir: string, options: InvariantOptions = {}): string[] {
  const home = path.join(cacheDir, "v1");
  const broken: string[] = [];
  const { collected = false, setAside = false, leases = true } = options;
  for (const name of ["metadata.db", ...(leases ? ["leases.db"] : [])]) broken.push(...damageOf(path.join(home, name)));
  if (broken.length > 0) return broken;
  const { blobs, wrong } = readBlobs(path.join(home, "blobs"));
  broken.push(...wrong);
  const needed = new Set<string>();
  for (const record of recordsIn(path.join(home, "metadata.db"))) {
    if (typeof record === "string") broken.push(record);
    else broken.push(...wrongWithRecord(record, blobs, needed));
  }
  if (collected) {
    for (const digest of blobs.keys()) {
      if (!needed.has(digest)) broken.push(`blob ${digest.slice(0, 12)} is needed by no record, and gc left it`);
    }
    broken.push(...leftovers(home));
  }
  broken.push(...unknownEntries(home, (name) => wasSetAside(name, setAside, !leases && !collected)));
  return broken;
}

/** What SQLite says against a database; nothing against one that is not there. */
function damageOf(file: string): string[] {
  if (!existsSync(file)) return [];
  const database = new DatabaseSync(file, { timeout: 5_000 });
  try {
    return ["integrity_check", "foreign_key_check"].flatMap((check) =>
      database
        .prepare(`PRAGMA ${check}`)
        .all()
        .map((row) => JSON.stringify(Object.values(row)))
        .filter((complaint) => complaint !== '["ok"]')
        .map((complaint) => `${path.basename(file)}: ${check} says ${complaint}`),
    );
  } catch (error) {
    return [`${path.basename(file)}: ${(error as Error).message}`];
  } finally {
    database.close();
  }
}

/** The sizes of blobs by digest (undefined for a damaged one), and what is wrong where only blobs belong. */
function readBlobs(dir: string): { readonly blobs: Blobs; readonly wrong: readonly string[] } {
  const blobs = new Map<string, number | undefined>();
  const wrong: string[] = [];
  for (const shard of namesIn(dir)) {
    for (const name of namesIn(path.join(dir, shard))) {
      const digest = shard + name;
      if (!isDigest(digest)) {
        wrong.push(`blobs/${shard}/${name} is no blob`);
        continue;
      }
      try {
        const content = storedContent(path.join(dir, shard, name));
        if (digestOf(content) !== digest) throw new Error("its content is another");
        blobs.set(digest, content.length);
      } catch (error) {
        blobs.set(digest, undefined);
        wrong.push(`blob ${digest.slice(0, 12)}: ${(error as Error).message}`);
      }
    }
  }
  return { blobs, wrong };
}

type Blobs = ReadonlyMap<string, number | undefined>;

/** Every record; a sentence in place of one that cannot be read. */
function* recordsIn(file: string): Generator<ResultRecord | string> {
  if (!existsSync(file)) return;
  const database = new DatabaseSync(file, { timeout: 5_000 });
  try {
    // A database that was not finished has no tables, and so no records.
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE name = 'results'").all();
    if (tables.length === 0) return;
    for (const row of database.prepare("SELECT key, body, check_sum, inline FROM results").iterate()) {
      const { key, body, check_sum, inline } = row;
      yield decodeResult(key, body, check_sum, inline) ?? `the record of ${String(key).slice(0, 12)} cannot be read`;
    }
  } finally {
    database.close();
  }
}

function wrongWithRecord(record: ResultRecord, blobs: Blobs, needed: Set<string>): string[] {
  const wrong: string[] = [];
  const name = `${record.node} (${record.key.slice(0, 12)})`;
  const { key, kind, node, codeVersion, inputs, settings } = record;
  // An item's key is made of its map's and its item, which are not in its record.
  const hasOwnKey = kind !== "entry" && isWork(kind) && !node.endsWith("[]");
  if (hasOwnKey && resultKey({ kind, node, codeVersion, inputs, settings: settingsVersion(settings) }) !== key)
    wrong.push(`the record of ${name} is under the key of something else`);
  for (const { name: artifact, digest, size, inline } of record.artifacts) {
    if (inline) {
      if (digestOf(inline) !== digest) wrong.push(`the inline ${artifact} of ${name} does not match`);
      continue;
    }
    needed.add(digest);
    if (!blobs.has(digest)) wrong.push(`the record of ${name} refers to a blob that is not there (${artifact})`);
    else if ((blobs.get(digest) ?? size) !== size)
      wrong.push(`the ${artifact} of ${name} has another size than its record says`);
  }
  return wrong;
}

/** What dead processes left, or what was set aside, and gc did not remove. */
function leftovers(home: string): string[] {
  const left = namesIn(path.join(home, "quarantine")).map((name) => `quarantine/${name} was left by gc`);
  for (const folder of ["tmp", "readers"]) {
    for (const name of namesIn(path.join(home, folder))) {
      const mark = parseMark(name);
      if (mark === undefined || isAlive(mark) === false) left.push(`${folder}/${name} was left by gc`);
    }
  }
  return left;
}

const known =
  /^(\.gitignore|blobs|tmp|readers|owners|quarantine|logs|archives|(metadata|leases)\.db(-wal|-shm|-journal|\.lock|\.lock-journal)?)$/;

function wasSetAside(name: string, metadata: boolean, leases: boolean): boolean {
  return (metadata && name.startsWith("metadata.db.damaged-")) || (leases && name.startsWith("leases.db.damaged-"));
}

function unknownEntries(home: string, isExpected: (name: string) => boolean): string[] {
  return namesIn(home)
    .filter((name) => !known.test(name) && !isExpected(name))
    .map((name) => `${name} does not belong into a store`);
}

/** What is in a folder; nothing where there is none, or none any more. */
export function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
