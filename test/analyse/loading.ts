import { spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Failure } from "../../src/core/failure.ts";
import type { Project } from "./project.ts";

export interface Loading {
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly versions?: Readonly<Record<string, VersionReport>>;
  readonly failure?: Failure;
  /** The files of esbuild, oxc and get-tsconfig that were loaded. */
  readonly heavy: readonly string[];
  /** What the module itself printed. */
  readonly printed: string;
}

export interface VersionReport {
  readonly digest: string;
  readonly parts: readonly string[];
  readonly warnings: readonly string[];
  readonly place: string;
  readonly reason?: string;
}

const script = fileURLToPath(new URL("loading-process.ts", import.meta.url));

/** Loads a module of a project in a process of its own; what is derived is kept beside the project. */
export async function load(project: Project, file = "pipeline.ts", ...options: string[]): Promise<Loading> {
  const cache = path.join(project.root, "node_modules", ".derived");
  const child = spawn(process.execPath, [script, project.path(file), cache, ...options], {
    cwd: project.root,
    env: { ...process.env, NODE_OPTIONS: "", VITEST: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  await new Promise((resolve) => child.on("close", resolve));
  const at = out.lastIndexOf("\n@@");
  if (at < 0) throw new Error(`the process gave no report:\n${out}\n${err}`);
  return { ...(JSON.parse(out.slice(at + 3)) as Omit<Loading, "printed">), printed: out.slice(0, at) };
}
