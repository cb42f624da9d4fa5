/** `npm run bench -- NAME [--rounds 11] [--nodes 100,1000,10000] [--modules 200,2000] [--stages 100,1000] [--json]` */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import type { Benchmark, CaseResult } from "./benchmark.ts";

const benchmarks: Readonly<Record<string, () => Promise<Benchmark>>> = {
  analysis: async () => (await import("./analysis.ts")).analysis,
  noop: async () => (await import("./noop.ts")).noop,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "11" },
    nodes: { type: "string", default: "100,1000,10000" },
    modules: { type: "string", default: "200,500,1000,2000" },
    stages: { type: "string", default: "100,1000,5000" },
    json: { type: "boolean", default: false },
  },
});

const [name = ""] = positionals;
const load = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
if (load === undefined || positionals.length > 1) {
  console.error(
    `usage: npm run bench -- NAME [--rounds N] [--nodes N,N] [--json]\nnames: ${Object.keys(benchmarks).join(", ")}`,
  );
  process.exit(2);
}

const benchmark = await load();
const rounds = count(values.rounds);
const [nodes, modules, stages] = [values.nodes, values.modules, values.stages].map((list) =>
  list.split(",").map(count),
);
const log = (line: string) => console.error(line);
const result = await benchmark.run({ rounds, nodes: nodes!, modules: modules!, stages: stages!, log });

if (values.json) {
  const machine = {
    node: process.version,
    platform: process.platform,
    arch: process.arch,
    cpus: cpus().length,
    cpu: cpus()[0]?.model,
  };
  console.log(JSON.stringify({ benchmark: name, about: benchmark.about, machine, rounds, ...result }, null, 2));
} else {
  console.log(`\n${name}: ${benchmark.about}; medians of ${rounds} rounds\n`);
  console.log(table(result.cases));
}

function table(cases: readonly CaseResult[]): string {
  const rows = cases.map(({ label, nodes, wallMs, ratio, userMs, systemMs, peakMB }) => [
    label,
    nodes === undefined ? "" : String(nodes),
    wallMs.median.toFixed(1),
    `${wallMs.min.toFixed(1)} to ${wallMs.max.toFixed(1)}`,
    `${ratio.toFixed(2)}x`,
    userMs?.toFixed(1) ?? "",
    systemMs?.toFixed(1) ?? "",
    peakMB?.toFixed(0) ?? "",
  ]);
  const lines = [["case", "size", "wall ms", "min to max", "ratio", "user ms", "system ms", "peak MB"], ...rows];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) =>
      line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join("  "),
    )
    .join("\n");
}

function count(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 2) throw new RangeError(`not a number of at least 2: ${text}`);
  return number;
}
