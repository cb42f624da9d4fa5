import { storedFacts } from "../../authoring/dataflow/caching/past-run.ts";
import { runSource } from "../../authoring/dataflow/pictures/run-source.ts";
import { lookForPipeline } from "../../authoring/find-pipeline.ts";
import { failure } from "../../core/failure.ts";
import type { Graph, GraphNode } from "../../core/graph.ts";
import type { Metadata } from "../../metadata/metadata.ts";
import type { PictureSource } from "../../picture/picture.ts";
import { namedRun } from "../../run/explain/named-run.ts";
import { pastGraph } from "../../run/explain/past-graph.ts";
import { formatCount } from "../../text/quantity.ts";
import { warn } from "../project.ts";
import type { Terminal } from "../terminal.ts";
import { pipelineTitle } from "./pipeline-title.ts";

interface Call {
  readonly file: string | undefined;
  readonly choose: (graph: Graph) => readonly GraphNode[];
  readonly terminal: Terminal;
}

/**
 * A run as it was, by what was recorded of it; of what was evicted since it is said that it is gone.
 * @throws SluiceError `unknown-run`, `unknown-node`
 */
export async function pastRun(
  metadata: Metadata,
  name: string,
  { file, choose, terminal }: Call,
): Promise<PictureSource> {
  const run = await namedRun(metadata, name);
  const past = await pastGraph(metadata, run);
  const nodes = choose(past.graph);
  const unknown = new Set(past.unknown);
  const gone = nodes.filter((node) => unknown.has(node.name));
  if (gone.length > 0) {
    const message = `what ${formatCount(gone.length, "node")} of run ${run.id} read is not known any more: ${names(gone)}`;
    warn(terminal, failure("missing-blob", message, { hint: "their records were evicted or removed since the run" }));
  }
  const title = storedFacts(metadata, run.id) ? undefined : titleOf(file, terminal.cwd);
  return runSource(metadata, run, past, { nodes, ...(title === undefined ? {} : { title }) });
}

const mostNames = 5;

function names(nodes: readonly GraphNode[]): string {
  const more = nodes.length - mostNames;
  return [...nodes.slice(0, mostNames).map(({ name }) => name), ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

/** What the pipeline is called, where there is one still. */
function titleOf(file: string | undefined, cwd: string): string | undefined {
  const found = lookForPipeline(cwd, file);
  return found === undefined ? undefined : pipelineTitle(found);
}
