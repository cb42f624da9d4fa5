import path from "node:path";
import type { RunEvent } from "../../../core/event.ts";
import { fail, SluiceError } from "../../../core/failure.ts";
import { isHeldBack } from "../../../core/reload.ts";
import type { Workspace } from "../../../run/workspace.ts";
import { warnProcess } from "../../open.ts";
import { checkNames, checkRunOptions } from "../../project.ts";
import { alsoCancelledBy, UnderWay } from "../../under-way.ts";
import { type CacheParts, DriverCache } from "../caching/driver-cache.ts";
import { Dataflow } from "../graph/dataflow.ts";
import type { Tags } from "../graph/flow-node.ts";
import { downstream, pathsBetween, upstream, type Variable, variables } from "../graph/variables.ts";
import { failureOfRun } from "../hooks/run-failure.ts";
import { checkGiven } from "../hooks/static-checks.ts";
import type { Drawn, PictureOptions } from "../pictures/draw-flow.ts";
import type { VisualizeExecutionOptions, VisualizeOptions } from "../pictures/visualize.ts";
import { type Materializer, withMaterializers } from "../sinks/materializer.ts";
import type { WiringReport } from "../wiring/problem.ts";
import { Behaviors } from "./behaviors.ts";
import { Builder } from "./builder.ts";
import { closeAtEnd } from "./close-at-end.ts";
import type { DriverParts } from "./driver-parts.ts";
import type { ExecuteOptions, Materialized, MaterializeOptions } from "./execute-options.ts";
import { type ExportedExecution, exportOf } from "./export.ts";
import { KnownCall } from "./known-call.ts";
import { builderOf, type ResultBuilder, type ResultKind, type ResultOf } from "./result.ts";
import { graphOfRun, partialGraph, type RunGraph } from "./run-graph.ts";
import { mayUseThreads, threadPool } from "./thread-finder.ts";

/** Most nodes wait for something else than the processor, and all functions run in one thread. */
const leastJobs = 16;

type NameIn<Nodes> = keyof Nodes & string;

/**
 * Runs what is asked for of the functions of modules. It is made by a {@link Builder}; what it opens is opened by the first call
 * that needs it. Close it with `close()` or `await using`; a program that ends closes it as well.
 */
export class Driver<
  Nodes = Record<string, unknown>,
  Inputs = Readonly<Record<string, unknown>>,
  Result extends ResultKind = "object",
  Cache extends DriverCache | undefined = DriverCache | undefined,
> implements AsyncDisposable
{
  readonly #parts: DriverParts;
  readonly #cache: DriverCache | undefined;
  #workspace: Promise<Workspace> | undefined;
  #closed = false;
  readonly #underWay = new UnderWay();
  /** Keeps it from being closed at the end of the program. */
  #callOff = (): void => {};
  /** What opens and closes the store, where it is another driver. */
  readonly #of: Driver<never, never, ResultKind> | undefined;

  /** @internal */
  constructor(parts: DriverParts, of?: Driver<never, never, ResultKind>) {
    if (!(parts?.dataflow instanceof Dataflow))
      fail("usage", "a driver is made by Driver.builder().withModules(...).build()");
    this.#parts = parts;
    this.#of = of;
    const { dataflow, behaviors, cache } = parts;
    const open = (): Promise<Workspace> => this.#opened();
    const graphOf: CacheParts["graphOf"] = (name, given) => partialGraph(parts, name, given);
    if (of) this.#cache = of.#cache;
    else if (cache) this.#cache = new DriverCache({ dataflow, behaviors, options: cache, open, graphOf });
  }

  /** The beginning of a driver. */
  static builder(): Builder {
    return Builder.begin((parts) => new Driver(parts));
  }

  /** What the cache did and holds; undefined for a driver without one. The compiler knows it to be there after `withCache`. */
  get cache(): Cache {
    return this.#cache as Cache;
  }

  /**
   * Brings targets up to date, with all that they need, and gives their values by name, or what `result` makes of these.
   * @throws SluiceError the first failure when a node failed, `cancelled`, and before anything runs: `unknown-node`,
   *   `missing-parameter`, `unknown-parameter`, `usage`
   */
  execute<const Name extends NameIn<Nodes>, Built = unknown>(
    targets: readonly Name[],
    options: ExecuteOptions<Nodes, Inputs> & { readonly result: ResultBuilder<Built> },
  ): Promise<Built>;
  execute<const Name extends NameIn<Nodes>, How extends "object" = never>(
    targets: readonly Name[],
    options?: ExecuteOptions<Nodes, Inputs, How>,
  ): Promise<ResultOf<[How] extends [never] ? Result : How, { [Each in Name]: Nodes[Each] }>>;
  async execute(targets: readonly string[], options: ExecuteOptions<Nodes, Inputs> = {}): Promise<unknown> {
    // A thread loads a script again for its functions: the first evaluation of it runs them.
    if (isHeldBack()) return new Promise(() => {});
    return (this.#of ?? this).#underWay.during((givenUp) => this.#execute(targets, alsoCancelledBy(givenUp, options)));
  }

  async #execute(targets: readonly string[], options: ExecuteOptions<Nodes, Inputs>): Promise<unknown> {
    const wanted = this.#wanted(targets, options);
    const build = options.result === undefined ? this.#parts.result : builderOf(options.result, "`result`");
    const workspace = await this.#opened();
    const { runGraph } = await import("../../../run/run.ts");
    const processors = (await import("node:os")).availableParallelism();
    const { jobs = this.#parts.jobs, keepGoing, signal, onEvent = this.#warn } = options;
    const call = KnownCall.of(this.#parts, wanted, targets, workspace);
    const traced = this.#cache?.trace(wanted, targets, workspace, onEvent, this.#parts, call);
    const sink = traced?.sink ?? onEvent;
    const { dataflow, hooks } = this.#parts;
    const { HookedRun } = hooks ? await import("../hooks/hooked-run.ts") : {};
    const hooked = hooks && HookedRun && new HookedRun(hooks, dataflow, wanted, targets);
    const run = runGraph(workspace, () => wanted.graph, {
      targets,
      values: true,
      ...(this.#parts.behaviors.isOff ? { cache: "off" } : {}),
      recompute: call ? [] : this.#parts.behaviors.recomputed(wanted.needed),
      jobs: jobs ?? Math.max(leastJobs, processors),
      pools: { [threadPool]: jobs ?? processors },
      ...(keepGoing === undefined ? {} : { keepGoing }),
      ...(signal === undefined ? {} : { signal }),
      onEvent: sink,
      recalls: true,
      tellsEach: options.onEvent !== undefined || traced?.isLogged === true,
      ...(call ? { call } : {}),
      ...(traced ? { onPrepared: traced.onPrepared } : {}),
      ...(hooked ? { hooks: hooked.hooks } : {}),
    }).finally(() => traced?.end());
    const outcome = await (hooked ? hooked.complete(run) : run);
    traced?.ended(outcome);
    const failed = failureOfRun(wanted, outcome);
    if (failed) throw new SluiceError(failed);
    const values = Object.fromEntries(targets.map((name) => [name, outcome.value(name)]));
    return build ? build(values) : values;
  }

  /**
   * Brings targets up to date and writes them: to files, to tables, or by functions. What is written is reused while it is there and
   * unchanged, as of any saver.
   * @throws SluiceError as `execute` does; `duplicate-name` for an id that is the name of a node
   */
  async materialize<
    const Materializers extends readonly Materializer<string, NameIn<Nodes>>[],
    const Name extends NameIn<Nodes> = never,
  >(
    materializers: Materializers,
    { additionalTargets = [], ...options }: MaterializeOptions<Nodes, Inputs, Name> = {},
  ): Promise<Materialized<Nodes, Materializers, Name>> {
    const driver = this.#with(materializers);
    const ids = materializers.map(({ id }) => id);
    const all = await driver.execute([...ids, ...additionalTargets], { ...options, result: "object" });
    const some = (names: readonly string[]): object => Object.fromEntries(names.map((name) => [name, all[name]]));
    return { saved: some(ids), values: some(additionalTargets) } as Materialized<Nodes, Materializers, Name>;
  }

  /** Checks a call of `materialize` without running anything. @throws SluiceError as `materialize` does before anything runs */
  validateMaterialization<const Name extends NameIn<Nodes> = never>(
    materializers: readonly Materializer<string, NameIn<Nodes>>[],
    { additionalTargets = [], ...options }: MaterializeOptions<Nodes, Inputs, Name> = {},
  ): void {
    this.#with(materializers).#wanted([...materializers.map(({ id }) => id), ...additionalTargets], options);
  }

  /** This driver with more nodes, for one call. */
  #with(materializers: readonly Materializer[]): Driver<Record<string, unknown>, Inputs> {
    if (!Array.isArray(materializers))
      fail("usage", "materialize() needs an array of what to.json() and its like give");
    const { dataflow, cache, root } = this.#parts;
    const flow = new Dataflow(withMaterializers(dataflow.nodes, materializers, root));
    const parts = { ...this.#parts, dataflow: flow, behaviors: new Behaviors(flow, cache) };
    return new Driver(parts, this as unknown as Driver<never, never, ResultKind>);
  }

  /**
   * Checks a call of `execute` without running anything.
   * @throws SluiceError as `execute` does before anything runs
   */
  validateExecution(
    targets: readonly NameIn<Nodes>[],
    options: Pick<ExecuteOptions<Nodes, Inputs>, "inputs" | "overrides"> = {},
  ): void {
    this.#wanted(targets, options);
  }

  /**
   * Checks how the nodes are wired, without running any: whether each parameter takes what the node that it names gives, as TypeScript
   * sees their types; and whether inputs are missing or read by nobody, where `withInputs` or `inputs` tell what there is. What
   * nobody knows the type of is not held against it. All that is wrong is told at once.
   * @param options.inputs the inputs of a run, or their names
   * @throws SluiceError `usage` where the project has no TypeScript of version 5 or 6, with what to install
   */
  async validate(options: { readonly inputs?: object | readonly string[] } = {}): Promise<WiringReport> {
    checkNames(options, ["inputs"]);
    const { inputs } = options;
    const { checkWiring } = await import("../wiring/check-wiring.ts");
    const { root, given } = this.#parts;
    const names = Array.isArray(inputs) ? (inputs as readonly string[]) : inputs && Object.keys(inputs);
    return checkWiring(root, given, names ? { inputs: names } : {});
  }

  /**
   * The nodes and inputs that there are, in topological order.
   * @param filter.tags only those that have all of these tags, with one of the given values where a list of values is given
   */
  listAvailableVariables(filter: { readonly tags?: Tags } = {}): readonly Variable[] {
    checkNames(filter, ["tags"]);
    return variables(this.#parts.dataflow, filter.tags);
  }

  /** These nodes and all that they need, in topological order. @throws SluiceError `unknown-node` */
  upstreamOf(...names: readonly string[]): readonly Variable[] {
    return upstream(this.#parts.dataflow, names);
  }

  /** These nodes or inputs and all that needs them, in topological order. @throws SluiceError `unknown-node` */
  downstreamOf(...names: readonly string[]): readonly Variable[] {
    return downstream(this.#parts.dataflow, names);
  }

  /**
   * All that lies on a way from one node or input to another, with both, in topological order.
   * @throws SluiceError `unknown-node`; `usage` where there is no way
   */
  pathBetween(from: string, to: string): readonly Variable[] {
    return pathsBetween(this.#parts.dataflow, from, to);
  }

  /** A call of `execute` as data that JSON can carry: its nodes with what each of them reads. @throws SluiceError as `execute` does */
  exportExecution(
    targets: readonly NameIn<Nodes>[],
    options: Pick<ExecuteOptions<Nodes, Inputs>, "inputs" | "overrides"> = {},
  ): ExportedExecution {
    return exportOf(this.#parts.dataflow, this.#wanted(targets, options), targets);
  }

  /**
   * A picture of the dataflow, or of what is upstream or downstream of some nodes.
   * @throws SluiceError `unknown-node`, `usage`, `unsupported-format` where PNG cannot be made on this machine
   * @example await driver.visualize({ upstreamOf: ["report"], path: "report.svg" });
   */
  async visualize<const Options extends VisualizeOptions = VisualizeOptions>(
    options: Options = {} as Options,
  ): Promise<Drawn<Options>> {
    return (await import("../pictures/visualize.ts")).visualize(this.#parts, options);
  }

  /**
   * A picture of a call of `execute`: of what it needs, with what it is given; with a cache, of what would run and what is reused.
   * @throws SluiceError as `execute` does before anything runs, and as `visualize`
   */
  async visualizeExecution<
    const Options extends VisualizeExecutionOptions & Pick<ExecuteOptions<Nodes, Inputs>, "inputs" | "overrides">,
  >(targets: readonly NameIn<Nodes>[], options: Options = {} as Options): Promise<Drawn<Options>> {
    const { pictureOptions, visualizeExecution } = await import("../pictures/visualize.ts");
    checkNames(options, [...pictureOptions, "plan", "inputs", "overrides"]);
    const { inputs, overrides, ...how } = options;
    const wanted = this.#wanted(targets, { ...(inputs ? { inputs } : {}), ...(overrides ? { overrides } : {}) });
    const drawn = visualizeExecution(
      this.#parts,
      wanted,
      targets,
      () => this.#opened(),
      how as VisualizeExecutionOptions,
    );
    return drawn as Promise<Drawn<Options>>;
  }

  /**
   * A picture of a call of `materialize`, as `visualizeExecution` draws one of `execute`.
   * @throws SluiceError as `materialize` does before anything runs, and as `visualize`
   */
  async visualizeMaterialization<
    const Options extends VisualizeExecutionOptions &
      Pick<MaterializeOptions<Nodes, Inputs, NameIn<Nodes>>, "inputs" | "overrides" | "additionalTargets">,
  >(
    materializers: readonly Materializer<string, NameIn<Nodes>>[],
    options: Options = {} as Options,
  ): Promise<Drawn<Options>> {
    const { additionalTargets = [], ...how } = options;
    const targets = [...materializers.map(({ id }) => id), ...additionalTargets];
    return this.#with(materializers).visualizeExecution(targets, how as Options);
  }

  /** A picture of all that lies on a way from one node or input to another. @throws SluiceError as `pathBetween`, and as `visualize` */
  async visualizePathBetween<const Options extends PictureOptions = PictureOptions>(
    from: string,
    to: string,
    options: Options = {} as Options,
  ): Promise<Drawn<Options>> {
    return (await import("../pictures/visualize.ts")).visualizePathBetween(this.#parts, from, to, options);
  }

  /**
   * Waits for runs that are under way. Idempotent. What handles of files and rows led to is gone afterwards.
   * @throws SluiceError `usage` in a node that is under way, which would wait for itself
   */
  async close(): Promise<void> {
    await this.#underWay.ended("driver", () => {
      this.#closed = true;
    });
    await this.#closeStore();
  }

  async #closeStore(): Promise<void> {
    const workspace = this.#workspace;
    this.#workspace = undefined;
    this.#callOff();
    const opened = await workspace?.catch(() => undefined);
    await opened?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Who does not listen is told what a person should know. */
  readonly #warn = (event: RunEvent): void => {
    if (event.type === "warning") (this.#parts.cache?.onWarning ?? warnProcess)(event.failure);
  };

  #wanted(targets: readonly string[], options: ExecuteOptions<Nodes, Inputs, unknown>): RunGraph {
    checkRunOptions(options, executeOptions);
    if (!Array.isArray(targets) || !targets.every((target) => typeof target === "string")) {
      fail("usage", "the targets must be an array of names of nodes");
    }
    if (targets.length === 0) fail("usage", "there is nothing to execute", { hint: "name the nodes that you want" });
    const { dataflow, behaviors, config, cache, executors, given } = this.#parts;
    const inputs = (options.inputs ?? {}) as Readonly<Record<string, unknown>>;
    const overrides = (options.overrides ?? {}) as Readonly<Record<string, unknown>>;
    const graph = graphOfRun(dataflow, behaviors, {
      targets,
      inputs,
      overrides,
      config,
      executors,
      format: cache?.format,
      modules: given.modules,
    });
    if (this.#parts.hooks) checkGiven(this.#parts.hooks, graph);
    return graph;
  }

  #opened(): Promise<Workspace> {
    if (this.#of) return this.#of.#opened();
    if (this.#closed) fail("usage", "this driver is closed", { hint: "build another one" });
    this.#workspace ??= this.#open().catch((error: unknown) => {
      // The next call tries again: what was wrong may have been put right.
      this.#workspace = undefined;
      throw error;
    });
    return this.#workspace;
  }

  async #open(): Promise<Workspace> {
    const { root, cache, dataflow, executors } = this.#parts;
    // By then nothing is under way that would ever end.
    this.#callOff = closeAtEnd({ close: () => this.#closeStore() });
    if (!cache) {
      const { openMemoryStore, openUncached } = await import("../../../run/open-memory.ts");
      // A thread knows functions by their versions.
      if (!mayUseThreads(dataflow.nodes.values(), executors)) return openUncached(root);
      return (await import("../../../run/open.ts")).withAnalyser(openMemoryStore(root));
    }
    const { openDriverStore } = await import("../caching/driver-store.ts");
    const cacheDir = cache.path === undefined ? undefined : path.resolve(root, cache.path);
    return openDriverStore({ root, cacheDir, onWarning: cache.onWarning ?? warnProcess }, cache);
  }
}

const executeOptions = ["inputs", "overrides", "result", "jobs", "keepGoing", "signal", "onEvent"];
