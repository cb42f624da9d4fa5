import path from "node:path";
import { captureSite } from "../../../analyse/calls/site.ts";
import { fail } from "../../../core/failure.ts";
import type { Site, ThreadExecutor } from "../../../core/node.ts";
import { projectFolder } from "../../../run/project-folder.ts";
import { isRecord, kindOf } from "../../declaration.ts";
import { warnProcess } from "../../open.ts";
import { executorIn, stageRules } from "../../stage-options.ts";
import type { ExecutorOption } from "../../stage-types.ts";
import { type CacheOptions, checkCacheOptions } from "../caching/cache-options.ts";
import type { DriverCache } from "../caching/driver-cache.ts";
import { Dataflow } from "../graph/dataflow.ts";
import type { Config } from "../graph/flow-node.ts";
import { givenBy, loadModule, type ModuleLike, nodesIn } from "../graph/modules.ts";
import { placedIn } from "../graph/placed.ts";
import type { AllInputs, AllNodes, OpenInputs } from "../graph/types.ts";
import type { Hook } from "../hooks/hook.ts";
import { HookSet } from "../hooks/hook-set.ts";
import type { WithStandIns } from "../hooks/hook-types.ts";
import { checkBuilt } from "../hooks/static-checks.ts";
import { type Materializer, type ToldBy, withMaterializers } from "../sinks/materializer.ts";
import type { GivenModule } from "../wiring/given-modules.ts";
import { Behaviors } from "./behaviors.ts";
import type { Driver } from "./driver.ts";
import type { DriverParts } from "./driver-parts.ts";
import { builderOf, type ResultBuilder, type ResultKind } from "./result.ts";

/** Makes a driver of its parts. Handed in, as drivers know builders. */
type MakeDriver = <Nodes, Inputs, Result extends ResultKind, Cache extends DriverCache | undefined>(
  parts: DriverParts,
) => Driver<Nodes, Inputs, Result, Cache>;

interface Given {
  readonly make: MakeDriver;
  /** Absolute path of the project's folder. */
  readonly root: string;
  readonly modules: readonly GivenModule[];
  /** Where types of inputs were told. */
  readonly known: readonly Site[];
  readonly config: Config;
  readonly cache?: CacheOptions;
  readonly allowOverrides: boolean;
  readonly jobs?: number;
  readonly executor?: "inline" | ThreadExecutor;
  readonly materializers: readonly Materializer[];
  readonly result?: ResultBuilder | undefined;
  readonly hooks?: readonly Hook[];
}

/**
 * Says what a driver is made of. Each call gives a builder of its own and leaves this one as it is, so that several drivers can
 * come of one beginning.
 *
 * @typeParam Nodes the nodes by name, with what they give
 * @typeParam Inputs what `execute` takes as inputs
 * @typeParam Cache what `driver.cache` is: always there after `withCache`
 *
 * @example
 * ```ts
 * import { Driver } from "sluice/dataflow";
 *
 * const features = {
 *   words: ({ text }: { text: string }) => text.split(" "),
 *   longest: ({ words }: { words: string[] }) => words.toSorted((a, b) => b.length - a.length)[0] ?? "",
 * };
 * const driver = Driver.builder().withModules(features).withCache({ path: "cache" }).build();
 * const { longest } = await driver.execute(["longest"], { inputs: { text: "to be or not" } });
 * console.log(longest.toUpperCase());
 * ```
 */
export class Builder<
  Nodes = Record<never, never>,
  Inputs = unknown,
  Result extends ResultKind = "object",
  Cache extends DriverCache | undefined = DriverCache | undefined,
> {
  readonly #given: Given;

  private constructor(given: Given) {
    this.#given = given;
  }

  /** The beginning of a driver whose project is that of the calling module. */
  static begin(make: MakeDriver): Builder {
    const folder = folderOfCaller();
    const root = projectFolder(folder ?? process.cwd());
    return new Builder({ make, root, modules: [], known: [], config: {}, allowOverrides: false, materializers: [] });
  }

  #with<N = Nodes, I = Inputs, R extends ResultKind = Result, C extends DriverCache | undefined = Cache>(
    more: Partial<Given>,
  ): Builder<N, I, R, C> {
    return new Builder<N, I, R, C>({ ...this.#given, ...more });
  }

  /**
   * Adds modules: what `import * as name` gives, or where they are: paths (relative to the calling module) and URLs. Every exported
   * function is a node.
   * @throws SluiceError `load-failed`, `usage`
   */
  withModules<const Modules extends readonly ModuleLike[]>(
    ...modules: Modules
  ): Builder<Nodes & AllNodes<Modules>, Inputs & AllInputs<Modules, Nodes & AllNodes<Modules>>, Result, Cache> {
    const call = captureSite();
    const base = modules.some((module) => typeof module === "string") ? (folderOf(call) ?? process.cwd()) : "";
    const { length } = this.#given.modules;
    const loaded = modules.map((module, index) => ({ ...loadModule(module, base, length + index), call, index }));
    return this.#with({ modules: [...this.#given.modules, ...loaded] });
  }

  /**
   * Adds values by name that decide which functions are nodes (`when`), and that are inputs of the dataflow as well: also in the place of a
   * node that is called so, unless a `when` asks for the name.
   */
  withConfig(config: Config): Builder<Nodes, Inputs, Result, Cache> {
    if (!isRecord(config)) fail("usage", `withConfig() needs an object of values by name, not ${kindOf(config)}`);
    return this.#with({ config: { ...this.#given.config, ...config } });
  }

  /** Tells the compiler what inputs there are, with their types: for functions that take them one by one. */
  withInputs<Known extends object>(): Builder<Nodes, { readonly exactly: Known }, Result, Cache> {
    return this.#with({ known: [...this.#given.known, captureSite()] });
  }

  /**
   * Keeps results, and reuses them while nothing has changed that they depend on. Without it nothing is written anywhere.
   * @throws SluiceError `usage`; what names no node, and what contradicts itself, is told by `build`
   */
  withCache(options: CacheOptions = {}): Builder<Nodes, Inputs, Result, DriverCache> {
    if (this.#given.cache) fail("usage", "withCache() was called twice", { hint: "give it all options at once" });
    checkCacheOptions(options);
    return this.#with({ cache: { ...options } });
  }

  /** Lets a later module have nodes of the names of earlier ones, which it replaces. */
  allowOverrides(): Builder<Nodes, Inputs, Result, Cache> {
    return this.#with({ allowOverrides: true });
  }

  /**
   * Adds nodes that write what others give: each is a target, called by its id, that does what it does for `driver.materialize`.
   * @throws SluiceError `usage`; `duplicate-name` is told by `build`
   */
  withMaterializers<const Materializers extends readonly Materializer<string, keyof Nodes & string>[]>(
    ...materializers: Materializers
  ): Builder<Nodes & ToldBy<Materializers>, Inputs, Result, Cache> {
    return this.#with({ materializers: [...this.#given.materializers, ...materializers] });
  }

  /**
   * Says what `execute` gives: an object of the values by name (`object`), which it does unless told, or what a function makes of that:
   * `arrowTable()`, or one of your own.
   * @throws SluiceError `usage`
   */
  withResult<Kind extends ResultKind>(kind: Kind): Builder<Nodes, Inputs, Kind, Cache> {
    return this.#with({ result: builderOf(kind, "withResult()") });
  }

  /** How many nodes may run at once; unless given as many as there are processors, and 16 at least, since most of them wait. */
  withJobs(jobs: number): Builder<Nodes, Inputs, Result, Cache> {
    if (!Number.isInteger(jobs) || jobs < 1)
      fail("usage", `withJobs() needs a whole number from 1, not ${kindOf(jobs)}`);
    return this.#with({ jobs });
  }

  /**
   * Says where functions are called that say nothing of it (`cached({ executor })`): in the thread of the run, which is so unless
   * given, or each in a thread of its own. Nodes that are ignored stay in the thread of the run, as clients do that they give.
   * @throws SluiceError `usage`
   */
  withExecutor(executor: ExecutorOption): Builder<Nodes, Inputs, Result, Cache> {
    const wanted = stageRules.executor!(executor);
    if (wanted !== undefined) fail("usage", `withExecutor() needs ${wanted}, not ${kindOf(executor)}`);
    return this.#with({ executor: executorIn(executor) });
  }

  /**
   * Adds code that is called around runs, nodes and items, and that checks wires and inputs: hooks of your own, and ready-made ones
   * such as `progressBar()`. They are called in their order, and count in no key.
   * @throws SluiceError `usage`, by `build`
   */
  withHooks<const Hooks extends readonly Hook[]>(
    ...hooks: Hooks
  ): Builder<WithStandIns<Nodes, Hooks>, Inputs, Result, Cache> {
    return this.#with({ hooks: [...(this.#given.hooks ?? []), ...hooks] });
  }

  /** A builder that starts as this one is; the two do not know each other. */
  copy(): Builder<Nodes, Inputs, Result, Cache> {
    return this.#with({});
  }

  /**
   * Wires the nodes and checks all that can be checked before anything runs.
   * @throws SluiceError `no-pipeline`, `duplicate-name`, `duplicate-output`, `cycle`, `invalid-definition`, `unknown-node`, `usage`
   */
  build(): Driver<Nodes, Inputs extends { readonly exactly: infer Known } ? Known : OpenInputs<Inputs>, Result, Cache> {
    const { make, root, modules, known, config, cache, allowOverrides, materializers, result, jobs, hooks } =
      this.#given;
    const { executor = "inline" } = this.#given;
    const executors = { executor, modules, config, root };
    if (modules.length === 0) {
      fail("no-pipeline", "this driver has no modules", { hint: "Driver.builder().withModules(...)" });
    }
    const found = nodesIn(modules, config, allowOverrides, givenBy(config, modules));
    const nodes = withMaterializers(placedIn(root, found), materializers, root);
    const dataflow = new Dataflow(nodes);
    const behaviors = new Behaviors(dataflow, cache);
    const given = { modules, known, config, allowOverrides };
    const hookSet = hooks && new HookSet(hooks, cache?.onWarning ?? warnProcess);
    if (hookSet) checkBuilt(hookSet, dataflow);
    const parts = {
      ...(cache ? { cache } : {}),
      ...(jobs ? { jobs } : {}),
      ...(hookSet ? { hooks: hookSet } : {}),
      ...(result ? { result } : {}),
    };
    return make({ root, dataflow, config, behaviors, executors, given, ...parts });
  }
}

function folderOfCaller(): string | undefined {
  return folderOf(captureSite());
}

function folderOf(site: Site): string | undefined {
  const [frame] = site();
  return frame && path.isAbsolute(frame.file) ? path.dirname(frame.file) : undefined;
}
