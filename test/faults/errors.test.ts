import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../bench/random.ts";
import { type Finished, type RigProject, rig } from "../rig/rig.ts";
import { hasStrace, noStrace } from "../rig/strace.ts";
import { cli } from "../rig/tested.ts";
import { cases, isLong, tellFigures } from "./figures.ts";
import { copyOf, endOf, pipeline, startWithFaults, wrongAfterwards } from "./injection.ts";

/*
 * Out of space, over a quota, a failing disk, too many open files, a file system that became read-only: the run ends with that
 * failure, nothing bad is recorded, gc works, and the next run, when all is well again, completes.
 */

/** What a call may answer, and how often it is made at most before a run is over. */
const answers: Readonly<Record<string, { readonly errors: readonly string[]; readonly most: number }>> = {
  pwrite64: { errors: ["ENOSPC", "EDQUOT", "EIO", "EROFS"], most: 200 },
  fsync: { errors: ["ENOSPC", "EDQUOT", "EIO", "EROFS"], most: 36 },
  ftruncate: { errors: ["ENOSPC", "EIO"], most: 4 },
  mkdir: { errors: ["ENOSPC", "EDQUOT", "EIO", "EROFS"], most: 24 },
  rename: { errors: ["ENOSPC", "EDQUOT", "EIO", "EROFS"], most: 14 },
  unlink: { errors: ["EIO", "EROFS"], most: 12 },
  openat: { errors: ["EMFILE", "ENFILE", "EIO", "ENOSPC"], most: 400 },
};

/** What may be told of them. What was told of a failed node makes others skipped. */
const expected = new Set(["no-space", "io", "read-only", "upstream-failed"]);

/** What the stage `files` writes, in messages of the system. */
const ownFiles = /\/output-\d+\/(?:one|two)\.txt/;

let template: RigProject;
let prepared: RigProject;
const figures = {
  faults: 0,
  "that ended before they began": 0,
  "runs that ended with them": 0,
  "runs that did without": 0,
};

beforeAll(async () => {
  template = await rig.project({ ...pipeline, ".gitignore": "" });
  prepared = await copyOf(template);
  expect((await prepared.sluice("run", "--set", "seed=6")).code).toBe(0);
});
afterAll(async () => {
  await template[Symbol.asyncDispose]();
  await prepared[Symbol.asyncDispose]();
  tellFigures("errors of the system", {
    ...figures,
    outcome: "each told, nothing wrong recorded, each next run completed",
  });
});

/** Meets a fault in a copy of a project, and then does what comes after. */
async function meet(
  what: string,
  start: (project: RigProject, ...args: string[]) => Promise<Finished>,
  on: RigProject,
) {
  await using project = await copyOf(on);
  const run = await start(project, "run", "--json", "--set", "seed=7");
  const told = `${what}: ended with ${run.code ?? run.signal}\n${run.stderr}${run.stdout.slice(0, 300)}`;
  figures.faults += 1;
  figures[run.code === 0 ? "runs that did without" : "runs that ended with them"] += 1;
  if (/^openat|nofile/.test(what) && neverBegan(run)) {
    figures["that ended before they began"] += 1;
    expect(await wrongAfterwards(project, 7), told).toEqual([]);
    return run;
  }
  expect([0, 1, 2], told).toContain(run.code);
  expect(run.stderr, told).not.toMatch(/bug in Sluice/);
  if (run.code === 0) expect(await project.read("out/end.txt"), told).toBe(endOf(7));
  else {
    const failures = failuresOf(run);
    expect(failures.length, told).toBeGreaterThan(0);
    for (const { reason, message } of failures) {
      // The function of a stage meets the fault itself where it writes its own files.
      if (reason === "stage-failed" && ownFiles.test(message)) continue;
      expect(expected, `${told}\n${reason}`).toContain(reason);
    }
    expect(run.stderr, told).toMatch(/error: /);
  }
  expect(await wrongAfterwards(project, 7), told).toEqual([]);
  return run;
}

/** Whether something of the program itself could not be loaded: there is a message then, and no document. */
function neverBegan({ code, stdout, stderr }: Finished): boolean {
  return code !== 0 && stderr !== "" && (stdout === "" || /Cannot read package config/.test(stderr));
}

interface Told {
  readonly reason: string;
  readonly message: string;
}

function failuresOf(run: Finished): Told[] {
  const { failure, nodes = {} } = run.json() as {
    readonly failure?: Told;
    readonly nodes?: Record<string, { readonly failure?: Told }>;
  };
  return [failure, ...Object.values(nodes).map((node) => node.failure)].flatMap((found) => (found ? [found] : []));
}

describe.skipIf(!hasStrace)(`system calls that fail (${hasStrace ? "strace" : noStrace})`, () => {
  const random = new Random(Date.now());
  const times = cases(1, 40);
  test.each(Object.entries(answers))("%s", { timeout: 3_600_000 }, async (call, { errors, most }) => {
    for (let i = 0; i < times; i++) {
      for (const error of isLong ? errors : [errors[random.below(errors.length)]!]) {
        const when = `${1 + random.below(most)}${random.unit() < 0.5 ? "+" : ""}`;
        const fault = `${call}:error=${error}:when=${when}`;
        const on = random.unit() < 0.5 ? template : prepared;
        await meet(fault, (project, ...args) => startWithFaults(project, [fault], ...args).finished, on);
      }
    }
  });
});

describe("writes", () => {
  const preload = pathToFileURL(`${import.meta.dirname}/fixtures/failing-writes.mjs`).href;
  const failing =
    (fault: string) =>
    (project: RigProject, ...args: string[]) =>
      project.sluiceWith({ env: { FAILING_WRITES: fault, NODE_OPTIONS: `--import ${preload}` } }, ...args);

  test("that take only a part of what they are given are gone on with", { timeout: 120_000 }, async () => {
    expect((await meet("short writes", failing("short"), template)).code).toBe(0);
  });

  const cases = [
    "EIO:1",
    "ENOSPC:3",
    "EIO:5+",
    ...(isLong ? ["ENOSPC:1+", "EDQUOT:2", "EIO:8", "ENOSPC:12+", "EIO:20"] : []),
  ];
  test.each(cases)("that fail with %s", { timeout: 120_000 }, async (fault) => {
    const run = await meet(fault, failing(fault), template);
    if (!fault.includes("20")) expect(run.code).toBe(1);
  });
});

describe.skipIf(process.platform !== "linux")("limits of the process", () => {
  const limited =
    (limit: string) =>
    (project: RigProject, ...args: string[]) =>
      rig.startProcess("prlimit", [limit, process.execPath, cli, ...args], {
        cwd: project.dir,
      }).finished;

  // With fewer files Node itself cannot load what it is to run.
  const files = isLong ? Array.from({ length: 20 }, (_, i) => 28 + 2 * i) : [28, 50];
  const sizes = isLong ? [0, 512, 4096, 20_000, 40_000, 100_000, 200_000] : [4096, 40_000];
  test.each([...files.map((count) => `--nofile=${count}`), ...sizes.map((size) => `--fsize=${size}`)])(
    "%s",
    { timeout: 120_000 },
    async (limit) => {
      await meet(limit, limited(limit), template);
    },
  );
});
