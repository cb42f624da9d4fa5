import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ProgramEnd, runProgram } from "../../src/platform/child-process.ts";
import { rig } from "../rig/rig.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "sluice-program-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }));

interface Ran extends ProgramEnd {
  readonly stdout: string;
  readonly stderr: string;
}

async function run(script: string, signal = new AbortController().signal, onText = (_: string) => {}): Promise<Ran> {
  let [stdout, stderr] = ["", ""];
  const end = await runProgram({
    program: "sh",
    args: ["-c", script],
    cwd: dir,
    env: { PATH: process.env.PATH!, HERE: dir },
    stdout: (chunk) => {
      stdout += chunk.toString();
      onText(stdout);
    },
    stderr: (chunk) => {
      stderr += chunk.toString();
    },
    signal,
  });
  return { ...end, stdout, stderr };
}

/** Aborts as soon as the program has printed this. */
function stopAt(text: string): { readonly signal: AbortSignal; readonly onText: (stdout: string) => void } {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    onText: (stdout) => {
      if (stdout.includes(text)) controller.abort(new Error("stopped"));
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A process that has ended and that nobody has asked for how is no longer one that works.
  if (process.platform !== "linux") return true;
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

async function gone(pid: number): Promise<void> {
  for (let i = 0; i < 100 && isAlive(pid); i++) await sleep(20);
  expect(isAlive(pid)).toBe(false);
}

function pidIn(file: string): number {
  return Number(readFileSync(path.join(dir, file), "utf8"));
}

describe("a program", () => {
  test("is told with what it printed, its exit code or its signal", async () => {
    expect(await run("echo out; echo err >&2; exit 3")).toEqual({
      code: 3,
      signal: null,
      stdout: "out\n",
      stderr: "err\n",
    });
    expect(await run("kill -TERM $$")).toMatchObject({ code: null, signal: "SIGTERM" });
  });

  test("has nothing to read, and only the environment that it is given", async () => {
    const { stdout } = await run("cat; env | cut -d= -f1 | sort | tr '\\n' ' '");
    expect(stdout.split(" ").filter((name) => !["PWD", "SHLVL", "_", "OLDPWD", ""].includes(name))).toEqual([
      "HERE",
      "PATH",
    ]);
  });

  test("that cannot be started is the system's error", async () => {
    const options = {
      args: [],
      cwd: dir,
      env: { PATH: process.env.PATH! },
      stdout: () => {},
      stderr: () => {},
      signal: new AbortController().signal,
    };
    await expect(runProgram({ ...options, program: "no-such-program" })).rejects.toMatchObject({ code: "ENOENT" });
    await expect(runProgram({ ...options, program: dir })).rejects.toMatchObject({ code: "EACCES" });
    const long = "x".repeat(4 << 20);
    await expect(runProgram({ ...options, program: "true", args: [long] })).rejects.toMatchObject({ code: "E2BIG" });
  });

  test("is not started when it is cancelled already", async () => {
    await expect(run("touch started", AbortSignal.abort(new Error("no")))).rejects.toThrow("no");
    expect(() => readFileSync(path.join(dir, "started"))).toThrow();
  });

  test("has not ended while what it started in the background still prints", async () => {
    expect((await run("(sleep 0.3; echo late) & echo early")).stdout).toBe("early\nlate\n");
  });

  test("leaves nothing behind", async () => {
    await run("sleep 600 >/dev/null 2>&1 & echo $! > left");
    await gone(pidIn("left"));
  });
});

describe("a program that is stopped", () => {
  test("ends with its children and their children", async () => {
    const { signal, onText } = stopAt("ready");
    const script = `sh -c 'sleep 600 & echo $! > grandchild; wait' & echo $! > child
      while [ ! -s grandchild ]; do sleep 0.01; done; echo ready; wait`;
    await expect(run(script, signal, onText)).rejects.toThrow("stopped");
    await gone(pidIn("child"));
    await gone(pidIn("grandchild"));
  });

  test("may end in order", async () => {
    const { signal, onText } = stopAt("ready");
    await expect(
      run("trap 'echo bye > bye; exit 0' TERM; echo ready; while :; do sleep 0.02; done", signal, onText),
    ).rejects.toThrow("stopped");
    expect(readFileSync(path.join(dir, "bye"), "utf8")).toBe("bye\n");
  });

  test("is killed when it will not end, with children that will not either", async () => {
    const { signal, onText } = stopAt("ready");
    const stubborn = "trap '' TERM; echo $$ > child; while :; do sleep 0.05; done";
    const script = `trap '' TERM; sh -c "${stubborn.replaceAll("$", "\\$")}" & echo $$ > self
      while [ ! -s child ]; do sleep 0.01; done; echo ready; while :; do sleep 0.05; done`;
    await expect(run(script, signal, onText)).rejects.toThrow("stopped");
    await gone(pidIn("self"));
    await gone(pidIn("child"));
  });

  test("and whose child has hidden behind closed pipes ends with it", async () => {
    const { signal, onText } = stopAt("ready");
    const script = `sh -c 'trap "" TERM; exec >/dev/null 2>&1; echo $$ > child; while :; do sleep 0.05; done' &
      while [ ! -s child ]; do sleep 0.01; done; echo ready; sleep 600`;
    await expect(run(script, signal, onText)).rejects.toThrow("stopped");
    await gone(pidIn("child"));
  });
});

test("a process that ends takes its programs with it", async () => {
  const module = path.resolve(import.meta.dirname, "../../src/platform/child-process.ts");
  const code = `import { runProgram } from ${JSON.stringify(module)};
    runProgram({ program: "sh", args: ["-c", "sleep 600 & echo $! > child; echo $$; wait"], cwd: ${JSON.stringify(dir)},
      env: process.env, stdout: () => process.exit(0), stderr: () => {}, signal: new AbortController().signal });`;
  const { finished } = rig.startProcess(process.execPath, ["--input-type=module", "-e", code], { cwd: dir });
  const { code: exit, stderr } = await finished;
  expect(exit, stderr).toBe(0);
  await gone(pidIn("child"));
});
