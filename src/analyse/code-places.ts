import type { Place } from "../core/failure.ts";
import type { Frame } from "../core/node.ts";
import type { CallSites } from "./calls/call-sites.ts";
import { isUserFile, languageOf, relativeTo } from "./load/module-path.ts";
import type { Program } from "./program/program.ts";

/** Where code is, as its author wrote it. */
export class CodePlaces {
  readonly #root: string;
  readonly #program: Program;
  readonly #sites: CallSites;
  readonly #names = new Map<string, string>();

  constructor(root: string, program: Program, sites: CallSites) {
    this.#root = root;
    this.#program = program;
    this.#sites = sites;
  }

  original(frame: Frame): Place {
    const place = this.#sites.original(frame);
    return this.behind(place) ?? place;
  }

  /** The place behind one in a bundle; undefined where there is none. */
  behind({ file, line, column }: Place): Place | undefined {
    if (line === undefined || !isUserFile(file) || languageOf(file) !== "js") return undefined;
    return this.#program.module(file).bundle?.place(line, column ?? 1);
  }

  /** A frame in the author's source, in the same words on every machine. */
  describe(frame: Frame): string {
    const { file, line, column } = this.#sites.original(frame);
    return `${this.nameOf(file)}:${line}:${column}`;
  }

  /** What a file is called in versions. */
  nameOf(file: string): string {
    let name = this.#names.get(file);
    if (name === undefined) {
      name = encodeURI(relativeTo(this.#root, file));
      this.#names.set(file, name);
    }
    return name;
  }
}
