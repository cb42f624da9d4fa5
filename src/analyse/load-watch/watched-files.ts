import fs from "node:fs";
import { fileURLToPath } from "node:url";
import type { FactName } from "./load-facts.ts";
import { valueDigest } from "./load-facts.ts";
import type { LoadNotes } from "./load-notes.ts";
import type { AfterCall, Patches, Watcher } from "./patches.ts";

const { F_OK } = fs.constants;

/** Functions that touch no file, or only what was opened before. */
const harmless = new Set(
  "close closeSync Dirent Stats ReadStream WriteStream FileReadStream FileWriteStream Utf8Stream _toUnixTimestamp".split(
    " ",
  ),
);

/** Watches what code reads from the file system with `node:fs`, in each of its forms. What it writes cannot be remembered. */
export function watchFiles(notes: LoadNotes, patches: Patches): void {
  const files = new WatchedFiles(notes);
  const { promises } = fs;
  for (const name of Object.keys(fs)) {
    // Classes of streams are loaded when they are read; they open files with the functions below.
    if (!harmless.has(name) && Object.getOwnPropertyDescriptor(fs, name)!.get === undefined) {
      patches.calls(fs, name, files.watcherOf(name));
    }
  }
  for (const name of Object.keys(promises)) patches.calls(promises, name, files.watcherOf(name));
  for (const name of ["realpath", "realpathSync"] as const) {
    // a function that is a property of a function: of the original, so that both go through it
    patches.calls(fs[name], "native", files.watcherOf(name));
  }
}

class WatchedFiles {
  readonly #notes: LoadNotes;
  /** Files that the code has opened to read, by descriptor. */
  readonly #open = new Map<number, string>();

  constructor(notes: LoadNotes) {
    this.#notes = notes;
  }

  watcherOf(name: string): Watcher {
    const notes = this.#notes;
    const verb = name.endsWith("Sync") ? name.slice(0, -4) : name;
    switch (verb) {
      case "readFile":
      case "openAsBlob":
        return ([file, options]) => {
          if (isReading(flagOf(options))) this.#read(file);
          else notes.refuse("writes files");
          return undefined;
        };
      case "createReadStream":
        return ([file, options]) => {
          const { fd, fs: other } = (options ?? {}) as { readonly fd?: unknown; readonly fs?: unknown };
          if (other) notes.refuse("reads from what is not the file system");
          else this.#read(fd ?? file);
          return undefined;
        };
      case "open":
        return (args) => this.#opened(args);
      case "read":
      case "readv":
        return ([descriptor]) => {
          this.#read(descriptor);
          return undefined;
        };
      case "exists":
        return ([file]) => {
          const at = this.#path(file);
          if (at !== undefined) notes.kind(at);
          return undefined;
        };
      case "access":
        return ([file, mode]) => {
          const at = this.#path(file);
          if (at === undefined) return undefined;
          if (typeof mode === "number" && mode !== F_OK) notes.ofPath("access", at, [mode]);
          else notes.kind(at);
          return undefined;
        };
      case "stat":
      case "lstat":
        return (args) => this.#stats(verb, args);
      case "fstat":
        return (args) => this.#stats("stat", args, this.#open.get(args[0] as number));
      case "readdir":
      case "opendir":
        return ([folder, options]) => {
          const recursive = (options as { readonly recursive?: boolean } | undefined)?.recursive === true;
          this.#ofPath(recursive ? "tree" : "listing", folder, "folder");
          return undefined;
        };
      case "readlink":
        return ([file]) => this.#ofPath("link", file, "link");
      case "realpath":
        return ([file]) => this.#ofPath("real", file);
      case "glob":
        return ([patterns, options]) => this.#glob(patterns, options);
      default:
        return () => {
          notes.refuse(
            /^(?:unw|w)atch/.test(verb) ? "watches files" : verb === "statfs" ? "asks for free space" : "writes files",
          );
          return undefined;
        };
    }
  }

  /** The absolute path of an argument; undefined for what no file can be called: then the call fails, whatever is there. */
  #path(argument: unknown): string | undefined {
    let file: string;
    if (typeof argument === "string") file = argument;
    else if (argument instanceof Uint8Array) file = Buffer.from(argument).toString();
    else if (argument instanceof URL && argument.protocol === "file:") file = fileURLToPath(argument);
    else return undefined;
    return file === "" || file.includes("\0") ? undefined : this.#notes.absolute(file);
  }

  /** Something is read whole or in part: all of it counts. */
  #read(argument: unknown): void {
    if (isHandle(argument)) return;
    if (typeof argument !== "number") {
      const file = this.#path(argument);
      if (file !== undefined) this.#notes.read(file);
    } else if (!this.#open.has(argument)) this.#notes.refuse("reads from a descriptor that it was given");
  }

  #opened(args: unknown[]): AfterCall {
    const [argument, flags] = args;
    if (typeof flags !== "function" && !isReading(flags)) this.#notes.refuse("writes files");
    const file = this.#path(argument);
    if (file === undefined) return undefined;
    this.#notes.read(file);
    return late(args, (opened) => {
      if (typeof opened === "number") this.#open.set(opened, file);
      else if (isHandle(opened)) this.#watchHandle(opened, file);
      return opened;
    });
  }

  /** Of the handles that `fs.promises.open` gives only what they say of the file is of interest: its content is noted. */
  #watchHandle(handle: Handle, file: string): void {
    const { stat } = handle;
    handle.stat = async (options) => this.#watched(await stat.call(handle, options), file, "stat");
  }

  #ofPath(fact: FactName, argument: unknown, needed?: "folder" | "link"): undefined {
    const notes = this.#notes;
    const file = this.#path(argument);
    if (file === undefined) return;
    if (needed === "link") notes.ofPath("entry", file);
    const kind = needed === "link" ? "none" : notes.kind(file);
    const isThere = needed === "folder" ? kind === "folder" : needed === "link" ? isLink(notes, file) : kind !== "none";
    if (isThere) notes.ofPath(fact, file);
  }

  #glob(patterns: unknown, options: unknown): undefined {
    const { cwd = ".", exclude } = (options ?? {}) as { readonly cwd?: unknown; readonly exclude?: unknown };
    const list = Array.isArray(patterns) ? patterns : [patterns];
    const folder = this.#path(cwd);
    if (exclude !== undefined || folder === undefined || !list.every((pattern) => typeof pattern === "string")) {
      this.#notes.refuse("looks for files with a function of its own");
    } else this.#notes.fact("glob", JSON.stringify([list, this.#notes.nameOf(folder)]));
  }

  #stats(verb: "stat" | "lstat", args: unknown[], opened?: string): AfterCall {
    const notes = this.#notes;
    const file = opened ?? this.#path(args[0]);
    if (file === undefined) {
      if (typeof args[0] === "number") notes.refuse("asks about a descriptor that it was given");
      return undefined;
    }
    if (verb === "lstat") notes.ofPath("entry", file);
    else notes.kind(file);
    return late(args, (stats) => this.#watched(stats, file, verb));
  }

  /** What the file system said of a file: each part counts when it is read. */
  #watched(stats: unknown, file: string, verb: "stat" | "lstat"): unknown {
    if (!(stats instanceof Object) || !this.#notes.listening) return stats;
    for (const [field, value] of Object.entries(stats)) {
      const define = (descriptor: PropertyDescriptor): unknown =>
        Object.defineProperty(stats, field, { ...descriptor, enumerable: true, configurable: true });
      define({
        get: () => {
          const isBig = typeof value === "bigint";
          this.#notes.ofPath(verb, file, [field, isBig], valueDigest(value));
          return value;
        },
        set: (next: unknown) => define({ value: next, writable: true }),
      });
    }
    return stats;
  }
}

/** Sees, and may replace, a result that is returned, promised, or handed to a function that was given. */
function late(args: unknown[], see: (result: unknown) => unknown): AfterCall {
  const callback = args.at(-1);
  if (typeof callback !== "function") {
    return (result) => (result instanceof Promise ? result.then(see) : see(result));
  }
  args[args.length - 1] = function (this: unknown, error: unknown, ...results: unknown[]): unknown {
    if (results.length > 0) results[0] = see(results[0]);
    return Reflect.apply(callback, this, [error, ...results]);
  };
  return undefined;
}

function isLink(notes: LoadNotes, file: string): boolean {
  return notes.aside(() => fs.lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() ?? false);
}

/** What `fs.promises.open` gives, and is taken in the place of a path. */
interface Handle {
  readonly fd: number;
  stat(options?: unknown): Promise<unknown>;
}

function isHandle(value: unknown): value is Handle {
  return value instanceof Object && "fd" in value && "stat" in value;
}

function flagOf(options: unknown): unknown {
  return options instanceof Object ? (options as { readonly flag?: unknown }).flag : undefined;
}

/** Whether a file that is opened with these flags can only be read. */
function isReading(flags: unknown): boolean {
  return (
    flags === undefined || flags === null || flags === fs.constants.O_RDONLY || /^(?:r|rs|sr)$/.test(String(flags))
  );
}
