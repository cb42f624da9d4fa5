import type { Behaviour, ParamSource, StageContext, StageNode } from "../../../core/node.ts";
import type { Branch } from "../graph/branches.ts";
import type { FlowNode } from "../graph/flow-node.ts";
import { type Executors, executorOf } from "./thread-finder.ts";

/**
 * How a node uses the cache in a driver: as its behaviour says; or not at all, while its consumers see what it gives; or as usual where
 * it says what it reads or writes outside, and else always running.
 */
export type NodeUse = Behaviour | "unrecorded" | "outside";

export interface StageWiring {
  /** Absent for a node outside of branches. */
  readonly branch?: Branch | undefined;
  /** Where functions are called; in the thread of the run unless given. */
  readonly executors?: Executors | undefined;
  readonly behavior: NodeUse;
  /** The format of nodes that say none; `auto` unless given. */
  readonly format?: string | undefined;
  /** Whether an optional name is given. */
  readonly isThere: (name: string) => boolean;
  /** The handle of the node of a name. Asked when the graph is built. */
  readonly handleOf: (name: string) => unknown;
}

/** A node of a dataflow as the engine knows nodes. */
export function stageOf(node: FlowNode, wiring: StageWiring): StageNode {
  const { behavior, branch, executors, format } = wiring;
  const { settings, description, role } = node;
  const { version, timeout, maxAge } = settings;
  const stage: { -readonly [Name in keyof StageNode]: StageNode[Name] } = new FlowStage(node, wiring);
  if (branch) {
    stage.kind = "map";
    stage.run = ofItem(node.run) as unknown as StageNode["run"];
    const { format: own = format ?? "auto", formatOptions = null } = settings;
    stage.items = { spread: branch.depths, format: own, formatOptions, told: true };
    stage.format = "auto";
    stage.formatOptions = null;
  }
  if (executors) Object.assign(stage, executorOf(node, behavior, branch, executors));
  if (behavior === "outside") stage.outside = role === "loader" ? "read" : "written";
  if (behavior === "unrecorded") stage.unrecorded = true;
  if (version !== undefined) stage.version = version;
  if (timeout !== undefined) stage.timeout = timeout;
  if (maxAge !== undefined) stage.maxAge = maxAge;
  if (description !== undefined) stage.description = description;
  return stage;
}

/** A class, since objects with an accessor of their own take five times as long to make, and a run of a driver makes thousands. */
class FlowStage implements StageNode {
  readonly kind = "stage";
  readonly run: StageNode["run"];
  readonly format: string;
  readonly formatOptions: StageNode["formatOptions"];
  readonly functions: unknown;
  readonly site: FlowNode["site"];
  readonly cache: Behaviour;
  readonly retries: StageNode["retries"];
  readonly checks: StageNode["checks"];
  readonly tags: readonly string[];
  readonly #inputs: FlowNode["inputs"];
  readonly #wiring: StageWiring;

  constructor({ run, functions, place, site, settings, checks, tags, inputs }: FlowNode, wiring: StageWiring) {
    const { behavior, format } = wiring;
    this.run = run;
    this.format = settings.format ?? format ?? "auto";
    this.formatOptions = settings.formatOptions ?? null;
    this.functions = place === undefined ? functions : ["from", place, functions];
    this.site = site;
    this.cache = behavior === "unrecorded" || behavior === "outside" ? "default" : behavior;
    this.retries = settings.retries ?? noRetries;
    this.checks = checks;
    this.tags = tagsOf(tags);
    this.#inputs = inputs;
    this.#wiring = wiring;
  }

  get inputs(): StageNode["inputs"] {
    const { isThere, handleOf } = this.#wiring;
    const wires: Record<string, unknown> = Object.create(null);
    for (const { name, from, optional } of this.#inputs) {
      if ("value" in from) wires[name] = from.value;
      else if (!optional || isThere(from.name)) wires[name] = handleOf(from.name);
    }
    return wires;
  }
}

const noRetries = { times: 0, delay: 1000, factor: 2, maxDelay: 60_000 };

function tagsOf(tags: FlowNode["tags"]): readonly string[] {
  return Object.entries(tags).flatMap(([key, value]) =>
    typeof value === "string" ? [`${key}=${value}`] : value.map((each) => `${key}=${each}`),
  );
}

/** What calls the function for each item of a branch. */
function ofItem(run: FlowNode["run"]) {
  return (item: unknown, shared: unknown, context: StageContext): unknown =>
    run({ ...(shared as object), ...(item as object) }, context);
}

/** A value that is given to a dataflow, as the engine knows sources. */
export function inputSource(value: unknown, cache: "ignore" | "disable" | undefined): ParamSource {
  return {
    kind: "param",
    type: "json",
    secret: false,
    fallback: { value },
    site: () => [],
    ...(cache ? { cache } : {}),
  };
}
