import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Blake3Hasher } from "../core/blake3.ts";
import { randomDigits } from "./random-name.ts";

const digestSize = 32;
/** In each folder: how many processes of each kind have left there what they compiled. */
const usesName = "uses";
/** The first processes that do a thing compile what it takes; the next ones find nearly all of it. */
const enoughUses = 3;
const mostUses = 32;
/** Folders of code, a megabyte each: those that were renewed last stay. Others are of a Sluice or a Node that is gone, or soon made again. */
const mostFolders = 32;

/** A script as it stands when a process ends. */
export interface UsedScript {
  readonly source: Uint8Array;
  /** What V8 has made of it by now. */
  code(): Buffer;
}

/**
 * What V8 made of scripts, kept from one process to the next. V8 compiles a function when it is first called, and what Node itself keeps of
 * a module was compiled before the module ran: so each process compiles again whatever it calls. Here a script is kept as it is at
 * the end of a process, with the functions that were called.
 *
 * V8 believes what it is given: a flipped bit is not noticed, nor another source of the same length. So a file begins with a
 * digest over source and code, and the folder must be one that nobody else can write to. Nothing depends on the code being there:
 * what cannot be read or written is compiled again.
 */
export class CompiledCode {
  readonly #folder: string;
  #isOurs: boolean | undefined;
  #isMissing = false;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * In a folder of this user's: in `NODE_COMPILE_CACHE`, or else in the folder for temporary files. Undefined where nothing is to
   * be kept (`NODE_DISABLE_COMPILE_CACHE`).
   * @param place what tells these scripts from others: their folder
   */
  static of(place: string): CompiledCode | undefined {
    const { NODE_COMPILE_CACHE: chosen, NODE_DISABLE_COMPILE_CACHE: disabled, NODE_OPTIONS = "" } = process.env;
    if (disabled) return undefined;
    const name = `sluice-compiled-${process.getuid?.() ?? "own"}`;
    // V8 refuses code that was made by another version, or with other options. To ask it for what it goes by takes 2 ms, so the
    // names of options tell; not what they are set to, which may be another path each time.
    const options = [...process.execArgv, ...NODE_OPTIONS.split(/\s+/)].flatMap(
      (option) => /^-[^=]*/.exec(option) ?? [],
    );
    const made = [place, process.version, process.arch, ...options].join("\n");
    return new CompiledCode(resolve(chosen || tmpdir(), name, digestOf(made).toString("hex").slice(0, 16)));
  }

  /** The code of a script, if there is some that was made of this source. */
  read(name: string, source: Uint8Array): Buffer | undefined {
    this.#isOurs ??= isOurs(join(this.#folder, "..")) && isOurs(this.#folder);
    const file = this.#isOurs ? quietly(() => readUnseen(join(this.#folder, name))) : undefined;
    const code = file?.subarray(digestSize);
    if (code && digestOf(name, source, code).equals(file!.subarray(0, digestSize))) return code;
    this.#isMissing = true;
    return undefined;
  }

  /** Keeps the code of all scripts of this process, unless enough processes that took the same scripts have done so. */
  keep(scripts: ReadonlyMap<string, UsedScript>): void {
    quietly(() => {
      const uses = this.#isOurs ? this.#uses() : {};
      const use = digestOf(...[...scripts.keys()].sort())
        .toString("hex")
        .slice(0, 16);
      const count = Object.hasOwn(uses, use) ? uses[use]! : 0;
      if (count >= enoughUses && !this.#isMissing) return;
      // asked for here, as it takes 2 ms; what a thread called, its process has mostly called as well
      if (!process.getBuiltinModule("node:worker_threads").isMainThread) return;
      const above = join(this.#folder, "..");
      mkdirSync(join(above, ".."), { recursive: true });
      for (const folder of [above, this.#folder]) {
        quietly(() => mkdirSync(folder, { mode: 0o700 }));
        // somebody else's, or a link: nothing is made in it
        if (!isOurs(folder)) return;
      }
      for (const [name, { source, code }] of scripts) {
        const made = code();
        this.#write(name, Buffer.concat([digestOf(name, source, made), made]));
      }
      const others = Object.entries(uses).filter(([other]) => other !== use);
      this.#write(usesName, JSON.stringify(Object.fromEntries([...others.slice(1 - mostUses), [use, count + 1]])));
      tidy(above, this.#folder);
    });
  }

  #uses(): Readonly<Record<string, number>> {
    const uses: unknown = quietly(() => JSON.parse(readFileSync(join(this.#folder, usesName), "utf8")));
    return typeof uses === "object" && uses !== null ? (uses as Readonly<Record<string, number>>) : {};
  }

  #write(name: string, content: Uint8Array | string): void {
    const temporary = join(this.#folder, `${randomDigits(12)}.tmp`);
    try {
      writeFileSync(temporary, content, { flag: "wx", mode: 0o600 });
      renameSync(temporary, join(this.#folder, name));
    } catch (error) {
      quietly(() => unlinkSync(temporary));
      throw error;
    }
  }
}

/**
 * The content of a file. Scripts are loaded while a pipeline's load is watched too, and are no part of it; `readFileSync` would be seen, as it
 * asks whatever stands for `fs.openSync` then.
 */
export function readUnseen(file: string): Buffer {
  const descriptor = openSync(file, "r");
  try {
    const content = Buffer.allocUnsafeSlow(fstatSync(descriptor).size);
    let at = 0;
    for (let read = -1; at < content.length && read !== 0; at += read)
      read = readSync(descriptor, content, at, content.length - at, at);
    return content.subarray(0, at);
  } finally {
    closeSync(descriptor);
  }
}

function digestOf(...parts: readonly (Uint8Array | string)[]): Buffer {
  const hasher = new Blake3Hasher();
  for (const part of parts) hasher.update(part);
  return hasher.digestBuffer();
}

/** Whether a folder is this user's, and closed to others: whoever can write there decides what this process runs. */
function isOurs(folder: string): boolean {
  const entry = quietly(() => lstatSync(folder));
  if (!entry?.isDirectory()) return false;
  if (process.getuid === undefined) return true;
  return entry.uid === process.getuid() && (entry.mode & (constants.S_IWGRP | constants.S_IWOTH)) === 0;
}

/** Removes what has not been renewed for longest; one folder was renewed just now. */
function tidy(above: string, latest: string): void {
  const folders = readdirSync(above).flatMap((name) => (join(above, name) === latest ? [] : join(above, name)));
  if (folders.length < mostFolders) return;
  const renewed = (folder: string): number => quietly(() => lstatSync(folder).mtimeMs) ?? 0;
  const byAge = folders.map((folder) => [renewed(folder), folder] as const).sort(([a], [b]) => b - a);
  for (const [, folder] of byAge.slice(mostFolders - 1)) quietly(() => rmSync(folder, { recursive: true }));
}

/** Nothing here is needed, so nothing that goes wrong is told. */
function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
