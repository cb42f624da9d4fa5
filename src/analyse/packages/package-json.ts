import { readFileSync } from "node:fs";
import path from "node:path";
import { type Digest, digestOf } from "../../core/digest.ts";
import { fail } from "../../core/failure.ts";
import type { FactRecorder } from "../remembered/file-facts.ts";

/** What a package.json says that matters here. */
export interface PackageJson {
  /** Absolute path of its folder. */
  readonly folder: string;
  readonly name?: string;
  readonly version?: string;
  readonly type?: string;
  /** Names of the packages that it may load, each once. */
  readonly dependencies: readonly string[];
  /** Whether it has types for another package, and no code. */
  readonly isTypes: boolean;
  /** The text of the file. */
  readonly text: string;
  /** Of the file's bytes. */
  readonly digest: Digest;
}

/** Reads package.json files, each once. */
export class PackageFinder {
  readonly #byFolder = new Map<string, PackageJson | null>();
  readonly #facts: FactRecorder | undefined;

  /** @param facts told every file that is looked at */
  constructor(facts?: FactRecorder) {
    this.#facts = facts;
  }

  /** The nearest package.json at or above a file; undefined where there is none. */
  of(file: string): PackageJson | undefined {
    for (let dir = path.dirname(file); ; dir = path.dirname(dir)) {
      const found = this.at(dir);
      if (found || dir === path.dirname(dir)) return found;
    }
  }

  /** The package.json of a folder itself. */
  at(folder: string): PackageJson | undefined {
    let found = this.#byFolder.get(folder);
    if (found === undefined) {
      found = read(folder) ?? null;
      const file = path.join(folder, "package.json");
      if (found) this.#facts?.content(file, found.digest);
      else this.#facts?.note(file);
      this.#byFolder.set(folder, found);
    }
    return found ?? undefined;
  }
}

function read(folder: string): PackageJson | undefined {
  const file = path.join(folder, "package.json");
  let content: Uint8Array;
  try {
    content = readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR") return undefined;
    throw error;
  }
  // Takes a byte order mark away, which some packages have and package managers accept.
  const text = new TextDecoder().decode(content);
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    return fail("load-failed", `package.json is not valid JSON: ${(error as Error).message}`, {
      where: { file },
      cause: error,
    });
  }
  const asText = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
  const [name, version, type] = [json.name, json.version, json.type].map(asText);
  const keys = (value: unknown): string[] => (value !== null && typeof value === "object" ? Object.keys(value) : []);
  return {
    folder,
    ...(name === undefined ? {} : { name }),
    ...(version === undefined ? {} : { version }),
    ...(type === undefined ? {} : { type }),
    dependencies: [...new Set(dependencyFields.flatMap((field) => keys(json[field])))].sort(),
    isTypes: name?.startsWith("@types/") === true && json.main === "",
    text,
    digest: digestOf(content),
  };
}

/** Optional peers may be named in the last one only. */
const dependencyFields = ["dependencies", "optionalDependencies", "peerDependencies", "peerDependenciesMeta"];
