import type { Behaviour, ParamSource, StageNode } from "../../core/node.ts";
import type { FlowNode } from "./flow-node.ts";

/** How a node uses the cache in a driver: as its behaviour says, or not at all, while its consumers see what it gives. */
export type NodeUse = Behaviour | "unrecorded";

export interface StageWiring {
  readonly behavior: NodeUse;
  /** The format of nodes that say none; `auto` unless given. */
  readonly format?: string | undefined;
  /** Whether an optional name is given. */
  readonly isThere: (name: string) => boolean;
  /** The handle of the node of a name. Asked when the graph is built. */
  readonly handleOf: (name: string) => unknown;
}

/** A node of a dataflow as the engine knows nodes. */
export function stageOf(node: FlowNode, { behavior, format, isThere, handleOf }: StageWiring): StageNode {
  const { inputs, run, functions, site, settings, tags, checks, description } = node;
  const { version, timeout, maxAge } = settings;
  return {
    kind: "stage",
    get inputs() {
      const wires: Record<string, unknown> = Object.create(null);
      for (const { name, from, optional } of inputs) {
        if ("value" in from) wires[name] = from.value;
        else if (!optional || isThere(from.name)) wires[name] = handleOf(from.name);
      }
      return wires;
    },
    run: (values) => run(values),
    functions,
    site,
    cache: behavior === "unrecorded" ? "default" : behavior,
    ...(behavior === "unrecorded" ? { unrecorded: true } : {}),
    format: settings.format ?? format ?? "auto",
    formatOptions: settings.formatOptions ?? null,
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
