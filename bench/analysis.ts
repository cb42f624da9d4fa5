import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Benchmark, Cell } from "./benchmark.ts";
import { type Declared, GeneratedProgram } from "./generated-program.ts";
import { median, runProcess } from "./measure.ts";

const require = createRequire(import.meta.url);
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** What is known when a measurement starts. */
type State = "cold" | "warm" | "edited";

const states: readonly State[] = ["cold", "warm", "edited"];

/** The versions of a program's code: all of it new, all of it known, one module edited. */
export const analysis: Benchmark = {
  about: "versions of code, against reading and hashing the same files; processes against bundling by esbuild",

  async run({ rounds, modules, stages, log }) {
    const shapes = [
      ...modules.map((count) => ({ modules: count, stages: Math.min(count, 200), declared: "exports" as Declared })),
      ...stages.flatMap((count) =>
        (["exports", "loop", "factory"] as const).map((declared) => ({ modules: 10, stages: count, declared })),
      ),
    ];
    const rows: Cell[][] = [];
    for (const shape of shapes) {
      const program = new GeneratedProgram(shape);
      try {
        const isLarge = shape.modules > 10;
        log(
          `${shape.modules} modules, ${program.lines} lines, ${shape.stages} stages (${shape.declared}): ${rounds} rounds`,
        );
        const measured = await measureProgram(program, rounds, isLarge);
        rows.push(...rowsOf(measured, isLarge ? shape.modules : shape.stages, isLarge ? "" : `, ${shape.declared}`));
      } finally {
        program.remove();
      }
    }
    const columns = [
      { name: "case", unit: "text" },
      { name: "size", unit: "count" },
      { name: "wall", unit: "ms" },
      { name: "least", unit: "ms" },
      { name: "most", unit: "ms" },
      { name: "ratio", unit: "x" },
    ] as const;
    const notes = [
      `Ratios: phases to "read and hash", processes to "esbuild, bundle" (where there is none, to their own warm plan).`,
    ];
    return { tables: [{ id: "analysis", title: "Versions of code", columns, rows }], notes };
  },
};

const phase = "phase: ";
const whole = "process: ";

type Measured = Map<string, number[]>;

/** Every round does everything once, so that whatever else the machine does falls on all alike. */
async function measureProgram(program: GeneratedProgram, rounds: number, peers: boolean): Promise<Measured> {
  const measured: Measured = new Map();
  const add = (label: string, ms: number): void => void measured.set(label, [...(measured.get(label) ?? []), ms]);
  for (let round = -1; round < rounds; round += 1) {
    const counts = round >= 0;
    const cwd = program.folder;
    const files = await printed({ label: "peers", args: [script("analysis-peers.ts"), program.folder], cwd });
    if (counts) for (const [name, ms] of Object.entries(files as Record<string, number>)) add(phase + name, ms);
    for (const state of states) {
      prepare(program, state);
      const report = await printed({ label: state, args: [script("analysis-phases.ts"), program.folder], cwd });
      const { phases, held, stages } = report as PhaseReport;
      if (stages !== program.shape.stages)
        throw new Error(`${stages} stages are versioned, not ${program.shape.stages}`);
      if (held !== (state === "warm")) throw new Error(`the evidence ${held ? "holds" : "does not hold"}: ${state}`);
      if (!counts) continue;
      add(`${phase}versions, ${state}`, phases.versions);
      if (state === "warm") add(`${phase}evidence, ${state}`, phases.evidence);
    }
    for (const state of states) {
      prepare(program, state);
      const args = [program.cli, "plan", "-f", "pipeline.ts", "--json"];
      const { wallMs } = await runProcess({ label: `plan, ${state}`, args, cwd });
      if (counts) add(`${whole}sluice plan, ${state}`, wallMs);
    }
    for (const [label, args] of peers ? peersOf(program) : []) {
      const { wallMs } = await runProcess({ label, args, cwd });
      if (counts) add(whole + label, wallMs);
    }
  }
  return measured;
}

/** The state before is that after a warm run. */
function prepare(program: GeneratedProgram, state: State): void {
  if (state === "cold") program.forget();
  if (state === "edited") program.edit();
}

interface PhaseReport {
  readonly phases: Readonly<Record<"evidence" | "load" | "versions", number>>;
  readonly held: boolean;
  readonly stages: number;
}

async function printed(process: Parameters<typeof runProcess>[0]): Promise<unknown> {
  return JSON.parse((await runProcess(process)).stdout);
}

function peersOf(program: GeneratedProgram): readonly (readonly [label: string, args: readonly string[]])[] {
  const options = {
    entryPoints: ["pipeline.ts"],
    outfile: "out.mjs",
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["sluice"],
  };
  const bundle = `require(${JSON.stringify(require.resolve("esbuild"))}).buildSync(${JSON.stringify(options)})`;
  const tsc = join(dirname(require.resolve("typescript/package.json")), "bin/tsc");
  const check =
    "--noEmit --strict --skipLibCheck --ignoreConfig --allowImportingTsExtensions --module nodenext --target esnext";
  return [
    ["esbuild, bundle", ["-e", bundle]],
    ["tsc, check", [tsc, ...check.split(" "), ...program.files.slice(0, -1)]],
  ];
}

function rowsOf(measured: Measured, size: number, suffix: string): readonly Cell[][] {
  const floor = (label: string): number => {
    const base = label.startsWith(phase) ? `${phase}read and hash` : `${whole}esbuild, bundle`;
    return median(measured.get(base) ?? measured.get(`${whole}sluice plan, warm`)!);
  };
  return [...measured].map(([label, times]) => [
    label + suffix,
    size,
    median(times),
    Math.min(...times),
    Math.max(...times),
    median(times) / floor(label),
  ]);
}
