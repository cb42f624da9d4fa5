/* Projects whose stages capture values, and processes that tell the versions of these stages. */
import { spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect } from "vitest";
import type { Failure } from "../../src/core/failure.ts";
import { type Files, Project } from "./project.ts";

/** What a process says of one stage. */
export interface Report {
  /** What the stage gave there. */
  readonly result: string;
  readonly digest?: string;
  readonly parts?: readonly string[];
  readonly failure?: Failure;
  readonly changed?: string;
}

const projects: Project[] = [];
afterAll(() => {
  for (const project of projects) project.remove();
});

/** A project with `value.ts`, of which only a process knows what it gives. */
export function project(files: Files): Project {
  const made = new Project({
    "package.json": '{"type":"module"}',
    "value.ts": value,
    "value.cjs": valueOfCommonJs,
    ...files,
  });
  projects.push(made);
  return made;
}

/** What only the process knows: no source says it. */
const value = "export const V: any = JSON.parse(process.env.V_JSON!);\n";
const valueOfCommonJs = "exports.V = JSON.parse(process.env.V_JSON);\n";

const script = fileURLToPath(new URL("captured-process.ts", import.meta.url));

/** The stages of some modules in a process in which `V` is this. */
export async function versions(
  made: Project,
  files: readonly string[],
  v: unknown,
): Promise<Readonly<Record<string, Report>>> {
  const cache = path.join(made.root, "node_modules", ".derived");
  const child = spawn(process.execPath, [script, made.root, cache, ...files], {
    cwd: made.root,
    env: { ...process.env, NODE_OPTIONS: "", VITEST: "", V_JSON: JSON.stringify(v) },
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
  return JSON.parse(out.slice(at + 3)) as Record<string, Report>;
}

/** The one stage of a module. */
export function only(reports: Readonly<Record<string, Report>>, file: string): Report {
  const found = Object.entries(reports).filter(([name]) => name.startsWith(`${file} s`));
  expect(found).toHaveLength(1);
  return found[0]![1];
}
