import { readFileSync } from "node:fs";
import path from "node:path";

/** What a picture of a pipeline is called: the name of its file; of its package, or else of its folder, where the file's name says nothing. */
export function pipelineTitle(file: string): string {
  const name = path.basename(file).replace(/\.[cm]?[jt]sx?$/, "");
  if (name !== "pipeline" && name !== "sluice.config") return name;
  const folder = path.dirname(file);
  return packageName(path.join(folder, "package.json")) ?? path.basename(folder);
}

/** The package's name; whether its file is there and sound is nothing that a picture depends on. */
function packageName(file: string): string | undefined {
  try {
    const { name } = JSON.parse(readFileSync(file, "utf8")) as { name?: unknown };
    return typeof name === "string" && name !== "" ? name : undefined;
  } catch {
    return undefined;
  }
}
