import { statesOfPlan } from "../../../picture/states.ts";
import type { Workspace } from "../../../run/workspace.ts";
import { checkNames } from "../../project.ts";
import type { DriverParts } from "../driver/driver-parts.ts";
import type { RunGraph } from "../driver/run-graph.ts";
import { downstream, pathsBetween, upstream, type Variable } from "../graph/variables.ts";
import { type Drawn, drawFlow, type PictureOptions } from "./draw-flow.ts";
import { executionSource, flowSource } from "./flow-source.ts";

/** What is drawn of a dataflow: all of it, or what is upstream or downstream of some nodes, with both given what is either. */
export interface VisualizeOptions extends PictureOptions {
  /** Only these nodes and all that they need. */
  readonly upstreamOf?: readonly string[];
  /** Only these nodes or inputs and all that needs them. */
  readonly downstreamOf?: readonly string[];
}

/** How a call of `execute` is drawn. */
export interface VisualizeExecutionOptions extends PictureOptions {
  /** Whether to say of each node what the run would do; true unless given, for a driver with a cache. */
  readonly plan?: boolean;
}

/** Names of options, for those who mistype them. */
export const pictureOptions = ["path", "format", "title", "theme", "expand", "scale"];

export async function visualize<const Options extends VisualizeOptions>(
  { dataflow, root }: DriverParts,
  options: Options,
): Promise<Drawn<Options>> {
  checkNames(options, [...pictureOptions, "upstreamOf", "downstreamOf"]);
  const { upstreamOf, downstreamOf, title } = options;
  const parts = [
    ...(upstreamOf ? upstream(dataflow, upstreamOf) : []),
    ...(downstreamOf ? downstream(dataflow, downstreamOf) : []),
  ];
  const only = upstreamOf || downstreamOf ? namesOf(parts) : undefined;
  return drawFlow(flowSource(dataflow, { title, root, only }), options, root);
}

export async function visualizePathBetween<const Options extends PictureOptions>(
  { dataflow, root }: DriverParts,
  from: string,
  to: string,
  options: Options,
): Promise<Drawn<Options>> {
  checkNames(options, pictureOptions);
  const only = namesOf(pathsBetween(dataflow, from, to));
  return drawFlow(flowSource(dataflow, { title: options.title, root, only }), options, root);
}

export async function visualizeExecution<const Options extends VisualizeExecutionOptions>(
  { dataflow, behaviors, root, cache }: DriverParts,
  wanted: RunGraph,
  targets: readonly string[],
  open: () => Promise<Workspace>,
  options: Options,
): Promise<Drawn<Options>> {
  const { plan = true, title } = options;
  const planned = async () => {
    const { planGraph } = await import("../../../run/plan.ts");
    const names = wanted.graph.nodes.map(({ name }) => name);
    const how = {
      targets,
      recompute: behaviors.recomputed(names),
      ...(behaviors.isOff ? { cache: "off" as const } : {}),
    };
    return statesOfPlan(await planGraph(await open(), wanted.graph, how));
  };
  const states = cache && plan ? await planned() : undefined;
  return drawFlow(executionSource(dataflow, wanted, { title, root, states }), options, root);
}

function namesOf(variables: readonly Variable[]): ReadonlySet<string> {
  return new Set(variables.map(({ name }) => name));
}
