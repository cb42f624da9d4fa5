import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test, vi } from "vitest";
import { type Files, rig } from "../rig/rig.ts";
import { eventually, linesOf, watch } from "./watching.ts";

const hasProc = existsSync("/proc/self/cwd");

const pipeline: Files = {
  "pipeline.ts": `import { dir, file, glob, stage } from "sluice";
import { count } from "./lib/count.ts";
export const rows = file("data/rows.txt");
export const parts = glob("parts/**/*.txt", { allowEmpty: true });
export const folder = dir("folder");
export const total = stage({ rows }, async ({ rows }) => count(await rows.text()));
export const names = stage({ parts }, ({ parts }) => parts.map(({ path }) => path.slice(path.lastIndexOf("/") + 1)).join());
export const listing = stage({ folder }, ({ folder }) => folder.files.map(({ path }) => path.slice(path.indexOf("folder/"))).join());
export const all = stage({ total, names, listing }, (all) => all, { format: "json", output: "out/all.json" });
`,
  "lib/count.ts": `export const count = (text: string) => text.split("\\n").length;\n`,
  "data/rows.txt": "a\nb",
  "parts/one.txt": "1",
  "folder/first": "1",
};

describe("sluice run --watch", () => {
  test("runs what an edit concerns: of data, of code, of neither; new files and removed ones", async () => {
    await using project = await rig.project(pipeline);
    await using watching = watch(project);
    expect(await watching.waits()).toContain("done: 4 stages ran");

    await project.write("data/rows.txt", "a\nb\nc");
    const data = await watching.waits();
    expect(data).toContain("changed: data/rows.txt\n");
    expect(data).toContain("done: 2 stages ran, 2 reused");
    expect(JSON.parse(await project.read("out/all.json"))).toEqual({
      total: 3,
      names: "one.txt",
      listing: "folder/first",
    });

    await project.write("lib/count.ts", "export const count = (text: string) => text.length;\n");
    const code = await watching.waits();
    expect(code).toContain("changed: lib/count.ts\n");
    expect(code).toMatch(/ran +total .*code: count changed/);
    expect(code).toContain("done: 2 stages ran, 2 reused");

    await project.write("lib/count.ts", "// what counts\nexport const count = (text: string) => text.length;\n");
    expect(await watching.waits()).toContain("nothing to do: all 4 stages were reused");

    await project.write("parts/deep/two.txt", "2");
    const added = await watching.waits();
    expect(added).toContain("changed: parts/deep");
    expect(added).toContain("done: 2 stages ran, 2 reused");

    await project.write("folder/sub/second", "2");
    expect(await watching.waits()).toMatch(/ran +listing/);

    await project.remove("parts/one.txt");
    expect(await watching.waits()).toContain("changed: parts/one.txt\n");
    const { names, listing } = JSON.parse(await project.read("out/all.json"));
    expect({ names, listing }).toEqual({ names: "two.txt", listing: "folder/first,folder/sub/second" });
  });

  test("sees changes of what functions say that they read: files, folders, after failures and removals", async () => {
    await using project = await rig.project({
      "pipeline.ts": `import { readdirSync, readFileSync } from "node:fs";
import { stage } from "sluice";
export const text = stage({}, (_, context) => {
  context.read("../late.txt", { base: import.meta.dirname + "/lib" });
  const text = readFileSync("late.txt", "utf8");
  if (text === "bad") throw new Error("bad");
  return text;
});
export const names = stage({}, (_, context) => {
  context.read("parts");
  return readdirSync("parts").join();
});
export const both = stage({ text, names }, (both) => both, { format: "json", output: "out/both.json" });
`,
      "late.txt": "1",
      "parts/one": "1",
    });
    const both = async () => JSON.parse(await project.read("out/both.json"));
    await using watching = watch(project);
    expect(await watching.waits()).toContain("done: 3 stages ran");
    await project.touch("late.txt");

    await project.write("late.txt", "2");
    const edited = await watching.waits();
    expect(edited).toContain("changed: late.txt\n");
    expect(edited).toContain("done: 2 stages ran, 1 reused");
    expect(await both()).toEqual({ text: "2", names: "one" });

    await project.write("late.txt", "bad");
    expect(await watching.waits()).toMatch(/failed +text/);
    await project.write("late.txt", "3");
    expect(await watching.waits()).toContain("changed: late.txt\n");
    expect(await both()).toEqual({ text: "3", names: "one" });

    await project.remove("late.txt");
    expect(await watching.waits()).toMatch(/failed +text/);
    await project.write("late.txt", "4");
    expect(await watching.waits()).toContain("done: 2 stages ran, 1 reused");

    await project.write("parts/deep/two", "2");
    expect(await watching.waits()).toContain("changed: parts\n");
    expect(await both()).toEqual({ text: "4", names: "deep,one" });
  });

  test("a pipeline that takes long to load is not begun again", async () => {
    await using project = await rig.project({
      "pipeline.ts": `import { stage } from "sluice";
await new Promise((resolve) => setTimeout(resolve, 1500));
export const one = stage({}, () => 1);
`,
    });
    await using watching = watch(project);
    expect(await watching.waits()).not.toContain("changed:");
  });

  test("nothing happens for what is only touched, or saved as it was", async () => {
    await using project = await rig.project(pipeline);
    await using watching = watch(project);
    await watching.waits();
    await project.touch("data/rows.txt");
    await project.touch("lib/count.ts");
    await project.write("data/rows.txt", "a\nb");
    await project.write("folder/first", "1");
    // what comes next is the first that it says
    await project.write("data/rows.txt", "a");
    expect(await watching.waits()).toMatch(/^changed: data\/rows.txt\nran/);
    expect(watching.rest()).toBe("");
    const { stdout } = await project.sluice("runs", "--json");
    expect(JSON.parse(stdout).runs).toHaveLength(2);
  });

  test("mistakes are told, and it goes on when they are corrected", async () => {
    await using project = await rig.project(pipeline);
    const text = pipeline["pipeline.ts"] as string;
    await using watching = watch(project);
    await watching.waits();

    await project.write("pipeline.ts", `${text}export const broken = ;\n`);
    expect(await watching.waits()).toMatch(/error: syntax error.*\n.*pipeline.ts:10/);
    await project.write(
      "pipeline.ts",
      `${text}import { more } from "./lib/more.ts";\nexport const last = stage({}, () => more);\n`,
    );
    expect(await watching.waits()).toContain('cannot find "./lib/more.ts"');
    await project.write("lib/more.ts", "export const more = 1;\n");
    const added = await watching.waits();
    expect(added).toContain("changed: lib/more.ts\n");
    expect(added).toContain("done: 1 stage ran, 4 reused");

    await project.remove("data/rows.txt");
    expect(await watching.waits()).toContain("there is no file data/rows.txt");
    await project.write("data/rows.txt", "a\nb");
    expect(await watching.waits()).toContain("nothing to do");

    await project.write("lib/count.ts", `export const count = () => { throw new Error("not yet"); };\n`);
    expect(await watching.waits()).toContain("Error: not yet");
    await project.write("lib/more.ts", "process.exit();\nexport const more = 1;\n");
    expect(await watching.waits()).toContain("the process that ran the pipeline has ended");
    await project.write("lib/more.ts", "export const more = 1;\n");
    expect(await watching.waits()).toContain("Error: not yet");
    await project.write("lib/count.ts", pipeline["lib/count.ts"] as string);
    expect(await watching.waits()).toContain("nothing to do");
  });

  test("a pipeline that cannot be loaded at first is waited for", async () => {
    await using project = await rig.project({ ...pipeline, "pipeline.ts": "export const = 1;\n" });
    await using watching = watch(project);
    expect(await watching.waits()).toContain("error: syntax error");
    await project.write("pipeline.ts", pipeline["pipeline.ts"] as string);
    expect(await watching.waits()).toContain("done: 4 stages ran");
  });

  test("many saves in a row, and saves by renaming: the last one counts", async ({ onTestFailed }) => {
    onTestFailed(() => console.log(watching.process.written().stderr));
    await using project = await rig.project(pipeline);
    await using watching = watch(project);
    await watching.waits();
    for (let i = 1; i <= 40; i++) await project.write("data/rows.txt", "\n".repeat(i));
    await watching.process.until(() => rows(project) === 41);

    for (let i = 1; i <= 20; i++) {
      await writeFile(path.join(project.dir, "data/.rows.txt.swp"), "x".repeat(i));
      await rename(path.join(project.dir, "data/.rows.txt.swp"), path.join(project.dir, "data/rows.txt"));
    }
    await writeFile(path.join(project.dir, "data/new"), "\n\n");
    await rename(path.join(project.dir, "data/new"), path.join(project.dir, "data/rows.txt"));
    await watching.process.until(() => rows(project) === 3);
  });

  test("scripts that commands name are watched, and come to be", async () => {
    await using project = await rig.project({
      "pipeline.ts": `import { command } from "sluice";
export const said = command({}, ["sh", "tools/say.sh"], { cwd: ".", stdout: "text" });
`,
      "tools/say.sh": "echo one\n",
    });
    await using watching = watch(project);
    expect(await watching.waits()).toContain("done: 1 stage ran");
    await project.write("tools/say.sh", "echo two\n");
    const edited = await watching.waits();
    expect(edited).toContain("changed: tools/say.sh\n");
    expect(edited).toContain("done: 1 stage ran");
    expect((await project.sluice("show", "said")).stdout).toContain("two");
    await project.remove("tools/say.sh");
    expect(await watching.waits()).toContain("failed");
    await project.write("tools/say.sh", "echo two\n");
    expect(await watching.waits()).toContain("nothing to do");
  });

  test("with --json each run is one line", async () => {
    await using project = await rig.project(pipeline);
    await using watching = watch(project, "--json");
    await watching.waits();
    await project.write("data/rows.txt", "a");
    await watching.waits();
    await project.write("pipeline.ts", "export const = 1;\n");
    await watching.waits();
    // What is printed comes by another pipe than what is said.
    const lines = () => watching.process.written().stdout.split("\n").slice(0, -1);
    await vi.waitFor(() => expect(lines().length).toBe(3), { timeout: 10_000 });
    expect(lines().map((line) => JSON.parse(line))).toMatchObject([
      { status: "ok", nodes: { total: { status: "executed" } } },
      { status: "ok", nodes: { total: { status: "executed" }, names: { status: "hit" } } },
      { status: "failed", failure: { reason: "load-failed" } },
    ]);
  });

  test("a call that is wrong is told at once", async () => {
    await using project = await rig.project(pipeline);
    const both = await project.sluice("run", "--watch", "--dry-run");
    expect({ code: both.code, stderr: both.stderr }).toEqual({
      code: 2,
      stderr: "error: --dry-run and --watch cannot both be meant\n",
    });
    const nothing = await project.sluice("run", "--watch", "-f", "nope.ts");
    expect(nothing.code).toBe(2);
    expect(nothing.stderr).toContain("there is no file nope.ts");
  });
});

/** Two slow stages that do not read each other; each goes on when its gate is opened, and says in a file what became of it. */
const slow: Files = {
  "pipeline.ts": `import { file, stage } from "sluice";
import { left, right } from "./lib/slow.ts";
export const a = file("a.txt");
export const b = file("b.txt");
export const before = stage({ a }, async ({ a }) => a.text());
export const one = stage({ before }, ({ before }, { signal, log }) => left(before, signal, log));
export const two = stage({ b }, async ({ b }, { signal, log }) => right(await b.text(), signal, log));
export const both = stage({ one, two }, ({ one, two }) => one + two, { output: "out/both.txt" });
`,
  "lib/slow.ts": `import { appendFileSync, existsSync } from "node:fs";
async function gate(name: string, signal: AbortSignal): Promise<void> {
  appendFileSync("log/began", name + "\\n");
  signal.addEventListener("abort", () => appendFileSync("log/aborted", name + "\\n"));
  while (!existsSync("log/open-" + name)) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
export async function left(text: string, signal: AbortSignal, log: { info(text: string): void }): Promise<string> {
  await gate("one", signal);
  return "left " + text;
}
export async function right(text: string, signal: AbortSignal, log: { info(text: string): void }): Promise<string> {
  await gate("two", signal);
  log.info("two goes through");
  return "right " + text;
}
`,
  "a.txt": "a1 ",
  "b.txt": "b1",
  "log/readme": "",
};

describe("a change while sluice run --watch runs", () => {
  test("cancels the stage that is stale, and lets the one go on that is not", async () => {
    await using project = await rig.project(slow);
    await using watching = watch(project, "--jobs", "4");
    await eventually(async () => (await linesOf(project, "log/began")).length === 2);

    await project.write("a.txt", "a2 ");
    const taken = await watching.says("going on: two");
    expect(taken).toContain("changed: a.txt");
    await eventually(async () => (await linesOf(project, "log/began")).length === 3);
    expect(await linesOf(project, "log/aborted")).toEqual(["one"]);

    await project.write("log/open-two", "");
    await project.write("log/open-one", "");
    const end = await watching.waits();
    expect(end).toContain("two | two goes through");
    // the three that ran for what is there now, one of them since before the change
    expect(end).toContain("done: 4 stages ran");
    expect(await project.read("out/both.txt")).toBe("left a2 right b1");
    expect((await linesOf(project, "log/began")).toSorted()).toEqual(["one", "one", "two"]);
    expect(await linesOf(project, "log/aborted")).toEqual(["one"]);
  });

  test("of code: the same", async () => {
    await using project = await rig.project(slow);
    await using watching = watch(project, "--jobs", "4");
    await eventually(async () => (await linesOf(project, "log/began")).length === 2);
    const source = slow["lib/slow.ts"] as string;
    await project.write("lib/slow.ts", source.replace('"left "', '"LEFT "'));
    await watching.says("going on: two");
    await project.write("log/open-two", "");
    await project.write("log/open-one", "");
    await watching.waits();
    expect(await project.read("out/both.txt")).toBe("LEFT a1 right b1");
    expect((await linesOf(project, "log/began")).toSorted()).toEqual(["one", "one", "two"]);
    expect(await linesOf(project, "log/aborted")).toEqual(["one"]);
  });

  test("that breaks the code lets go on what runs, and what that makes is reused", async () => {
    await using project = await rig.project(slow);
    await using watching = watch(project, "--jobs", "4");
    await eventually(async () => (await linesOf(project, "log/began")).length === 2);
    const source = slow["lib/slow.ts"] as string;
    await project.write("lib/slow.ts", `${source}export const = 1;\n`);
    expect(await watching.waits()).toContain("syntax error");
    await project.write("log/open-two", "");
    await project.write("lib/slow.ts", source);
    await watching.says("going on: ");
    await project.write("log/open-one", "");
    await watching.waits();
    expect(await project.read("out/both.txt")).toBe("left a1 right b1");
    expect((await linesOf(project, "log/began")).toSorted()).toEqual(["one", "two"]);
    expect(await linesOf(project, "log/aborted")).toEqual([]);
  });

  test("where nothing is read from the cache, everything begins anew", async () => {
    await using project = await rig.project(slow);
    await using watching = watch(project, "--jobs", "4", "--cache", "wo");
    await eventually(async () => (await linesOf(project, "log/began")).length === 2);
    await project.write("a.txt", "a2 ");
    await eventually(async () => (await linesOf(project, "log/began")).length === 4);
    expect((await linesOf(project, "log/aborted")).toSorted()).toEqual(["one", "two"]);
    await project.write("log/open-two", "");
    await project.write("log/open-one", "");
    await watching.waits();
    expect(await project.read("out/both.txt")).toBe("left a2 right b1");
  });

  test("of what the pipeline itself writes ends in a warning, not in a loop", async () => {
    await using project = await rig.project({
      "pipeline.ts": `import { readFileSync, writeFileSync } from "node:fs";
import { file, stage } from "sluice";
export const input = file("input.txt");
export const grow = stage({ input }, async ({ input }) => {
  const text = await input.text();
  await new Promise((resolve) => setTimeout(resolve, 50));
  writeFileSync("input.txt", text + "x");
  return text.length;
});
`,
      "input.txt": "",
    });
    await using watching = watch(project);
    const said = await watching.says("the pipeline seems to write what it reads");
    expect(said.split("changed: input.txt").length).toBeLessThan(20);
    await watching.waits();
    const { length } = await project.read("input.txt");
    // somebody else's change is still run
    await project.write(
      "pipeline.ts",
      `import { file, stage } from "sluice";
export const input = file("input.txt");
export const size = stage({ input }, async ({ input }) => (await input.text()).length);
`,
    );
    expect(await watching.waits()).toContain("done: 1 stage ran");
    expect((await project.read("input.txt")).length).toBe(length);
    await project.write("input.txt", "new");
    expect(await watching.waits()).toContain("done: 1 stage ran");
  });
});

describe("the end of sluice run --watch", () => {
  test.runIf(hasProc)("Ctrl-C while it waits: 130, and no process is left", async () => {
    await using project = await rig.project(pipeline);
    const watching = watch(project);
    await watching.waits();
    expect(processesIn(project.dir).length).toBeGreaterThan(1);
    watching.process.kill("SIGINT");
    const { code, stderr } = await watching.process.finished;
    expect(code).toBe(130);
    expect(stderr).toMatch(/waiting for changes \(\d+ files\)\n$/);
    expect(processesIn(project.dir)).toEqual([]);
  });

  test.runIf(hasProc)("Ctrl-C while it runs: what runs is cancelled", async () => {
    await using project = await rig.project(slow);
    const watching = watch(project, "--jobs", "4", "--json");
    await eventually(async () => (await linesOf(project, "log/began")).length === 2);
    watching.process.kill("SIGINT");
    const { code, stderr, json } = await watching.process.finished;
    expect(code).toBe(130);
    expect(stderr).toContain("stopping: what runs is being cancelled");
    expect(json()).toMatchObject({ status: "cancelled", nodes: { one: { status: "cancelled" } } });
    expect((await linesOf(project, "log/aborted")).toSorted()).toEqual(["one", "two"]);
    expect(processesIn(project.dir)).toEqual([]);
  });

  test.runIf(hasProc)("killed, it leaves no process behind", async () => {
    await using project = await rig.project(slow);
    const watching = watch(project, "--jobs", "4");
    await eventually(async () => (await linesOf(project, "log/began")).length === 2);
    watching.process.kill("SIGKILL");
    await watching.process.finished;
    await eventually(async () => processesIn(project.dir).length === 0);
    expect((await linesOf(project, "log/aborted")).toSorted()).toEqual(["one", "two"]);
  });
});

function rows({ dir }: { readonly dir: string }): number | undefined {
  try {
    return JSON.parse(readFileSync(path.join(dir, "out/all.json"), "utf8")).total;
  } catch (error) {
    // between two runs the file may be missing for a moment
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The ids of processes that work in a folder. */
function processesIn(dir: string): string[] {
  const real = realpathSync(dir);
  return readdirSync("/proc").filter((id) => {
    try {
      return /^\d+$/.test(id) && readlinkSync(`/proc/${id}/cwd`) === real;
    } catch {
      // it has just ended, or is somebody else's
      return false;
    }
  });
}
