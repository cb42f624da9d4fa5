import type { NodeOutcome } from "../../../core/event.ts";
import { fail } from "../../../core/failure.ts";
import { type Behaviour, isWork } from "../../../core/node.ts";
import type { ResultRecord } from "../../../core/record.ts";
import type { Metadata, RunRecord } from "../../../metadata/metadata.ts";
import type { Workspace } from "../../../run/workspace.ts";
import type { CachingEvent } from "./caching-event.ts";
import { type RunFacts, RunTrace, type TracedEvent } from "./run-trace.ts";

/** What is known of a run, by node. */
export interface DriverRun {
  readonly runId: string;
  readonly dataVersions: Record<string, string>;
  readonly codeVersions: Record<string, string>;
  readonly cacheKeys: Record<string, string>;
  readonly behaviors: Record<string, Behaviour>;
}

/** What no record of the engine says of a run. It is kept where what can be derived is kept: without it, less is told. */
interface StoredFacts {
  readonly inputs: readonly string[];
  readonly overrides: readonly string[];
  /** Those that are not `default`. */
  readonly behaviors: Readonly<Record<string, Behaviour>>;
  /** Of nodes that have no record under their key. */
  readonly codeVersions: Readonly<Record<string, string>>;
  /** The parallel nodes above nodes that run once for each item; absent where there are none. */
  readonly branches?: Readonly<Record<string, readonly string[]>>;
}

const kind = "dataflow-run";

/** @param details absent where all nodes are cached as usual, and none is in a branch */
export function keepFacts(
  { metadata, cacheDir }: Workspace,
  runId: string,
  details: DriverRun | undefined,
  { inputs, overrides, branchOf }: RunFacts,
): void {
  // What is in memory does not grow with the number of runs; the last of them are at hand anyway.
  if (cacheDir === undefined) return;
  const special: (readonly [string, Behaviour])[] = [];
  const branches: (readonly [string, readonly string[]])[] = [];
  for (const [name, behavior] of Object.entries(details?.behaviors ?? {})) {
    if (behavior !== "default") special.push([name, behavior]);
    const path = branchOf(name);
    if (path) branches.push([name, path]);
  }
  const facts: StoredFacts = {
    inputs,
    overrides,
    behaviors: Object.fromEntries(special),
    codeVersions: Object.fromEntries(
      special.flatMap(([name]) => (details?.codeVersions[name] ? [[name, details.codeVersions[name]]] : [])),
    ),
    ...(branches.length > 0 ? { branches: Object.fromEntries(branches) } : {}),
  };
  metadata.derived.put(kind, runId, Buffer.from(JSON.stringify(facts)));
}

/** A run as the store remembers it. */
export interface PastRun {
  readonly details: DriverRun;
  events(): Promise<readonly CachingEvent[]>;
}

/** @throws SluiceError `unknown-run` */
export async function readRun(workspace: Workspace, id: string): Promise<PastRun> {
  const { metadata } = workspace;
  const run = await metadata.run(id);
  if (!run)
    return fail("unknown-run", `there is no run ${id}`, { hint: "await driver.cache.metadataStore.runs() lists them" });
  const nodes = await metadata.runNodes(run.id);
  const facts = storedFacts(metadata, run.id);
  const behaviorOf = (name: string): Behaviour => facts?.behaviors[name] ?? behaviorBy(nodes.get(name));
  const details: DriverRun = { runId: run.id, dataVersions: {}, codeVersions: {}, cacheKeys: {}, behaviors: {} };
  const keys = [...nodes.values()].flatMap(({ key }) => key ?? []);
  const records = await metadata.readKeys(keys);
  const times = new Map<string, number>();
  for (const [name, { key, dataVersion, wanted, status }] of nodes) {
    const behavior = behaviorOf(name);
    const record = key === undefined ? undefined : records.get(key);
    details.behaviors[name] = behavior;
    if (key !== undefined && behavior !== "disable" && behavior !== "ignore") details.cacheKeys[name] = key;
    if (dataVersion !== undefined && behavior !== "ignore") details.dataVersions[name] = dataVersion;
    const code = facts?.codeVersions[name] ?? record?.codeVersion ?? wanted?.codeVersion;
    if (code !== undefined) details.codeVersions[name] = code;
    if (status === "executed" && record?.runId === run.id) times.set(name, record.createdAt);
  }
  const given = [...nodes].flatMap(([name, outcome]) => (isWork(outcome.kind) ? [] : [name]));
  const { inputs = given, overrides = [] } = facts ?? {};
  const branchOf = (name: string): readonly string[] | undefined => branchIn(facts, name);
  const trace = new RunTrace(run.id, { targets: run.targets, inputs, overrides, behaviorOf, branchOf });
  return {
    details,
    events: async () => {
      const events = trace.begin([...nodes.keys()], run.startedAt);
      for (const [name, outcome] of nodes) {
        const [first, ...rest] = eventsOf(run, name, outcome, times.get(name));
        const items = trace.isInBranch(name) ? await itemsIn(workspace, run, name, outcome, records) : [];
        // What the items did comes between the node's beginning and its end, of a list that was reused after it.
        const all =
          rest.length > 0
            ? [first!, ...items, ...rest]
            : outcome.status === "hit"
              ? [first!, ...items]
              : [...items, first!];
        events.push(...all.flatMap((event) => trace.of(event)));
      }
      return events;
    },
  };
}

function branchIn(facts: StoredFacts | undefined, name: string): readonly string[] | undefined {
  const branches = facts?.branches;
  return branches && Object.hasOwn(branches, name) ? branches[name] : undefined;
}

async function itemsIn(
  workspace: Workspace,
  { id: runId, startedAt }: RunRecord,
  node: string,
  outcome: NodeOutcome,
  records: { get(key: string): ResultRecord | undefined },
): Promise<readonly TracedEvent[]> {
  const { keptTasks, pastItems } = await import("./branch-tasks.ts");
  const kept = keptTasks(workspace, runId).get(node);
  const record = outcome.key === undefined ? undefined : records.get(outcome.key);
  return kept ?? pastItems(workspace, { runId, startedAt }, node, outcome, record);
}

function eventsOf(
  { startedAt }: RunRecord,
  node: string,
  outcome: NodeOutcome,
  madeAt: number | undefined,
): readonly TracedEvent[] {
  const { status, kind, reasons, key, durationMs } = outcome;
  const end = madeAt ?? startedAt;
  const started: TracedEvent = {
    type: "node-started",
    time: madeAt === undefined ? startedAt : Math.max(startedAt, madeAt - durationMs),
    node,
    kind,
    attempt: 1,
    reasons,
    ...(key === undefined ? {} : { key }),
  };
  const finished: TracedEvent = { ...outcome, type: "node-finished", time: end, node };
  const ran = status === "executed" || (status === "failed" && key !== undefined);
  return ran ? [started, finished] : [finished];
}

/** What a node must have been said to do, by how it ended. */
function behaviorBy(outcome: NodeOutcome | undefined): Behaviour {
  const name = outcome?.reasons.find(({ kind }) => kind === "behaviour")?.name;
  if (name === "recompute" || name === "disable" || name === "ignore") return name;
  return name === "cache off" ? "disable" : "default";
}

/** What is kept of a run; undefined of one that is no driver's. It may be damaged, or another version's. */
export function storedFacts({ derived }: Pick<Metadata, "derived">, id: string): StoredFacts | undefined {
  const bytes = derived.get(kind, id);
  if (!bytes) return undefined;
  try {
    const facts = JSON.parse(Buffer.from(bytes).toString()) as Partial<StoredFacts> | null;
    if (!facts || !Array.isArray(facts.inputs) || !Array.isArray(facts.overrides)) return undefined;
    return typeof facts.behaviors === "object" && typeof facts.codeVersions === "object"
      ? (facts as StoredFacts)
      : undefined;
  } catch {
    return undefined;
  }
}
