import type { Digest } from "../core/digest.ts";
import type { RunReason } from "../core/event.ts";
import type { Failure } from "../core/failure.ts";
import type { Graph, GraphNode } from "../core/graph.ts";
import { ignoredVersion } from "../core/key.ts";
import type { CacheMode, NodeKind } from "../core/node.ts";
import type { RecordedInput, ResultRecord } from "../core/record.ts";
import { type Decision, decide, forcedToRun, keyOf, type StageFacts } from "./decision.ts";
import { differences, lookBack, nearestResult, settingReasons, withoutEarlier } from "./explain/reasons.ts";
import { type Prepared, prepare } from "./prepare.ts";
import { allKnown, type KnownVersion, recordedInputs } from "./sources/inputs.ts";
import type { Workspace } from "./workspace.ts";

export interface PlanOptions {
  /** Names of nodes, or of exported arrays and records of nodes; every node unless given. */
  readonly targets?: readonly string[];
  /** Values of parameters, by node name. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** `rw` unless given. */
  readonly cache?: CacheMode;
  /** Nodes that run whatever the cache holds. */
  readonly recompute?: readonly string[];
}

/** What a run would do with a node. `maybe`: something that it reads must run first, and may turn out unchanged. */
export type PlannedStatus = "hit" | "run" | "maybe";

export interface PlannedNode {
  readonly node: string;
  readonly kind: NodeKind;
  readonly status: PlannedStatus;
  /** Known unless something that it reads must run first. */
  readonly key?: Digest;
  /** Known for a hit. */
  readonly dataVersion?: Digest;
  readonly reasons: readonly RunReason[];
  readonly warnings: readonly Failure[];
  /** Milliseconds that it took when it last ran; absent if it never ran. */
  readonly expectedMs?: number;
  /** For a hit: milliseconds that are saved, the run that made the result, and when (milliseconds since 1970). */
  readonly savedMs?: number;
  readonly madeBy?: string;
  readonly madeAt?: number;
}

/** What a run is expected to cost, from how long nodes took when they last ran; milliseconds. */
export interface PlanCost {
  /** Of all nodes that would run, one after the other. */
  readonly runMs: number;
  /** Of the longest chain of these: no number of jobs makes the run faster. */
  readonly pathMs: number;
  /** Of all nodes that may run. */
  readonly maybeMs: number;
  /** What hits save. */
  readonly savedMs: number;
  /** Nodes that would or may run and never did before: nobody knows how long they take. */
  readonly unknown: readonly string[];
}

export interface Plan {
  /** In topological order. */
  readonly nodes: readonly PlannedNode[];
  readonly cost: PlanCost;
}

/**
 * Says what a run would do, and why. Loads no value and changes nothing.
 * @throws SluiceError for whatever is wrong with the call or the pipeline
 */
export async function planGraph(workspace: Workspace, graph: Graph, options: PlanOptions = {}): Promise<Plan> {
  const prepared = await prepare(workspace, graph, options);
  return planPrepared(workspace, prepared);
}

export async function planPrepared(workspace: Workspace, prepared: Prepared): Promise<Plan> {
  const planner = new Planner(workspace, prepared);
  const nodes: PlannedNode[] = [];
  for (const node of prepared.nodes) nodes.push(await planner.plan(node));
  const timed = await withDurations(workspace, nodes);
  return { nodes: timed, cost: costOf(prepared.nodes, timed) };
}

/** @param nodes those that were planned, in the same order: each after what it reads */
function costOf(nodes: readonly GraphNode[], planned: readonly PlannedNode[]): PlanCost {
  const paths = new Map<GraphNode, number>();
  const unknown: string[] = [];
  let [runMs, pathMs, maybeMs, savedMs] = [0, 0, 0, 0];
  for (const [i, node] of nodes.entries()) {
    const { status, expectedMs } = planned[i]!;
    savedMs += planned[i]!.savedMs ?? 0;
    if (status !== "hit" && expectedMs === undefined) unknown.push(node.name);
    if (status === "maybe") maybeMs += expectedMs ?? 0;
    let before = 0;
    for (const input of node.inputs) before = Math.max(before, (input.node && paths.get(input.node)) ?? 0);
    const own = status === "run" ? (expectedMs ?? 0) : 0;
    runMs += own;
    paths.set(node, before + own);
    pathMs = Math.max(pathMs, before + own);
  }
  return { runMs, pathMs, maybeMs, savedMs, unknown };
}

/** Plans node after node, in topological order. */
export class Planner {
  readonly #workspace: Workspace;
  readonly #prepared: Prepared;
  readonly #now = Date.now();
  readonly #known = new Map<GraphNode, KnownVersion>();

  constructor(workspace: Workspace, prepared: Prepared) {
    this.#workspace = workspace;
    this.#prepared = prepared;
  }

  /** The inputs of a node as its key will see them; undefined for those that must run first. */
  inputsOf(node: GraphNode): readonly (RecordedInput | undefined)[] {
    return recordedInputs(node, (input) => this.#known.get(input));
  }

  async plan(node: GraphNode): Promise<PlannedNode> {
    const facts = this.#prepared.stages.get(node);
    if (!facts) return this.#planSource(node);
    const inputs = this.inputsOf(node);
    const base = { node: node.name, kind: node.definition.kind, warnings: facts.code.warnings };
    // Consumers of an ignored node know what their keys will see of it, though it always runs.
    if (facts.behaviour === "ignore") this.#known.set(node, { version: ignoredVersion() });
    if (!allKnown(inputs)) return { ...base, ...(await this.#planUnknown(facts, inputs)) };
    const key = keyOf(facts, inputs);
    const decision = await decide(this.#workspace, this.#prepared.ahead, facts, key, () => inputs, this.#now);
    if (decision.status === "run") return { ...base, status: "run", key: decision.key, reasons: decision.reasons };
    this.#known.set(node, { version: decision.record.dataVersion });
    return { ...base, ...plannedHit(decision) };
  }

  #planSource(node: GraphNode): PlannedNode {
    const source = this.#prepared.sources.get(node)!;
    const { dataVersion, preview } = source;
    this.#known.set(node, { version: dataVersion, ...(preview === undefined ? {} : { preview }) });
    return { node: node.name, kind: node.definition.kind, status: "hit", dataVersion, reasons: [], warnings: [] };
  }

  /** A stage some of whose inputs must run first: it must run too if no earlier result agrees with what is known. */
  async #planUnknown(
    facts: StageFacts,
    inputs: readonly (RecordedInput | undefined)[],
  ): Promise<Pick<PlannedNode, "status" | "reasons">> {
    const forced = forcedToRun(facts);
    if (forced) return { status: "run", reasons: [forced] };
    const uncached = facts.node.inputs.filter(({ node }) => node && this.#isUncached(node));
    if (uncached.length > 0) {
      return {
        status: "run",
        reasons: uncached.map(({ node }) => ({ kind: "input", name: node!.name, detail: "not cached" })),
      };
    }
    const earlier = await this.#workspace.metadata.resultsOf(facts.node.name, lookBack);
    if (earlier.length === 0)
      return { status: "run", reasons: [withoutEarlier(this.#prepared.ahead.ranBefore(facts.node.name))] };
    if (earlier.length === lookBack || earlier.some((record) => agrees(record, facts, inputs))) {
      const waits = facts.node.inputs.filter((_, i) => !inputs[i]);
      return {
        status: "maybe",
        reasons: waits.map((input) => ({ kind: "input", name: input.node!.name, detail: "runs first" })),
      };
    }
    // What is not known yet is taken to be as it was: something else must differ, and that is the reason.
    const nearest = nearestResult(
      earlier,
      facts,
      inputs.filter((input) => input !== undefined),
    )!;
    const was = new Map(nearest.inputs.map((input) => [input.name, input]));
    const assumed = facts.node.inputs.flatMap(({ name }, i) => inputs[i] ?? was.get(name) ?? []);
    return { status: "run", reasons: await differences(this.#workspace, facts, assumed, nearest) };
  }

  #isUncached(node: GraphNode): boolean {
    return this.#prepared.stages.get(node)?.behaviour === "disable";
  }
}

/** Whether an earlier result fits all that is known of a stage before its inputs have run. */
function agrees(record: ResultRecord, facts: StageFacts, inputs: readonly (RecordedInput | undefined)[]): boolean {
  if (record.codeVersion !== facts.codeVersion || record.inputs.length !== inputs.length) return false;
  if (settingReasons(facts.settings, record.settings).length > 0) return false;
  const versions = new Map(record.inputs.map(({ name, version }) => [name, version]));
  return facts.node.inputs.every(({ name }, i) =>
    inputs[i] ? versions.get(name) === inputs[i].version : versions.has(name),
  );
}

function plannedHit({ key, record }: Decision & { status: "hit" }): Omit<PlannedNode, "node" | "kind" | "warnings"> {
  return {
    status: "hit",
    key,
    dataVersion: record.dataVersion,
    reasons: [],
    savedMs: record.durationMs,
    madeBy: record.runId,
    madeAt: record.createdAt,
  };
}

async function withDurations(workspace: Workspace, nodes: readonly PlannedNode[]): Promise<readonly PlannedNode[]> {
  const open = nodes.filter(({ status }) => status !== "hit").map(({ node }) => node);
  const durations = await workspace.metadata.durations(open);
  return nodes.map((planned) => {
    const expectedMs = planned.status === "hit" ? undefined : durations.get(planned.node);
    return expectedMs === undefined ? planned : { ...planned, expectedMs };
  });
}
