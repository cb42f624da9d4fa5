import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RigProject, rig } from "../rig/rig.ts";

const repository = path.resolve(import.meta.dirname, "../..");
const example = path.join(repository, "examples/scripts");
const stages = ["clean", "byPhase", "bySpecies", "report"];
const hasPython = spawnSync("python3", ["--version"]).status === 0;
const data = "node_modules/vega-datasets/data/birdstrikes.csv";
const at = (name: string) => `examples/scripts/${name}`;

interface Step {
  readonly what: string;
  readonly runs: readonly string[];
  readonly act: (project: RigProject) => Promise<unknown>;
  readonly args?: readonly string[];
}

async function edit(project: RigProject, name: string, from: string, to: string): Promise<void> {
  const parts = (await project.read(name)).split(from);
  if (parts.length !== 2) throw new Error(`${JSON.stringify(from)} is ${parts.length - 1} times in ${name}`);
  await project.write(name, parts.join(to));
}

/** Each starts from what the ones before it left. */
const steps: readonly Step[] = [
  { what: "first run", runs: stages, act: async () => {} },
  { what: "run again", runs: [], act: async () => {} },
  {
    what: "touch every file",
    runs: [],
    act: async (project) => {
      for (const name of ["pipeline.ts", "scripts/clean.py", "scripts/summary.awk", "scripts/report.sh"]) {
        await project.touch(at(name));
      }
      await project.touch(data);
    },
  },
  {
    what: "a comment in clean.py",
    runs: ["clean"],
    act: (project) => project.append(at("scripts/clean.py"), "# the end\n"),
  },
  {
    what: "a rule in clean.py that alters no count",
    runs: ["clean", "byPhase", "bySpecies"],
    act: (project) => edit(project, at("scripts/clean.py"), '"Medium": "medium"', '"Medium": "substantial"'),
  },
  {
    what: "a rule in clean.py that alters counts",
    runs: stages,
    act: (project) => edit(project, at("scripts/clean.py"), '"Minor": "minor"', '"Minor": "none"'),
  },
  {
    what: "another number format in report.sh",
    runs: ["report"],
    act: (project) => edit(project, at("scripts/report.sh"), "%.1f", "%.2f"),
  },
  {
    what: "an argument: column=phase to column=year",
    runs: ["byPhase", "report"],
    act: (project) => edit(project, at("pipeline.ts"), "column=phase", "column=year"),
  },
  { what: "a parameter: --set top=3", runs: ["report"], act: async () => {}, args: ["--set", "top=3"] },
  {
    what: "a strike less in the data",
    runs: stages,
    act: async (project) => {
      const lines = (await project.read(data)).split("\n");
      await project.write(data, lines.toSpliced(1, 1).join("\n"));
    },
  },
  {
    what: "a file that nobody names",
    runs: [],
    act: (project) => project.write(at("scripts/other.py"), "print(1)\n"),
  },
];

describe("the scripts example", () => {
  let project: RigProject;
  beforeAll(async () => {
    project = await rig.project({});
    cpSync(example, path.join(project.dir, "examples/scripts"), {
      recursive: true,
      filter: (from) => !/[/\\](out|\.sluice|node_modules)$/.test(from),
    });
    const dataset = path.dirname(findPackageJSON("vega-datasets", import.meta.url)!);
    mkdirSync(path.dirname(path.join(project.dir, data)), { recursive: true });
    cpSync(path.join(dataset, "data/birdstrikes.csv"), path.join(project.dir, data));
    chmodSync(path.join(project.dir, data), 0o644);
  });
  afterAll(() => project[Symbol.asyncDispose]());

  test.for(steps.map((step) => [step.what, step] as const))("%s", { timeout: 120_000 }, async ([, step], { skip }) => {
    skip(!hasPython, "python3 is not installed");
    await step.act(project);
    const { code, stdout, stderr } = await project.sluiceWith(
      { cwd: "examples/scripts" },
      "run",
      "--json",
      ...(step.args ?? []),
    );
    expect(code, stderr).toBe(0);
    const nodes = JSON.parse(stdout).nodes as Record<string, { status: string; kind: string }>;
    const status = (wanted: string) => stages.filter((name) => nodes[name]!.status === wanted);
    expect(status("executed")).toEqual(step.runs);
    expect(status("hit")).toEqual(stages.filter((name) => !step.runs.includes(name)));
    for (const name of stages) expect(nodes[name]!.kind).toBe("command");
  });

  test("leaves a report of all strikes that count", async ({ skip }) => {
    skip(!hasPython, "python3 is not installed");
    const report = await project.read(at("out/report.md"));
    expect(report).toContain("| unknown | 8001 |");
    const kept = (await project.read(at("out/strikes.tsv"))).trim().split("\n").length - 1;
    const summed = (await project.read(at("out/by-species.tsv")))
      .trim()
      .split("\n")
      .reduce((sum, line) => sum + Number(line.split("\t")[1]), 0);
    expect([kept, summed]).toEqual([9984, 9984]);
  });

  test("its README tells what each edit runs", () => {
    const text = readFileSync(path.join(example, "README.md"), "utf8");
    const told = text
      .slice(text.search(/^\| what was done/m))
      .split("\n")
      .slice(2);
    const rows = told.slice(0, told.indexOf("")).map((line) => line.split("|").map((cell) => cell.trim()));
    expect(rows.map(([, what, ran]) => [what, ran])).toEqual(
      steps.map(({ what, runs }) => [
        what,
        runs.length === 0 ? "nothing" : runs.map((name) => `\`${name}\``).join(", "),
      ]),
    );
  });
});
