import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { brokenInvariants } from "../rig/invariants.ts";
import { makeOld } from "../rig/old-blobs.ts";
import { type Files, type RigProject, rig, type Started } from "../rig/rig.ts";
import { changingCalls, straceArgs } from "../rig/strace.ts";
import { cli } from "../rig/tested.ts";

/** Small and large results, a map, files, an output; what each gives can be told from the seed alone. */
export const pipeline: Files = {
  "pipeline.ts": `import { writeFile } from "node:fs/promises";
import { map, param, stage } from "sluice";
const block = (name: string, from: unknown) => (name + " of " + String(from).slice(0, 30) + "; ").repeat(1000);
export const seed = param(0);
export const large = stage({ seed }, ({ seed }) => block("large", seed));
export const small = stage({ large }, ({ large }) => large.slice(0, 40));
export const list = stage({ seed }, ({ seed }) => Array.from({ length: 12 }, (_, i) => seed + i));
export const items = map(list, (item) => (item % 4 === 0 ? block("item", item) : "item " + item));
export const files = stage({ small }, async ({ small }, { outputs }) => {
  await writeFile(outputs.one, small.repeat(3));
  await writeFile(outputs.two, small.repeat(900));
}, { outputs: { one: "out/one.txt", two: "out/two.txt" } });
export const end = stage({ large, items, files }, async ({ large, items, files }) =>
  large.slice(0, 100) + items.join("").length + (await files.two.text()).length, { output: "out/end.txt" });
`,
};

/** What `out/end.txt` holds after a run with a seed. */
export function endOf(seed: number): string {
  const block = (name: string, from: unknown): string => `${name} of ${String(from).slice(0, 30)}; `.repeat(1000);
  const large = block("large", seed);
  const items = Array.from({ length: 12 }, (_, i) =>
    (seed + i) % 4 === 0 ? block("item", seed + i) : `item ${seed + i}`,
  );
  return `${large.slice(0, 100)}${items.join("").length}${large.slice(0, 40).repeat(900).length}`;
}

/** Starts `sluice` in a project under `strace`, which lets it meet faults (see `straceArgs`). */
export function startWithFaults(project: RigProject, faults: readonly string[], ...args: string[]): Started {
  const calls = [
    ...new Set([...faults.map((fault) => fault.slice(0, fault.indexOf(":"))).flatMap((set) => set.split(","))]),
  ];
  return rig.startProcess("strace", [...straceArgs(faults, calls), process.execPath, cli, ...args], {
    cwd: project.dir,
  });
}

/** How often each system call that changes something is made by the thread that makes most, when nothing goes wrong. */
export function countCalls(project: RigProject, ...args: string[]): ReadonlyMap<string, number> {
  const home = mkdtempSync(path.join(tmpdir(), "sluice-calls-"));
  try {
    const log = path.join(home, "log");
    const traced = spawnSync("strace", [...straceArgs([], changingCalls, log), process.execPath, cli, ...args], {
      cwd: project.dir,
      encoding: "utf8",
    });
    if (traced.status !== 0) throw new Error(`it ended with ${traced.status}: ${traced.stderr}`);
    const counts = new Map<string, number>();
    const byThread = new Map<string, number>();
    for (const line of readFileSync(log, "latin1").split("\n")) {
      const call = /^(\d+) +(\w+)\(/.exec(line);
      if (!call) continue;
      const count = (byThread.get(`${call[1]} ${call[2]}`) ?? 0) + 1;
      byThread.set(`${call[1]} ${call[2]}`, count);
      counts.set(call[2]!, Math.max(count, counts.get(call[2]!) ?? 0));
    }
    return counts;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** A copy of a project, cache and all. */
export async function copyOf(project: RigProject): Promise<RigProject> {
  const copy = await rig.project({});
  cpSync(project.dir, copy.dir, { recursive: true });
  return copy;
}

/** Runs a project that has met a fault once more, collects, and gives what is wrong then, a sentence each; nothing may be. */
export async function wrongAfterwards(project: RigProject, seed: number): Promise<string[]> {
  const cache = path.join(project.dir, ".sluice");
  const wrong = brokenInvariants(cache);
  const args = ["run", "--json", "--set", `seed=${seed}`];
  const next = await project.sluice(...args);
  if (next.code !== 0 || /warning|error|damaged|bug/.test(next.stderr))
    wrong.push(`the next run ended with ${next.code}: ${next.stderr}`);
  else if ((await project.read("out/end.txt")) !== endOf(seed)) wrong.push("the next run gave another value");
  const again = await project.sluice(...args);
  const nodes: Record<string, { readonly status: string }> = again.json().nodes;
  for (const [name, { status }] of Object.entries(nodes)) {
    if (status !== "hit") wrong.push(`${name} is ${status} in the run after that`);
  }
  makeOld(cache);
  const collected = await project.sluice("cache", "gc");
  if (collected.code !== 0) wrong.push(`gc ended with ${collected.code}: ${collected.stderr}`);
  wrong.push(...brokenInvariants(cache, { collected: true }));
  return wrong;
}
