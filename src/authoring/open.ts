import path from "node:path";
import { captureSite } from "../analyse/calls/site.ts";
import type { Failure } from "../core/failure.ts";
import { projectFolder, realFolder } from "../run/project-folder.ts";
import { sanitize } from "../text/sanitize.ts";
import { checkNames, LazyProject, type Project } from "./project.ts";

export interface OpenOptions {
  /** The cache folder, relative to the root; `.sluice` unless given. */
  readonly path?: string;
  /**
   * The project's folder, relative to the current one; the nearest above the caller with a pipeline file or a `package.json`
   * unless given.
   */
  readonly root?: string;
  /** Told of what is wrong with the cache and was got around; a warning of the process unless given. */
  readonly onWarning?: (warning: Failure) => void;
}

/**
 * A project to run from code. Nothing is read or made before the first call on it.
 *
 * Names of files are relative to the root, so results are shared with the command line where the pipeline file lies in the
 * root, which is where `sluice run` puts its cache.
 *
 * @throws SluiceError `usage`; the first call on the project throws `newer-store`, `damaged-store`, `no-space` or `io`
 *
 * @example
 * ```ts
 * import { open, stage } from "sluice";
 *
 * const answer = stage({}, () => 42);
 * await using project = open({ path: "cache" });
 * const value: number = await project.run(answer);
 * ```
 */
export function open(options: OpenOptions = {}): Project {
  checkNames(options, ["path", "root", "onWarning"]);
  const root = options.root === undefined ? callerRoot() : realFolder(path.resolve(options.root));
  return openAt(root, options);
}

/** A project in a folder. */
export function openAt(
  root: string,
  { path: cache, onWarning = warnProcess }: Omit<OpenOptions, "root"> = {},
): LazyProject {
  return new LazyProject(root, async () => {
    const { openWorkspace } = await import("../run/open.ts");
    return openWorkspace({ root, onWarning, cacheDir: cache === undefined ? undefined : path.resolve(root, cache) });
  });
}

function callerRoot(): string {
  const [frame] = captureSite()();
  return frame && path.isAbsolute(frame.file) ? projectFolder(path.dirname(frame.file)) : process.cwd();
}

export function warnProcess(warning: Failure): void {
  // Messages have names and values of others in them, and end up on terminals.
  process.emitWarning(sanitize(warning.message), {
    type: "SluiceWarning",
    code: warning.reason,
    ...(warning.hint === undefined ? {} : { detail: sanitize(warning.hint) }),
  });
}
