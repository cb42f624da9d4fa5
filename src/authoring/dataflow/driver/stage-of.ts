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
  const { behavior, branch, executors, isThere, handleOf } = wiring;
  const { inputs, functions, place, site, settings, tags, checks, description, role } = node;
  const { version, timeout, maxAge } = settings;
  return {
    ...calledBy(node, wiring),
    ...(executors ? executorOf(node, behavior, branch, executors) : {}),
    get inputs() {
      const wires: Record<string, unknown> = Object.create(null);
      for (const { name, from, optional } of inputs) {
        if ("value" in from) wires[name] = from.value;
        else if (!optional || isThere(from.name)) wires[name] = handleOf(from.name);
      }
      return wires;
    },
    functions: place === undefined ? functions : ["from", place, functions],
    site,
    cache: behavior === "unrecorded" || behavior === "outside" ? "default" : behavior,
    ...(behavior === "outside" ? { outside: role === "loader" ? "read" : "written" } : {}),
    ...(behavior === "unrecorded" ? { unrecorded: true } : {}),
    retries: settings.retries ?? { times: 0, delay: 1000, factor: 2, maxDelay: 60_000 },
    checks,
    ...(version === undefined ? {} : { version }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(maxAge === undefined ? {} : { maxAge }),
    ...(description === undefined ? {} : { description }),
    tags: Object.entries(tags).flatMap(([key, value]) =>
      typeof value === "string" ? [`${key}=${value}`] : value.map((each) => `${key}=${each}`),
    ),
  };
}

/** What calls the function: once, or for each item of a branch. */
function calledBy(
  { run, settings }: FlowNode,
  { branch, format: common }: StageWiring,
): Pick<StageNode, "kind" | "run" | "format" | "formatOptions" | "items"> {
  const format = settings.format ?? common ?? "auto";
  const formatOptions = settings.formatOptions ?? null;
  if (!branch) return { kind: "stage", run: (values, context) => run(values, context), format, formatOptions };
  const ofItem = (item: unknown, shared: unknown, context: StageContext): unknown =>
    run({ ...(shared as object), ...(item as object) }, context);
  return {
    kind: "map",
    run: ofItem as unknown as StageNode["run"],
    items: { spread: branch.depths, format, formatOptions, told: true },
    format: "auto",
    formatOptions: null,
  };
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
