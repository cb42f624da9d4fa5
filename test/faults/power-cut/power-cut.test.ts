import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { hasStrace, noStrace } from "../../rig/strace.ts";
import { cases, isLong, tellFigures } from "../figures.ts";
import { afterPowerCut, type Recorded } from "./after-crash.ts";
import { afterCut, recordCalls } from "./command-line.ts";
import { readLog, writeLog } from "./log-file.ts";
import { fixture } from "./recorded.ts";
import { record } from "./recording.ts";
import { stepsOf } from "./work.ts";

/*
 * After a power cut, with unsynced writes lost or torn in any order: the old state or the new, never a third. Real work (runs,
 * edits, removals, collections) is recorded, system call by system call; from that log, disks are built that a power cut at any
 * instant may legally leave; and on each of them the real store is opened, looked at, used and cleaned. SQLite's files are no
 * exception.
 */

interface Work {
  readonly seed: number;
  readonly steps: number;
  /** Also has SQLite begin its log anew under a store that is open. */
  readonly wide?: boolean;
  readonly cuts: number;
}

const work: readonly Work[] = isLong
  ? [
      { seed: 1, steps: 12, wide: true, cuts: cases(60, 600) },
      ...[2, 3, 4, 5, 6].map((seed) => ({ seed, steps: 14, cuts: cases(100, 1880) })),
    ]
  : [{ seed: Math.floor(Math.random() * 1e9), steps: 10, cuts: 120 }];

describe("after a power cut there is the old state or the new", () => {
  test.skipIf(!hasStrace)(`in recorded work (${hasStrace ? "strace" : noStrace})`, { timeout: 3_600_000 }, async () => {
    const figures = { "power cuts": 0, "operations under way": 0, "of them lost or torn": 0 };
    for (const { seed, steps, wide = false, cuts } of work) {
      const recorded = { operations: record(seed, steps, wide), steps: stepsOf(seed, steps, wide) };
      // The disk is only as good as the record of what was done to it.
      expect(recorded.operations.filter(({ kind }) => kind === "mark")).toHaveLength(steps);
      await cutPower(recorded, cuts, `work of seed ${seed}`, figures);
    }
    tellFigures("power cut", { ...figures, outcome: "old or new, nothing promised lost, every next run right" });
  });

  test.skipIf(!hasStrace)("for the command line", { timeout: 3_600_000 }, async () => {
    const operations = await recordCalls();
    const cuts = cases(8, 400);
    const first = isLong ? 0 : Math.floor(Math.random() * 1e9);
    for (let cut = first; cut < first + cuts; cut++) {
      const { disk, wrong } = await afterCut(operations, cut);
      expect(wrong, `cut ${cut} after ${disk.cut} of ${operations.length} operations (${disk.shape})`).toEqual([]);
    }
    tellFigures("power cut in calls of the command line", { "power cuts": cuts, outcome: "as above" });
  });

  test("in work that was recorded before", { timeout: 600_000 }, async () => {
    const { file, seed, steps } = fixture;
    const recorded = {
      operations: readLog(path.join(import.meta.dirname, file)),
      steps: stepsOf(seed, steps, false),
    };
    for (const cut of onceWrong) {
      const { disk, wrong } = await afterPowerCut(recorded, cut);
      expect(wrong, `cut ${cut} after ${disk.cut} operations`).toEqual([]);
    }
    await cutPower(recorded, cases(60, 1000), "the recorded work");
  });
});

/** Cuts after which something was wrong: leases that gc itself found damaged were left. */
const onceWrong = [394_885_146];

async function cutPower(
  recorded: Recorded,
  cuts: number,
  what: string,
  figures?: Record<string, number>,
): Promise<void> {
  const first = isLong ? 0 : Math.floor(Math.random() * 1e9);
  for (let cut = first; cut < first + cuts; cut++) {
    const { disk, wrong } = await afterPowerCut(recorded, cut);
    if (wrong.length > 0) {
      const log = path.join(mkdtempSync(path.join(tmpdir(), "sluice-power-cut-")), "log.zst");
      writeLog(log, recorded.operations);
      expect.fail(
        `${what}, cut ${cut} after ${disk.cut} operations (${disk.shape}); all of them are in ${log}:\n${wrong.join("\n")}`,
      );
    }
    if (!figures) continue;
    figures["power cuts"]! += 1;
    figures["operations under way"]! += disk.pending;
    figures["of them lost or torn"]! += disk.lost;
  }
}
