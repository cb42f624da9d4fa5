import { describe, expect, test } from "vitest";
import type { BenchmarkOptions } from "../../bench/benchmark.ts";
import { lineChart } from "../../bench/chart.ts";
import { pipelineModules, shapes, styles } from "../../bench/generated-pipeline.ts";
import { Random } from "../../bench/random.ts";
import { graphKinds, randomGraph } from "../../bench/random-graph.ts";
import { optimalMakespan, tightBound } from "../../bench/schedule-bounds.ts";
import { sections } from "../../bench/sections.ts";
import { lowerBound, simulatedMakespan } from "../../bench/simulated-schedule.ts";
import { markdownTable, textTable } from "../../bench/table.ts";

const options: BenchmarkOptions = {
  quick: true,
  rounds: 1,
  nodes: [6],
  modules: [3],
  stages: [5],
  log: () => {},
};

test.each(["cold", "noop"])(
  "the section %s measures small pipelines",
  async (name) => {
    const section = await sections[name]!();
    const { tables } = await section.run(options);
    expect(tables.length).toBeGreaterThan(0);
    for (const { columns, rows } of tables) {
      for (const row of rows) expect(row.length).toBe(columns.length);
    }
  },
  120_000,
);

test("every section can be loaded, and says what it measures", async () => {
  for (const load of Object.values(sections)) expect((await load()).about).not.toBe("");
});

describe("generated pipelines", () => {
  test.each(shapes.flatMap((shape) => styles.map((style) => ({ shape, style }))))(
    "$shape, $style: one function is the last stage's own",
    ({ shape, style }) => {
      const modules = [...pipelineModules({ shape, style, nodes: 2500 }).values()];
      expect(modules.join("\n").match(/const own = /g)).toHaveLength(1);
      expect(modules).toHaveLength(style === "loop" ? 1 : 4);
    },
  );
});

describe("schedules of random graphs", () => {
  test.each(graphKinds)("%s: bound, tighter bound, shortest, Sluice's: in this order", (kind) => {
    const random = new Random(1);
    for (let graph = 0; graph < 30; graph += 1) {
      const tasks = randomGraph(random, kind, 7, 100);
      expect(tasks.parents).toHaveLength(7);
      for (const jobs of [1, 2, 3]) {
        const took = simulatedMakespan(tasks, jobs);
        const shortest = optimalMakespan(tasks, jobs, took);
        const tight = tightBound(tasks, jobs);
        const ulp = 1e-6;
        expect(lowerBound(tasks, jobs)).toBeLessThanOrEqual(tight + ulp);
        expect(tight).toBeLessThanOrEqual(shortest + ulp);
        expect(shortest).toBeLessThanOrEqual(took + ulp);
      }
    }
  });

  test("tasks come after what they read", () => {
    for (const kind of graphKinds) {
      const { parents } = randomGraph(new Random(2), kind, 60, 10);
      for (const [task, above] of parents.entries()) for (const parent of above) expect(parent).toBeLessThan(task);
    }
  });
});

describe("tables and charts", () => {
  const table = {
    id: "t",
    title: "T",
    columns: [
      { name: "case", unit: "text" },
      { name: "wall", unit: "ms" },
      { name: "a node", unit: "us" },
    ],
    rows: [
      ["one", 1234, 5.678],
      ["two", 0.05, null],
      ["three", "> 60 s", -3],
    ],
  } as const;

  test("are written with three digits and a unit", () => {
    expect(textTable(table)).toBe(
      ["case     wall   a node", "one    1.23 s  5.68 µs", "two     50 µs", "three  > 60 s    -3 µs"].join("\n"),
    );
    expect(markdownTable(table).split("\n")[1]).toBe("| --- | ---: | ---: |");
  });

  test("a chart says its lines' names, and takes them for text", () => {
    const chart = lineChart({
      title: "a < b",
      xLabel: "x",
      yLabel: "y",
      yText: String,
      series: [
        {
          label: '<script>"&',
          role: "own",
          points: [
            [1, 1],
            [100, 10],
          ],
        },
      ],
    });
    expect(chart).toContain("&lt;script&gt;&quot;&amp;");
    expect(chart).not.toContain("<script>");
    expect(chart).not.toContain("NaN");
  });
});
