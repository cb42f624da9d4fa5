import { lstatSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import { digestParts } from "../../core/canonical.ts";
import type { Digest } from "../../core/digest.ts";
import { failureOf } from "../../core/failure.ts";
import type { OutsideUse } from "../../core/node.ts";
import type { OutsidePath } from "../../core/record.ts";
import type { FileIndex } from "../../metadata/file-index.ts";
import { listTree, type TreeEntry } from "../sources/file-tree.ts";
import type { Store } from "../workspace.ts";

/** What looking at paths outside of the store takes. */
export type Outlook = Pick<Store, "root" | "files" | "metadata" | "scratch">;

/** Where a path of a record leads now. */
export function placeOfOutside(root: string, { path: name, from }: Pick<OutsidePath, "path" | "from">): string {
  return from === "cwd" ? path.resolve(name) : path.resolve(root, name);
}

/** All places that a path of a record may mean now; undefined where nobody knows them. */
export function placesOfOutside(root: string, outside: OutsidePath): readonly string[] | undefined {
  const place = placeOfOutside(root, outside);
  if (outside.place !== undefined && outside.place !== placeDigest(place)) return undefined;
  if (outside.from !== undefined || !path.isAbsolute(outside.path)) return [place];
  // Earlier versions did not keep how the project lay to it.
  if (outside.also === undefined) return undefined;
  return [...new Set([place, path.resolve(root, outside.also)])];
}

/**
 * A path as a record keeps it: nothing of the machine is in it, unless it was named so.
 * @param base see `WroteOptions`
 */
export function outsideName(
  root: string,
  given: string,
  base: string | undefined,
): Pick<OutsidePath, "path" | "from" | "also" | "place"> {
  const isRelative = !path.isAbsolute(given);
  if (base === undefined && isRelative) return { path: slashed(path.normalize(given)), from: "cwd" };
  const absolute = path.resolve(base ?? "", given);
  const relative = path.relative(root, absolute) || ".";
  // On another drive there is no way from the project.
  if ((base !== undefined && !isRelative) || path.isAbsolute(relative)) {
    return { path: slashed(absolute), from: "machine" };
  }
  const isElsewhere = relative === ".." || relative.startsWith(`..${path.sep}`);
  if (isRelative) return { path: slashed(relative) };
  if (!isElsewhere) return { path: slashed(relative), place: placeDigest(absolute) };
  return { path: slashed(absolute), also: slashed(relative) };
}

/** Two places can be told apart by it; where they are it does not say. */
function placeDigest(absolute: string): Digest {
  return digestParts("place", [absolute]);
}

function slashed(name: string): string {
  return name.replaceAll(path.sep, "/");
}

/**
 * What a file or a folder is now, by its content, never by its times; undefined where there is nothing. What is read counts with what
 * the links in it lead to, since a function that reads them follows them.
 * @throws SluiceError `invalid-definition` for a pipe or a device, `unsupported-value` for a folder with one, `io`, `read-only`,
 *   `input-changed`
 */
export function pathVersion(files: Pick<FileIndex, "version">, absolute: string, use: OutsideUse): Digest | undefined {
  if (!statSync(absolute, { throwIfNoEntry: false })?.isDirectory()) return fileVersion(files, absolute);
  const entries = use === "read" ? followed(absolute) : entriesOf(absolute);
  const parts = [...entries].flatMap(({ kind, name, target, file }) => [
    name,
    kind === "file" ? (fileVersion(files, file) ?? null) : [kind, target ?? null],
  ]);
  return digestParts("outside-folder", parts);
}

interface Entry extends TreeEntry {
  /** Absolute. */
  readonly file: string;
}

function entriesOf(folder: string, above = ""): readonly Entry[] {
  return listTree(folder, () => false).map((entry) => ({
    ...entry,
    name: `${above}${entry.name}`,
    file: path.join(folder, entry.name),
  }));
}

/**
 * Everything in a folder, with what is at the end of its links after each of them.
 * @param folders under which names folders are gone through already, by where they really are: links may lead back
 */
function* followed(
  folder: string,
  above = "",
  folders: Map<string, string> = new Map([[realpathSync(folder), ""]]),
): Generator<Entry> {
  for (const entry of entriesOf(folder, above)) {
    yield entry;
    const end = entry.kind === "link" ? endOf(entry.file) : undefined;
    if (end === undefined) continue;
    const { name } = entry;
    if (!statSync(end, { throwIfNoEntry: false })?.isDirectory()) yield { kind: "file", name, file: end };
    else if (folders.has(end)) yield { kind: "link", name, file: end, target: folders.get(end)! };
    else {
      folders.set(end, name);
      yield { kind: "folder", name, file: end };
      yield* followed(end, `${name}/`, folders);
    }
  }
}

/** Where a link really leads; undefined where that is nowhere, or where nobody may look. */
function endOf(link: string): string | undefined {
  try {
    return realpathSync(link);
  } catch {
    return undefined;
  }
}

function fileVersion(files: Pick<FileIndex, "version">, absolute: string): Digest | undefined {
  try {
    const { digest, executable } = files.version(absolute);
    return digestParts("outside-file", [digest, executable]);
  } catch (error) {
    if (failureOf(error, "missing-file")) return undefined;
    throw error;
  }
}

/** A DuckDB database with what is not merged into it yet. */
export function databaseVersion(files: Pick<FileIndex, "version">, absolute: string): Digest | undefined {
  const version = fileVersion(files, absolute);
  return version && digestParts("outside-database", [version, fileVersion(files, `${absolute}.wal`) ?? null]);
}

/** {@link pathVersion}, of a table where only that counts. @throws SluiceError the same, and what DuckDB has against it */
export async function outsideVersion(
  outlook: Outlook,
  absolute: string,
  { use, table }: Pick<OutsidePath, "use" | "table">,
): Promise<Digest | undefined> {
  if (table === undefined) return pathVersion(outlook.files, absolute, use);
  const database = databaseVersion(outlook.files, absolute);
  if (database === undefined || table === "") return database;
  const { derived } = outlook.metadata;
  const key = digestParts("duckdb-rows", [database, table]);
  const known = derived.get("duckdb-rows", key);
  if (known) return Buffer.from(known).toString();
  const { tableVersion } = await import("../../store/duckdb/table.ts");
  const version = await tableVersion(absolute, table, outlook.scratch);
  // Opening it may have merged into it what was not.
  if (version && databaseVersion(outlook.files, absolute) === database) {
    derived.put("duckdb-rows", key, Buffer.from(version));
  }
  return version;
}

/** When a file, or anything that is read with a folder, was last written to, in nanoseconds since 1970; undefined where there is nothing. */
export function lastChange(absolute: string): bigint | undefined {
  const stat = statSync(absolute, { bigint: true, throwIfNoEntry: false });
  if (!stat) return undefined;
  let last = later(stat.mtimeNs, stat.ctimeNs);
  if (!stat.isDirectory()) return last;
  for (const { file } of followed(absolute)) {
    const entry = lstatSync(file, { bigint: true, throwIfNoEntry: false });
    if (entry) last = later(last, later(entry.mtimeNs, entry.ctimeNs));
  }
  return last;
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
