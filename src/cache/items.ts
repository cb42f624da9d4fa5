import { fail } from "../core/failure.ts";
import type { JsonValue } from "../core/json.ts";
import type { Artifact, ResultRecord } from "../core/record.ts";
import { staysInside } from "../platform/dir-handle.ts";

/** One piece of an entry, as its record tells it; its content is in the artifacts. */
export type Item =
  | { readonly kind: "file" | "bytes"; readonly name: string }
  | { readonly kind: "value"; readonly name: string; readonly format: string; readonly params?: JsonValue }
  | {
      readonly kind: "dir";
      readonly name: string;
      /** Folders inside, relative to it, each after the one that it is in. */
      readonly folders: readonly string[];
      /** Links inside, with where they lead, relative to the folder that they are in. */
      readonly links: readonly (readonly [name: string, target: string])[];
    };

/** What the records of entries have as their format. */
export const entryFormat = "entry";

const prefixes = { file: "files.", bytes: "bytes.", value: "values." } as const;

/** The name of the artifact of a piece that is no folder. */
export function pieceArtifact(kind: "file" | "bytes" | "value", name: string): string {
  return prefixes[kind] + name;
}

/** How the names of the artifacts of a folder begin; the path inside follows. A `/` in the name of the folder is escaped. */
export function dirPrefix(name: string): string {
  return `dirs.${encodeURIComponent(name)}/`;
}

/** Items as a record keeps them. */
export function encodeItems(items: readonly Item[]): JsonValue {
  return items.map((item): JsonValue => {
    if (item.kind === "dir") return ["dir", item.name, item.folders, item.links];
    if (item.kind !== "value") return [item.kind, item.name];
    return ["value", item.name, item.format, ...(item.params === undefined ? [] : [item.params])];
  });
}

/**
 * The items of a record, which may come from someone else's cache: what is not as `encodeItems` makes it is refused.
 * @throws SluiceError `corrupt-value`
 */
export function itemsOf(record: ResultRecord): ReadonlyMap<string, Item> {
  const rows = record.kind === "entry" && record.format === entryFormat ? record.params : undefined;
  if (!Array.isArray(rows)) return damaged(record);
  const items = new Map<string, Item>();
  for (const row of rows as readonly JsonValue[]) {
    const item = itemOf(row);
    if (!item || items.has(item.name)) return damaged(record);
    items.set(item.name, item);
  }
  return items;
}

function itemOf(row: JsonValue): Item | undefined {
  if (!Array.isArray(row)) return undefined;
  const [kind, name, first, second] = row as readonly JsonValue[];
  if (typeof name !== "string" || name === "" || !name.isWellFormed()) return undefined;
  if ((kind === "file" || kind === "bytes") && row.length === 2) return { kind, name };
  if (kind === "value" && typeof first === "string" && (row.length === 3 || row.length === 4)) {
    return { kind, name, format: first, ...(second === undefined ? {} : { params: second }) };
  }
  if (kind !== "dir" || row.length !== 4 || !Array.isArray(first) || !Array.isArray(second)) return undefined;
  if (!first.every(isPathInside) || !second.every(isLink)) return undefined;
  return { kind, name, folders: first, links: second };
}

function isPathInside(value: unknown): value is string {
  return typeof value === "string" && staysInside(value);
}

function isLink(value: unknown): value is readonly [string, string] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [name, target] = value;
  return isPathInside(name) && typeof target === "string" && leadsInside(name, target);
}

/**
 * Whether a link in a folder leads to something in the same folder, by what it says: first up, then down. To go up again after a
 * name would lead out where that name is a link itself.
 */
export function leadsInside(name: string, target: string): boolean {
  if (target === "" || target.startsWith("/") || /[\0\\]/.test(target) || /^[A-Za-z]:/.test(target)) return false;
  const parts = target.split("/").filter((part) => part !== "" && part !== ".");
  const down = parts.findIndex((part) => part !== "..");
  const up = down < 0 ? parts.length : down;
  return up < name.split("/").length && !parts.includes("..", up);
}

/** The artifact of a piece that is no folder. @throws SluiceError `corrupt-value` */
export function artifactOf(record: ResultRecord, { kind, name }: Item): Artifact {
  const wanted = pieceArtifact(kind as "file", name);
  return record.artifacts.find((artifact) => artifact.name === wanted) ?? damaged(record);
}

/** The files of a folder by their paths relative to it. @throws SluiceError `corrupt-value` */
export function filesOf(
  record: ResultRecord,
  name: string,
): readonly (readonly [inside: string, artifact: Artifact])[] {
  const prefix = dirPrefix(name);
  return record.artifacts
    .filter((artifact) => artifact.name.startsWith(prefix))
    .map((artifact) => {
      const inside = artifact.name.slice(prefix.length);
      return isPathInside(inside) ? [inside, artifact] : damaged(record);
    });
}

function damaged(record: ResultRecord): never {
  return fail("corrupt-value", `what the entry ${record.key.slice(0, 12)} says of itself cannot be`, {
    hint: "it was set aside; make it again",
  });
}
