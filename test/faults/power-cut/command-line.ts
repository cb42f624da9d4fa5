import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Random } from "../../../bench/random.ts";
import { brokenInvariants } from "../../rig/invariants.ts";
import { rig } from "../../rig/rig.ts";
import { cli } from "../../rig/tested.ts";
import { endOf, pipeline } from "../injection.ts";
import { type CrashedDisk, crashedDisk, materialise } from "./crashed-disk.ts";
import { DiskLog, type Operation } from "./disk-log.ts";
import { recordingArgs } from "./recording.ts";

/** What is called one after the other, and the seed of which all is on the disk when it has ended. */
const calls: readonly { readonly args: readonly string[]; readonly seed: number }[] = [
  { args: ["run", "--set", "seed=1"], seed: 1 },
  // Known without looking: what is remembered of a run must not outlive what it was about.
  { args: ["run", "--set", "seed=1"], seed: 1 },
  { args: ["run", "--set", "seed=2"], seed: 2 },
  { args: ["cache", "gc"], seed: 2 },
  { args: ["run", "--set", "seed=2"], seed: 2 },
  { args: ["run", "--set", "seed=1", "--cache", "wo"], seed: 1 },
];

/** Calls the command line in a new project, and gives all that it did to the disk. */
export async function recordCalls(): Promise<readonly Operation[]> {
  await using project = await rig.project(pipeline);
  const home = mkdtempSync(path.join(tmpdir(), "sluice-power-"));
  try {
    const disk = new DiskLog(project.dir, path.join(home, "no marks"));
    disk.begin();
    for (const { args, seed } of calls) {
      const log = path.join(home, "log");
      const traced = await rig.startProcess("strace", [...recordingArgs(log), process.execPath, cli, ...args], {
        cwd: project.dir,
      }).finished;
      if (traced.code !== 0) throw new Error(`${args.join(" ")} ended with ${traced.code}: ${traced.stderr}`);
      disk.add(readFileSync(log, "latin1"));
      disk.mark(String(seed));
    }
    return disk.operations;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Cuts the power at an instant that a seed tells, and calls the command line on what is left; gives what is wrong then. */
export async function afterCut(
  operations: readonly Operation[],
  seed: number,
): Promise<{ readonly disk: CrashedDisk; readonly wrong: readonly string[] }> {
  const disk = crashedDisk(operations, new Random(seed), firstCut(operations));
  await using project = await rig.project({});
  for (const name of readdirSync(project.dir)) rmSync(path.join(project.dir, name), { recursive: true });
  materialise(disk, project.dir);
  const cache = path.join(project.dir, ".sluice");
  const wrong = brokenInvariants(cache, { leases: false });
  const mark = operations.slice(0, disk.cut).findLast((operation) => operation.kind === "mark");
  const promised = mark?.kind === "mark" ? Number(mark.text) : 3;
  for (const isFirst of [true, false]) {
    const run = await project.sluice("run", "--json", "--set", `seed=${promised}`);
    if (run.code !== 0 || /warning|error|bug/.test(run.stderr))
      wrong.push(`a run ended with ${run.code}: ${run.stderr}`);
    else if ((await project.read("out/end.txt")) !== endOf(promised)) wrong.push("a run gave another value");
    if (isFirst && !mark) continue;
    const nodes: Record<string, { readonly status: string }> = run.json().nodes ?? {};
    for (const [name, { status }] of Object.entries(nodes)) {
      if (status !== "hit") wrong.push(`${name} is ${status}, and its result was on the disk`);
    }
  }
  wrong.push(...brokenInvariants(cache, { leases: false }));
  return { disk, wrong };
}

/** The first instant at which the project is all there. */
function firstCut(operations: readonly Operation[]): number {
  return operations.findIndex(
    (operation, index) => operation.kind === "entry" && operation.name === ".sluice" && index > 0,
  );
}
