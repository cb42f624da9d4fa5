import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { type Files, type Finished, rig } from "../rig/rig.ts";
import { sales } from "./pipelines.ts";

interface Bad {
  readonly files: Files;
  readonly args?: readonly string[];
  readonly code: number;
  readonly reason: string;
  /** What the message must name. */
  readonly says: readonly (string | RegExp)[];
}

const header = `import { env, file, glob, param, stage } from "sluice";\n`;
const pipeline = (text: string): Files => ({ "pipeline.ts": header + text });

const cases: Readonly<Record<string, Bad>> = {
  "a cycle": {
    files: pipeline(
      `export const a = stage({ get b() { return b; } }, () => 1);\nexport const b = stage({ a }, () => 2);\n`,
    ),
    code: 2,
    reason: "cycle",
    says: [/(a -> b -> a|b -> a -> b)/, "pipeline.ts:", "hint:"],
  },
  "an option that does not exist, below code that is compiled to more lines": {
    files: pipeline(
      `export const a = stage({}, () => { for (const x of [1]) { if (x) return x; } return 2; });\nexport const b = stage({}, () => 2, { timeuot: 5 } as object);\n`,
    ),
    code: 2,
    reason: "invalid-definition",
    says: ['did you mean "timeout"?', "pipeline.ts:3:18"],
  },
  "an unknown target": {
    files: sales,
    args: ["run", "reprot"],
    code: 2,
    reason: "unknown-node",
    says: ['there is no node "reprot"', 'did you mean "report"?'],
  },
  "a missing file": {
    files: pipeline(`export const data = file("data/nope.csv");\nexport const a = stage({ data }, () => 1);\n`),
    code: 2,
    reason: "missing-file",
    says: ["data/nope.csv", "pipeline.ts:2"],
  },
  "a pattern without a match": {
    files: pipeline(`export const all = glob("data/*.csv");\nexport const a = stage({ all }, () => 1);\n`),
    code: 2,
    reason: "no-match",
    says: ["data/*.csv", "pipeline.ts:2"],
  },
  "a duplicate name": {
    files: pipeline(
      `export const a = stage({}, () => 1, { name: "x" });\nexport const b = stage({}, () => 2, { name: "x" });\n`,
    ),
    code: 2,
    reason: "duplicate-name",
    says: ['two nodes are called "x"', "pipeline.ts:3", "hint:"],
  },
  "two stages that write one path": {
    files: pipeline(
      `export const a = stage({}, () => "1", { output: "out/x.txt" });\nexport const b = stage({}, () => "2", { output: "./out/../out/x.txt" });\n`,
    ),
    code: 2,
    reason: "duplicate-output",
    says: ["out/x.txt", '"a"', '"b"', "pipeline.ts:3"],
  },
  "a pipeline that throws on import": {
    files: pipeline(`function load(): never { throw new Error("no configuration"); }\nload();\n`),
    code: 2,
    reason: "load-failed",
    says: ["no configuration", "pipeline.ts:2"],
  },
  "a pipeline with a syntax error": {
    files: pipeline(`export const a = stage({}, () => 1;\n`),
    code: 2,
    reason: "load-failed",
    says: ["pipeline.ts:2"],
  },
  "a pipeline that imports what is not there": {
    files: pipeline(`import { x } from "./lib/nope.ts";\nexport const a = stage({}, () => x);\n`),
    code: 2,
    reason: "load-failed",
    says: ["nope.ts"],
  },
  "a pipeline without nodes": {
    files: { "pipeline.ts": "export const a = 1;\n" },
    code: 2,
    reason: "no-pipeline",
    says: ["pipeline.ts", "hint:"],
  },
  "a value that cannot be versioned": {
    files: pipeline(`export const a = stage({}, () => ({ rows: [{ parse: () => 1 }] }));\n`),
    code: 1,
    reason: "unversionable",
    says: ["rows[0].parse", "function", "pipeline.ts:2"],
  },
  "a parameter that is not declared": {
    files: sales,
    args: ["run", "--set", "topM=3"],
    code: 2,
    reason: "unknown-parameter",
    says: ['"topM"', 'did you mean "topN"?'],
  },
  "a parameter of another type": {
    files: sales,
    args: ["run", "--set", "topN=many"],
    code: 2,
    reason: "invalid-parameter",
    says: ["topN", "number", '"many"'],
  },
  "a parameter that must be given": {
    files: pipeline(`export const who = param<string>();\nexport const a = stage({ who }, () => 1);\n`),
    code: 2,
    reason: "missing-parameter",
    says: ["who", "--set who="],
  },
  "a malformed --set": { files: sales, args: ["run", "--set", "topN"], code: 2, reason: "usage", says: ["NAME=VALUE"] },
  "a variable that is not set": {
    files: pipeline(`export const key = env("SLUICE_TEST_NOWHERE");\nexport const a = stage({ key }, () => 1);\n`),
    code: 2,
    reason: "missing-variable",
    says: ["SLUICE_TEST_NOWHERE", "pipeline.ts:2"],
  },
  "an unknown flag": {
    files: sales,
    args: ["run", "--kepgoing"],
    code: 2,
    reason: "usage",
    says: ["--kepgoing", "--keep-going"],
  },
  "a stage that takes too long": {
    files: pipeline(`export const a = stage({}, () => new Promise((r) => setTimeout(r, 60_000)), { timeout: 20 });\n`),
    code: 1,
    reason: "timed-out",
    says: ["a took longer than 20 ms", "hint:"],
  },
  "a check that fails": {
    files: pipeline(
      `export const a = stage({}, () => [], { check: { name: "has rows", test: (rows: unknown[]) => rows.length > 0 || "it has no rows" } });\n`,
    ),
    code: 1,
    reason: "check-failed",
    says: ["it has no rows"],
  },
};

/** The failure in a `--json` document, wherever it is. */
function failureIn(document: { failure?: unknown; nodes?: Record<string, { failure?: { reason: string } }> }): unknown {
  return document.failure ?? Object.values(document.nodes ?? {}).find(({ failure }) => failure)?.failure;
}

function hasNoStack({ stdout, stderr }: Finished): void {
  expect(stderr).not.toMatch(/^\s+at .*(node:internal|src\/(run|commands|authoring|core|analyse)\/)/m);
  expect(stderr).not.toContain("this is a bug");
  expect(stdout).toBe("");
}

describe("bad input: one clear message, the right code, no stack", () => {
  test.each(Object.entries(cases))("%s", async (_, { files, args = ["run"], code, reason, says }) => {
    await using project = await rig.project(files);
    const finished = await project.sluice(...args);
    expect(finished.code, finished.stderr).toBe(code);
    hasNoStack(finished);
    expect(finished.stderr.match(/^ *error:/gm), finished.stderr).toHaveLength(1);
    for (const text of says) expect(finished.stderr).toMatch(text instanceof RegExp ? text : literal(text));
    const document = await project.sluice(...args, "--json");
    expect(document.code).toBe(code);
    expect(document.json().status).toBe("failed");
    expect(failureIn(document.json())).toMatchObject({ reason });
  });
});

function literal(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
}

const isRoot = process.getuid?.() === 0;

describe("a store that cannot be used", () => {
  test("a newer database is refused and left alone", async () => {
    await using project = await rig.project(sales);
    expect((await project.sluice("run")).code).toBe(0);
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(path.join(project.dir, ".sluice/v1/metadata.db"));
    database.exec("PRAGMA user_version = 9999");
    database.close();
    for (const args of [["run"], ["plan"], ["runs"], ["cache", "stats"]]) {
      const finished = await project.sluice(...args);
      expect(finished.code, finished.stderr).toBe(2);
      hasNoStack(finished);
      expect(finished.stderr).toContain("newer");
    }
    expect((await project.sluice("run", "--json")).json().failure.reason).toBe("newer-store");
    const again = new DatabaseSync(path.join(project.dir, ".sluice/v1/metadata.db"));
    expect(again.prepare("PRAGMA user_version").get()).toEqual({ user_version: 9999 });
    again.close();
  });

  test("a damaged database is set aside, said, and the run goes on", async () => {
    await using project = await rig.project(sales);
    expect((await project.sluice("run")).code).toBe(0);
    await project.write(".sluice/v1/metadata.db", "this is no database at all ".repeat(500));
    const finished = await project.sluice("run");
    expect(finished.code, finished.stderr).toBe(0);
    hasNoStack(finished);
    expect(finished.stderr).toContain("warning:");
    expect((await project.sluice("run")).stderr).toMatch(/^nothing to do/);
  });

  test("a read-only cache serves hits and warns once", async ({ skip }) => {
    if (isRoot && !mounts()) skip("root may write everywhere, and nothing can be mounted here");
    await using project = await rig.project(sales);
    expect((await project.sluice("run")).code).toBe(0);
    const undo = await makeReadOnly(project.dir);
    try {
      const warm = await project.sluice("run", "--json");
      expect(warm.code, warm.stderr).toBe(0);
      expect(warm.json().nodes.report.status).toBe("hit");
      expect(warm.stderr.match(/warning:/g)).toHaveLength(1);
      const changed = await project.sluice("run", "--set", "topN=1", "--json");
      expect(changed.code, changed.stderr).toBe(0);
      expect(changed.json().nodes.stats.status).toBe("executed");
      const gc = await project.sluice("cache", "gc");
      expect(gc.code).toBe(2);
      expect(gc.stderr).toContain("error: the cache cannot be changed");
      hasNoStack(gc);
    } finally {
      undo();
    }
  });

  test("a full disk: the run says so, records nothing bad, and goes on when there is space", async ({ skip }) => {
    if (!isRoot || !mounts()) skip("only root can mount a small file system");
    await using project = await rig.project(
      pipeline(`export const small = stage({}, () => "s".repeat(10_000));
export const big = stage({ small }, async () => {
  const { randomBytes } = await import("node:crypto");
  return randomBytes(8_000_000);
}, { version: "1" });\n`),
    );
    const disk = path.join(project.dir, "disk");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", disk]);
    try {
      const full = await project.sluice("run", "--cache-dir", "disk/cache");
      expect([1, 2], full.stderr).toContain(full.code);
      hasNoStack(full);
      expect(full.stderr).toContain("no space left");
      expect(full.stderr).toContain("hint:");
      expect((await project.sluice("cache", "gc", "--cache-dir", "disk/cache")).code).toBe(0);
      execFileSync("mount", ["-o", "remount,size=64m", disk]);
      const again = await project.sluice("run", "--cache-dir", "disk/cache", "--json");
      expect(again.code, again.stderr).toBe(0);
      expect(again.json().nodes).toMatchObject({ small: { status: "hit" }, big: { status: "executed" } });
      expect((await project.sluice("cache", "verify", "--cache-dir", "disk/cache")).code).toBe(0);
    } finally {
      execFileSync("umount", ["-l", disk]);
    }
  });
});

let mountable: boolean | undefined;

/** Whether this process may mount file systems: root in a container often may not. */
function mounts(): boolean {
  if (mountable !== undefined) return mountable;
  const probe = path.join(process.env.TMPDIR ?? "/tmp", `sluice-mount-${process.pid}`);
  try {
    mkdirSync(probe);
    execFileSync("mount", ["-t", "tmpfs", "tmpfs", probe], { stdio: "ignore" });
    execFileSync("umount", [probe], { stdio: "ignore" });
    mountable = true;
  } catch {
    mountable = false;
  }
  execFileSync("rmdir", [probe]);
  return mountable;
}

/** Takes away the right to write to a project's cache: for root, who is not asked, by a read-only mount. */
async function makeReadOnly(dir: string): Promise<() => void> {
  const cache = path.join(dir, ".sluice");
  if (isRoot) {
    execFileSync("mount", ["--bind", cache, cache]);
    execFileSync("mount", ["-o", "remount,bind,ro", cache]);
    return () => void execFileSync("umount", ["-l", cache]);
  }
  execFileSync("chmod", ["-R", "a-w", cache]);
  return () => void execFileSync("chmod", ["-R", "u+w", cache]);
}
