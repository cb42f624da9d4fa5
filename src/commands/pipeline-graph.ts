import type { DerivedCache } from "../core/derived.ts";
import type { Graph } from "../core/graph.ts";
import type { Terminal } from "./terminal.ts";

/** For commands that only look at the pipeline: nothing is remembered, so that no store is made by looking. */
const nothing: DerivedCache = { get: () => undefined, put: () => {} };

/** The pipeline's graph, without a store. */
export async function loadGraph(file: string | undefined, terminal: Terminal): Promise<Graph> {
  const { findPipeline } = await import("../authoring/find-pipeline.ts");
  const found = findPipeline(terminal.cwd, file);
  const { loadPipeline } = await import("../authoring/pipeline.ts");
  return (await loadPipeline(found, { derived: nothing })).graph;
}
