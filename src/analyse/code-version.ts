import type { CodePart } from "../core/code-part.ts";
import type { Digest } from "../core/digest.ts";
import type { Failure, Place } from "../core/failure.ts";
import type { Frame, Site } from "../core/node.ts";
import type { DeclaredAt } from "./calls/declared-at.ts";
import type { BundleMap } from "./load/bundle-map.ts";
import type { InputUse } from "./undeclared-inputs/input-use.ts";

/** What everything that can change a function's results amounts to. */
export interface CodeVersion {
  readonly digest: Digest;
  /** Sorted by file and name: two versions are compared part by part to say what changed. */
  readonly parts: readonly CodePart[];
  /** What static analysis cannot see, said once for each place. */
  readonly warnings: readonly Failure[];
  /**
   * Looks at the values of captured variables again: the name of one that is no longer what it was. Absent where no value
   * counts.
   */
  readonly changedCapture?: () => string | undefined;
  /** Looks again at the files that the arguments of a command name: one that is no longer what it was. */
  readonly changedFile?: () => string | undefined;
  /** Paths that were looked at, relative to the project, and what was there. What code can reach is not among them. */
  readonly paths?: readonly (readonly [path: string, state: string])[];
}

/** The versions of code that are remembered of one program. They stay what they are when it has changed. */
export interface KnownVersions {
  /** Stands for the program: its modules, what their specifiers lead to, what its packages count by. */
  readonly program: Digest;
  /** Of what is written at a place ({@link CodeAnalyser.placeOfValue}); undefined where that is not known. */
  digestAt(place: string, options?: Omit<VersionOptions, "live">): Digest | undefined;
}

export interface VersionOptions {
  /** Whether a captured variable that cannot be versioned is an error; `error` unless given. */
  readonly captured?: "error" | "ignore";
  /** What the node is called in messages. */
  readonly name?: string | undefined;
  /** What an argument is in this process: its values tell what the source does not. */
  readonly live?: ((argument: CodeArgument) => unknown) | undefined;
}

/**
 * Which expressions of the declaring call count. `1` is the second argument; `[2, "check"]` is the property `check` of the
 * third (all of the third where it is not an object literal).
 */
export type CodeArgument = number | readonly [argument: number, property: string];

/** Versions code by what it can reach, from its source, without running it. */
export interface CodeAnalyser {
  /**
   * The version of the given arguments of the call at which a node was declared.
   * @throws SluiceError `captured-variable` when the code depends on a variable of which neither the source nor its value says
   *   enough
   */
  versionOf(site: Site, args: readonly CodeArgument[], options?: VersionOptions): CodeVersion;
  /**
   * The version of functions by themselves: of a function, or of plain data that holds functions, wherever these were written. What
   * they capture counts by its value.
   * @param from where to say that a function was written of which no more is known
   * @throws SluiceError `captured-variable` for a function whose source cannot be found, or that captures what has no version
   */
  versionOfValue(value: unknown, from: Site, options?: Omit<VersionOptions, "live">): CodeVersion;
  /**
   * Where functions are written, by themselves or in data, and that data: of one such place there is one version for each name and
   * option, as long as the program is the same ({@link knownVersions}). Undefined for functions whose versions are found anew each time.
   */
  placeOfValue(value: unknown, from: Site): string | undefined;
  /** What is known of the versions of the program's code, as the program is now; undefined where nothing is. */
  knownVersions(): KnownVersions | undefined;
  /**
   * Looks again at the files that are read whenever code runs: those that are no code (`new URL("rates.csv", import.meta.url)`), and
   * modules that this process has not loaded, such as those of workers. What was loaded stays what it was. Where one has changed, versions
   * are found anew from then on.
   * @param digestOfFile of the bytes of a file; undefined where there is none
   * @returns whether one has changed
   */
  renew(digestOfFile: (absolute: string) => Digest | undefined): boolean;
  /** Such a file among the parts of a version, that is not what it says any more, if there is one: its name. */
  changedFile(parts: readonly CodePart[], digestOfFile: (absolute: string) => Digest | undefined): string | undefined;
  /** What stands for the program of which code was versioned: see `program-evidence.ts`. Undefined where that cannot be told. */
  readonly program?: Digest | undefined;
  /**
   * Where a node was declared, and what has it declared again; undefined for one that is declared in no file.
   * @param entries the modules to load, where these are known: absolute paths, symbolic links resolved
   */
  declaredAt(site: Site, entries?: readonly string[]): DeclaredAt | undefined;
  /** The place of a call as the author wrote it, for messages. */
  originalPlace(frame: Frame): Place;
  /** The text of a part as its author wrote it, of a version of now; undefined where it has none. */
  textOf(part: CodePart): string | undefined;
  /** What a module (relative to the project) gets by itself instead of as an input, whether or not something reaches it. */
  inputUses(file: string): Promise<readonly InputUse[]>;
}

/** A module that the running program has loaded, as its loader saw it. */
export interface LoadedModule {
  /** Absolute path, symbolic links resolved. */
  readonly file: string;
  /** The author's source, as it was when it was loaded. */
  readonly source: string;
  /** Of the author's source. */
  readonly digest: Digest;
  /** From a position in the loaded code to the author's; both count from 1. Absent where they are the same. */
  readonly original?: (line: number, column: number) => { readonly line: number; readonly column: number } | undefined;
  /** Of the code that runs, where that is not the source: the same file may run in another form as well, as a test runner compiles it. */
  readonly compiled?: Digest;
  /** From a place in the source to where a bundler took that from; absent where the module is no bundle with a source map. */
  readonly behind?: BundleMap["place"];
  /** What its import specifiers led to: absolute paths, or `node:` names. */
  readonly resolutions: ReadonlyMap<string, string>;
  /** When: milliseconds since 1970. */
  readonly loadedAt: number;
}

/** The modules loaded so far. What was really loaded is what is analysed. */
export interface LoadedModules {
  get(file: string): LoadedModule | undefined;
  /** The modules from which the program started: all that it consists of is reached from them. */
  roots(): Iterable<string>;
  /** Says what was analysed of a module that is not loaded yet. If it then loads with another source, that fails. */
  expect(file: string, digest: Digest): void;
}
