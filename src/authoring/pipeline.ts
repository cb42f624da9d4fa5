import path from "node:path";
import { noteExport } from "../analyse/calls/exports-of-calls.ts";
import { importModule } from "../analyse/load/loader.ts";
import type { DerivedCache } from "../core/derived.ts";
import { fail } from "../core/failure.ts";
import { buildGraph, type Graph } from "../core/graph.ts";
import { definitionOf, type NodeDefinition } from "../core/node.ts";
import { exportedNodes } from "./exported-nodes.ts";

/** A pipeline file, loaded and checked. */
export interface Pipeline {
  /** Absolute path. */
  readonly file: string;
  /** The folder of the file: names of files and the cache are relative to it. */
  readonly root: string;
  readonly graph: Graph;
  /** The exported nodes by name. */
  readonly definitions: ReadonlyMap<string, NodeDefinition>;
}

/**
 * Loads a pipeline file and builds its graph.
 * @throws SluiceError `load-failed` when it cannot be loaded or throws, `no-pipeline` when it exports no node, and what is
 *   wrong with the graph: `cycle`, `duplicate-name`, `duplicate-output`, `invalid-definition`
 */
export async function loadPipeline(file: string, options: { readonly derived: DerivedCache }): Promise<Pipeline> {
  const module = await importModule(file, options);
  const definitions = exportedNodes(module);
  for (const name of Object.keys(module)) {
    const site = definitionOf(module[name])?.site;
    if (site) noteExport(site, { file, name });
  }
  if (definitions.size === 0) {
    fail("no-pipeline", `${path.basename(file)} exports no node`, {
      where: { file },
      hint: "export what stage(), file() and the like give, as in `export const clean = stage(...)`",
    });
  }
  return { file, root: path.dirname(file), graph: buildGraph(definitions), definitions };
}
