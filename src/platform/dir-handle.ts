import path from "node:path";
import { inspect } from "node:util";
import type { Digest } from "../core/digest.ts";
import { fail } from "../core/failure.ts";
import { nearest } from "../core/graph.ts";
import type { FileHandle } from "./file-handle.ts";

/**
 * A folder that a stage reads, with everything in it: what `dir` gives. Its version covers the relative path, the kind (file,
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
  /** Absolute path. */
  readonly path: string;
  /** Relative to the project; `/` between parts. */
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

/** A handle of a folder of the project; `files` are by path relative to it, and sorted. */
export function projectDir(options: {
  readonly root: string;
  readonly name: string;
  readonly digest: Digest;
  readonly files: ReadonlyMap<string, FileHandle>;
}): DirHandle {
  return new ProjectDir(options.root, options.name, options.digest, options.files);
}

class ProjectDir implements DirHandle {
  readonly #root: string;
  readonly #name: string;
  readonly #digest: Digest;
  readonly #byPath: ReadonlyMap<string, FileHandle>;

  constructor(root: string, name: string, digest: Digest, files: ReadonlyMap<string, FileHandle>) {
    this.#root = root;
    this.#name = name;
    this.#digest = digest;
    this.#byPath = files;
  }

  get path(): string {
    return path.resolve(this.#root, this.#name);
  }

  get name(): string {
    return this.#name;
  }

  get digest(): Digest {
    return this.#digest;
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
