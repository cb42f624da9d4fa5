import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RigProject, rig } from "../rig/rig.ts";

const examples = path.resolve(import.meta.dirname, "../../examples");
const names = ["download", "clean", "transform", "analyse", "report"];

describe("the example by hand", () => {
  let project: RigProject;
  const at = (file: string) => path.join(project.dir, "examples/by-hand", file);

  beforeAll(async () => {
    project = await rig.project({});
    const filter = (from: string) => !/[/\\](out|\.sluice|node_modules)$/.test(from);
    cpSync(path.join(examples, "by-hand"), at("."), { recursive: true, filter });
    cpSync(path.join(examples, "box-office/lib"), at("../box-office/lib"), { recursive: true });
    const dataset = path.dirname(findPackageJSON("vega-datasets", import.meta.url)!);
    const to = path.join(project.dir, "node_modules/vega-datasets");
    mkdirSync(path.join(to, "data"), { recursive: true });
    for (const file of ["package.json", "data/movies.json"]) cpSync(path.join(dataset, file), path.join(to, file));
  });
  afterAll(() => project[Symbol.asyncDispose]());

  /** The stages that were made. */
  function run(...args: string[]): readonly string[] {
    const { status, stdout, stderr } = spawnSync(process.execPath, [at("main.ts"), ...args], { encoding: "utf8" });
    expect(status, stderr).toBe(0);
    const lines = stdout.split("\n").map((line) => line.split(/\s+/));
    expect(lines.map(([name]) => name).slice(0, 6)).toEqual([...names, "all"]);
    return lines.filter((line) => line.at(-1) === "made").map(([name]) => name!);
  }

  test("makes each stage once, and what is edited again", () => {
    expect(run()).toEqual(names);
    const report = readFileSync(at("out/report.md"), "utf8");
    expect(run()).toEqual([]);
    rmSync(at("out"), { recursive: true });
    expect(run()).toEqual([]);
    expect(readFileSync(at("out/report.md"), "utf8")).toBe(report);
    // The result is what it was, so nothing after it is made: the demo that this is made after says otherwise.
    expect(run("--invalidate", "transform")).toEqual(["transform"]);
    expect(run("--invalidate", "clean", "--invalidate", "report")).toEqual(["clean", "report"]);
    expect(run("--top", "5")).toEqual(["analyse", "report"]);
    expect(run()).toEqual([]);
    appendFileSync(at("template.md"), "\nThe end.\n");
    expect(run()).toEqual(["report"]);
    utimesSync(at("template.md"), 1, 1);
    expect(run()).toEqual([]);
    // An edit in the outputs is put right.
    writeFileSync(at("out/report.md"), "scribble");
    expect(run()).toEqual([]);
    expect(readFileSync(at("out/report.md"), "utf8")).toBe(`${report}\nThe end.\n`);
  }, 120_000);

  test("shows and clears the cache, and refuses what it does not know", () => {
    const say = (...args: string[]) => spawnSync(process.execPath, [at("main.ts"), ...args], { encoding: "utf8" });
    expect(say("--show-cache-stats").stdout).toMatch(/^download +1400 kB/m);
    expect(say("--show-cache-stats").stdout).toMatch(/^8 entries, \d+ kB; they have saved \d/m);
    const wrong = say("--invalidate", "tranform");
    expect([wrong.status, wrong.stderr]).toEqual([2, `there is no stage "tranform": they are ${names.join(", ")}\n`]);
    expect(say("--clear-cache").stdout).toBe("8 entries removed\n");
    expect(say("--show-cache-stats").stdout).toMatch(/^0 entries/m);
  }, 60_000);
});
