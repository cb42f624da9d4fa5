import { readFileSync } from "node:fs";
import path from "node:path";
import { fail } from "../core/failure.ts";

/** What a package.json says that matters here. */
export interface PackageJson {
  /** Absolute path of its folder. */
  readonly folder: string;
  readonly name?: string;
  readonly version?: string;
  readonly type?: string;
  /** Names of the packages that it may load. */
  readonly dependencies: readonly string[];
  /** The text of the file. */
  readonly text: string;
}

/** Reads package.json files, each once. */
export class PackageFinder {
  readonly #byFolder = new Map<string, PackageJson | null>();

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
      this.#byFolder.set(folder, found);
    }
    return found ?? undefined;
  }
}

function read(folder: string): PackageJson | undefined {
  const file = path.join(folder, "package.json");
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR") return undefined;
    throw error;
  }
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
    dependencies: ["dependencies", "optionalDependencies", "peerDependencies"]
      .flatMap((field) => keys(json[field]))
      .sort(),
    text,
  };
}
