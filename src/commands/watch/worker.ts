import { existsSync } from "node:fs";
import path from "node:path";
import type { LoadRecord } from "../../analyse/load-watch/load-record.ts";
import { watchLoad } from "../../analyse/load-watch/load-watch.ts";
import { loadPipeline } from "../../authoring/pipeline.ts";
import type { Digest } from "../../core/digest.ts";
import { type Failure, failureOf } from "../../core/failure.ts";
import type { Graph, GraphNode } from "../../core/graph.ts";
import { isStage } from "../../core/node.ts";
import type { OutsidePath } from "../../core/record.ts";
import { runText } from "../../report/json.ts";
import { digestOf } from "../../run/file-version.ts";
import { toStageLog } from "../../run/make/stage-output.ts";
import { keepNames } from "../../run/node-names.ts";
import { withAnalyser } from "../../run/open.ts";
import { openStore } from "../../run/open-store.ts";
import { type Plan, type PlanOptions, planGraph } from "../../run/plan.ts";
import { sourceContext } from "../../run/prepare.ts";
import { type RunOutcome, runGraph } from "../../run/run.ts";
import { RunControl } from "../../run/run-control.ts";
import {
  type Dependencies,
  fileDependencies,
  loadDependencies,
  lookedDependencies,
  outsideDependencies,
  programDependencies,
  sourceDependencies,
  type WatchedOutside,
} from "../../run/watch/dependencies.ts";
import { warmUp } from "../../run/watch/warm-up.ts";
import type { Workspace } from "../../run/workspace.ts";
import { planSettings } from "../settings.ts";
import type { Terminal } from "../terminal.ts";
import { type FromWorker, sendable, sendableEvent, type ToWorker, type Work, type WorkEnd } from "./messages.ts";

/** A loaded pipeline, which later runs of this process use again. */
interface Loaded {
  readonly graph: Graph;
  readonly workspace: Workspace;
  readonly load: Dependencies["load"];
}

/** One run under way. */
interface Run {
  readonly control: RunControl;
  readonly cancel: AbortController;
  begin: (underway: readonly Digest[]) => void;
}

/**
 * The other side of `sluice run --watch`: a process that loads the pipeline and runs it, as often as it is told. It lives as
 * long as the code is as it loaded it. Resolves when the process that watches is gone.
 */
export async function work(terminal: Terminal): Promise<void> {
  terminal.offerConsole(toStageLog);
  // A terminal sends them to all of its processes. What becomes of a run is for the one that watches to say.
  for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
  const worker = new Worker();
  process.on("message", (message) => worker.receive(message as ToWorker));
  const gone = new Promise<void>((resolve) => process.once("disconnect", resolve));
  process.once("SIGTERM", () => worker.receive({ type: "leave" }));
  // What is started to run at once has no time to prepare for that.
  await new Promise((resolve) => setTimeout(resolve, 0));
  worker.prepare();
  await gone;
  await worker.close();
}

class Worker {
  #loaded: Loaded | undefined;
  #workspace: Workspace | undefined;
  #run: Run | undefined;
  #work: Promise<void> = Promise.resolve();

  receive(message: ToWorker): void {
    const run = this.#run;
    switch (message.type) {
      case "start":
        this.#work = this.#work.then(() => this.#start(message.work, message.plan));
        this.#isIdle = false;
        break;
      case "begin":
        run?.begin(message.underway);
        break;
      case "drain": {
        const { wanted } = message;
        const set = new Set(wanted === "all" ? [] : wanted);
        const keys = run?.control.drain((key) => wanted === "all" || set.has(key));
        send({ type: "kept", keys: keys ?? [] });
        break;
      }
      case "leave":
        process.disconnect?.();
        break;
      case "cancel":
        run?.cancel.abort();
        run?.begin([]);
        break;
    }
  }

  /** Does ahead what can be done without the pipeline. */
  prepare(): void {
    if (this.#isIdle) this.#work = warmUp();
  }
  #isIdle = true;

  /** Cancels what runs and closes the store. */
  async close(): Promise<void> {
    this.#run?.cancel.abort();
    this.#run?.begin([]);
    await this.#work;
    await this.#workspace?.close();
  }

  async #start(work: Work, plan: boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<readonly Digest[]>();
    const run: Run = { control: new RunControl(), cancel: new AbortController(), begin: resolve };
    this.#run = run;
    let end: WorkEnd;
    // Nothing but the work keeps this process going meanwhile: if it waits for what can never happen, that shows.
    process.channel?.unref();
    try {
      end = await this.#perform(work, run, plan ? promise : undefined);
    } catch (error) {
      const failure = failureOf(error);
      if (failure) end = { kind: "failure", failure: sendable(failure) };
      else end = { kind: "bug", stack: error instanceof Error ? (error.stack ?? String(error)) : String(error) };
    }
    process.channel?.ref();
    this.#run = undefined;
    send({ type: "ended", end });
  }

  async #perform(work: Work, run: Run, turn: Promise<readonly Digest[]> | undefined): Promise<WorkEnd> {
    this.#loaded ??= await this.#load(work);
    const loaded = this.#loaded;
    const { graph, workspace } = loaded;
    // First of all: whatever is wrong with the call may be put right by an edit.
    const dependencies = await dependenciesOf(loaded, work.targets);
    send({ type: "depends", dependencies });
    const settings = await planSettings(graph, work.targets, work.options);
    if (work.options.strict) {
      const { refuseUndeclaredInputs } = await import("../../run/check/undeclared-inputs.ts");
      await refuseUndeclaredInputs(workspace, graph, settings);
    }
    let underway: readonly Digest[] = [];
    if (turn) {
      send({ type: "wants", keys: wantedKeys(await planGraph(workspace, graph, settings), graph, settings) });
      process.channel?.ref();
      underway = await turn;
      process.channel?.unref();
    }
    const warnings: Failure[] = [];
    const outcome = await runGraph(workspace, graph, {
      ...settings,
      ...(work.jobs === undefined ? {} : { jobs: work.jobs }),
      keepGoing: work.keepGoing,
      signal: run.cancel.signal,
      control: run.control,
      underway: new Set(underway),
      onEvent: (event) => {
        if (event.type === "warning") warnings.push(event.failure);
        // What was prepared by now is all of the program.
        if (event.type === "run-started")
          send({ type: "depends", dependencies: withProgram(dependencies, workspace, work) });
        send({ type: "event", event: sendableEvent(event) });
      },
    });
    const outside = await outsideRead(workspace, outcome);
    send({ type: "depends", dependencies: { ...withProgram(dependencies, workspace, work), outside } });
    // in one line
    const document = JSON.stringify(JSON.parse(runText(outcome, warnings)));
    return { kind: "outcome", status: outcome.status, document };
  }

  async #load({ file, cacheDir, limits, argv }: Work): Promise<Loaded> {
    process.argv = [...argv];
    const root = path.dirname(file);
    const store = await openStore({
      root,
      cacheDir,
      ...(limits ? { limits } : {}),
      onWarning: (warning) => send({ type: "warning", failure: sendable(warning) }),
    });
    const workspace = withAnalyser(store);
    this.#workspace = workspace;
    const digestOfFile = digestOf(store);
    let noted: LoadRecord | undefined;
    const onNotes = (record: LoadRecord): void => {
      noted = record;
    };
    const loading = (): ReturnType<typeof loadPipeline> => loadPipeline(file, { derived: store.metadata.derived });
    try {
      const { value } = await watchLoad(loading, { root, digestOfFile, onNotes });
      if (!store.metadata.readOnly) keepNames(store.metadata.derived, root, file, value.graph);
      return { graph: value.graph, workspace, load: loadDependencies(root, noted!) };
    } catch (error) {
      const load = noted ? loadDependencies(root, noted) : undefined;
      const ignore = ignoredBy(workspace);
      send({ type: "depends", dependencies: { load: failedLoad(workspace, file, load, placesOf(error)), ignore } });
      throw error;
    }
  }
}

const nothing: Dependencies["load"] = { files: [], kinds: [], facts: [] };

/** What to look at again after a load that failed: what it looked at, where it failed, what the program was made of before. */
function failedLoad(
  store: Workspace,
  file: string,
  load: Dependencies["load"] = nothing,
  places: readonly string[],
): Dependencies["load"] {
  const { root } = store;
  const before = existsSync(file) ? (programDependencies(store, file)?.contents ?? []) : [];
  const names = before.filter((_, i) => i % 2 === 0).map((name) => path.resolve(root, name));
  const files = new Set([file, ...places, ...names]);
  for (const [name] of [...load.files, ...load.kinds]) files.delete(path.resolve(root, name));
  const more = fileDependencies(root, files, digestOf(store));
  return { files: [...load.files, ...more.files], kinds: [...load.kinds, ...more.kinds], facts: load.facts };
}

/** Where a load went wrong, if that is known. */
function placesOf(error: unknown): readonly string[] {
  const file = failureOf(error)?.where?.file;
  return file !== undefined && path.isAbsolute(file) ? [file] : [];
}

function ignoredBy({ root, cacheDir }: Workspace): readonly string[] {
  return cacheDir === undefined ? [] : [path.relative(root, cacheDir)];
}

async function dependenciesOf({ graph, workspace, load }: Loaded, targets: readonly string[]): Promise<Dependencies> {
  const { root } = workspace;
  const context = sourceContext(workspace, graph, new Map());
  const nodes = neededNodes(graph, targets);
  return {
    load,
    sources: await sourceDependencies(nodes, context),
    looked: lookedDependencies(workspace, nodes) ?? [],
    ignore: (context.ignore ?? []).map((each) => path.relative(root, each)),
  };
}

/** All of them where a target is not there: it may have been renamed, and come back. */
function neededNodes(graph: Graph, targets: readonly string[]): readonly GraphNode[] {
  if (targets.length === 0) return graph.nodes;
  try {
    return graph.needed(targets.flatMap((name) => graph.resolve(name)));
  } catch (error) {
    if (failureOf(error)) return graph.nodes;
    throw error;
  }
}

function withProgram(dependencies: Dependencies, workspace: Workspace, { file }: Work): Dependencies {
  const program = programDependencies(workspace, file);
  return program ? { ...dependencies, program } : dependencies;
}

/** What functions named as read. What failed has named nothing that lasts: what its last result was made of tells where it looks. */
async function outsideRead(workspace: Workspace, outcome: RunOutcome): Promise<readonly WatchedOutside[]> {
  const failed = [...outcome.nodes].filter(([, { status }]) => status !== "hit" && status !== "executed");
  const earlier: OutsidePath[] = [];
  for (const [name] of failed) {
    for (const { outside = [] } of await workspace.metadata.resultsOf(name, 1)) earlier.push(...outside);
  }
  return outsideDependencies(workspace, outcome.outside(), earlier);
}

/** What another run may go on making for this one: what is shared by a lease. */
function wantedKeys({ nodes }: Plan, graph: Graph, { cache = "rw", recompute = [] }: PlanOptions): readonly Digest[] {
  if (cache !== "rw") return [];
  const again = new Set(recompute.flatMap((name) => graph.resolve(name)));
  return nodes.flatMap(({ node, key, status }) => {
    const found = graph.get(node)!;
    const isShared = isStage(found.definition) && found.definition.cache === "default" && !again.has(found);
    return status === "run" && key !== undefined && isShared ? [key] : [];
  });
}

function send(message: FromWorker): void {
  // Without a channel nobody listens any more, and the process is about to end.
  if (process.connected) process.send?.(message);
}
