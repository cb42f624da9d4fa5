import type { EventSink, RunEvent } from "../../../core/event.ts";
import { fail } from "../../../core/failure.ts";
import { givenVersion } from "../../../core/given-version.ts";
import type { Behaviour } from "../../../core/node.ts";
import { isStage } from "../../../core/node.ts";
import type { Explanation } from "../../../run/explain/explanation.ts";
import type { Facts } from "../../../run/prepare.ts";
import type { RunOutcome } from "../../../run/run-outcome.ts";
import type { Workspace } from "../../../run/workspace.ts";
import { checkNames } from "../../project.ts";
import type { Behaviors } from "../driver/behaviors.ts";
import type { KnownCall } from "../driver/known-call.ts";
import type { GivenValues, RunGraph } from "../driver/run-graph.ts";
import type { Dataflow } from "../graph/dataflow.ts";
import { isJoined } from "../graph/flow-node.ts";
import type { Drawn } from "../pictures/draw-flow.ts";
import type { ViewRunOptions } from "../pictures/view-run.ts";
import type { NodeEvents, TaskRun } from "./branch-tasks.ts";
import type { CacheOptions } from "./cache-options.ts";
import type { CachingEvent, LogLevel } from "./caching-event.ts";
import { levelOf } from "./caching-event.ts";
import { EventLog } from "./event-log.ts";
import { type KnownNodes, LiveRun } from "./live-run.ts";
import { type DriverRun, keepFacts, readRun } from "./past-run.ts";
import { isTraced, RunTrace, reusedAll, type TracedEvent } from "./run-trace.ts";
import { checkDigest, MetadataView, ResultView } from "./store-views.ts";

/** How many runs of this process are at hand with their events; earlier ones are read from the store. */
const mostRuns = 20;
/** The most events of them all. */
const mostEvents = 200_000;
/** How many ids are kept: as many runs as a store remembers. */
const mostIds = 1000;

/** What the cache of a driver is made of. */
export interface CacheParts {
  readonly dataflow: Dataflow;
  readonly behaviors: Behaviors;
  readonly options: CacheOptions;
  readonly open: () => Promise<Workspace>;
  /** What a node needs, where inputs may be missing. */
  readonly graphOf: (name: string, given: Partial<GivenValues>) => RunGraph;
}

/** Keys, versions and events of runs, by node. */
type ByNode<T> = Readonly<Record<string, T>>;

interface LogOptions {
  readonly level?: LogLevel;
}

/** Runs are named by their ids, or the start of them; or by `last`, `previous`, `last~2`. */
export interface WhyOptions {
  /** What this run did; the last of this driver unless given, before that the last in the store. */
  readonly runId?: string;
  /** Compare with the result of that run; with the earlier result that is nearest unless given. */
  readonly against?: string;
}

/** What decodes of a key. */
export interface DecodedKey {
  readonly nodeName: string;
  readonly codeVersion: string;
  /** The data versions of what the node read, by what its function calls them. */
  readonly dependenciesDataVersions: ByNode<string>;
  /** The nodes and inputs that gave them, by the same names; those that are plain values are not there. */
  readonly dependencies: ByNode<string>;
}

/**
 * What the cache of a driver did and holds. The properties tell of the run of this driver that began last; `run` and `logs` tell of any
 * run that the store remembers, in whichever process it was.
 */
export class DriverCache {
  readonly #parts: CacheParts;
  readonly #runIds: string[] = [];
  readonly #live = new Map<string, LiveRun>();

  /** @internal */
  constructor(parts: CacheParts) {
    this.#parts = parts;
  }

  /** The runs of this driver, oldest first; the last 1000. */
  get runIds(): readonly string[] {
    return [...this.#runIds];
  }

  /** The run that began last; undefined before the first. */
  get lastRunId(): string | undefined {
    return this.#runIds.at(-1);
  }

  /** By node and input, in the run that began last. Nodes that are ignored have none. */
  get dataVersions(): ByNode<string> {
    return { ...this.#last?.dataVersions };
  }

  get codeVersions(): ByNode<string> {
    return { ...this.#last?.codeVersions };
  }

  get cacheKeys(): ByNode<string> {
    return { ...this.#last?.cacheKeys };
  }

  get behaviors(): ByNode<Behaviour> {
    return { ...this.#last?.behaviors };
  }

  get #last(): DriverRun | undefined {
    return this.#live.get(this.lastRunId ?? "")?.details;
  }

  /**
   * What is known of a run, of this driver or of any other with the same store.
   * @throws SluiceError `unknown-run`
   */
  async run(runId: string): Promise<DriverRun> {
    return this.#live.get(runId)?.details ?? (await readRun(await this.#parts.open(), runId)).details;
  }

  /**
   * Events: of one run by node, or of each run of this driver. `info` (unless told) are results that were reused, nodes that ran, and
   * failures; `debug` is all of them. With `byTask`, those of nodes that run once for each item are by task. Of runs of earlier processes the times are those of the records.
   * @throws SluiceError `unknown-run`
   */
  logs(options: LogOptions & { readonly runId: string; readonly byTask: true }): Promise<ByNode<NodeEvents>>;
  logs(options: LogOptions & { readonly runId: string }): Promise<ByNode<readonly CachingEvent[]>>;
  logs(options?: LogOptions): Promise<ByNode<readonly CachingEvent[]>>;
  async logs({
    level = "info",
    runId,
    byTask = false,
  }: LogOptions & { readonly runId?: string; readonly byTask?: boolean } = {}): Promise<ByNode<NodeEvents>> {
    if (level !== "info" && level !== "debug") fail("usage", 'the level of logs() must be "info" or "debug"');
    const isWanted = (event: CachingEvent): boolean => level === "debug" || levelOf(event) === "info";
    if (runId !== undefined) {
      const events = (await this.#eventsOf(runId)).filter(isWanted);
      const byNode = Object.fromEntries(Map.groupBy(events, ({ nodeName }) => nodeName));
      return byTask ? (await import("./branch-tasks.ts")).eventsByTask(byNode) : byNode;
    }
    const all: Record<string, readonly CachingEvent[]> = {};
    for (const id of this.#runIds) all[id] = (await this.#eventsOf(id)).filter(isWanted);
    return all;
  }

  /**
   * A picture of a run: what was reused is outlined, what ran is filled, what failed is marked; of the last run of this driver, or of
   * any that the store remembers, in whichever process it was.
   * @throws SluiceError `unknown-run` for one that is not there, or that has not ended; `usage`, `unsupported-format` where PNG cannot
   *   be made on this machine
   * @example await driver.cache?.viewRun({ path: "run.png" });
   */
  async viewRun<const Options extends ViewRunOptions = ViewRunOptions>(
    options: Options = {} as Options,
  ): Promise<Drawn<Options>> {
    const { viewRun } = await import("../pictures/view-run.ts");
    return viewRun(await this.#parts.open(), this.#parts.dataflow, this.lastRunId, options);
  }

  async #eventsOf(runId: string): Promise<readonly CachingEvent[]> {
    const live = this.#live.get(runId);
    if (!live) return (await readRun(await this.#parts.open(), runId)).events();
    const { trace, nodes, startedAt, events } = live;
    const told = trace.begin(nodes, startedAt);
    for (const event of events) {
      told.push(...trace.of(event));
      if (isReusedBranch(trace, event)) told.push(...(await this.#reusedItems(trace, event)));
    }
    return told;
  }

  /** Of a list that was reused as a whole, nobody has looked at the items. */
  async #reusedItems(trace: RunTrace, event: NodeEnd): Promise<readonly CachingEvent[]> {
    const { itemsUnder } = await import("./branch-tasks.ts");
    return reusedAll(event, await itemsUnder(await this.#parts.open(), event.key)).flatMap((item) => trace.of(item));
  }

  /**
   * What became of each run of the nodes in branches, by node and by task (`file.0`; `year.2.file.0` in a branch inside a branch): in
   * the run that began last unless told.
   * @throws SluiceError `unknown-run`
   */
  async tasks(runId: string | undefined = this.lastRunId): Promise<ByNode<ByNode<TaskRun>>> {
    if (runId === undefined) return {};
    const events = await this.#eventsOf(runId);
    return (await import("./branch-tasks.ts")).tasksIn(events);
  }

  /**
   * Why a node ran, or was reused: what of its code and its inputs was another than in the earlier result that is nearest, or than in the
   * run `against`; in the run that began last unless told.
   * @throws SluiceError `unknown-node` where it was not part of the run, `unknown-run`, `usage`
   * @example
   * ```ts
   * const { status, reasons, code } = await driver.cache.why("report");
   * ```
   */
  async why(name: string, options: WhyOptions = {}): Promise<Explanation> {
    checkNames(options, ["runId", "against"]);
    const { runId = this.lastRunId ?? "last", against } = options;
    const { explainPast } = await import("../../../run/explain/explain.ts");
    return explainPast(await this.#parts.open(), name, { run: runId, ...(against === undefined ? {} : { against }) });
  }

  /** The data version of a value. @throws SluiceError `unversionable` */
  versionData(value: unknown): string {
    return givenVersion("it", "the value", value);
  }

  /**
   * The code version of a node as it is now: the one that is in its key. Where classes are registered, those of instances that are
   * given as inputs or overrides count for what reads these; so give them as to `execute`. No other input need be given.
   * @throws SluiceError `unknown-node`, `unknown-parameter`, `usage`, `captured-variable`
   */
  async versionCode(name: string, given: Partial<GivenValues> = {}): Promise<string> {
    const { dataflow, graphOf, open } = this.#parts;
    dataflow.find(name);
    const node = dataflow.nodes.get(name);
    if (!node) return fail("unknown-node", `"${name}" is an input, which has no code`, { node: name });
    if (isJoined(node)) fail("usage", `"${name}" is a node of a pipeline: ask that for its version`, { node: name });
    const { graph } = graphOf(name, given);
    const found = graph.get(name)!;
    const { definition } = found;
    if (!isStage(definition)) return fail("usage", `"${name}" is overridden, and has no code`, { node: name });
    const { codeInGraph } = await import("../../../run/code-in-graph.ts");
    return codeInGraph(await open(), graph, found, definition);
  }

  /** What a key was made of; undefined where there is no result under it. @throws SluiceError `usage` for what is no text */
  async decodeKey(key: string): Promise<DecodedKey | undefined> {
    checkDigest("decodeKey() needs a key", key);
    const record = await (await this.#parts.open()).metadata.getResult(key);
    if (!record) return undefined;
    const { node, kind, codeVersion, inputs } = record;
    return {
      // The results of items are kept under a name of their own.
      nodeName: kind === "map" ? node.replace(/\[\]$/, "") : node,
      codeVersion,
      dependenciesDataVersions: Object.fromEntries(inputs.map(({ name, version }) => [name, version])),
      dependencies: Object.fromEntries(inputs.flatMap((input) => (input.node ? [[input.name, input.node]] : []))),
    };
  }

  /** The records: by key, and of runs. */
  get metadataStore(): MetadataView {
    return new MetadataView(this.#parts.open);
  }

  /** The values, by data version. */
  get resultStore(): ResultView {
    return new ResultView(this.#parts.open);
  }

  /** @internal Follows a run that is about to begin. */
  trace(
    run: RunGraph,
    targets: readonly string[],
    workspace: Workspace,
    onEvent: EventSink | undefined,
    { dataflow, behaviors }: Pick<CacheParts, "dataflow" | "behaviors">,
    call: KnownCall | undefined,
  ): Traced {
    const { options } = this.#parts;
    const behaviorOf = (name: string): Behaviour => behaviors.of(name);
    const branchOf = (name: string): readonly string[] | undefined => dataflow.branches.get(name)?.path;
    const facts = { targets, inputs: run.inputs, overrides: run.overrides, behaviorOf, branchOf };
    const pending: Promise<void>[] = [];
    const log = new EventLog(options, workspace);
    let known: Facts | undefined;
    let live: LiveRun | undefined;
    const sink = (event: RunEvent): void => {
      if (event.type === "run-started") {
        const { runId, time } = event;
        const codeVersions = known ? codeIn(known) : call!.codeVersions();
        const find = (): KnownNodes => {
          return { names: run.graph.nodes.map(({ name }) => name), codeVersions: codeVersions() };
        };
        live = new LiveRun(new RunTrace(runId, facts), time, event.nodes, find);
        this.#begin(live);
        // Of a run that is known by its call, nothing is told that is not so of each.
        keepFacts(workspace, runId, known ? live.details : undefined, facts);
        if (log.isWanted) log.write(live.trace.begin(live.nodes, time));
      } else if (live && isTraced(event)) {
        live.follow(event);
        if (log.isWanted) log.write(live.trace.of(event));
        if (log.isWanted && isReusedBranch(live.trace, event))
          pending.push(this.#reusedItems(live.trace, event).then((events) => log.write(events)));
      } else if (event.type === "all-reused") live?.recallAt(event.time);
      onEvent?.(event);
    };
    return {
      sink,
      isLogged: log.isWanted,
      onPrepared: (prepared) => {
        known = prepared;
      },
      ended: (outcome) => live?.end(() => outcome.nodes),
      end: async () => {
        try {
          await Promise.all(pending);
          if (live && !live.isRecalled) await keepUnrecorded(workspace, live);
        } finally {
          log.close();
          this.#forget();
        }
      },
    };
  }

  #begin(live: LiveRun): void {
    const { runId } = live.trace;
    this.#live.set(runId, live);
    this.#runIds.push(runId);
    if (this.#runIds.length > mostIds) this.#runIds.shift();
  }

  /** What a process holds does not grow with the number of its runs. */
  #forget(): void {
    let events = 0;
    let runs = 0;
    for (const [id, live] of [...this.#live].reverse()) {
      events += live.size;
      runs += 1;
      if (id !== this.lastRunId && (runs > mostRuns || events > mostEvents)) this.#live.delete(id);
    }
  }
}

interface Traced {
  readonly sink: EventSink;
  /** Whether a logger or a file is told of each node. */
  readonly isLogged: boolean;
  readonly onPrepared: (facts: Facts) => void;
  /** Told of the end, which says how the nodes of a recalled run ended. */
  readonly ended: (outcome: Pick<RunOutcome, "nodes">) => void;
  readonly end: () => Promise<void>;
}

/** The versions of the code of a run's nodes. */
function codeIn({ stages }: Facts): () => Record<string, string> {
  const versions: Record<string, string> = {};
  for (const [{ name }, { codeVersion }] of stages) versions[name] = codeVersion;
  return () => versions;
}

type NodeEnd = Extract<TracedEvent, { type: "node-finished" }>;

function isReusedBranch(trace: RunTrace, event: TracedEvent): event is NodeEnd {
  return event.type === "node-finished" && event.status === "hit" && trace.isInBranch(event.node);
}

/** Of items whose list is not recorded, no record tells. */
async function keepUnrecorded(workspace: Workspace, { trace, events, details, nodes }: LiveRun): Promise<void> {
  const branches = nodes.filter((node) => trace.isInBranch(node));
  if (branches.length === 0) return;
  const recorded = new Set(
    events.flatMap((event) =>
      event.type === "node-finished" && event.dataVersion !== undefined && event.unrecorded === undefined
        ? [event.node]
        : [],
    ),
  );
  const isUntold = (node: string): boolean => {
    const behavior = details.behaviors[node];
    return !recorded.has(node) || behavior === "disable" || behavior === "ignore";
  };
  const untold = new Set(branches.filter(isUntold));
  if (untold.size === 0) return;
  const items = events.filter(({ type, node }) => type.startsWith("item-") && untold.has(node));
  (await import("./branch-tasks.ts")).keepTasks(workspace, trace.runId, items);
}
