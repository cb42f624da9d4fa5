import { symlinkSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { rig } from "../rig/rig.ts";
import { endless, sales } from "./pipelines.ts";

function statuses(document: { nodes: Record<string, { status: string }> }): Record<string, string> {
  return Object.fromEntries(Object.entries(document.nodes).map(([name, { status }]) => [name, status]));
}

describe("sluice run", () => {
  test("runs, runs nothing, and re-runs what an edit touched, with the reason beside it", async () => {
    await using project = await rig.project(sales);
    const cold = await project.sluice("run");
    expect(cold.code, cold.stderr).toBe(0);
    expect(cold.stdout).toBe("");
    expect(cold.stderr).toMatch(/^ran {6}clean .* first run$/m);
    expect(cold.stderr).toContain("clean | read 4 rows\n");
    expect(cold.stderr).toContain("out/report.txt");
    expect(cold.stderr).toMatch(/^done: 3 stages ran, in /m);
    expect(await project.read("out/report.txt")).toBe("total 7\n");

    const warm = await project.sluice("run");
    expect(warm.code).toBe(0);
    expect(warm.stderr).toMatch(/^nothing to do: all 3 stages were reused, in [^\n]*\n$/);

    const set = await project.sluice("run", "--set", "topN=1");
    expect(set.stderr).toMatch(/^ran {6}stats .* param topN: 2 -> 1$/m);
    expect(set.stderr).toMatch(/^ran {6}report .* input stats changed/m);

    await project.write(
      "lib/total.ts",
      (await project.read("lib/total.ts")).replace("sum + row.units", "sum + row.units + 0"),
    );
    const edited = await project.sluice("run");
    expect(edited.stderr).toMatch(/^ran {6}stats .* code: .*lib\/total\.ts/m);

    await project.touch("data/sales.csv");
    expect((await project.sluice("run")).stderr).toMatch(/^nothing to do/);
  });

  test("--json: one document of the promised shape, progress on stderr", async () => {
    await using project = await rig.project(sales);
    const cold = await project.sluice("run", "--json");
    const document = cold.json();
    expect(Object.keys(document)).toEqual(["runId", "status", "durationMs", "savedMs", "nodes"]);
    expect(document.status).toBe("ok");
    expect(statuses(document)).toEqual({
      sales: "hit",
      topN: "hit",
      clean: "executed",
      stats: "executed",
      report: "executed",
    });
    expect(document.nodes.sales.kind).toBe("file");
    expect(document.nodes.clean).toEqual({
      status: "executed",
      kind: "stage",
      key: expect.stringMatching(/^[0-9a-f]{64}$/),
      dataVersion: expect.stringMatching(/^[0-9a-f]{64}$/),
      durationMs: expect.any(Number),
      savedMs: 0,
      reasons: [{ kind: "first-run" }],
    });
    expect(cold.stderr).toContain("ran      clean");
    const warm = (await project.sluice("run", "stats", "--json")).json();
    expect(statuses(warm)).toEqual({ sales: "hit", topN: "hit", clean: "hit", stats: "hit" });
    expect(warm.nodes.clean.key).toBe(document.nodes.clean.key);
    expect(warm.nodes.clean.dataVersion).toBe(document.nodes.clean.dataVersion);
    expect(warm.nodes.clean.savedMs).toBe(document.nodes.clean.durationMs);
  });

  test("a stage that fails: code 1, its own code and frames, no stack of ours, and the rest is kept", async () => {
    await using project = await rig.project({
      "pipeline.ts": `import { stage } from "sluice";
import { boom } from "./lib/boom.ts";
export const good = stage({}, () => 1);
export const bad = stage({ good }, ({ good }) => boom(good));
export const after = stage({ bad }, () => 2);
export const other = stage({ good }, () => 3);
`,
      "lib/boom.ts": `export function boom(value: number): number {
  if (value > 0) throw new TypeError("no \\x1b[31mluck");
  return value;
}
`,
    });
    const failed = await project.sluice("run", "--jobs", "1", "--keep-going");
    expect(failed.code).toBe(1);
    expect(failed.stdout).toBe("");
    expect(failed.stderr).toMatch(/^failed {3}bad$/m);
    expect(failed.stderr).toContain("TypeError: no luck");
    expect(failed.stderr).toContain("lib/boom.ts:2:");
    expect(failed.stderr).toContain('if (value > 0) throw new TypeError("no');
    expect(failed.stderr).toContain("pipeline.ts:4:");
    expect(failed.stderr).toMatch(/^ +stops: after$/m);
    expect(failed.stderr).not.toContain("src/run/");
    expect(failed.stderr).not.toContain("\x1b");
    const again = await project.sluice("run", "--json", "--keep-going");
    expect(again.code).toBe(1);
    const document = again.json();
    expect(document.status).toBe("failed");
    expect(statuses(document)).toEqual({ good: "hit", bad: "failed", after: "skipped", other: "hit" });
    expect(document.nodes.bad.failure).toMatchObject({ reason: "stage-failed", node: "bad" });
    const logs = await project.sluice("logs");
    expect(logs.stdout).toContain("TypeError: no luck");
  });

  test("console.log of a stage never lands between results", async () => {
    await using project = await rig.project({
      "pipeline.ts": `import { stage } from "sluice";
console.log("loading");
export const loud = stage({}, () => { console.log("{ not json"); process.stdout.write("half"); return 1; });
`,
    });
    const finished = await project.sluice("run", "--json");
    expect(finished.json().status).toBe("ok");
    for (const text of ["loading", "{ not json", "half"]) expect(finished.stderr).toContain(text);
    expect((await project.sluice("ls", "--json")).json().nodes.loud.kind).toBe("stage");
  });

  test.each(["SIGINT", "SIGTERM"] as const)(
    "%s ends the run in order: code 130, finished work is kept",
    async (signal) => {
      await using project = await rig.project(endless);
      const run = project.start({}, "run", "--json");
      await run.wrote("slow is under way");
      run.kill(signal);
      const finished = await run.finished;
      expect(finished.code, finished.stderr).toBe(130);
      expect(finished.stderr).toContain("stopping");
      expect(finished.stderr).not.toMatch(/^ {4}at /m);
      expect(finished.json().status).toBe("cancelled");
      expect(statuses(finished.json())).toEqual({ first: "executed", slow: "cancelled" });
      expect(statuses((await project.sluice("plan", "--json")).json())).toEqual({ first: "hit", slow: "run" });
    },
  );

  test("an error that no stage could catch, and a promise that never settles, are failures and no crash", async () => {
    await using project = await rig.project({
      "pipeline.ts": `import { stage } from "sluice";
export const stray = stage({}, async () => {
  setTimeout(() => { throw new Error("from a timer"); }, 1);
  await new Promise((resolve) => setTimeout(resolve, 60_000));
});
export const never = stage({}, () => new Promise(() => {}));
export const exits = stage({}, () => { process.exit(0); });
`,
    });
    const stray = await project.sluice("run", "stray");
    expect(stray.code).toBe(1);
    expect(stray.stderr).toContain("Error: from a timer");
    expect(stray.stderr).toContain("pipeline.ts:3:");
    expect(stray.stderr).not.toContain("bug");
    const never = await project.sluice("run", "never", "--json");
    expect(never.code).toBe(1);
    expect(never.json().failure.message).toContain("can never happen");
    const exits = await project.sluice("run", "exits", "--json");
    expect(exits.code).toBe(1);
    expect(exits.json().failure.message).toContain("ended the process");
  });

  test("--recompute, --cache, --cache-dir, --quiet, --dry-run, -f", async () => {
    await using project = await rig.project(sales);
    expect((await project.sluice("run", "--dry-run", "--json")).json().nodes.clean.status).toBe("run");
    expect(project.exists("out")).toBe(false);
    expect((await project.sluice("run", "-q")).stderr).toBe("");
    const again = (await project.sluice("run", "--recompute", "clean", "--json")).json();
    expect(statuses(again)).toMatchObject({ clean: "executed", stats: "hit" });
    expect(again.nodes.clean.reasons[0].kind).toBe("behaviour");
    expect(statuses((await project.sluice("run", "--cache", "off", "--json")).json())).toMatchObject({
      stats: "executed",
    });
    const elsewhere = (await project.sluice("run", "--cache-dir", "other", "--json")).json();
    expect(statuses(elsewhere)).toMatchObject({ clean: "executed" });
    expect(project.exists("other/v1")).toBe(true);
    const below = await project.sluiceWith({ cwd: "lib" }, "run", "--json");
    expect(statuses(below.json())).toMatchObject({ clean: "hit", report: "hit" });
    const named = await project.sluiceWith({ cwd: "data" }, "run", "-f", "../pipeline.ts", "--json");
    expect(statuses(named.json())).toMatchObject({ clean: "hit" });
  });

  test("-f by way of a link to the project finds what was made without it", async () => {
    await using project = await rig.project(sales);
    await project.sluice("run");
    symlinkSync(".", path.join(project.dir, "link"));
    for (const given of ["link/pipeline.ts", "link", "link/link/pipeline.ts"]) {
      const { stderr } = await project.sluice("run", "-f", given);
      expect(stderr).toMatch(/^nothing to do: all 3 stages were reused/);
    }
    await project.remove("out");
    await project.sluice("run", "-f", "link", "--recompute", "report");
    expect(await project.read("out/report.txt")).toBe("total 7\n");
  });
});

describe("looking", () => {
  test("plan and why say what run then does, and change nothing", async () => {
    await using project = await rig.project(sales);
    const cold = await project.sluice("plan");
    expect(cold.code, cold.stderr).toBe(0);
    expect(cold.stdout).toMatch(/^run {4}clean .* first run$/m);
    expect(project.exists("out")).toBe(false);
    await project.sluice("run");
    expect((await project.sluice("plan")).stdout).toMatch(/^nothing to do: all 3 stages are cached/);
    await project.append("data/sales.csv", "e,5\n");
    const plan = (await project.sluice("plan", "--json")).json();
    expect(statuses(plan)).toEqual({ sales: "hit", topN: "hit", clean: "run", stats: "maybe", report: "maybe" });
    expect(plan.nodes.clean.reasons).toMatchObject([{ kind: "file", name: "sales" }]);
    const why = await project.sluice("why", "clean");
    expect(why.stdout).toContain("clean would run\n  file sales");
    expect((await project.sluice("why", "clean", "--json")).json()).toMatchObject({ node: "clean", status: "run" });
    expect((await project.sluice("why", "clean", "--run", "last")).stdout).toContain("clean ran\n  first run");
    const unknown = await project.sluice("why", "cleen");
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('did you mean "clean"?');
  });

  test("ls, graph, show", async () => {
    await using project = await rig.project(sales);
    const ls = await project.sluice("ls");
    expect(ls.code, ls.stderr).toBe(0);
    expect(ls.stdout).toMatch(/^clean +stage +sales +rows that count$/m);
    expect(ls.stdout).toMatch(/^report +stage +stats +out\/report\.txt$/m);
    const list = (await project.sluice("ls", "--json")).json();
    expect(list.nodes.stats.inputs).toEqual({ clean: "clean", topN: "topN" });
    expect((await project.sluice("graph")).stdout).toContain('["stats"]');
    expect((await project.sluice("graph", "clean", "--format", "dot")).stdout).not.toContain("stats");
    expect(project.exists(".sluice")).toBe(false);
    const missing = await project.sluice("show", "clean");
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain("sluice run clean");
    await project.sluice("run");
    expect((await project.sluice("show", "clean")).stdout).toBe(
      "3 rows, 2 columns\nname  units\na         1\nb         2\nd         4\n",
    );
    expect((await project.sluice("show", "report")).stdout).toBe("total 7\n");
    expect((await project.sluice("show", "topN")).stdout).toBe("2\n");
    const shown = (await project.sluice("show", "stats", "--json")).json();
    expect(shown).toMatchObject({ node: "stats", status: "hit", value: { total: 7 } });
  });

  test("runs and logs", async () => {
    await using project = await rig.project(sales);
    expect((await project.sluice("runs")).stderr).toContain("no run yet");
    await project.sluice("run");
    await project.sluice("run");
    const { runs } = (await project.sluice("runs", "--json")).json();
    expect(runs).toHaveLength(2);
    const first = runs[1].id;
    expect((await project.sluice("runs")).stdout).toMatch(new RegExp(`^${first} .* ok `, "m"));
    expect((await project.sluice("logs")).stderr).toContain("logged nothing");
    expect((await project.sluice("logs", first)).stdout).toBe("clean | read 4 rows\n");
    expect((await project.sluice("logs", first, "stats")).stdout).toBe("");
    expect((await project.sluice("logs", first, "clean", "--json")).json().events).toMatchObject([
      { type: "node-log", text: "read 4 rows" },
    ]);
    await project.append(
      `.sluice/v1/logs/${first}.jsonl`,
      '{"type":"node-log","time":1,"node":"clean","level":"info","text":"\\u001b[2Jevil"}\n{cut',
    );
    const logs = await project.sluice("logs", first);
    expect(logs.stdout).toBe("clean | read 4 rows\nclean | evil\n");
    expect(logs.stderr).toBe("1 damaged line left out\n");
    expect((await project.sluice("logs", "previous", "clean")).stdout).toBe(logs.stdout);
    const unknown = await project.sluice("logs", "2000");
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain("sluice runs");
    const misspelt = await project.sluice("logs", first, "claen");
    expect(misspelt.code).toBe(2);
    expect(misspelt.stderr).toContain(`run ${first} has no node "claen"`);
    await project.sluice("run", "topN");
    expect((await project.sluice("logs", "clean")).stdout).toBe(logs.stdout);
  });

  test("the starter works, and a second run does nothing", async () => {
    await using project = await rig.project({});
    await project.sluice("init");
    const cold = await project.sluice("run");
    expect(cold.code, cold.stderr).toBe(0);
    expect(await project.read("out/report.txt")).toContain("apples");
    expect((await project.sluice("run")).stderr).toMatch(/^nothing to do: all 3 stages/);
    expect((await project.sluice("run", "--set", "topN=1")).stderr).toContain("param topN: 3 -> 1");
  });
});
