import path from "node:path";
import { definition, type Node } from "../core/node.ts";
import { projectFolder } from "../run/project-folder.ts";
import { openAt } from "./open.ts";
import type { LazyProject, RunOptions } from "./project.ts";

/** One for each root. They stay open: a value may hold handles of files that are in the project's scratch folder. */
const projects = new Map<string, LazyProject>();

/** Runs a node in the package of the module that declares it. */
export function runDefault(node: Node, options?: RunOptions): Promise<unknown> {
  const [frame] = node[definition].site();
  const root = frame && path.isAbsolute(frame.file) ? projectFolder(path.dirname(frame.file)) : process.cwd();
  return projectAt(root).run(node, options);
}

function projectAt(root: string): LazyProject {
  let project = projects.get(root);
  if (!project) {
    if (projects.size === 0) process.once("beforeExit", closeAll);
    project = openAt(root);
    projects.set(root, project);
  }
  return project;
}

async function closeAll(): Promise<void> {
  const open = [...projects.values()];
  projects.clear();
  await Promise.all(open.map((project) => project.closeNow()));
}
