import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { Random } from "../../../bench/random.ts";
import { type Digest, digestOf } from "../../../src/core/digest.ts";
import { inlineContent } from "../../../src/core/record.ts";
import type { Workspace } from "../../../src/run/workspace.ts";
import { collectGarbage } from "../../rig/collect-garbage.ts";
import { brokenInvariants } from "../../rig/invariants.ts";
import { type CrashedDisk, crashedDisk, materialise } from "./crashed-disk.ts";
import type { Operation } from "./disk-log.ts";
import { expectedOf, openWorkspace, outputsOf, perform, type State, type Step } from "./work.ts";

/** Recorded work, and what a power cut may leave of it. */
export interface Recorded {
  readonly operations: readonly Operation[];
  readonly steps: readonly Step[];
}

/** What came of one power cut. */
export interface Aftermath {
  readonly disk: CrashedDisk;
  /** What is wrong, a sentence each; empty when nothing is. */
  readonly wrong: readonly string[];
}

/** A folder in memory, where the system has one: nothing here is to outlive the test. */
const place = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/**
 * Cuts the power at an instant that the seed tells, and does what comes after: the store is opened, looked at, used and cleaned.
 * For each key there must be the old result or the new one, whole; nothing of what was promised may be gone.
 */
export async function afterPowerCut({ operations, steps }: Recorded, seed: number): Promise<Aftermath> {
  const disk = crashedDisk(operations, new Random(seed));
  const dir = mkdtempSync(path.join(place, "sluice-power-"));
  const wrong: string[] = [];
  try {
    materialise(disk, dir);
    wrong.push(...wrongOutput(dir, steps));
    const { before, after, step } = around(operations, disk.cut);
    let workspace = await openWorkspace(dir, (message) => wrong.push(`a warning: ${message}`));
    try {
      wrong.push(...(await wrongResults(workspace, before, after)));
    } finally {
      await workspace.close();
    }
    wrong.push(...brokenInvariants(path.join(dir, ".sluice"), { leases: false }));
    workspace = await openWorkspace(dir, (message) => wrong.push(`a warning: ${message}`));
    try {
      const next = steps.find(
        (next, index): next is Extract<Step, { kind: "run" }> => index >= step && next.kind === "run",
      );
      if (next) {
        const values = await perform(workspace, next);
        if (!isDeepStrictEqual(values, expectedOf(next))) wrong.push("the next run gave another value");
        if (readFileSync(path.join(dir, "out/end.txt"), "utf8") !== values.end)
          wrong.push("the next run's output is another");
      }
      await collectGarbage(workspace);
    } finally {
      await workspace.close();
    }
    wrong.push(...brokenInvariants(path.join(dir, ".sluice"), { collected: true, leases: false }));
  } catch (error) {
    wrong.push(`thrown: ${(error as Error).stack}`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  return { disk, wrong };
}

/** What was in the store at the mark before the cut and at the one after, and the step that was under way. */
function around(
  operations: readonly Operation[],
  cut: number,
): { readonly before: State; readonly after: State; readonly step: number } {
  let before: State = {};
  let step = 0;
  for (const [time, operation] of operations.entries()) {
    if (operation.kind !== "mark") continue;
    const mark: { readonly step: number; readonly state: State } = JSON.parse(operation.text);
    if (time >= cut) return { before, after: mark.state, step };
    before = mark.state;
    step = mark.step + 1;
  }
  return { before, after: before, step };
}

async function wrongResults({ metadata, blobs }: Workspace, before: State, after: State): Promise<string[]> {
  const wrong: string[] = [];
  const found = new Map<Digest, Digest>();
  for await (const { key, node, dataVersion, artifacts } of metadata.allResults()) {
    found.set(key, dataVersion);
    if (dataVersion !== before[key] && dataVersion !== after[key]) wrong.push(`${node} is neither the old nor the new`);
    for (const artifact of artifacts) {
      const content = inlineContent(artifact) ?? (await blobs.read(artifact.digest));
      if (digestOf(content) !== artifact.digest) wrong.push(`the ${artifact.name} of ${node} is another`);
    }
  }
  for (const key of Object.keys(before)) {
    if (key in after && !found.has(key)) wrong.push(`the result ${key.slice(0, 12)} was promised, and is gone`);
  }
  return wrong;
}

function wrongOutput(dir: string, steps: readonly Step[]): string[] {
  const file = path.join(dir, "out/end.txt");
  return !existsSync(file) || outputsOf(steps).has(readFileSync(file, "utf8")) ? [] : ["the output is torn"];
}
