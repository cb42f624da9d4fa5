import type { GraphNode } from "../../../core/graph.ts";
import { isWork } from "../../../core/node.ts";
import type { Metadata, RunRecord } from "../../../metadata/metadata.ts";
import type { Role } from "../../../picture/model.ts";
import { pastSource } from "../../../picture/past-source.ts";
import type { NodeRemarks, PictureSource } from "../../../picture/picture.ts";
import type { PastGraph } from "../../../run/explain/past-graph.ts";
import { storedFacts } from "../caching/past-run.ts";

export interface RunSourceOptions {
  /** What it is called; the targets of the run unless given. */
  readonly title?: string;
  /** The nodes that are drawn; all unless given. */
  readonly nodes?: readonly GraphNode[];
  /** What is known of a node beside what is recorded of the run. */
  readonly more?: (node: GraphNode) => NodeRemarks;
}

/**
 * How a run ended, on the graph that it had, from its records alone: of a driver or of a pipeline, of this process or an earlier
 * one.
 */
export function runSource(
  metadata: Metadata,
  run: RunRecord,
  past: PastGraph,
  { title = titleOf(run), nodes, more }: RunSourceOptions = {},
): PictureSource {
  const facts = storedFacts(metadata, run.id);
  const [inputs, overrides] = [new Set(facts?.inputs), new Set(facts?.overrides)];
  const roleOf = ({ name, definition }: GraphNode): Role | undefined => {
    if (inputs.has(name)) return "input";
    if (overrides.has(name)) return "override";
    return facts && definition.kind === "stage" ? "function" : undefined;
  };
  return pastSource({
    title,
    run,
    past,
    ...(nodes === undefined ? {} : { nodes }),
    more: (node) => {
      const role = roleOf(node);
      const known = isWork(node.definition.kind) ? more?.(node) : undefined;
      return { ...(role === undefined ? {} : { role }), ...known };
    },
  });
}

const mostTargets = 3;

function titleOf({ targets }: RunRecord): string {
  const more = targets.length - mostTargets;
  return [...targets.slice(0, mostTargets), ...(more > 0 ? [`${more} more`] : [])].join(", ") || "a run";
}
