import path from "node:path";
import type { Failure } from "../core/failure.ts";
import type { Graph } from "../core/graph.ts";
import { describeFailure } from "../report/failure.ts";
import type { Workspace } from "../run/workspace.ts";
import type { ExitCode } from "./command.ts";
import type { cacheOptions, OptionValues } from "./options.ts";
import { printLines } from "./print.ts";
import type { Terminal } from "./terminal.ts";

type Options = OptionValues<typeof cacheOptions>;

/** A loaded pipeline with its store. */
export interface Project {
  readonly graph: Graph;
  readonly workspace: Workspace;
}

/** Opens the store and loads the pipeline, lends both, and closes the store whatever happens. */
export async function withProject(
  options: Options,
  terminal: Terminal,
  use: (project: Project) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { findPipeline } = await import("../authoring/find-pipeline.ts");
  const file = findPipeline(terminal.cwd, options.file);
  return withStore(path.dirname(file), options, terminal, async (workspace) => {
    const { loadPipeline } = await import("../authoring/pipeline.ts");
    const { graph } = await loadPipeline(file, { derived: workspace.metadata.derived });
    return use({ graph, workspace });
  });
}

/** Opens the store without loading the pipeline. */
export async function withWorkspace(
  options: Options,
  terminal: Terminal,
  use: (workspace: Workspace) => Promise<ExitCode>,
): Promise<ExitCode> {
  // a cache that was named is enough: there need be no pipeline here
  if (options["cache-dir"] !== undefined && options.file === undefined) {
    return withStore(terminal.cwd, options, terminal, use);
  }
  const { findPipeline } = await import("../authoring/find-pipeline.ts");
  return withStore(path.dirname(findPipeline(terminal.cwd, options.file)), options, terminal, use);
}

async function withStore(
  root: string,
  options: Options,
  terminal: Terminal,
  use: (workspace: Workspace) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { openWorkspace } = await import("../run/open.ts");
  const given = options["cache-dir"];
  const cacheDir = given === undefined ? {} : { cacheDir: path.resolve(terminal.cwd, given) };
  const workspace = await openWorkspace({ root, ...cacheDir, onWarning: (warning) => warn(terminal, warning) });
  try {
    return await use(workspace);
  } finally {
    await workspace.close();
  }
}

/** Tells what a person should know and what stops nothing. */
export function warn({ err, cwd }: Terminal, warning: Failure): void {
  printLines(err, describeFailure(warning, { style: err.style, cwd, label: "warning" }));
}
