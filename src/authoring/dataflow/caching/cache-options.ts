import { type Failure, fail } from "../../../core/failure.ts";
import type { Behaviour } from "../../../core/node.ts";
import { aBoolean, aString, isRecord, kindOf, type OptionRules, oneOf, strings } from "../../declaration.ts";
import { checkNames } from "../../project.ts";
import type { CachingLogger, LogLevel } from "./caching-event.ts";
import { MemoryMetadataStore, MemoryResultStore } from "./stores.ts";

/** Names of nodes and inputs; all nodes (`true`), or none (`false`). */
export type NodeList<Name extends string = string> = boolean | readonly Name[];

/** How a driver caches. */
export interface CacheOptions<Name extends string = string> {
  /** The cache folder, relative to the project's folder; `.sluice` unless given. */
  readonly path?: string;
  /**
   * Where the records are, if not in {@link CacheOptions.path}: in another folder, relative to the project's, or in memory, where drivers
   * of this process may share them.
   */
  readonly metadataStore?: string | MemoryMetadataStore;
  /**
   * Where the values are, if not in {@link CacheOptions.path}: in another folder, which several caches may share, or in memory. Small
   * values (up to 4 KiB) are in the records. No limit of `sluice.json` is about values elsewhere.
   */
  readonly resultStore?: string | MemoryResultStore;
  /** Nodes that use the cache as usual, whatever {@link CacheOptions.defaultBehavior} says. */
  readonly default?: NodeList<Name>;
  /** Nodes that always run; their results are recorded, replacing earlier ones. */
  readonly recompute?: NodeList<Name>;
  /** Nodes and inputs that consumers' keys do not see: clients, credentials. */
  readonly ignore?: NodeList<Name>;
  /** Nodes that are not cached at all; what reads them directly always runs. */
  readonly disable?: NodeList<Name>;
  /**
   * Of nodes of which nothing else is said; `default` unless given. `disable` makes caching opt-in: these nodes always run and are not
   * recorded, but what reads them and is cached is reused while they give the same.
   */
  readonly defaultBehavior?: Behaviour;
  /**
   * The same for nodes that `dataLoader` made, before {@link CacheOptions.defaultBehavior}. Where neither is given they are reused while
   * what they say that they read (`loaded`) is unchanged; those that do not say it run each time.
   */
  readonly defaultLoaderBehavior?: Behaviour;
  /**
   * The same for nodes that `dataSaver` made. Where none is given they are reused while what they say that they wrote (`saved`) is there
   * and unchanged; those that do not say it run each time. So do all of them where another {@link CacheOptions.defaultBehavior} is given.
   */
  readonly defaultSaverBehavior?: Behaviour;
  /** The format of results of nodes that name none; `auto` unless given. */
  readonly format?: string;
  /** Writes every event as a line of JSON, as it happens: to `caching.jsonl` in the cache, or to a file; not at all unless given. */
  readonly logToFile?: boolean | string;
  /** Told of events, each as a line of text: `console`, a pino logger, or what has `info` and `debug`. */
  readonly logger?: CachingLogger;
  /** What the logger is told: what was reused and what ran (`info`), or every event; `info` unless given. */
  readonly logLevel?: LogLevel;
  /** Told of what is wrong with the cache and was got around; a warning of the process unless given. */
  readonly onWarning?: (warning: Failure) => void;
}

const behaviour = oneOf("default", "recompute", "disable", "ignore");
const nodeList = (value: unknown): string | undefined =>
  typeof value === "boolean" || strings(value) === undefined ? undefined : "an array of names, or true for all nodes";

const isPath = (value: unknown): boolean => typeof value === "string" && value !== "";

const rules: OptionRules = {
  path: (value) => (isPath(value) ? undefined : "a path"),
  metadataStore: (value) =>
    isPath(value) || value instanceof MemoryMetadataStore ? undefined : "a path or a MemoryMetadataStore",
  resultStore: (value) =>
    isPath(value) || value instanceof MemoryResultStore ? undefined : "a path or a MemoryResultStore",
  default: nodeList,
  recompute: nodeList,
  ignore: nodeList,
  disable: nodeList,
  defaultBehavior: behaviour,
  defaultLoaderBehavior: behaviour,
  defaultSaverBehavior: behaviour,
  format: aString,
  logToFile: (value) => (aBoolean(value) === undefined || isPath(value) ? undefined : "true, false or a path"),
  logger: (value) => (isLogger(value) ? undefined : "something with the methods info and debug"),
  logLevel: oneOf("info", "debug"),
  onWarning: (value) => (typeof value === "function" ? undefined : "a function"),
};

function isLogger(value: unknown): boolean {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return false;
  const { info, debug } = value as Partial<CachingLogger>;
  return typeof info === "function" && typeof debug === "function";
}

/** @throws SluiceError `usage` for options that do not exist or have wrong values */
export function checkCacheOptions(options: unknown): void {
  checkNames(options, Object.keys(rules));
  for (const [name, value] of Object.entries(options as Record<string, unknown>)) {
    const wanted = value === undefined ? undefined : rules[name]!(value);
    if (wanted === undefined) continue;
    const given = isRecord(value) ? "an object" : kindOf(value);
    fail("usage", `option "${name}" of withCache() must be ${wanted}, not ${given}`);
  }
}
