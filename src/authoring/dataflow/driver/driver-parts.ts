import type { CacheOptions } from "../caching/cache-options.ts";
import type { Dataflow } from "../graph/dataflow.ts";
import type { Config } from "../graph/flow-node.ts";
import type { HookSet } from "../hooks/hook-set.ts";
import type { GivenModules } from "../wiring/given-modules.ts";
import type { Behaviors } from "./behaviors.ts";
import type { ResultBuilder } from "./result.ts";
import type { Executors } from "./thread-finder.ts";

/** What a builder makes a driver of. */
export interface DriverParts {
  /** Absolute path of the project's folder. */
  readonly root: string;
  readonly dataflow: Dataflow;
  readonly config: Config;
  readonly behaviors: Behaviors;
  /** Absent where nothing is cached. */
  readonly cache?: CacheOptions;
  /** Makes the result of the values of targets; an object of them where it is absent. */
  readonly result?: ResultBuilder;
  readonly jobs?: number;
  readonly executors: Executors;
  /** Absent where there are none. */
  readonly hooks?: HookSet;
  /** What the nodes are made of, for those who look at the source. */
  readonly given: GivenModules;
}
