/**
 * `node analysis-phases.ts FOLDER`: times what a run does with the code of a pipeline, in a process of its own. Prints one JSON
 * object: milliseconds by phase, and a digest of all versions.
 */
import path from "node:path";
import { evidenceHolds } from "../src/analyse/remembered/program-evidence.ts";
import { loadPipeline } from "../src/authoring/pipeline.ts";
import { digestOf } from "../src/core/digest.ts";
import { openWorkspace } from "../src/run/open.ts";

const root = path.resolve(process.argv[2]!);
const file = path.join(root, "pipeline.ts");
const phases: Record<string, number> = {};

async function timed<T>(phase: string, run: () => T | Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await run();
  phases[phase] = performance.now() - start;
  return result;
}

const workspace = await openWorkspace({ root });
const { metadata, files, analyser } = workspace;
const digestOfFile = (each: string) => files.version(each).digest;
const held = await timed("evidence", () =>
  evidenceHolds({ root, roots: [file], derived: metadata.derived, digestOfFile }),
);
const { graph } = await timed("load", () => loadPipeline(file, { derived: metadata.derived }));
const versions = await timed("versions", () =>
  graph.nodes.flatMap(({ definition }) =>
    definition.kind === "stage" ? [analyser.versionOf(definition.site, [1]).digest] : [],
  ),
);
await timed("remember", () => new Promise((resolve) => setImmediate(resolve)));
files.flush();
await timed("close", () => workspace.close());
console.log(
  JSON.stringify({ phases, held: held !== undefined, stages: versions.length, versions: digestOf(versions.join()) }),
);
