import { afterAll, expect, test } from "vitest";
import { MemoryDerived, Project } from "../project.ts";
import { aliasProgram } from "./alias-programs.ts";
import { versionsIn } from "./comparison.ts";
import { TruthProcess } from "./truth.ts";

/*
 * What is changed by another name, in a roundabout way, in another module: no edit of such a change may leave the version of a stage
 * as it was if it gives something else then. `SLUICE_LONG=1` makes thousands; `SLUICE_SEED=n` starts elsewhere.
 */

const isLong = process.env.SLUICE_LONG === "1";
const programs = isLong ? 10_000 : 800;
const first = Number(process.env.SLUICE_SEED ?? 1);

const truths = new TruthProcess();
afterAll(() => truths.end());

test("no change by another name leaves the version as it was", { timeout: isLong ? 3_600_000 : 300_000 }, async () => {
  const project = new Project({ "package.json": '{"type":"module"}' });
  const faults: string[] = [];
  let moved = 0;
  for (let seed = first; seed < first + programs && faults.length < 3; seed++) {
    const [before, after] = aliasProgram(seed);
    const derived = new MemoryDerived();
    const [versions, now] = [versionsIn(project, before, derived), versionsIn(project, after, derived)];
    if (versions.stageA !== now.stageA) {
      moved++;
      continue;
    }
    const [truth, next] = [await truths.of(before), await truths.of(after)];
    if (truth.failed !== undefined || next.failed !== undefined || truth.values.stageA === next.values.stageA) continue;
    faults.push([`seed ${seed}`, ...Object.entries(after).map(([file, text]) => `// ${file}\n${text}`)].join("\n"));
  }
  project.remove();
  expect(faults.join("\n\n")).toBe("");
  expect(moved).toBeGreaterThan(programs / 2);
});
