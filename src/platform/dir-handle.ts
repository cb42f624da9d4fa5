import { mkdtempSync } from "node:fs";
import path from "node:path";
import { inspect } from "node:util";
import { digestParts } from "../core/canonical.ts";
import type { Digest } from "../core/digest.ts";
import { fail } from "../core/failure.ts";
import { type FileRef, fileRef, fileRefOf } from "../core/file-ref.ts";
import { nearest } from "../core/graph.ts";
import { registerOwnClass } from "../core/value-class.ts";
import { type FileHandle, sourceOf } from "./file-handle.ts";
import { ensureDir } from "./files.ts";

/**
 * A folder with everything in it: what `dir` gives, and a command with an output that is a folder. The version of a project's folder covers the relative path, the kind (file,
 * folder, link) and the executable bit of every entry, the content of files and the targets of links, which are not
 * followed.
 *
 * @example
 * ```ts
 * import { dir, stage } from "sluice";
 *
 * const templates = dir("templates");
 * export const page = stage({ templates }, ({ templates }) => templates.file("page.html").text());
 * ```
 */
export interface DirHandle {
  /**
   * Absolute path. A folder of the store is put into a scratch folder when this is first asked for; that copy belongs to this
   * handle and is gone after the run.
   */
  readonly path: string;
  /** Relative to the project, else the name it was written under; `/` between parts. */
  readonly name: string;
  /** Of everything in the folder. */
  readonly digest: Digest;
  /** Every file at any depth, sorted by name in the order of code units. */
  readonly files: readonly FileHandle[];
  /**
   * The file at a path relative to this folder, `/` between parts.
   * @throws SluiceError `missing-file`, with the nearest name as a hint
   */
  file(relative: string): FileHandle;
  /** Name and digest, so that a handle in JSON is not an empty object by accident. */
  toJSON(): { readonly name: string; readonly digest: Digest };
}

/** Whether a value is a handle of a folder. */
export function isDirHandle(value: unknown): value is DirHandle {
  return value instanceof Handle;
}

/** A handle of a folder of the project; `files` are by path relative to it, and sorted. */
export function projectDir(options: {
  readonly root: string;
  readonly name: string;
  readonly digest: Digest;
  readonly files: ReadonlyMap<string, FileHandle>;
}): DirHandle {
  return new ProjectDir(options.root, options.name, options.digest, options.files);
}

/** The property by which a handle tells its files by path. */
const byPath: unique symbol = Symbol("by path");

/** What a handle of a project's folder is made of, for another thread; undefined for what is none. */
export function dirParts(value: unknown): DirParts | undefined {
  if (!(value instanceof ProjectDir)) return undefined;
  const files = [...value[byPath]].map(([path, handle]) => [path, handle[fileRef]] as const);
  return { name: value.name, digest: value.digest, files };
}

/** A folder with its files, by path relative to it. */
export interface DirParts {
  readonly name: string;
  readonly digest: Digest;
  readonly files: readonly (readonly [path: string, ref: FileRef])[];
}

abstract class Handle implements DirHandle {
  readonly #name: string;
  readonly #byPath: ReadonlyMap<string, FileHandle>;

  constructor(name: string, files: ReadonlyMap<string, FileHandle>) {
    this.#name = name;
    this.#byPath = files;
  }

  abstract get path(): string;
  abstract get digest(): Digest;

  get name(): string {
    return this.#name;
  }

  /** The files by path relative to the folder. */
  get [byPath](): ReadonlyMap<string, FileHandle> {
    return this.#byPath;
  }

  get files(): readonly FileHandle[] {
    return [...this.#byPath.values()];
  }

  file(relative: string): FileHandle {
    const found = this.#byPath.get(path.posix.normalize(relative));
    if (found) return found;
    const near = nearest(relative, this.#byPath.keys());
    return fail("missing-file", `there is no file ${relative} in ${this.name}`, {
      where: { file: this.name },
      ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
    });
  }

  toJSON(): { readonly name: string; readonly digest: Digest } {
    return { name: this.name, digest: this.digest };
  }

  [inspect.custom](_depth: number, options: { stylize(text: string, style: "string" | "special"): string }): string {
    const name = options.stylize(JSON.stringify(this.name), "string");
    return `${options.stylize("DirHandle", "special")} ${name} (${this.#byPath.size} files)`;
  }
}

class ProjectDir extends Handle {
  readonly #root: string;
  readonly #digest: Digest;

  constructor(root: string, name: string, digest: Digest, files: ReadonlyMap<string, FileHandle>) {
    super(name, files);
    this.#root = root;
    this.#digest = digest;
  }

  get path(): string {
    return path.resolve(this.#root, this.name);
  }

  get digest(): Digest {
    return this.#digest;
  }
}

/** A handle of a folder whose files are in the store: at least one, by path relative to it, and sorted. */
export function storedDir(options: {
  readonly name: string;
  readonly files: ReadonlyMap<string, FileHandle>;
}): DirHandle {
  return new StoredDir(options.name, options.files);
}

class StoredDir extends Handle {
  #path: string | undefined;
  #digest: Digest | undefined;

  get path(): string {
    this.#path ??= this.#materialise();
    return this.#path;
  }

  get digest(): Digest {
    this.#digest ??= digestParts("dir", [
      this.name,
      ...[...this[byPath]].flatMap(([at, { digest, executable }]) => [
        at,
        digestParts("entry", ["file", digest, executable]),
      ]),
    ]);
    return this.#digest;
  }

  /** A folder for each handle, as for files. */
  #materialise(): string {
    const [first] = this[byPath].values();
    const source = first && sourceOf(first);
    if (!source) throw new Error(`${this.name} is not in a store`);
    ensureDir(source.scratch);
    const folder = path.join(mkdtempSync(path.join(source.scratch, "dir-")), path.basename(this.name) || "folder");
    for (const [at, { digest, executable }] of this[byPath]) {
      const target = path.join(folder, at);
      ensureDir(path.dirname(target));
      source.placeSync(digest, target, { executable });
    }
    return folder;
  }
}

/** Whether a text is a path that stays inside the folder that it is relative to. It may come from a cache that someone else wrote. */
export function staysInside(relative: string): boolean {
  return (
    !/[\0\\]/.test(relative) &&
    relative.split("/").every((part) => part !== "" && part !== "." && part !== "..") &&
    !path.isAbsolute(relative)
  );
}

/** Makes values that hold folders of the store known to whoever encodes and decodes values. */
export function registerStoredDirs(): void {
  registerOwnClass({
    name: "sluice.folder",
    type: StoredDir,
    encode: (dir) => ({ name: dir.name, files: new Map(dir[byPath]) }),
    decode: ({ name, files }: { readonly name: unknown; readonly files: unknown }) => {
      if (typeof name !== "string" || !(files instanceof Map) || files.size === 0 || ![...files].every(isEntry)) {
        return fail("corrupt-value", "what should be a folder of files is none");
      }
      return new StoredDir(name, files);
    },
  });
}

function isEntry([at, file]: readonly [unknown, unknown]): boolean {
  return typeof at === "string" && staysInside(at) && fileRefOf(file)?.origin === "store";
}
