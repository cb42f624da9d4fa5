import { mkdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../bench/random.ts";
import { openSqliteMetadata } from "../../src/metadata/sqlite-metadata.ts";
import { markText, ownMark } from "../../src/platform/process-mark.ts";
import { makeOld } from "../rig/old-blobs.ts";
import { type RigProject, rig } from "../rig/rig.ts";
import { hasStrace, noStrace } from "../rig/strace.ts";
import { cases, isLong, tellFigures } from "./figures.ts";
import { copyOf, countCalls, pipeline, startWithFaults, wrongAfterwards } from "./injection.ts";

/*
 * Killed at each write, rename, removal, sync: not at random instants, as in kill.test.ts, but before every single system call
 * by which anything gets to the disk.
 */

interface Scene {
  readonly name: string;
  /** What happened in the project before. */
  readonly before: readonly (readonly string[])[];
  /** What is killed. */
  readonly args: readonly string[];
}

const seed = (value: number): string[] => ["--set", `seed=${value}`];

const scenes: readonly Scene[] = [
  { name: "a first run", before: [], args: ["run", "--json", ...seed(7)] },
  { name: "a run after an edit", before: [["run", ...seed(6)]], args: ["run", "--json", ...seed(7)] },
  {
    name: "a run that does everything anew",
    before: [["run", ...seed(7)]],
    args: ["run", "--cache", "wo", ...seed(7)],
  },
  { name: "a run in which nothing changed", before: [["run", ...seed(7)]], args: ["run", "--json", ...seed(7)] },
  {
    name: "gc",
    before: [
      ["run", ...seed(6)],
      ["run", ...seed(7)],
      ["cache", "verify", "--repair"],
    ],
    args: ["cache", "gc"],
  },
  { name: "clear", before: [["run", ...seed(7)]], args: ["cache", "clear", "--yes"] },
];

describe.skipIf(!hasStrace)(
  `killed before every system call that changes something (${hasStrace ? "strace" : noStrace})`,
  () => {
    const random = new Random(Date.now());
    const figures = { kills: 0, "that came too late": 0 };
    let template: RigProject;
    beforeAll(async () => {
      template = await rig.project(pipeline);
    });
    afterAll(async () => {
      await template[Symbol.asyncDispose]();
      tellFigures("kill at every system call", {
        ...figures,
        outcome: "nothing lost, nothing wrong, nothing left by gc",
      });
    });

    test.each(scenes)("$name", { timeout: 3_600_000 }, async ({ before, args }) => {
      await using prepared = await copyOf(template);
      for (const earlier of before) expect((await prepared.sluice(...earlier)).code).toBe(0);
      if (args.includes("gc")) await makeGarbage(prepared);
      const counts = await counted(prepared, args);
      // Of a few, none that another run might not get to.
      const all = [...counts].map(([call, count]) => ({ call, count: isLong ? count : Math.ceil(count * 0.5) }));
      const points = all.flatMap(({ call, count }) => Array.from({ length: count }, (_, i) => ({ call, when: i + 1 })));
      const wanted = cases(2, points.length);
      const chosen =
        wanted === points.length ? points : Array.from({ length: wanted }, () => points[random.below(points.length)]!);
      let killed = 0;
      for (const { call, when } of chosen) {
        await using project = await copyOf(prepared);
        const run = await startWithFaults(project, [`${call}:signal=KILL:when=${when}`], ...args).finished;
        const isKilled = run.signal === "SIGKILL" || run.code === 137;
        figures[isKilled ? "kills" : "that came too late"] += 1;
        if (isKilled) killed += 1;
        expect(await wrongAfterwards(project, 7), `killed at ${call} number ${when} of ${args.join(" ")}`).toEqual([]);
      }
      expect(killed / chosen.length, "enough kills came in time").toBeGreaterThanOrEqual(0.5);
    });
  },
);

/** How many there are in any run: one more often writes what it compiled, and batches are as large as it is fast. */
async function counted(prepared: RigProject, args: readonly string[]): Promise<ReadonlyMap<string, number>> {
  await using first = await copyOf(prepared);
  const counts = countCalls(first, ...args);
  await using second = await copyOf(prepared);
  const again = countCalls(second, ...args);
  return new Map([...counts].map(([call, count]) => [call, Math.min(count, again.get(call) ?? 0)]));
}

/** Gives gc something to do: blobs that no result needs, and leftovers. */
async function makeGarbage({ dir }: RigProject): Promise<void> {
  const metadata = openSqliteMetadata({ file: `${dir}/.sluice/v1/metadata.db` });
  await metadata.removeResults((await metadata.resultsOf("large", 10)).map(({ key }) => key));
  metadata.close();
  const left = `${dir}/.sluice/v1/tmp/${markText({ ...ownMark(), pid: 999_999_999 })}-0123456789ab`;
  mkdirSync(left);
  for (const name of ["one", "two"]) writeFileSync(`${left}/${name}`, "left");
  makeOld(`${dir}/.sluice`);
}
