import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RigProject, rig } from "../rig/rig.ts";

const example = path.resolve(import.meta.dirname, "../../examples/wrap-a-tool");
const has = (tool: string) => spawnSync(tool, ["--version"]).error === undefined;
const isReady = process.platform !== "win32" && has("gzip") && has("sort");

describe("wrapping a tool", { skip: !isReady }, () => {
  let project: RigProject;
  beforeAll(async () => {
    project = await rig.project({});
    cpSync(path.join(example, "cached.ts"), path.join(project.dir, "cached.ts"));
    const dataset = path.dirname(findPackageJSON("vega-datasets", import.meta.url)!);
    mkdirSync(path.join(project.dir, "data"));
    cpSync(path.join(dataset, "data/birdstrikes.csv"), path.join(project.dir, "data/birdstrikes.csv"));
  });
  afterAll(() => project[Symbol.asyncDispose]());

  const options = () => ({ cwd: project.dir, maxBuffer: 1 << 26 });
  const wrapped = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["cached.ts", ...args], options());
    const [, how = ""] = /: (made|hit|shared), \d+ ms/.exec(stderr.toString()) ?? [];
    return { status, stdout, how, stderr: stderr.toString() };
  };

  test.each([
    ["gzip", "-9", "-n", "--stdout", "data/birdstrikes.csv"],
    ["sort", "-t,", "-k3", "data/birdstrikes.csv"],
  ])("%s gives what it gives alone, made once", (tool, ...args) => {
    const alone = spawnSync(tool, args, options()).stdout;
    for (const how of ["made", "hit", "hit"]) {
      const run = wrapped(tool, ...args);
      expect([run.status, run.how], run.stderr).toEqual([0, how]);
      expect(Buffer.compare(run.stdout, alone)).toBe(0);
    }
  });

  test("an edit of the file, another argument and another order run it again; a touch does not", () => {
    writeFileSync(path.join(project.dir, "a.txt"), "b\na\n");
    writeFileSync(path.join(project.dir, "b.txt"), "d\nc\n");
    const run = (...args: string[]) => wrapped("sort", ...args).how;
    expect([run("a.txt"), run("a.txt"), run("-r", "a.txt"), run("b.txt", "a.txt"), run("a.txt", "b.txt")]).toEqual([
      "made",
      "hit",
      "made",
      "made",
      "made",
    ]);
    writeFileSync(path.join(project.dir, "a.txt"), "b\na\n");
    expect(run("a.txt")).toBe("hit");
    writeFileSync(path.join(project.dir, "a.txt"), "b\nz\n");
    expect([run("a.txt"), wrapped("sort", "a.txt").stdout.toString()]).toEqual(["made", "b\nz\n"]);
  });

  test("a failure keeps its exit code and is never a hit", () => {
    for (let i = 0; i < 2; i++) {
      const { status, how, stderr } = wrapped("sort", "no-such-file");
      expect([status, how]).toEqual([2, ""]);
      expect(stderr).toContain("sort ended with 2");
    }
    expect(wrapped("no-such-program").status).toBe(127);
  });

  test("its README shows the commands that are measured", () => {
    expect(readFileSync(path.join(example, "README.md"), "utf8")).toContain("`sort -t, -k3 birdstrikes.csv`");
  });
});
