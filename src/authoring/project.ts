import type { EventSink, NodeOutcome, RunStatus } from "../core/event.ts";
import { type Failure, fail, SluiceError } from "../core/failure.ts";
import { nearest } from "../core/graph.ts";
import type { CacheMode, Node } from "../core/node.ts";
import { isHeldBack } from "../core/reload.ts";
import type { RunRecord } from "../metadata/metadata.ts";
import type { Plan, PlanOptions } from "../run/plan.ts";
import type { Workspace } from "../run/workspace.ts";
import { isRecord, kindOf } from "./declaration.ts";
import { type NamedTargets, nameTargets, type Targets, type TargetValues } from "./targets.ts";
import { alsoCancelledBy, UnderWay } from "./under-way.ts";

/** How to plan from code. */
export interface PlanSettings {
  /** Values of parameters, by node name. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** `rw` unless given: read and write. `ro` never writes, `wo` always runs and writes, `off` neither reads nor writes. */
  readonly cache?: CacheMode;
  /** Nodes (or their names) that run whatever the cache holds. */
  readonly recompute?: readonly (Node | string)[];
}

/** How to run from code. */
export interface RunOptions extends PlanSettings {
  /** How many stages may run at once; as many as the machine has processors unless given. */
  readonly jobs?: number;
  /** Whether a failure stops only what depends on it; false unless given: then nothing new starts. */
  readonly keepGoing?: boolean;
  /** Cancels the run. */
  readonly signal?: AbortSignal;
  /** How many stages of each named pool may run at once. */
  readonly pools?: Readonly<Record<string, number>>;
  /** Told of everything that happens, in order. */
  readonly onEvent?: EventSink;
}

interface Ended {
  readonly runId: string;
  /** Milliseconds. */
  readonly durationMs: number;
  /** Milliseconds that the work behind the reused results took when it was done. */
  readonly savedMs: number;
  /** How each node ended, by name. */
  readonly nodes: ReadonlyMap<string, NodeOutcome>;
  /** Why nodes failed, in topological order. */
  readonly failures: readonly Failure[];
}

/** How a run ended; it has values if it is `ok`. */
export type RunResult<Values> =
  | (Ended & { readonly status: "ok"; readonly values: Values })
  | (Ended & { readonly status: Exclude<RunStatus, "ok">; readonly values?: undefined });

/**
 * A project that is worked with from code. It is opened at the first call; close it with `close()` or `await using`.
 *
 * @example
 * ```ts
 * import { open, param, stage } from "sluice";
 *
 * const topN = param(5);
 * const report = stage({ topN }, ({ topN }) => `top ${topN}`);
 *
 * await using project = open();
 * const { report: text } = await project.run({ report }, { params: { topN: 3 } });
 * console.log(text.length, await project.run(report));
 * ```
 */
export interface Project extends AsyncDisposable {
  /** Absolute path that names of files are relative to. */
  readonly root: string;
  /**
   * Brings targets up to date and gives their values, in the shape of the targets.
   * @throws SluiceError the first failure when a node failed, `cancelled`, or what is wrong with the call or the pipeline
   */
  run<const T extends Targets>(targets: T, options?: RunOptions): Promise<TargetValues<T>>;
  /**
   * Like `run`, but a node that fails is in the result, not thrown.
   * @throws SluiceError what is wrong with the call or the pipeline
   */
  tryRun<const T extends Targets>(targets: T, options?: RunOptions): Promise<RunResult<TargetValues<T>>>;
  /**
   * What a run would do, and why. Loads no value and changes nothing.
   * @throws SluiceError what is wrong with the call or the pipeline
   */
  plan(targets: Targets, options?: PlanSettings): Promise<Plan>;
  /** The runs that are remembered, newest first; at most 100 unless given. */
  runs(limit?: number): Promise<readonly RunRecord[]>;
  /**
   * Waits for what is under way. Idempotent. Files of the store that handles have led to are gone afterwards.
   * @throws SluiceError `usage` in a stage that is under way, which would wait for itself
   */
  close(): Promise<void>;
}

/** A project whose workspace is opened by the first call that needs it. */
export class LazyProject implements Project {
  readonly root: string;
  readonly #openWorkspace: () => Promise<Workspace>;
  #workspace: Promise<Workspace> | undefined;
  #closed = false;
  readonly #underWay = new UnderWay();

  constructor(root: string, openWorkspace: () => Promise<Workspace>) {
    this.root = root;
    this.#openWorkspace = openWorkspace;
  }

  async run<const T extends Targets>(targets: T, options?: RunOptions): Promise<TargetValues<T>> {
    const result = await this.tryRun(targets, options);
    if (result.status === "ok") return result.values;
    const [first] = result.failures;
    if (first) throw new SluiceError(first);
    return fail("cancelled", "the run was cancelled");
  }

  tryRun<const T extends Targets>(targets: T, options: RunOptions = {}): Promise<RunResult<TargetValues<T>>> {
    return this.#underWay.during((givenUp) => this.#tryRun(targets, alsoCancelledBy(givenUp, options)));
  }

  async #tryRun<const T extends Targets>(targets: T, options: RunOptions): Promise<RunResult<TargetValues<T>>> {
    checkRunOptions(options);
    const workspace = await this.#opened();
    const named = nameIn(workspace, targets);
    const { runGraph } = await import("../run/run.ts");
    const { recompute: _, ...how } = options;
    const outcome = await runGraph(workspace, named.graph, {
      ...how,
      ...planOptions(named, options),
      values: true,
      recalls: true,
      tellsEach: options.onEvent !== undefined,
    });
    const { runId, status, durationMs, savedMs, nodes } = outcome;
    const failures = [...nodes.values()].flatMap((node) =>
      node.status === "failed" && node.failure ? [node.failure] : [],
    );
    const ended = { runId, durationMs, savedMs, nodes, failures };
    if (status !== "ok") return { ...ended, status };
    return { ...ended, status, values: named.shape((name) => outcome.value(name)) as TargetValues<T> };
  }

  plan(targets: Targets, options: PlanSettings = {}): Promise<Plan> {
    return this.#underWay.during(() => this.#plan(targets, options));
  }

  async #plan(targets: Targets, options: PlanSettings): Promise<Plan> {
    checkNames(options, planSettings);
    const workspace = await this.#opened();
    const named = nameIn(workspace, targets);
    const { planGraph } = await import("../run/plan.ts");
    return planGraph(workspace, named.graph, planOptions(named, options));
  }

  async runs(limit = 100): Promise<readonly RunRecord[]> {
    return (await this.#opened()).metadata.runs(limit);
  }

  async close(): Promise<void> {
    await this.#underWay.ended("project", () => {
      this.#closed = true;
    });
    await this.closeNow();
  }

  /** @internal At the end of a program, when nothing that is under way will ever end. */
  async closeNow(): Promise<void> {
    this.#closed = true;
    const workspace = this.#workspace;
    this.#workspace = undefined;
    // One that could not be opened has been said to be so, and has nothing to close.
    const opened = await workspace?.catch(() => undefined);
    await opened?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #opened(): Promise<Workspace> {
    if (isHeldBack()) return new Promise(() => {});
    if (this.#closed) fail("usage", "this project is closed", { hint: "open() it again" });
    this.#workspace ??= this.#openWorkspace().catch((error: unknown) => {
      // The next call tries again: what was wrong may have been put right.
      this.#workspace = undefined;
      throw error;
    });
    return this.#workspace;
  }
}

function nameIn(workspace: Workspace, targets: Targets): NamedTargets {
  return nameTargets(targets, (frame) => workspace.analyser.originalPlace(frame));
}

function planOptions(named: NamedTargets, { params, cache, recompute }: PlanSettings): PlanOptions {
  const again = recompute?.map((node) => (typeof node === "string" ? node : (named.nameOf(node) ?? notRead())));
  return {
    targets: named.names,
    ...(params === undefined ? {} : { params }),
    ...(cache === undefined ? {} : { cache }),
    ...(again === undefined ? {} : { recompute: again }),
  };
}

function notRead(): never {
  return fail("unknown-node", "a node to recompute is none that the targets read");
}

const planSettings = ["params", "cache", "recompute"];
const runOptions = [...planSettings, "jobs", "keepGoing", "signal", "pools", "onEvent"];

/** @throws SluiceError `usage` for an option that does not exist: passing over it would do something else than was asked */
export function checkNames(options: unknown, known: readonly string[]): void {
  if (!isRecord(options)) fail("usage", `options must be an object, not ${kindOf(options)}`);
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    const hint = near ? `did you mean "${near}"?` : `the options are ${known.join(", ")}`;
    fail("usage", `there is no option "${name}"`, { hint });
  }
}

/** Checks the options of a run as {@link checkNames} does, and what is only called or asked while it runs. @throws SluiceError `usage` */
export function checkRunOptions(
  options: Pick<RunOptions, "onEvent" | "keepGoing">,
  known: readonly string[] = runOptions,
): void {
  checkNames(options, known);
  const { onEvent, keepGoing } = options;
  if (onEvent !== undefined && typeof onEvent !== "function")
    fail("usage", `\`onEvent\` must be a function, not ${kindOf(onEvent)}`);
  if (keepGoing !== undefined && typeof keepGoing !== "boolean")
    fail("usage", `\`keepGoing\` must be true or false, not ${kindOf(keepGoing)}`);
}
