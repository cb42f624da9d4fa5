import { existsSync } from "node:fs";
import path from "node:path";
import { type Failure, fail, failureOf } from "../core/failure.ts";
import type { Graph } from "../core/graph.ts";
import { describeFailure } from "../report/failure.ts";
import type { Store, Workspace } from "../run/workspace.ts";
import type { ExitCode } from "./command.ts";
import type { cacheOptions, limitOptions, OptionValues } from "./options.ts";
import { printLines } from "./print.ts";
import type { Terminal } from "./terminal.ts";

type Options = OptionValues<typeof cacheOptions & typeof limitOptions>;

/** A loaded pipeline with its store. */
export interface Project {
  readonly graph: Graph;
  readonly workspace: Workspace;
}

/** A pipeline that is not loaded yet, with its store. */
export interface UnloadedProject {
  /** Absolute path of the pipeline. */
  readonly file: string;
  readonly store: Store;
  readonly load: () => Promise<Project>;
}

/** Opens the store and loads the pipeline, lends both, and closes the store whatever happens. */
export function withProject(
  options: Options,
  terminal: Terminal,
  use: (project: Project) => Promise<ExitCode>,
): Promise<ExitCode> {
  return withUnloadedProject(options, terminal, async ({ load }) => use(await load()));
}

/** Opens the store and lends it with the way to load the pipeline: a run in which nothing changed can do without. */
export async function withUnloadedProject(
  options: Options,
  terminal: Terminal,
  use: (project: UnloadedProject) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { findPipeline } = await import("../authoring/find-pipeline.ts");
  const file = findPipeline(terminal.cwd, options.file);
  return withStore(path.dirname(file), options, terminal, async (store) => {
    let loaded: Graph | undefined;
    let closeOwn = async (): Promise<void> => {};
    const load = async (): Promise<Project> => {
      const { withAnalyser } = await import("../run/open.ts");
      const { loadPipeline } = await import("../authoring/pipeline.ts");
      const { graph } = await loadPipeline(file, { derived: store.metadata.derived });
      const { closeThreads } = await import("../run/threads/threads-of.ts");
      const workspace = withAnalyser(store);
      // The store is closed by who opened it.
      closeOwn = () => closeThreads(workspace);
      loaded = graph;
      return { graph, workspace };
    };
    const code = await use({ file, store, load }).finally(() => closeOwn());
    // Not while it is loaded: that is watched.
    if (loaded) await noteNames(store, file, loaded);
    return code;
  });
}

/** For shells that complete names. */
async function noteNames({ metadata, root }: Store, file: string, graph: Graph): Promise<void> {
  if (metadata.readOnly) return;
  const { keepNames } = await import("../run/node-names.ts");
  keepNames(metadata.derived, root, file, graph);
}

/** Opens the store without loading the pipeline. */
export async function withWorkspace(
  options: Options,
  terminal: Terminal,
  use: (workspace: Workspace) => Promise<ExitCode>,
): Promise<ExitCode> {
  const useStore = async (store: Store): Promise<ExitCode> => {
    const { withAnalyser } = await import("../run/open.ts");
    return use(withAnalyser(store));
  };
  return withStore(await cacheRoot(options, terminal), options, terminal, useStore);
}

/** The cache with what past runs left in it, and where there is a pipeline, the way to load that. */
export interface History {
  readonly workspace: Workspace;
  readonly load?: () => Promise<Project>;
}

/** Opens the cache for a command that tells of past runs. Drivers leave these as well, so there need be no pipeline. */
export async function withHistory(
  options: Options,
  terminal: Terminal,
  use: (history: History) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { lookForPipeline } = await import("../authoring/find-pipeline.ts");
  if (lookForPipeline(terminal.cwd, options.file) === undefined) {
    return withWorkspace(options, terminal, (workspace) => use({ workspace }));
  }
  return withUnloadedProject(options, terminal, async ({ store, load }) => {
    const { withAnalyser } = await import("../run/open.ts");
    return use({ workspace: withAnalyser(store), load });
  });
}

/**
 * Whether a node is none of the pipeline's and one of the last run: drivers leave their runs in caches that a pipeline has too, or
 * that are named where there is one.
 */
export async function isOfLastRunOnly({ graph, workspace }: Project, node: string): Promise<boolean> {
  try {
    graph.resolve(node);
    return false;
  } catch (error) {
    if (!failureOf(error, "unknown-node")) throw error;
    const [last] = await workspace.metadata.runs(1);
    return last !== undefined && (await workspace.metadata.runNodes(last.id)).has(node);
  }
}

/** Why a node is told of by what was recorded of it. */
export function nothingOf(node: string, project: Project | undefined): string {
  return project ? `the pipeline has no "${node}"` : "there is no pipeline here";
}

/**
 * The folder that a cache belongs to, for commands that need no pipeline: that of the pipeline, here or above; where there is none,
 * that of the project, if it has a cache (or one was named, or is to be made).
 * @throws SluiceError `no-pipeline`
 */
export async function cacheRoot(
  options: Options,
  { cwd }: Terminal,
  { make = false }: { readonly make?: boolean } = {},
): Promise<string> {
  const { lookForPipeline } = await import("../authoring/find-pipeline.ts");
  const file = lookForPipeline(cwd, options.file);
  if (file !== undefined) return path.dirname(file);
  const { projectFolder } = await import("../run/project-folder.ts");
  const folder = projectFolder(cwd);
  if (make || options["cache-dir"] !== undefined || existsSync(path.join(folder, ".sluice"))) return folder;
  return fail("no-pipeline", `there is no pipeline.ts in ${cwd} or above, and no .sluice in ${folder}`, {
    hint: "make a pipeline with `sluice init`, name it with -f, or name the cache of past runs with --cache-dir",
  });
}

/** Opens the cache of the project, making it where there is none; there need be no pipeline. */
export async function withCacheStore(
  options: Options,
  terminal: Terminal,
  use: (store: Store) => Promise<ExitCode>,
): Promise<ExitCode> {
  return withStore(await cacheRoot(options, terminal, { make: true }), options, terminal, use);
}

async function withStore(
  root: string,
  options: Options,
  terminal: Terminal,
  use: (store: Store) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { openStore } = await import("../run/open-store.ts");
  const given = options["cache-dir"];
  const cacheDir = given === undefined ? {} : { cacheDir: path.resolve(terminal.cwd, given) };
  const hasLimits = options["max-size"] !== undefined || options["max-age"] !== undefined;
  const limits = hasLimits ? { limits: (await import("./settings.ts")).limitsOf(options) } : {};
  const store = await openStore({ root, ...cacheDir, ...limits, onWarning: (warning) => warn(terminal, warning) });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** Tells what a person should know and what stops nothing. */
export function warn({ err, cwd }: Terminal, warning: Failure): void {
  printLines(err, describeFailure(warning, { style: err.style, cwd, label: "warning" }));
}
