import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { collectGarbage } from "../../src/run/keeping/collect-garbage.ts";
import { openStore } from "../../src/run/open-store.ts";
import { brokenInvariants } from "../rig/invariants.ts";
import { rig } from "../rig/rig.ts";

/*
 * Cleaning, eviction and pruning beside runs and readers, in processes of their own: nobody fails, nobody is given anything wrong, and
 * what is left is whole.
 */

const isLong = process.env.SLUICE_LONG !== undefined;
const seconds = isLong ? 180 : 5;
const racer = path.join(import.meta.dirname, "fixtures/racer.ts");
const roles = isLong ? ["runs", "runs", "caches", "caches", "cleans", "cleans"] : ["runs", "caches", "cleans"];

interface Told {
  readonly counts: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
}

test(`gc, eviction and pruning race runs and readers for ${seconds} s`, {
  timeout: (seconds + 60) * 1000,
}, async () => {
  const root = mkdtempSync(path.join(tmpdir(), "sluice-races-"));
  try {
    const racers = roles.map((role, i) =>
      rig.startProcess(process.execPath, [racer, root, role, `${seconds}`, `${Date.now() + i}`], { cwd: root }),
    );
    const counts: Record<string, number> = {};
    const wrong: string[] = [];
    for (const { finished } of racers) {
      const end = await finished;
      expect(end.code, end.stderr).toBe(0);
      const told: Told = end.json();
      wrong.push(...told.wrong, ...(end.stderr === "" ? [] : [end.stderr]));
      for (const [what, count] of Object.entries(told.counts)) counts[what] = (counts[what] ?? 0) + count;
    }
    console.log(`cleaning beside runs and readers for ${seconds} s: ${JSON.stringify(counts)}, wrong: ${wrong.length}`);
    expect(wrong).toEqual([]);
    for (const what of ["nodes executed", "nodes hit", "entries read", "wrapped", "cleaned"]) {
      expect(counts[what], what).toBeGreaterThan(0);
    }
    const store = await openStore({ root });
    await collectGarbage(store, { grace: 0 });
    await store.close();
    expect(brokenInvariants(path.join(root, ".sluice"))).toEqual([]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
