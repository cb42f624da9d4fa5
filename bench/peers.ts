import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Benchmark, Cell } from "./benchmark.ts";
import { ProjectFolder } from "./generated-pipeline.ts";
import { type Case, type Measured, measure, median, nodeStart } from "./measure.ts";
import { type Peer, Steps } from "./peer.ts";
import { builders } from "./peer-builders.ts";
import { packages } from "./peer-packages.ts";
import { own } from "./peer-sluice.ts";

const states = ["cold", "nothing changed", "one input edited"] as const;
type State = (typeof states)[number];

/** A step of a tool at a size: what it took in each state; absent where a smaller size took too long. */
interface Row {
  readonly peer: Peer;
  readonly steps: Steps;
  readonly measured: ReadonlyMap<State, Measured>;
}

/** The same steps by Sluice and by tools that people know. */
export const peers: Benchmark = {
  about: "the same trivial steps by Sluice and by other tools, as whole processes",

  async run({ rounds, quick, nodes, log }) {
    const all = [...own, ...builders, ...packages];
    const found = all.filter((peer) => peer.isInstalled());
    const missing = all.filter((peer) => !found.includes(peer)).map(({ name }) => name);
    // Slow tools show how they grow between sizes that are nearer to each other.
    const between = nodes.includes(100) && nodes.includes(1000) ? [300] : [];
    const sizes = [...nodes, ...between].filter((count) => count <= 10_000).sort((a, b) => a - b);
    const limitMs = quick ? 30_000 : 90_000;
    const rows: Row[] = [];
    /** Milliseconds that a tool took for everything at the size before. */
    const before = new Map<Peer, number>();
    for (const [at, count] of sizes.entries()) {
      const factor = count / (sizes[at - 1] ?? count);
      for (const shape of count === 1000 ? (["layered", "chain", "fan"] as const) : (["layered"] as const)) {
        for (const peer of found) {
          // What would take too long is not tried. The other shapes are for the fast ones.
          if ((before.get(peer) ?? 0) * factor > (shape === "layered" ? limitMs : limitMs / 10)) continue;
          log(`${peer.name}: ${count} steps, ${shape}`);
          rows.push(await measurePeer(peer, new Steps(shape, count), { rounds: Math.min(rounds, 5), limitMs }));
        }
      }
      for (const { peer, steps, measured } of rows) {
        const { gaveUp, wallMs } = measured.get("cold")!;
        if (steps.count === count && steps.shape === "layered") before.set(peer, gaveUp ? limitMs : median(wallMs));
      }
    }
    const [floor] = await measure([nodeStart], { rounds, usage: false });
    const notes = missing.length > 0 ? [`Not installed here: ${missing.join(", ")}.`] : [];
    return { tables: [wallTable(rows), growthTable(rows), floorTable(median(floor!.wallMs))], notes };
  },
};

async function measurePeer(peer: Peer, steps: Steps, limits: { rounds: number; limitMs: number }): Promise<Row> {
  const project = new ProjectFolder([
    ["seed.txt", "1\n"],
    ["extra.txt", "1\n"],
  ]);
  const { folder } = project;
  const last = () => readFileSync(join(folder, steps.output(steps.count - 1)), "utf8");
  let edits = 1;
  let before = "";
  const prepare: Readonly<Record<State, () => void | Promise<void>>> = {
    cold: () => {
      rmSync(join(folder, "out"), { recursive: true, force: true });
      mkdirSync(join(folder, "out"));
      project.forget();
      peer.forget(folder);
    },
    "nothing changed": () => {},
    "one input edited": async () => {
      // Tools that go by times miss an edit in the tick of the clock, or for some the second, in which they last ran.
      await setTimeout(1100);
      if (peer.writesFiles) before = last();
      edits += 1;
      writeFileSync(join(folder, "extra.txt"), `${"1".repeat(edits)}\n`);
    },
  };
  try {
    peer.write(project, steps);
    const cases = states.map(
      (state): Case => ({
        label: `${peer.name}, ${state}`,
        ...(peer.program === undefined ? {} : { program: peer.program }),
        args: peer.args(project),
        cwd: folder,
        ...(peer.env === undefined ? {} : { env: peer.env }),
        prepare: prepare[state],
        check: () => {
          if (state === "one input edited" && peer.writesFiles && last() === before) {
            throw new Error(`${peer.name} did not see that an input was edited`);
          }
        },
      }),
    );
    const measured = new Map<State, Measured>();
    for (const [at, state] of states.entries()) {
      const rounds = state === "cold" ? Math.min(limits.rounds, 2) : limits.rounds;
      const budgetMs = state === "cold" ? 3_000 : 6_000;
      const [one] = await measure([cases[at]!], { ...limits, rounds, budgetMs, usage: false, mayFail: true });
      measured.set(state, one!);
      if (one!.gaveUp !== undefined) break;
    }
    return { peer, steps, measured };
  } finally {
    project.remove();
  }
}

function wallOf(row: Row, state: State): Cell {
  const measured = row.measured.get(state);
  if (measured === undefined) return null;
  return measured.gaveUp ?? median(measured.wallMs);
}

function wallTable(rows: readonly Row[]) {
  return {
    id: "peers",
    title: "The same steps",
    columns: [
      { name: "tool", unit: "text" },
      { name: "graph", unit: "text" },
      { name: "steps", unit: "count" },
      ...states.map((name) => ({ name, unit: "ms" }) as const),
    ],
    rows: rows.map((row) => [
      row.peer.name,
      row.steps.shape,
      row.steps.count,
      ...states.map((state) => wallOf(row, state)),
    ]),
  } as const;
}

/** What a step more costs, from one size to the next. */
function growthTable(rows: readonly Row[]) {
  const layered = rows.filter(({ steps }) => steps.shape === "layered");
  const growth: Cell[][] = [];
  for (const row of layered) {
    const smaller = layered.findLast(({ peer, steps }) => peer === row.peer && steps.count < row.steps.count);
    if (smaller === undefined) continue;
    const perStep = states.map((state): Cell => {
      const [from, to] = [wallOf(smaller, state), wallOf(row, state)];
      if (typeof from !== "number" || typeof to !== "number") return null;
      return ((to - from) * 1000) / (row.steps.count - smaller.steps.count);
    });
    growth.push([row.peer.name, smaller.steps.count, row.steps.count, ...perStep]);
  }
  return {
    id: "growth",
    title: "What one step more costs, layered graphs",
    columns: [
      { name: "tool", unit: "text" },
      { name: "from steps", unit: "count" },
      { name: "to steps", unit: "count" },
      ...states.map((name) => ({ name, unit: "us" }) as const),
    ],
    rows: growth,
  } as const;
}

function floorTable(ms: number) {
  return {
    id: "floor",
    title: "The floor",
    columns: [
      { name: "case", unit: "text" },
      { name: "wall", unit: "ms" },
    ],
    rows: [[nodeStart.label, ms]],
  } as const;
}
