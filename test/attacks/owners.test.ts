import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { openLocalLeases } from "../../src/metadata/local-leases.ts";
import { lockFile } from "../../src/metadata/sqlite/file-lock.ts";
import { markText, ownMark } from "../../src/platform/process-mark.ts";
import { brokenInvariants } from "../rig/invariants.ts";
import { type Files, type RigProject, rig, type Started } from "../rig/rig.ts";

/*
 * Who makes a result: one of however many want it. A killed owner is followed at once, a stopped one is not raced, and who an owner was
 * is never told by a process id or a clock.
 */

const isLong = process.env.SLUICE_LONG !== undefined;

const pipeline: Files = {
  "pipeline.ts": `import { appendFileSync, existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { stage } from "sluice";
export const slow = stage({}, async (_, { log }) => {
  appendFileSync("ran.txt", process.pid + "\\n");
  log.info("working");
  while (!existsSync("go")) await sleep(10);
  return "made ".repeat(2000);
});
export const after = stage({ slow }, ({ slow }) => { appendFileSync("after.txt", process.pid + "\\n"); return slow.length; });
`,
};

async function linesOf(project: RigProject, file: string): Promise<readonly string[]> {
  return project.exists(file) ? (await project.read(file)).trim().split("\n") : [];
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(10);
}

/** The processes that wait for somebody else's work. */
function waits(run: Started): Promise<void> {
  return run.wrote("wait");
}

describe.each(isLong ? [2, 8, 32] : [2, 8])("%i processes that want one result", (count) => {
  test("make it once, and all have it", { timeout: 120_000 }, async () => {
    await using project = await rig.project(pipeline);
    const runs = Array.from({ length: count }, () => project.start({}, "run", "--json", "--verbose"));
    await until(() => project.exists("ran.txt"));
    if (count <= 8) await Promise.all(runs.map((run) => run.until(({ stderr }) => /slow/.test(stderr))));
    await project.write("go", "");
    const ends = await Promise.all(runs.map((run) => run.finished));
    for (const end of ends) expect(end.code, end.stderr).toBe(0);
    expect(await linesOf(project, "ran.txt")).toHaveLength(1);
    expect(await linesOf(project, "after.txt")).toHaveLength(1);
    expect(new Set(ends.map((end) => end.json().nodes.after.dataVersion)).size).toBe(1);
    expect(brokenInvariants(path.join(project.dir, ".sluice"))).toEqual([]);
  });

  test("are followed by one when the owner is killed, soon", { timeout: 120_000 }, async () => {
    await using project = await rig.project(pipeline);
    const owner = project.start({}, "run", "--verbose");
    await owner.wrote("working");
    const others = Array.from({ length: count - 1 }, () => project.start({}, "run", "--json", "--verbose"));
    await Promise.all(others.map(waits));
    const killed = performance.now();
    owner.kill("SIGKILL");
    await until(async () => (await linesOf(project, "ran.txt")).length === 2);
    const took = performance.now() - killed;
    await project.write("go", "");
    for (const end of await Promise.all(others.map((run) => run.finished))) expect(end.code, end.stderr).toBe(0);
    expect(await linesOf(project, "ran.txt")).toHaveLength(2);
    expect(await linesOf(project, "after.txt")).toHaveLength(1);
    console.log(`an owner was killed: one of ${others.length} followed it after ${took.toFixed(0)} ms`);
    expect(brokenInvariants(path.join(project.dir, ".sluice"))).toEqual([]);
  });
});

test("a stopped owner is not raced, however long it sleeps", { timeout: 180_000 }, async () => {
  const seconds = isLong ? 60 : 3;
  await using project = await rig.project(pipeline);
  const owner = project.start({}, "run", "--json", "--verbose");
  await owner.wrote("working");
  const other = project.start({}, "run", "--json", "--verbose");
  await waits(other);
  owner.kill("SIGSTOP");
  await project.write("go", "");
  await sleep(seconds * 500);
  // One that comes while it sleeps waits too, and neither cleaning nor a look at the cache wakes or disowns anybody.
  const late = project.start({}, "run", "--json", "--verbose");
  await waits(late);
  expect((await project.sluice("cache", "gc")).code).toBe(0);
  await sleep(seconds * 500);
  expect(await linesOf(project, "ran.txt")).toHaveLength(1);
  owner.kill("SIGCONT");
  for (const run of [owner, other, late]) {
    const end = await run.finished;
    expect(end.code, end.stderr).toBe(0);
    expect(end.json().nodes.slow.status).toBe(run === owner ? "executed" : "hit");
  }
  expect(await linesOf(project, "ran.txt")).toHaveLength(1);
  expect(brokenInvariants(path.join(project.dir, ".sluice"))).toEqual([]);
});

test("a waiter that is killed takes nothing along", { timeout: 60_000 }, async () => {
  await using project = await rig.project(pipeline);
  const owner = project.start({}, "run", "--json", "--verbose");
  await owner.wrote("working");
  const [first, second] = [project.start({}, "run", "--verbose"), project.start({}, "run", "--json", "--verbose")];
  await Promise.all([waits(first), waits(second)]);
  first.kill("SIGKILL");
  await first.finished;
  await project.write("go", "");
  for (const run of [owner, second]) expect((await run.finished).code).toBe(0);
  expect(await linesOf(project, "ran.txt")).toHaveLength(1);
});

describe("what a dead owner left", () => {
  /** A run that is killed while it makes something, with what it has in `tmp`. */
  async function killed(project: RigProject): Promise<string> {
    const run = project.start({}, "run", "--verbose");
    await run.wrote("working");
    const tmp = path.join(project.dir, ".sluice/v1/tmp");
    await project.write(
      `.sluice/v1/tmp/${markText({ ...ownMark(), pid: run.pid, started: "0" })}-x/in-the-making`,
      "x",
    );
    run.kill("SIGKILL");
    await run.finished;
    return tmp;
  }

  const marks: Readonly<Record<string, { readonly mark: () => string; readonly goes: boolean }>> = {
    "with an id that this process has now": { mark: () => markText({ ...ownMark(), started: "1" }), goes: true },
    "with the id of process 1": { mark: () => markText({ ...ownMark(), pid: 1, started: "999999999" }), goes: true },
    "before the machine was started again": { mark: () => markText({ ...ownMark(), boot: "0badb007" }), goes: true },
    "on another machine": { mark: () => markText({ ...ownMark(), place: "0badcafe" }), goes: false },
    "with a mark that is none": { mark: () => "../../x-1-2-3", goes: false },
    "and lives": { mark: () => markText(ownMark()), goes: false },
  };
  test.each(Object.keys(marks))("%s", { timeout: 60_000 }, async (name) => {
    const { mark, goes } = marks[name]!;
    await using project = await rig.project(pipeline);
    const tmp = await killed(project);
    await project.write("go", "");
    for (const entry of readdirSync(tmp)) {
      const [, random] = /-([^-]+)$/.exec(entry)!;
      renameSync(path.join(tmp, entry), path.join(tmp, `${mark().replaceAll("/", "_")}-${random}`));
    }
    const left = readdirSync(tmp).length;
    expect(left).toBeGreaterThan(0);
    // Nothing of it hinders the next.
    const next = await project.sluice("run", "--json");
    expect(next.code, next.stderr).toBe(0);
    expect(next.json().nodes.slow.status).toBe("executed");
    expect((await project.sluice("cache", "gc")).code).toBe(0);
    expect(readdirSync(tmp)).toHaveLength(goes ? 0 : left);
  });
});

describe("a lease in the name of", () => {
  const key = digestOf("wanted");
  const id = "a".repeat(24);
  /** Each makes what it stands for beside the database, and gives the owner that a row names. */
  const owners: Readonly<Record<string, (lock: string) => unknown>> = {
    nobody: () => "",
    "an owner without a lock": () => id,
    "a folder": (lock) => {
      mkdirSync(path.join(lock, "inside"), { recursive: true });
      return id;
    },
    "a file that nobody has locked": (lock) => {
      writeFileSync(lock, "");
      return id;
    },
    "a file that is no lock": (lock) => {
      writeFileSync(lock, "not a lock ".repeat(1000));
      return id;
    },
    "a pipe": (lock) => {
      execFileSync("mkfifo", [lock]);
      return id;
    },
    "a link to itself": (lock) => {
      symlinkSync(path.basename(lock), lock);
      return id;
    },
    "a link to a device": (lock) => {
      symlinkSync("/dev/zero", lock);
      return id;
    },
    "a path that leads up": () => `../../${id}`,
    "another name": () => "/etc/passwd",
    "a name that is too short": () => id.slice(1),
    "a very long name": () => "a".repeat(5000),
    "a name with a zero": () => `\0${id}`,
    "a number": () => 5,
    bytes: () => new Uint8Array([1, 2, 3]),
  };
  test.each(Object.keys(owners))("%s is nobody's", { timeout: 20_000 }, async (name) => {
    const dir = mkdtempSync(path.join(tmpdir(), "sluice-owner-"));
    try {
      const file = path.join(dir, "v1/leases.db");
      const first = openLocalLeases({ file });
      await (await first.tryAcquire(digestOf("other")))?.release();
      const database = new DatabaseSync(file);
      const insert = database.prepare("INSERT INTO leases (key, owner) VALUES (?, ?)");
      insert.run(key, owners[name]!(path.join(dir, `v1/owners/${id}.lock`)) as string);
      database.close();
      const warnings: string[] = [];
      const leases = openLocalLeases({ file, onWarning: ({ reason }) => warnings.push(reason) });
      await leases.waitFor(key, AbortSignal.timeout(10_000));
      const lease = await leases.tryAcquire(key);
      expect(lease).toBeDefined();
      await lease!.release();
      await Promise.all([first.close(), leases.close()]);
      expect(warnings).toEqual([]);
      expect(existsSync("/etc/passwd")).toBe(true);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  test("somebody who says nothing, and has its lock, is waited for", { timeout: 20_000 }, async () => {
    const dir = mkdtempSync(path.join(tmpdir(), "sluice-owner-"));
    try {
      const file = path.join(dir, "v1/leases.db");
      const leases = openLocalLeases({ file });
      await (await leases.tryAcquire(digestOf("other")))?.release();
      const silent = lockFile(path.join(dir, `v1/owners/${id}.lock`), 0);
      const database = new DatabaseSync(file);
      database.prepare("INSERT INTO leases (key, owner) VALUES (?, ?)").run(key, id);
      database.close();
      expect(await leases.tryAcquire(key)).toBeUndefined();
      await expect(leases.waitFor(key, AbortSignal.timeout(300))).rejects.toThrow();
      silent!.close();
      await leases.waitFor(key, AbortSignal.timeout(10_000));
      expect(await leases.tryAcquire(key)).toBeDefined();
      await leases.close();
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
