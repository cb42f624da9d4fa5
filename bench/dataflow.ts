import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Benchmark, Cell } from "./benchmark.ts";
import { type Cache, program } from "./dataflow-program.ts";
import { ProjectFolder } from "./generated-pipeline.ts";
import { type Case, measure, median } from "./measure.ts";

const peers = fileURLToPath(new URL("peers", import.meta.url));
const moduleSize = 1000;
const shapes = ["chain", "fan"] as const;
type Shape = (typeof shapes)[number];

/** Functions of dataflow modules that do nothing much, in processes of their own: what each node costs. */
export const dataflow: Benchmark = {
  about:
    "drivers over trivial functions, each in a process of its own: all new, and nothing changed, beside caches made by hand",

  async run({ nodes, rounds, log }) {
    const caches = (["driver", "files", "cacache"] as const).filter(
      (cache) => cache !== "cacache" || existsSync(join(peers, "node_modules", "cacache")),
    );
    const rows: Cell[][] = [];
    for (const shape of shapes) {
      for (const count of nodes) {
        log(`${shape} of ${count}`);
        const project = new ProjectFolder(modules(shape, count));
        try {
          // What takes a minute for each is no comparison any more.
          const few = caches.filter((cache) => cache === "driver" || count <= 10_000);
          const cases = few.flatMap((cache) => stepsOf(project, shape, count, cache));
          const within = new Map(cases.map(({ item, times }) => [item, times]));
          const measured = await measure(
            cases.map(({ item }) => item),
            { rounds: Math.min(rounds, 7), inOrder: true, usage: false },
          );
          for (const { item, wallMs, ratios } of measured) {
            // The first round is not counted.
            const times = within.get(item)!.slice(-Math.max(1, wallMs.length));
            const [cache, step] = item.label.split(", ");
            const inside = median(times);
            rows.push([shape, count, cache!, step!, median(wallMs), median(ratios), inside, (inside * 1000) / count]);
          }
        } finally {
          project.remove();
        }
      }
    }
    const columns = [
      { name: "shape", unit: "text" },
      { name: "nodes", unit: "count" },
      { name: "cache", unit: "text" },
      { name: "step", unit: "text" },
      { name: "process", unit: "ms" },
      { name: "of node -e 0", unit: "x" },
      { name: "driver alone", unit: "ms" },
      { name: "a node", unit: "us" },
    ] as const;
    return {
      tables: [{ id: "dataflow", title: "Drivers over dataflow modules", columns, rows }],
      notes: [
        "`driver alone` is from the first call of the builder to the values: the process has begun, and the modules are loaded. It has the functions' parameters and code versions found, checked and looked up, for which the caches by hand take the text of each function alone: an edit of a helper goes unseen there.",
        "`nothing changed` comes after a run in which all functions ran, `the same again` after that.",
        "The caches by hand: a file of JSON for each key, in folders by its first digits, and cacache. They wait for no disk.",
        ...(caches.includes("cacache") ? [] : ["cacache is not installed: npm install --prefix bench/peers"]),
      ],
    };
  },
};

interface Step {
  readonly item: Case;
  /** Milliseconds that the program measured by itself, a run each. */
  readonly times: number[];
}

function stepsOf(project: ProjectFolder, shape: Shape, count: number, cache: Cache): Step[] {
  const file = `${cache}.js`;
  project.write(file, program(cache, { count, moduleSize, targets: targetsOf(shape, count), peers }));
  const steps = cache === "driver" ? ["all new", "nothing changed", "the same again"] : ["all new", "nothing changed"];
  return steps.map((step) => {
    const times: number[] = [];
    const item: Case = {
      label: `${labels[cache]}, ${step}`,
      args: [file],
      cwd: project.folder,
      prepare: () => {
        if (step === "all new") rmSync(join(project.folder, `cache-${cache}`), { recursive: true, force: true });
      },
      check: (stdout) => {
        const { ms, ran, sum } = JSON.parse(stdout) as { ms: number; ran: number; sum: number };
        const expected = step === "all new" ? count : 0;
        if (ran !== expected) throw new Error(`${ran} functions ran, not ${expected}`);
        if (sum !== sumOf(shape, count)) throw new Error(`the values add up to ${sum}`);
        times.push(ms);
      },
    };
    return { item, times };
  });
}

const labels: Readonly<Record<Cache, string>> = {
  driver: "Sluice",
  files: "by hand: files",
  cacache: "by hand: cacache",
};

function* modules(shape: Shape, count: number): Generator<readonly [string, string]> {
  for (let start = 0; start < count; start += moduleSize) {
    const lines: string[] = [];
    for (let i = start; i < Math.min(start + moduleSize, count); i += 1) {
      const read = i === 0 ? "seed" : `n${shape === "chain" ? i - 1 : 0}`;
      lines.push(`export function n${i}(${read}) {`, `  return (${read} + ${i}) % 1009;`, "}", "");
    }
    yield [`features-${start / moduleSize}.js`, lines.join("\n")];
  }
}

function targetsOf(shape: Shape, count: number): readonly string[] {
  return shape === "chain" ? [`n${count - 1}`] : Array.from({ length: count }, (_, i) => `n${i}`);
}

function sumOf(shape: Shape, count: number): number {
  let value = 1;
  let sum = 0;
  const first = value % 1009;
  for (let i = 0; i < count; i += 1) {
    value = ((shape === "chain" || i === 0 ? value : first) + i) % 1009;
    sum += value;
  }
  return shape === "chain" ? value : sum;
}
