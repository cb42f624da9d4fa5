import { realpathSync, renameSync } from "node:fs";
import path from "node:path";
import type { Pieces } from "../../../cache/pieces.ts";
import { fail } from "../../../core/failure.ts";
import { attempt, ensureDir, entryAt, removeEntry } from "../../../platform/files.ts";
import { tempName } from "../../../platform/temp-file.ts";
import { relativeTo } from "../key-flags.ts";

interface Places {
  /** Absolute path of the project. */
  readonly root: string;
  /** Absolute path of the folder that the command runs in. */
  readonly cwd: string;
  /** Absolute path of the cache. */
  readonly cacheDir: string | undefined;
}

interface Output {
  /** Relative to the project, `/` between parts. */
  readonly name: string;
  /** Absolute. */
  readonly at: string;
}

/** The files and folders that a command makes. While it runs, what was there before is out of the way. */
export class Outputs {
  readonly #root: string;
  readonly #all: readonly Output[];
  /** What was there before: where it belongs, and where it is. */
  #aside: readonly (readonly [at: string, aside: string])[] = [];

  /** @throws SluiceError `usage` for a path that is no good as an output */
  constructor(given: readonly string[], places: Places) {
    const { root, cwd } = places;
    this.#root = root;
    this.#all = given.map((each) => {
      const at = path.resolve(cwd, each);
      const name = relativeTo(root, at);
      const wrong = (why: string): never => fail("usage", `the output ${each} ${why}`);
      if (name === "" || name === ".." || name.startsWith("../") || path.isAbsolute(name))
        wrong("is not in the project");
      if (isIn(cwd, at)) wrong("is a folder that the command runs in");
      if (places.cacheDir !== undefined && (isIn(at, places.cacheDir) || isIn(places.cacheDir, at)))
        wrong("is the cache");
      return { name, at };
    });
    for (const { at, name } of this.#all) {
      const other = this.#all.find((each) => each.at !== at && isIn(at, each.at));
      if (other) fail("usage", `the output ${name} is in the output ${other.name}`);
    }
    const names = this.names;
    if (new Set(names).size < names.length) fail("usage", "an output is given twice");
  }

  get names(): readonly string[] {
    return this.#all.map(({ name }) => name);
  }

  get paths(): readonly string[] {
    return this.#all.map(({ at }) => at);
  }

  /** Whether a path is an output, or in one. */
  has(at: string): boolean {
    return this.#all.some((output) => isIn(at, output.at));
  }

  /**
   * Links on the way to an output may lead elsewhere in the project, but not out of it.
   * @throws SluiceError `usage`
   */
  check(): void {
    const root = realpathSync(this.#root);
    for (const { name, at } of this.#all) {
      let folder = path.dirname(at);
      while (!entryAt(folder)) folder = path.dirname(folder);
      if (
        isIn(
          attempt("looking at a folder", folder, () => realpathSync(folder)),
          root,
        )
      )
        continue;
      fail("usage", `the output ${name} would be outside of the project: a link leads out of it`, {
        where: { file: folder },
      });
    }
  }

  /** Moves away what is there, so that what is there afterwards is the command's. */
  setAside(): void {
    const aside: (readonly [string, string])[] = [];
    this.#aside = aside;
    for (const { at } of this.#all) {
      ensureDir(path.dirname(at));
      if (!entryAt(at)) continue;
      const away = path.join(path.dirname(at), `.sluice-${tempName()}`);
      attempt("moving an output out of the way", at, () => renameSync(at, away));
      aside.push([at, away]);
    }
  }

  /** After a command that failed: what was there is there again, and nothing else. */
  putBack(): void {
    for (const { at } of this.#all) removeEntry(at);
    for (const [at, away] of this.#aside) attempt("putting an output back", at, () => renameSync(away, at));
    this.#aside = [];
  }

  /** After one that succeeded. */
  forget(): void {
    for (const [, away] of this.#aside) removeEntry(away);
    this.#aside = [];
  }

  /** @throws SluiceError `missing-output`, `unsupported-value` */
  keep(put: Pieces): void {
    for (const { name, at } of this.#all) {
      const found = entryAt(at);
      if (!found) fail("missing-output", `the command did not write its output ${name}`, { where: { file: at } });
      if (!found.isDirectory() && !found.isFile()) {
        const what = found.isSymbolicLink() ? "a link" : "a pipe, socket or device";
        fail("unsupported-value", `the output ${name} is ${what}`, {
          where: { file: at },
          hint: "only files and folders are kept",
        });
      }
      if (found.isDirectory()) put.dir(pieceName(name), at);
      else put.file(pieceName(name), at);
    }
  }
}

/** What an output is called in an entry. */
export function pieceName(output: string): string {
  return `output ${output}`;
}

function isIn(at: string, folder: string): boolean {
  const relative = path.relative(folder, at);
  return relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}
