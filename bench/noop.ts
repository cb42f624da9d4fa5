import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Benchmark, Cell, ResultTable } from "./benchmark.ts";
import { expectJson, expectSummary, type GeneratedPipeline, pipelineOf } from "./generated-pipeline.ts";
import { type Case, type Measured, measure, median, nodeStart, runProcess } from "./measure.ts";
import { pipelineShapes, shapeText } from "./pipeline-shapes.ts";
import { processCells, processColumns } from "./process-table.ts";

/** How a run is asked to report: a summary, or every node. */
const outputs = { plain: [], "--json": ["--json"] } as const;

/** A run in which nothing changed, as a whole process. */
export const noop: Benchmark = {
  about: "a run in which nothing changed, as a whole process, against Node's own start",

  async run({ rounds, nodes, log }) {
    const empty = mkdtempSync(join(tmpdir(), "sluice-bench-"));
    try {
      writeFileSync(join(empty, "empty.mjs"), "");
      const warm: { pipeline: GeneratedPipeline; output: keyof typeof outputs; item: Case }[] = [];
      for (const shape of pipelineShapes(nodes)) {
        log(`${shape.nodes} nodes, ${shapeText(shape)}`);
        const pipeline = pipelineOf(shape);
        await remember(pipeline);
        for (const output of ["plain", "--json"] as const)
          warm.push({ pipeline, output, item: warmRun(pipeline, output) });
      }
      const floor = [nodeStart, { label: "node empty.mjs", args: ["empty.mjs"], cwd: empty }];
      log(`${rounds} rounds of ${floor.length + warm.length} cases`);
      const measured = await measure([...floor, ...warm.map(({ item }) => item)], { rounds });
      const rows = warm.map((each, at) => ({ ...each, measured: measured[floor.length + at]! }));
      return { tables: [floorTable(measured.slice(0, floor.length)), warmTable(rows), growthTable(rows)] };
    } finally {
      rmSync(empty, { recursive: true, force: true });
    }
  },
};

function warmRun(pipeline: GeneratedPipeline, output: keyof typeof outputs): Case {
  return {
    label: `${shapeText(pipeline.shape)}, ${output}`,
    args: pipeline.sluice("run", ...outputs[output]),
    cwd: pipeline.folder,
    check: (stdout, stderr) => {
      if (output === "plain") expectSummary(stderr, 0, pipeline.stages);
      else expectJson(stdout, { hit: pipeline.stages });
    },
  };
}

/** Runs until all is made and known: the first run that finds nothing to do remembers that. */
async function remember(pipeline: GeneratedPipeline): Promise<void> {
  for (let run = 0; run < 2; run += 1) {
    await runProcess({ label: "a run", args: pipeline.sluice("run", "--quiet"), cwd: pipeline.folder });
  }
}

interface WarmRow {
  readonly pipeline: GeneratedPipeline;
  readonly output: string;
  readonly measured: Measured;
}

function floorTable(measured: readonly Measured[]): ResultTable {
  return {
    id: "floor",
    title: "The floor",
    columns: [{ name: "case", unit: "text" }, ...processColumns],
    rows: measured.map((each) => [each.item.label, ...processCells(each)]),
  };
}

function warmTable(rows: readonly WarmRow[]): ResultTable {
  return {
    id: "warm",
    title: "Nothing changed",
    columns: [
      { name: "pipeline", unit: "text" },
      { name: "output", unit: "text" },
      { name: "nodes", unit: "count" },
      ...processColumns,
    ],
    rows: rows.map(({ pipeline: { shape }, output, measured }) => [
      shapeText(shape),
      output,
      shape.nodes,
      ...processCells(measured),
    ]),
  };
}

/** What a node more costs, between neighbouring sizes: flat if cost per node is. */
function growthTable(rows: readonly WarmRow[]): ResultTable {
  const growth: Cell[][] = [];
  for (const row of rows) {
    const same = rows.filter(
      (other) => other.output === row.output && shapeText(other.pipeline.shape) === shapeText(row.pipeline.shape),
    );
    const at = same.indexOf(row);
    if (at === 0) continue;
    const before = same[at - 1]!;
    const [from, to] = [before.pipeline.shape.nodes, row.pipeline.shape.nodes];
    const us = ((median(row.measured.wallMs) - median(before.measured.wallMs)) * 1000) / (to - from);
    growth.push([shapeText(row.pipeline.shape), row.output, from, to, us]);
  }
  return {
    id: "growth",
    title: "What one node more costs when nothing changed",
    columns: [
      { name: "pipeline", unit: "text" },
      { name: "output", unit: "text" },
      { name: "from nodes", unit: "count" },
      { name: "to nodes", unit: "count" },
      { name: "a node", unit: "us" },
    ],
    rows: growth,
  };
}
