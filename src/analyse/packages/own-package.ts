import { existsSync, readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The name under which pipelines import Sluice. */
export const ownName = "sluice";

const here = fileURLToPath(import.meta.url);

/** Absolute path of the folder of the running Sluice package. */
export const ownRoot = findRoot(path.dirname(here));

const ownFolders = ["src", "dist", "bin"].map((folder) => path.join(ownRoot, folder) + path.sep);

/** Whether a file is Sluice's own code, as opposed to a user's: the examples of its repository are a user's. */
export function isOwn(file: string): boolean {
  return ownFolders.some((folder) => file.startsWith(folder));
}

/** What each name of Sluice's stands for, in the source and built. */
const entries: Readonly<Record<string, { readonly source: string; readonly built: string }>> = {
  [ownName]: { source: "src/index.ts", built: "dist/index.js" },
  [`${ownName}/cache`]: { source: "src/cache/index.ts", built: "dist/cache.js" },
  [`${ownName}/dataflow`]: { source: "src/authoring/dataflow/index.ts", built: "dist/dataflow.js" },
};

/** Absolute path of the module that `import "sluice"` gives in this process, or of an entry beneath it; undefined for no entry. */
export function ownEntry(specifier: string): string | undefined {
  const entry = Object.hasOwn(entries, specifier) ? entries[specifier] : undefined;
  return entry && path.join(ownRoot, here.endsWith(".ts") ? entry.source : entry.built);
}

export function ownVersion(): string {
  version ??= String(JSON.parse(readFileSync(path.join(ownRoot, "package.json"), "utf8")).version);
  return version;
}
let version: string | undefined;

/** Whether a specifier names Sluice: the package, or an entry beneath it. */
export function isOwnSpecifier(specifier: string): boolean {
  return specifier === ownName || specifier.startsWith(`${ownName}/`);
}

/** Whether the first package of this name above a folder is the running one, as where it is installed or linked. */
export function leadsToOwn(folder: string): boolean {
  for (let dir = folder; ; dir = path.dirname(dir)) {
    const found = path.join(dir, "node_modules", ownName);
    if (existsSync(path.join(found, "package.json"))) return realpathSync(found) === ownRoot;
    if (dir === path.dirname(dir)) return false;
  }
}

function findRoot(from: string): string {
  for (let dir = from; ; dir = path.dirname(dir)) {
    if (existsSync(path.join(dir, "package.json")) || dir === path.dirname(dir)) return dir;
  }
}
