import type { BenchmarkResult, Cell, ResultTable } from "./benchmark.ts";
import { lineChart, type Series } from "./chart.ts";
import type { Machine } from "./machine.ts";
import { cellText, markdownTable } from "./table.ts";

/** What a section wrote. */
export interface SectionResult extends BenchmarkResult {
  readonly section: string;
  readonly startedAt: string;
  readonly rounds: number;
  readonly machine: Machine;
}

/** Results of sections by name. */
export type Results = Readonly<Record<string, SectionResult>>;

/** The page with each `<!-- figures: NAME -->` block filled in anew. */
export function fillPage(page: string, results: Results): string {
  return page.replace(/(<!-- figures: ([\w-]+(?:\/[\w-]+)?) -->\n)[\s\S]*?(<!-- end -->)/g, (_, start, name, end) => {
    return `${start}\n${block(name, results)}\n\n${end}`;
  });
}

function block(name: string, results: Results): string {
  const [section = "", id] = name.split("/");
  if (name === "machine") return machineText(results);
  if (name === "warm") return markdownTable(warmTable(tableOf(results, "noop", "warm")));
  if (name === "cold") return markdownTable(coldTable(tableOf(results, "cold", "cold")));
  return markdownTable(tableOf(results, section, id ?? section));
}

function tableOf(results: Results, section: string, id: string): ResultTable {
  const table = results[section]?.tables.find((each) => each.id === id);
  if (!table) throw new Error(`there are no results of ${section}/${id}: npm run bench -- ${section}`);
  return table;
}

function machineText(results: Results): string {
  const { machine } = Object.values(results)[0]!;
  const dates = [...new Set(Object.values(results).map(({ startedAt }) => startedAt.slice(0, 10)))].join(", ");
  return `${machine.processors} processors (${machine.processor}), ${machine.memoryGB} GB of memory, ${machine.system}, Node ${machine.node}; ${dates}.`;
}

/** A cell of a table by the names of its columns. */
function reader({ columns }: ResultTable) {
  return (row: readonly Cell[], name: string): Cell => row[columns.findIndex((column) => column.name === name)] ?? null;
}

/** The values of a column, each once. */
function distinct(table: ResultTable, name: string): Cell[] {
  const cell = reader(table);
  return [...new Set(table.rows.map((row) => cell(row, name)))];
}

/** One row for each group, one column for each pipeline. */
function byPipeline(
  table: ResultTable,
  groups: readonly string[],
  write: (row: readonly Cell[], cell: ReturnType<typeof reader>) => string,
): ResultTable {
  const cell = reader(table);
  const pipelines = distinct(table, "pipeline");
  const keyed = new Map<string, (readonly Cell[])[]>();
  for (const row of table.rows) {
    const key = JSON.stringify(groups.map((name) => cell(row, name)));
    keyed.set(key, [...(keyed.get(key) ?? []), row]);
  }
  const rows = [...keyed].map(([key, members]) => {
    const peaks = members.map((row) => cell(row, "peak")).filter((peak) => typeof peak === "number");
    return [
      ...(JSON.parse(key) as Cell[]),
      ...pipelines.map((pipeline) => {
        const row = members.find((each) => cell(each, "pipeline") === pipeline);
        return row ? write(row, cell) : null;
      }),
      peaks.length > 0 ? Math.max(...peaks) : null,
    ];
  });
  const columns = [
    ...groups.map((name) => table.columns.find((column) => column.name === name)!),
    ...pipelines.map((pipeline) => ({ name: String(pipeline), unit: "count" }) as const),
    { name: "peak", unit: "MB" } as const,
  ];
  return { ...table, columns, rows };
}

function warmTable(table: ResultTable): ResultTable {
  return byPipeline(table, ["nodes", "output"], (row, cell) => {
    return `${cellText(cell(row, "wall"), "ms")} (${cellText(cell(row, "of node -e 0"), "x")})`;
  });
}

function coldTable(table: ResultTable): ResultTable {
  return byPipeline(table, ["state", "nodes"], (row, cell) => {
    const perNode = cell(row, "a node");
    return `${cellText(cell(row, "wall"), "ms")}${perNode === null ? "" : ` (${cellText(perNode, "us")} a node)`}`;
  });
}

/** Pictures by file name. */
export function pictures(results: Results): ReadonlyMap<string, string> {
  const time = (ms: number): string => (ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`);
  const common = { yText: time, yLabel: "whole process, median; both axes logarithmic" };
  const peers = tableOf(results, "peers", "peers");
  const floor = tableOf(results, "peers", "floor").rows[0]![1] as number;
  const tools = (state: string): Series[] => {
    const cell = reader(peers);
    return distinct(peers, "tool").map((tool): Series => {
      const rows = peers.rows.filter((row) => cell(row, "tool") === tool && cell(row, "graph") === "layered");
      const points = rows.map((row) => [cell(row, "steps"), cell(row, state)] as const).filter(isPoint);
      return { label: String(tool), points, role: String(tool).startsWith("sluice") ? "own" : "peer" };
    });
  };
  const sizes = distinct(peers, "steps") as number[];
  const start: Series = {
    label: "node -e 0",
    role: "floor",
    points: [
      [sizes[0]!, floor],
      [sizes.at(-1)!, floor],
    ],
  };
  const ofTools = (title: string, state: string) =>
    lineChart({ ...common, title, xLabel: "steps", series: [...tools(state), start] });
  return new Map([
    ["warm.svg", warmChart(results, common)],
    ["memory.svg", memoryChart(results)],
    ["tools-nothing-changed.svg", ofTools("Nothing changed", "nothing changed")],
    ["tools-one-edit.svg", ofTools("One input of one step edited", "one input edited")],
    ["tools-cold.svg", ofTools("Everything runs", "cold")],
  ]);
}

function isPoint(point: readonly [Cell, Cell]): point is readonly [number, number] {
  return typeof point[0] === "number" && typeof point[1] === "number" && point[1] > 0;
}

function warmChart(results: Results, common: { yText: (y: number) => string; yLabel: string }): string {
  const warm = tableOf(results, "noop", "warm");
  const cold = tableOf(results, "cold", "cold");
  const floor = tableOf(results, "noop", "floor").rows[0]![1] as number;
  const sizes = distinct(warm, "nodes") as number[];
  return lineChart({
    ...common,
    title: "Sluice: a layered pipeline declared in a loop",
    xLabel: "nodes",
    series: [
      { label: "nothing changed", role: "own", points: layeredPoints(warm, "output", "plain", "wall") },
      { label: "nothing changed, --json", role: "own", points: layeredPoints(warm, "output", "--json", "wall") },
      ...(distinct(cold, "state") as string[]).map((state): Series => {
        return { label: state, role: "peer", points: layeredPoints(cold, "state", state, "wall") };
      }),
      {
        label: "node -e 0",
        role: "floor",
        points: [
          [sizes[0]!, floor],
          [sizes.at(-1)!, floor],
        ],
      },
    ],
  });
}

function memoryChart(results: Results): string {
  const warm = tableOf(results, "noop", "warm");
  const cold = tableOf(results, "cold", "cold");
  return lineChart({
    title: "Sluice: peak memory, a layered pipeline declared in a loop",
    xLabel: "nodes",
    yLabel: "resident memory at its most; both axes logarithmic",
    yText: (y) => `${y.toLocaleString("en")} MB`,
    series: [
      { label: "nothing changed", role: "own", points: layeredPoints(warm, "output", "plain", "peak") },
      { label: "nothing changed, --json", role: "own", points: layeredPoints(warm, "output", "--json", "peak") },
      ...(distinct(cold, "state") as string[]).map((state): Series => {
        return { label: state, role: "peer", points: layeredPoints(cold, "state", state, "peak") };
      }),
    ],
  });
}

function layeredPoints(table: ResultTable, group: string, value: string, column: string) {
  const cell = reader(table);
  return table.rows
    .filter((row) => cell(row, "pipeline") === "layered, loop" && cell(row, group) === value)
    .map((row) => [cell(row, "nodes"), cell(row, column)] as const)
    .filter(isPoint);
}
