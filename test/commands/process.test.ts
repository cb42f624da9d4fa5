import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { rig } from "../rig/rig.ts";
import { cli } from "../rig/tested.ts";

const repository = path.resolve(import.meta.dirname, "../..");

describe("the command line as a process", () => {
  test("help and version load nothing of the engine", async () => {
    await using project = await rig.project({});
    for (const args of [["--help"], ["--version"], ["run", "--help"], ["help", "why"], []]) {
      const script = `
        const { main } = await import(${JSON.stringify(path.join(repository, "src/commands/main.ts"))});
        const code = await main(${JSON.stringify(args)});
        process.exit(code);`;
      // every file that is loaded is listed: what is of the engine must not be among them
      const hook = `import { registerHooks } from "node:module";
        registerHooks({ load(url, context, next) { console.error("loaded " + url); return next(url, context); } });`;
      await project.write("hook.mjs", hook);
      const started = rig.startProcess(
        process.execPath,
        ["--import", path.join(project.dir, "hook.mjs"), "--input-type=module", "-e", script],
        { cwd: project.dir },
      );
      const { code, stdout, stderr } = await started.finished;
      expect(code, stderr).toBe(0);
      expect(stdout).not.toBe("");
      const loaded = stderr.split("\n").filter((line) => line.startsWith("loaded file:"));
      expect(loaded.length).toBeGreaterThan(0);
      const rooms = loaded.map((line) => /\/src\/(\w+)\//.exec(line)?.[1]);
      for (const room of ["analyse", "store", "metadata", "authoring", "run"]) expect(rooms).not.toContain(room);
      expect(loaded.join("\n")).not.toContain("/node_modules/");
    }
  });

  test("a mistake in the call: one message with a hint, code 2, no stack", async () => {
    await using project = await rig.project({});
    const calls: [string[], string][] = [
      [["rnu"], 'error: there is no command "rnu"\n  hint: did you mean sluice run?\n'],
      [["run", "--kep-going"], "error: sluice run has no option --kep-going\n  hint: did you mean --keep-going?\n"],
      [["--vrsion"], "error: sluice has no option --vrsion without a command\n  hint: did you mean --version?\n"],
      [["run", "-q", "-v"], "error: --quiet and --verbose cannot both be meant\n"],
      [["run", "--jobs", "0"], 'error: --jobs takes a whole number from 1, or auto, not "0"\n'],
      [["why"], "error: sluice why needs NODE\n  hint: see sluice why --help\n"],
      [
        ["cache", "gc", "--repair"],
        "error: sluice cache gc has no option --repair\n  hint: see sluice cache gc --help\n",
      ],
      [["show", "a", "--rows", "many"], 'error: --rows takes a whole number, not "many"\n'],
    ];
    for (const [args, message] of calls) {
      const { code, stdout, stderr } = await project.sluice(...args);
      expect({ args, code, stdout, stderr }).toEqual({ args, code: 2, stdout: "", stderr: message });
    }
  });

  test("no pipeline: code 2, and what to do", async () => {
    await using project = await rig.project({});
    for (const args of [["run"], ["plan"], ["ls"], ["graph"], ["runs"], ["logs"], ["cache", "stats"], ["why", "x"]]) {
      const { code, stdout, stderr } = await project.sluice(...args);
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: "" });
      expect(stderr).toMatch(/^error: there is no pipeline.ts in .*\n {2}hint: .*sluice init/);
    }
  });

  test("with --json a mistake is one document, too", async () => {
    await using project = await rig.project({});
    for (const args of [
      ["run", "--json", "--bogus"],
      ["--json", "rnu"],
      ["run", "--json"],
    ]) {
      const finished = await project.sluice(...args);
      expect(finished.code).toBe(2);
      expect(finished.json()).toMatchObject({
        status: "failed",
        failure: { message: expect.any(String), retryable: false },
      });
    }
    expect((await project.sluice("run", "--json", "--bogus")).json().failure.reason).toBe("usage");
    expect((await project.sluice("run", "--json")).json().failure.reason).toBe("no-pipeline");
  });

  test("options may stand before the command", async () => {
    await using project = await rig.project({});
    const { code, stderr } = await project.sluice("-f", "nope.ts", "--json", "run");
    expect(code).toBe(2);
    expect(stderr).toContain("there is no file nope.ts");
  });

  test("colour only where it is wanted", async () => {
    await using project = await rig.project({});
    const plain = await project.sluice("rnu");
    const forced = await project.sluiceWith({ env: { FORCE_COLOR: "1" } }, "rnu");
    const refused = await project.sluiceWith({ env: { FORCE_COLOR: "1" } }, "rnu", "--no-color");
    expect(plain.stderr).not.toContain("\x1b");
    expect(forced.stderr).toContain("\x1b[31merror:\x1b[39m");
    expect(refused.stderr).toBe(plain.stderr);
  });

  test("a reader that stops early is no error", async () => {
    await using project = await rig.project({});
    const script = `"$0" ${JSON.stringify(cli)} run --help | true; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await rig.startProcess("bash", ["-c", script, process.execPath], { cwd: project.dir })
      .finished;
    expect(stdout).toBe("0\n");
    expect(stderr).toBe("");
  });

  test("results that cannot be written are a failure", async ({ skip }) => {
    if (process.platform !== "linux") skip("there is no /dev/full");
    await using project = await rig.project({});
    const script = `"$0" ${JSON.stringify(cli)} --version > /dev/full`;
    const { code, stderr } = await rig.startProcess("bash", ["-c", script, process.execPath], { cwd: project.dir })
      .finished;
    expect(stderr).toContain("error: the results cannot be written: ");
    expect(stderr).not.toContain("    at ");
    expect(code).toBe(2);
  });
});

describe("sluice init", () => {
  test("writes a starter and never overwrites", async () => {
    await using project = await rig.project({});
    const dry = await project.sluice("init", "demo", "--dry-run");
    expect(dry.code).toBe(0);
    expect(dry.stdout).toContain("would write demo/pipeline.ts");
    expect(project.exists("demo")).toBe(false);
    const first = await project.sluice("init", "demo");
    expect(first.code, first.stderr).toBe(0);
    expect(first.stdout).toContain("wrote demo/pipeline.ts\nwrote demo/data/sales.csv\nwrote demo/template.txt\n");
    expect(first.stdout).toContain("cd demo");
    const before = await project.read("demo/pipeline.ts");
    await project.remove("demo/template.txt");
    const again = await project.sluice("init", "demo");
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("there is a file already");
    expect(again.stderr).toContain("demo/pipeline.ts");
    expect(project.exists("demo/template.txt")).toBe(false);
    expect(await project.read("demo/pipeline.ts")).toBe(before);
  });
});

describe("bin/sluice.js", () => {
  test("an old Node is told what is wrong, with code 2", async () => {
    const dir = await mkdtemp(path.join(tmpdir(), "sluice-bin-"));
    try {
      // the same file, under a process that says it is old
      await writeFile(
        path.join(dir, "old.cjs"),
        `Object.defineProperty(process.versions, "node", { value: "18.20.0" });`,
      );
      const bin = path.join(repository, "bin/sluice.js");
      const started = rig.startProcess(process.execPath, ["--require", path.join(dir, "old.cjs"), bin, "run"], {
        cwd: dir,
      });
      const { code, stdout, stderr } = await started.finished;
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain("error: Sluice needs Node 24 or newer, and this is Node 18.20.0");
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  test("uses nothing that an old Node cannot read", async () => {
    const source = await readFile(path.join(repository, "bin/sluice.js"), "utf8");
    expect(source).not.toMatch(/=>|`|\b(?:const|let|class|import|await|async)\b|\?\.|\?\?/);
    expect(JSON.parse(await readFile(path.join(repository, "bin/package.json"), "utf8"))).toEqual({ type: "commonjs" });
  });
});
