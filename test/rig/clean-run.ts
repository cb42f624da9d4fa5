import { cp, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { digestOf } from "../../src/core/digest.ts";
import { type RigProject, rig } from "./rig.ts";

/** What a run makes anew or does not read: left out of the fresh copy, and looked at afterwards but for the first two. */
const notCopied = [".sluice", "node_modules", "out"];

/**
 * How a project that is brought up to date differs from a fresh copy of it, without cache and outputs, that is run from
 * nothing; a sentence each. Data versions of all nodes are compared, and all files outside of the cache.
 * @param args what to run, and how
 */
export async function differencesFromClean(project: RigProject, ...args: string[]): Promise<string[]> {
  await using clean = await rig.project({});
  for (const name of await readdir(project.dir)) {
    if (!notCopied.includes(name))
      await cp(path.join(project.dir, name), path.join(clean.dir, name), { recursive: true });
  }
  const [here, there] = [await versionsOf(project, args), await versionsOf(clean, args)];
  const differences: string[] = [];
  for (const name of new Set([...here.keys(), ...there.keys()])) {
    if (here.get(name) !== there.get(name))
      differences.push(`${name} is ${here.get(name)}, and ${there.get(name)} when it is made from nothing`);
  }
  const [files, fresh] = [await filesOf(project.dir), await filesOf(clean.dir)];
  for (const file of new Set([...files.keys(), ...fresh.keys()])) {
    if (files.get(file) !== fresh.get(file)) differences.push(`${file} is another when it is made from nothing`);
  }
  return differences;
}

async function versionsOf(project: RigProject, args: readonly string[]): Promise<ReadonlyMap<string, unknown>> {
  const run = await project.sluice("run", "--json", ...args);
  if (run.code !== 0) throw new Error(`a run ended with ${run.code}:\n${run.stdout}${run.stderr}`);
  const nodes: Record<string, { readonly dataVersion?: string }> = run.json().nodes;
  return new Map(Object.entries(nodes).map(([name, { dataVersion }]) => [name, dataVersion]));
}

async function filesOf(dir: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const relative = path.relative(dir, file);
    if (entry.isFile() && !/^(\.sluice|node_modules)\//.test(relative)) {
      files.set(relative, digestOf(await readFile(file)));
    }
  }
  return files;
}
