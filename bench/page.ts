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
  return page.replace(/(<!-- figures: ([\w-]+(?:\/[\w.-]+)?) -->\n)[\s\S]*?(<!-- end -->)/g, (_, start, name, end) => {
    return `${start}\n${block(name, results)}\n\n${end}`;
  });
}

function block(name: string, results: Results): string {
  const [section = "", id] = name.split("/");
  if (name === "machine") return machineText(results);
  if (section === "picture") return pictureLink(id!, results);
  const measuredBy = name === "warm" ? "noop" : section;
  const table = findTable(results, measuredBy, id ?? section);
  if (!table) return `*Not measured yet: \`npm run bench -- ${measuredBy}\`.*`;
  if (name === "warm") return markdownTable(warmTable(table));
  return markdownTable(name === "cold" ? coldTable(table) : table);
}

function pictureLink(name: string, results: Results): string {
  const title = /aria-label="([^"]*)"/.exec(pictures(results).get(name) ?? "")?.[1];
  return title === undefined ? "*Not measured yet.*" : `![${title}](performance/${name})`;
}

function findTable(results: Results, section: string, id: string): ResultTable | undefined {
  return results[section]?.tables.find((each) => each.id === id);
}

/** Each machine that something was measured on, with what and when; the one that most was measured on has the rest. */
function machineText(results: Results): string {
  const byMachine = new Map<string, SectionResult[]>();
  for (const result of Object.values(results)) {
    const { processors, processor, memoryGB, system, node } = result.machine;
    const text = `${processors} processors (${processor}), ${memoryGB} GB of memory, ${system}, Node ${node}`;
    byMachine.set(text, [...(byMachine.get(text) ?? []), result]);
  }
  const [most, ...others] = [...byMachine].sort(([, a], [, b]) => b.length - a.length);
  const said = ([text, all]: readonly [string, readonly SectionResult[]], which = ""): string => {
    const dates = [...new Set(all.map(({ startedAt }) => startedAt.slice(0, 10)))].sort();
    return `${text}; ${dates.join(", ")}${which}.`;
  };
  const named = others.map((each) => said(each, `: ${each[1].map(({ section }) => section).join(", ")}`));
  return [said(most!), ...named].join("\n\n");
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

const time = (ms: number): string => (ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`);
const ofProcesses = { yText: time, yLabel: "whole process, median; both axes logarithmic" };

/** Pictures by file name, as far as there are results. */
export function pictures(results: Results): ReadonlyMap<string, string> {
  const drawn = new Map<string, string>();
  const [warm, cold] = [findTable(results, "noop", "warm"), findTable(results, "cold", "cold")];
  const start = findTable(results, "noop", "floor");
  if (warm && cold && start) {
    drawn.set("warm.svg", warmChart(warm, cold, start));
    drawn.set("memory.svg", memoryChart(warm, cold));
  }
  const [peers, floor] = [findTable(results, "peers", "peers"), findTable(results, "peers", "floor")];
  if (peers && floor) {
    drawn.set("tools-nothing-changed.svg", toolsChart(peers, floor, "Nothing changed", "nothing changed"));
    drawn.set("tools-one-edit.svg", toolsChart(peers, floor, "One input of one step edited", "one input edited"));
    drawn.set("tools-cold.svg", toolsChart(peers, floor, "Everything runs", "cold"));
  }
  return drawn;
}

function toolsChart(peers: ResultTable, floor: ResultTable, title: string, state: string): string {
  const cell = reader(peers);
  const series = distinct(peers, "tool").map((tool): Series => {
    const rows = peers.rows.filter((row) => cell(row, "tool") === tool && cell(row, "graph") === "layered");
    const points = rows.map((row) => [cell(row, "steps"), cell(row, state)] as const).filter(isPoint);
    return { label: String(tool), points, role: String(tool).startsWith("sluice") ? "own" : "peer" };
  });
  const start = floorLine(floor, distinct(peers, "steps") as number[]);
  return lineChart({ ...ofProcesses, title: `${title}: layered graphs`, xLabel: "steps", series: [...series, start] });
}

function floorLine(floor: ResultTable, sizes: readonly number[]): Series {
  const ms = reader(floor)(floor.rows[0]!, "wall") as number;
  return {
    label: "node -e 0",
    role: "floor",
    points: [Math.min(...sizes), Math.max(...sizes)].map((size) => [size, ms]),
  };
}

function isPoint(point: readonly [Cell, Cell]): point is readonly [number, number] {
  return typeof point[0] === "number" && typeof point[1] === "number" && point[1] > 0;
}

function warmChart(warm: ResultTable, cold: ResultTable, floor: ResultTable): string {
  return lineChart({
    ...ofProcesses,
    title: "Sluice: a layered pipeline declared in a loop",
    xLabel: "nodes",
    series: [...layeredSeries(warm, cold, "wall"), floorLine(floor, distinct(warm, "nodes") as number[])],
  });
}

function memoryChart(warm: ResultTable, cold: ResultTable): string {
  return lineChart({
    title: "Sluice: peak memory, a layered pipeline declared in a loop",
    xLabel: "nodes",
    yLabel: "resident memory at its most; both axes logarithmic",
    yText: (y) => `${y.toLocaleString("en")} MB`,
    series: layeredSeries(warm, cold, "peak"),
  });
}

function layeredSeries(warm: ResultTable, cold: ResultTable, column: string): Series[] {
  return [
    { label: "nothing changed", role: "own", points: layeredPoints(warm, "output", "plain", column) },
    { label: "nothing changed, --json", role: "own", points: layeredPoints(warm, "output", "--json", column) },
    ...(distinct(cold, "state") as string[]).map((state): Series => {
      return { label: shortState(state), role: "peer", points: layeredPoints(cold, "state", state, column) };
    }),
  ];
}

/** What fits beside a line. */
function shortState(state: string): string {
  return state
    .replace("an input of one stage edited", "one input edited")
    .replace("code of one stage edited", "code edited")
    .replace(", nothing changed", "");
}

function layeredPoints(table: ResultTable, group: string, value: string, column: string) {
  const cell = reader(table);
  return table.rows
    .filter((row) => cell(row, "pipeline") === "layered, loop" && cell(row, group) === value)
    .map((row) => [cell(row, "nodes"), cell(row, column)] as const)
    .filter(isPoint);
}
