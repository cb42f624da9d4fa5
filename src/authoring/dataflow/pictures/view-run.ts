import { fail } from "../../../core/failure.ts";
import { pastGraph } from "../../../run/explain/past-graph.ts";
import type { Workspace } from "../../../run/workspace.ts";
import { checkNames } from "../../project.ts";
import type { Dataflow } from "../graph/dataflow.ts";
import { type Drawn, drawFlow, type PictureOptions } from "./draw-flow.ts";
import { remarksOn } from "./flow-source.ts";
import { runSource } from "./run-source.ts";
import { pictureOptions } from "./visualize.ts";

export interface ViewRunOptions extends PictureOptions {
  /** The run, of this process or an earlier one; that which began last in this driver unless given. */
  readonly runId?: string;
}

/** How a run ended, as a picture. What this driver knows of its nodes beside what is recorded is told too. */
export async function viewRun<const Options extends ViewRunOptions>(
  { metadata, root }: Workspace,
  dataflow: Dataflow,
  lastRunId: string | undefined,
  options: Options,
): Promise<Drawn<Options>> {
  checkNames(options, [...pictureOptions, "runId"]);
  const { runId = lastRunId, title } = options;
  if (runId === undefined) {
    fail("unknown-run", "this driver has not run anything yet", {
      hint: "give the id of an earlier run: await driver.cache.metadataStore.runIds() lists them",
    });
  }
  const run = await metadata.run(runId);
  if (!run)
    fail("unknown-run", `there is no run ${runId}`, { hint: "await driver.cache.metadataStore.runs() lists them" });
  const past = await pastGraph(metadata, run);
  const known = remarksOn(dataflow);
  const source = runSource(metadata, run, past, {
    ...(title === undefined ? {} : { title }),
    more: (node) => (dataflow.nodes.has(node.name) ? known(node) : {}),
  });
  return drawFlow(source, options, root);
}
