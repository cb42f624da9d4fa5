import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Benchmark } from "./benchmark.ts";
import { expectSummary, ProjectFolder, pipelineModules } from "./generated-pipeline.ts";
import { type Case, measure, median, runProcess } from "./measure.ts";
import { processCells, processColumns } from "./process-table.ts";

const packages = ["@duckdb/node-api", "apache-arrow", "zod"];
const installed = fileURLToPath(new URL("../node_modules", import.meta.url));
const nodes = 100;

/** What the packages that a pipeline imports cost a run that has nothing to do. */
export const imports: Benchmark = {
  about: `a warm run of a pipeline that imports ${packages.join(", ")}, against the same without`,

  async run({ rounds, log }) {
    const projects = [false, true].map((heavy) => {
      const modules = pipelineModules({ shape: "layered", style: "exports", nodes });
      const head = heavy ? packages.map((name, at) => `import * as p${at} from "${name}";\n`).join("") : "";
      const tail = heavy
        ? `export const used = [${packages.map((_, at) => `typeof p${at}`).join(", ")}].length;\n`
        : "";
      const source = `${head}${modules.get("pipeline.js")}${tail}`;
      const project = new ProjectFolder([
        ["pipeline.js", source],
        ["seed.txt", "1\n"],
        ["extra.txt", "1\n"],
      ]);
      for (const name of heavy ? packages : []) {
        const link = join(project.folder, "node_modules", name);
        mkdirSync(dirname(link), { recursive: true });
        if (existsSync(join(installed, name))) symlinkSync(join(installed, name), link, "junction");
      }
      return { project, label: heavy ? "with the packages" : "without" };
    });
    try {
      const cases: Case[] = [];
      for (const { project, label } of projects) {
        const cwd = project.folder;
        log(label);
        for (let run = 0; run < 3; run += 1) await runProcess({ label, args: project.sluice("run", "--quiet"), cwd });
        const check = (_: string, stderr: string) => expectSummary(stderr, 0, nodes - 2);
        cases.push({ label, args: project.sluice("run"), cwd, check });
        cases.push({ label: `${label}: a process that loads it`, args: ["pipeline.js"], cwd });
      }
      const measured = await measure(cases, { rounds });
      const floor = median(measured[0]!.wallMs);
      const rows = measured.map((each) => [each.item.label, ...processCells(each), median(each.wallMs) / floor]);
      const columns = [
        { name: "pipeline", unit: "text" },
        ...processColumns,
        { name: "of the run without", unit: "x" },
      ] as const;
      return { tables: [{ id: "imports", title: `Nothing changed, ${nodes} nodes`, columns, rows }] };
    } finally {
      for (const { project } of projects) project.remove();
    }
  },
};
