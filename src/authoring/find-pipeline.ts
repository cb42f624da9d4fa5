import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { fail, failureOf } from "../core/failure.ts";
import { nearest } from "../core/graph.ts";
import { pipelineIn, realFolder } from "../run/project-folder.ts";

export { pipelineIn, pipelineNames } from "../run/project-folder.ts";

/**
 * The absolute path of the pipeline file: the one that was given (a file, or a folder that holds one), else the nearest from a
 * folder upwards.
 * @param from absolute path of a folder, which `given` is relative to
 * @throws SluiceError `no-pipeline`
 */
export function findPipeline(from: string, given?: string): string {
  if (given !== undefined) return findGiven(from, given);
  for (let folder = from; ; folder = path.dirname(folder)) {
    const found = pipelineIn(folder);
    if (found) return found;
    if (folder === path.dirname(folder)) break;
  }
  return fail("no-pipeline", `there is no pipeline.ts in ${from} or above`, {
    hint: "make one with `sluice init`, or name the file with -f",
  });
}

/** The same for what can do without: undefined where there is none, and none was given. @throws SluiceError `no-pipeline` */
export function lookForPipeline(from: string, given?: string): string | undefined {
  try {
    return findPipeline(from, given);
  } catch (error) {
    if (given !== undefined || !failureOf(error, "no-pipeline")) throw error;
    return undefined;
  }
}

function findGiven(from: string, given: string): string {
  const named = path.resolve(from, given);
  const absolute = path.join(realFolder(path.dirname(named)), path.basename(named));
  const stat = statSync(absolute, { throwIfNoEntry: false });
  if (stat?.isFile()) return absolute;
  if (stat?.isDirectory()) {
    const found = pipelineIn(realFolder(absolute));
    if (found) return found;
    return fail("no-pipeline", `there is no pipeline.ts in ${given}`, { where: { file: absolute } });
  }
  const near = stat ? undefined : nearest(path.basename(absolute), namesIn(path.dirname(absolute)));
  const hint = near ? `did you mean ${path.join(path.dirname(given), near)}?` : "make one with `sluice init`";
  return fail("no-pipeline", `there is no file ${given}`, { where: { file: absolute }, hint });
}

/** For a hint only: a folder that cannot be listed gives none. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
