import { existsSync, realpathSync, statSync } from "node:fs";
import path from "node:path";

const extensions = ["ts", "mts", "cts", "tsx", "js", "mjs", "cjs", "jsx"];

/** What a pipeline file is called; in one folder the first of these counts. */
export const pipelineNames: readonly string[] = ["pipeline", "sluice.config"].flatMap((stem) =>
  extensions.map((extension) => `${stem}.${extension}`),
);

/** The pipeline file of a folder, if it has one. */
export function pipelineIn(folder: string): string | undefined {
  return pipelineNames
    .map((name) => path.join(folder, name))
    .find((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
}

/**
 * The nearest folder with a pipeline file or a `package.json`, from a folder upwards, so that code and the command line agree
 * on where the project is; where there is none, the current folder.
 */
export function projectFolder(folder: string): string {
  for (let at = folder; ; at = path.dirname(at)) {
    if (pipelineIn(at) !== undefined || existsSync(path.join(at, "package.json"))) return at;
    if (at === path.dirname(at)) return process.cwd();
  }
}

/**
 * A folder as modules that lie in it know it, whatever links lead there: names of files are relative to it. One that is not there is
 * taken as it is given.
 */
export function realFolder(folder: string): string {
  return existsSync(folder) ? realpathSync(folder) : folder;
}
