import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { LoadRecord, Unrepeatable } from "../../src/analyse/load-watch/load-record.ts";
import type { Failure } from "../../src/core/failure.ts";
import type { Project } from "./project.ts";

/** What a process that watched a load says. */
export interface Watching {
  readonly exports?: Readonly<Record<string, unknown>>;
  /** What the exported function `after` gave, once the watch was over. */
  readonly after?: unknown;
  readonly record?: LoadRecord;
  readonly unrepeatable?: Unrepeatable;
  readonly failure?: Failure;
  /** Of the earlier record. */
  readonly holds?: boolean;
  readonly change?: string;
}

/** How a process is started. */
export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly execArgv?: readonly string[];
}

const script = fileURLToPath(new URL("watching-process.ts", import.meta.url));

/** Where the compiled code of such processes is kept; to be removed when they are over. */
export const compiled = mkdtempSync(path.join(tmpdir(), "sluice-watching-"));

/** Loads the pipeline of a project in a process of its own, and checks an earlier record before. */
export async function watch(project: Project, earlier?: LoadRecord, around: Surroundings = {}): Promise<Watching> {
  const { env = {}, args = [], cwd = "", execArgv = [] } = around;
  if (earlier) project.write({ "../record": JSON.stringify(earlier) });
  const given = [script, project.path("pipeline.js"), project.root, earlier ? project.path("../record") : "--"];
  const out = await new Promise<string>((resolve, reject) => {
    const child = execFile(
      process.execPath,
      [...execArgv, ...given, ...args],
      {
        cwd: path.join(project.root, cwd),
        // most of what such a process does is to compile Sluice
        env: { PATH: process.env.PATH ?? "", HOME: project.root, NODE_COMPILE_CACHE: compiled, ...env },
        maxBuffer: 1 << 26,
      },
      (error, stdout, stderr) => (error ? reject(new Error(`${error.message}\n${stderr}`)) : resolve(stdout)),
    );
    child.stdin?.end();
  });
  return JSON.parse(out.slice(out.lastIndexOf("\n@@") + 3)) as Watching;
}
