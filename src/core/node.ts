import type { CommandSpec } from "./command/spec.ts";
import type { Place } from "./failure.ts";
import type { JsonValue } from "./json.ts";

/** The kinds of node that do work: a function, a program, a function over many items. */
export type WorkKind = "stage" | "command" | "map";

/** The kinds of node that are only looked at. */
export type SourceKind = "file" | "glob" | "dir" | "param" | "env";

/** What kinds of node there are; `http`, `table`, `model` and `seed` are to come. */
export type NodeKind = SourceKind | WorkKind;

/** What a record may be of: a node, or an entry of the explicit cache, which has no graph. */
export type RecordKind = NodeKind | "entry";

/** Whether a record is of a node. */
export function isNodeRecord<T extends { readonly kind: RecordKind }>(
  record: T,
): record is T & { readonly kind: NodeKind } {
  return record.kind !== "entry";
}

/** Whether nodes of a kind do work. */
export function isWork(kind: NodeKind): kind is WorkKind {
  return kind === "stage" || kind === "command" || kind === "map";
}

/** How a node uses the cache; see `docs/concepts.md`. */
export type Behaviour = "default" | "recompute" | "disable" | "ignore";

/** How a whole run uses the cache: read and write, read only, write only, neither. */
export type CacheMode = "rw" | "ro" | "wo" | "off";

/** One call on the stack at which a node was declared, in the code as it was loaded; line and column count from 1. */
export interface Frame {
  /** Absolute path. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The same as its author wrote it, where that is known to be elsewhere. Computed when asked for. */
  readonly written?: Required<Place>;
}

/** Where a node was declared: the user's frames, innermost first. Computed when asked for. */
export type Site = () => readonly Frame[];

/** The absolute folder of the module that declares a node: what its relative paths start from. Computed when asked for. */
export type Base = () => string;

interface Declaration {
  readonly kind: NodeKind;
  /** The name that was given; else a node is called after its export, or after the input that it is. */
  readonly name?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly site: Site;
}

/** A file. */
export interface FileSource extends Declaration {
  readonly kind: "file";
  /** As declared; relative to the folder of the module that declares it. */
  readonly path: string;
  readonly base: Base;
}

/** Files by pattern. */
export interface GlobSource extends Declaration {
  readonly kind: "glob";
  /** Patterns; those that start with `!` take away. */
  readonly patterns: readonly string[];
  /** Whether no match is fine; false unless given. */
  readonly allowEmpty: boolean;
  /** Whether names that start with a dot match; false unless given. */
  readonly dot: boolean;
  readonly base: Base;
}

/** A folder with everything in it. */
export interface DirSource extends Declaration {
  readonly kind: "dir";
  readonly path: string;
  readonly base: Base;
  /** Patterns of paths inside the folder that do not count. */
  readonly exclude: readonly string[];
}

/** What a parameter holds; `json` is anything that JSON can carry. */
export type ParamType = "string" | "number" | "boolean" | "bigint" | "json";

/** A value that a run may set. */
export interface ParamSource extends Declaration {
  readonly kind: "param";
  /** How text is read, and what values are accepted; absent, that of the default counts, and `string` without one. */
  readonly type?: ParamType;
  /** Absent where a run must give one. */
  readonly fallback?: { readonly value: unknown };
  /** Never shown and never stored; only its digest counts. */
  readonly secret: boolean;
  /**
   * What consumers' keys see of it, where that is not its value: always the same (`ignore`), or something else in each run
   * (`disable`). Then the value may be one that has no version, and consumers get it as it is.
   */
  readonly cache?: "ignore" | "disable";
}

/** A variable of the environment. Its value is treated as a secret: it is hashed, never stored or shown. */
export interface EnvSource extends Declaration {
  readonly kind: "env";
  readonly variable: string;
  readonly fallback?: { readonly value: string | undefined };
}

/** What a function does with what lies outside of the store. */
export type OutsideUse = "read" | "written";

/** What a stage's function gets beside its inputs. */
export interface StageContext<Outputs extends string = string> {
  /** Aborted when the run is cancelled or the stage's time is up. */
  readonly signal: AbortSignal;
  /** Writes lines to the log of this stage in this run. */
  readonly log: StageLog;
  /** Tells how far the work is; `total` where it is known. */
  progress(done: number, total?: number): void;
  /** Attaches a value to the result; a hit gives it back. */
  meta(name: string, value: JsonValue): void;
  /**
   * Says that the function reads this file or folder, before it does: the result is reused only while that is unchanged. For what is
   * not known when the pipeline is declared; `file()` and its like are for all else.
   */
  read(path: string, options?: ReadOptions): void;
  /**
   * Says that the function has written this file or folder, or is about to, which stays where it is: the result is reused only while that
   * is there and unchanged. Said before, it fails before anything is written where something else in the run writes the same
   * (`duplicate-output`). For what Sluice does not place itself, as it does with `output` and `outputs`.
   */
  wrote(path: string, options?: WroteOptions): void;
  /** Where to write each file named in the `outputs` option: absolute paths in a folder of this attempt's own. */
  readonly outputs: { readonly [name in Outputs]: string };
  /** A folder of this attempt's own, removed afterwards. */
  readonly tmp: string;
  readonly run: { readonly id: string; readonly node: string; readonly attempt: number };
}

export interface WroteOptions {
  /**
   * The folder that a relative path starts from, which is taken to move with the project: `import.meta.dirname`. Unless given it is the
   * folder that the process runs in. Where it is given, an absolute path is one that stays where it is when the project moves.
   */
  readonly base?: string;
  /** Only this table counts of what is at the path, a DuckDB database. */
  readonly table?: string;
}

export interface ReadOptions extends WroteOptions {
  /** Where it was read before this call: when that began, in milliseconds since 1970. */
  readonly since?: number;
}

export interface StageLog {
  debug(...parts: unknown[]): void;
  info(...parts: unknown[]): void;
  warn(...parts: unknown[]): void;
  error(...parts: unknown[]): void;
}

/** How to try again after a failure. */
export interface Retries {
  /** Attempts after the first. */
  readonly times: number;
  /** Milliseconds before the second attempt; 1000 unless given. */
  readonly delay: number;
  /** What each further delay is multiplied by; 2 unless given. */
  readonly factor: number;
  /** The longest delay in milliseconds; 60000 unless given. */
  readonly maxDelay: number;
}

/** A thread of its own, in which a stage's function is called. */
export interface ThreadExecutor {
  readonly kind: "thread";
  /** The most bytes that the heap of the thread may take, garbage included; what the engine allows unless given. */
  readonly memory?: number;
}

/** How a thread finds a stage that no call declares: by a module of Sluice that knows where to look for it. */
export interface StageFinder {
  /** What that module exports as `findStage` is called with `sought`; see {@link FindStage}. */
  readonly url: string;
  /** Absolute paths of the modules to load, in this order. */
  readonly files: readonly string[];
  /** What tells it from others; it is sent to the thread. */
  readonly sought: unknown;
}

/** Looks for a stage among what modules export, by their paths; undefined where it is not there. */
export type FindStage = (
  sought: unknown,
  modules: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
) => StageNode | undefined;

/** A check of a stage's value. */
export interface Check<Value = unknown> {
  readonly name: string;
  /** What a value that does not pass does: fail the stage, or only warn. `fail` unless given. */
  readonly level: "fail" | "warn";
  /** True or nothing if the value is fine; false or a sentence if it is not. */
  readonly test: (value: Value) => CheckVerdict | Promise<CheckVerdict>;
}

// biome-ignore lint/suspicious/noConfusingVoidType: a check may simply return
export type CheckVerdict = boolean | string | undefined | void;

/** A stage: a node that does work, in whichever way it was declared. */
export interface StageNode extends Declaration {
  readonly kind: WorkKind;
  /** Nodes or plain values by input name; read when the graph is built, so that modules may refer to each other. */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly run: (inputs: Readonly<Record<string, unknown>>, context: StageContext) => unknown;
  readonly cache: Behaviour;
  /** A format's name. */
  readonly format: string;
  readonly formatOptions: JsonValue;
  /** Where the value is also placed: an absolute path, computed when asked for. */
  readonly output?: string;
  /** Files that the function writes, by name, and where they are placed: absolute paths. Then the value is the record of their handles. */
  readonly outputs?: Readonly<Record<string, string>>;
  /** A salt of the code version. */
  readonly version?: string;
  /** Milliseconds for one attempt. */
  readonly timeout?: number;
  readonly retries: Retries;
  readonly pool?: { readonly name: string; readonly limit?: number };
  /** Where the function is called; in the thread of the run unless given. Not part of the key. */
  readonly executor?: ThreadExecutor;
  /** Where no call declares the node: how a thread finds it. Asked when one is to. */
  readonly finder?: () => StageFinder | undefined;
  /** Milliseconds after which a result is too old. */
  readonly maxAge?: number;
  readonly checks: readonly Check[];
  /** Of a command: the program, which `run` starts. */
  readonly command?: CommandSpec;
  /** Of a map, whose `run` takes an item, the shared inputs and the context. */
  readonly items?: ItemSettings;
  /** Which argument of the declaring call the function is, the options being the next one; 1 unless given. */
  readonly functionAt?: number;
  /** Where no call declares the node: the functions whose code counts, by themselves or in plain data that counts as well. */
  readonly functions?: unknown;
  /** It exists for this: a result is reused only where it says what it read, or what it wrote. */
  readonly outside?: OutsideUse;
  /** It always runs and its result is not recorded; consumers' keys see the version of what it gave, as far as that has one. */
  readonly unrecorded?: true;
}

/** The input of a map that is the list of its items. */
export const itemsInput = "items";

/** What only a map has. Its other settings hold for each item, but for the format and the place of the list. */
export interface ItemSettings {
  /** What an item is called in messages. */
  readonly key?: (item: unknown) => unknown;
  /** How many items may run at once, where that is less than the run allows. */
  readonly jobs?: number;
  /**
   * Of a map over several lists at once: the inputs that are lists, and how deep these are nested. An item is an object with a member
   * of each, by the names of the inputs; the value is nested as the deepest of them. All other inputs are shared.
   */
  readonly spread?: Readonly<Record<string, number>>;
  /** The format of each result; `auto` unless given. That of the stage is the format of the list. */
  readonly format?: string;
  readonly formatOptions?: JsonValue;
  /** Whether each item is told of, by events of its own. */
  readonly told?: true;
}

/** Whether an input of a map gives items, and is not shared by all of them. */
export function givesItems({ items }: StageNode, input: string): boolean {
  return items?.spread ? Object.hasOwn(items.spread, input) : input === itemsInput;
}

export type SourceNode = FileSource | GlobSource | DirSource | ParamSource | EnvSource;
export type NodeDefinition = SourceNode | StageNode;

/** The property by which a handle of a node leads to its definition. */
export const definition: unique symbol = Symbol.for("sluice.node");

/** A handle of a node that gives a value of this type. */
export interface Node<out Value = unknown> {
  readonly [definition]: NodeDefinition;
  /** Only for the compiler: what the node gives. */
  readonly "~value"?: () => Value;
}

/** Whether a node does work. */
export function isStage(node: NodeDefinition): node is StageNode {
  return isWork(node.kind);
}

/** The definition behind a value that is a node. */
export function definitionOf(value: unknown): NodeDefinition | undefined {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return undefined;
  return (value as Partial<Node>)[definition];
}

/** The place of a node's declaration, for messages. */
export function placeOf(node: NodeDefinition): Place | undefined {
  const [frame] = node.site();
  if (!frame) return undefined;
  const { file, line, column } = frame.written ?? frame;
  return { file, line, column };
}
