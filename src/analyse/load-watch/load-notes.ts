import fs from "node:fs";
import path from "node:path";
import type { Digest } from "../../core/digest.ts";
import type { Place } from "../../core/failure.ts";
import { captureSite } from "../calls/site.ts";
import { loadedModules } from "../load/loader.ts";
import { isUserFile, locateIn, relativeTo } from "../load/module-path.ts";
import { type FactName, factDigest, kindAt, type PathKind, processDigest, variableDigest } from "./load-facts.ts";
import { type LoadOptions, type LoadRecord, loadScheme, type Unrepeatable } from "./load-record.ts";

// not watched, as a named import would be
const { realpathSync } = fs;
const { cwd } = process;

/** Folders that hold what the kernel makes up when it is read. */
const unreal = /^\/(?:dev|proc|sys)(?:\/|$)/;

/**
 * Collects what a load depends on. Each thing is noted when it is first asked for, as it is at that moment; whoever made the
 * notes compares them with the world once more at the end, so that what changed meanwhile does not go unseen.
 */
export class LoadNotes {
  readonly #options: LoadOptions;
  readonly #locate: (name: string) => string;
  readonly #files = new Map<string, Digest>();
  readonly #kinds = new Map<string, PathKind>();
  readonly #env = new Map<string, Digest | null>();
  readonly #facts = new Map<string, readonly [fact: FactName, of: string, value: Digest]>();
  #isOver = false;
  #aside = 0;
  #unrepeatable: Unrepeatable | undefined;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#locate = locateIn(options.root);
  }

  /** Whether what happens now counts: not what Node and Sluice do to load modules, and nothing once the load is over. */
  get listening(): boolean {
    const isOfUse = this.#unrepeatable === undefined || this.#options.onNotes !== undefined;
    return this.#aside === 0 && !this.#isOver && isOfUse;
  }

  get unrepeatable(): Unrepeatable | undefined {
    return this.#unrepeatable;
  }

  /** From now on nothing is noted. */
  end(): void {
    this.#isOver = true;
  }

  /** Does something that is not of the code that is watched. */
  aside<T>(work: () => T): T {
    this.#aside++;
    try {
      return work();
    } finally {
      this.#aside--;
    }
  }

  /** Notes that the load did what cannot be checked afterwards. The first such thing is kept. */
  refuse(what: string): void {
    if (!this.listening) return;
    const where = this.aside(callerPlace);
    this.#unrepeatable ??= where ? { what, where } : { what };
  }

  /** Notes that the file at a path is read, or that there is none. */
  read(file: string): void {
    if (!this.listening) return;
    const name = this.nameOf(file);
    if (this.#files.has(name)) return;
    const kind = this.kind(file);
    if (kind === "other" || unreal.test(file)) {
      // The program itself by another name: it is part of every record.
      if (this.aside(() => realpathSync(file)) === realpathSync(process.execPath)) return;
      return this.refuse("reads a device or a pipe");
    }
    if (kind !== "file") return;
    const digest = this.aside(() => this.#digest(file));
    if (digest === undefined) return this.refuse(`reads ${name}, which cannot be versioned`);
    this.#files.set(name, digest);
    this.#kinds.delete(name);
  }

  #digest(file: string): Digest | undefined {
    try {
      return this.#options.digestOfFile(file);
    } catch {
      // The reader gets the same error, or reads what nobody can version: in both cases the load is not remembered.
      return undefined;
    }
  }

  /** Notes what is at a path. */
  kind(file: string): PathKind {
    const name = this.nameOf(file);
    const known = this.#files.has(name) ? "file" : this.#kinds.get(name);
    if (known !== undefined) return known;
    const kind = this.aside(() => kindAt(file));
    if (this.listening) this.#kinds.set(name, kind);
    return kind;
  }

  /** Notes something else about a path: `argument` is what the fact needs besides. */
  ofPath(fact: FactName, file: string, argument?: readonly unknown[], value?: Digest): void {
    const name = this.nameOf(file);
    this.fact(fact, argument ? JSON.stringify([name, ...argument]) : name, value);
  }

  /** Notes a fact: as it is now unless what the code saw is given. */
  fact(fact: FactName, of = "", value?: Digest): void {
    if (!this.listening) return;
    const key = `${fact} ${of}`;
    if (this.#facts.has(key)) return;
    const digest = value ?? this.aside(() => attempt(() => factDigest(fact, of, this.#locate)));
    // What cannot be asked gives the code an error; what sort of error is not worth a fact of its own.
    if (digest === undefined) return this.refuse(`asks what cannot be told (${fact})`);
    this.#facts.set(key, [fact, of, digest]);
  }

  variable(name: string): void {
    // Node itself asks for it whenever it loads a module, and does nothing else with it than tell `node --watch`.
    if (!this.listening || this.#env.has(name) || name === "WATCH_REPORT_DEPENDENCIES") return;
    this.#env.set(
      name,
      this.aside(() => variableDigest(name)),
    );
  }

  /** An absolute path for one that user code gave to the system. A relative one depends on the current folder. */
  absolute(file: string): string {
    const isAbsolute = path.isAbsolute(file);
    if (!isAbsolute) this.fact("cwd");
    const given = isAbsolute ? file : `${cwd()}/${file}`;
    const plain = path.normalize(given);
    // To the system, `link/..` is the folder that holds what the link leads to.
    if (/[^./]\/\.\.(?:\/|$)/.test(given) && this.#real(given) !== this.#real(plain))
      this.refuse("goes back through a link");
    return plain;
  }

  #real(file: string): string | undefined {
    // the plain function makes of `link/..` what is not so
    return attempt(() => this.aside(() => realpathSync.native(file)));
  }

  /** The name of a path in the record. */
  nameOf(file: string): string {
    const { root } = this.#options;
    if (file.startsWith(root) && file[root.length] === "/") return file.slice(root.length + 1);
    return this.aside(() => relativeTo(root, file));
  }

  record(): LoadRecord {
    return {
      scheme: loadScheme,
      process: processDigest(this.#options.root),
      env: [...this.#env],
      kinds: [...this.#kinds],
      facts: [...this.#facts.values()],
      files: [...this.#files],
    };
  }
}

function attempt(ask: () => Digest): Digest | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}

/** Where in the user's code this happens: in a module of the user's if one is on the stack, else in a package. */
function callerPlace(): Place | undefined {
  const frames = captureSite()();
  const frame = frames.find(({ file }) => isUserFile(file)) ?? frames[0];
  if (!frame) return undefined;
  const { file, line, column } = frame;
  return { file, ...(loadedModules.get(file)?.original?.(line, column) ?? { line, column }) };
}
