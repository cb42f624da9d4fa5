import { mkdirSync } from "node:fs";
import path from "node:path";
import { Random } from "../../../bench/random.ts";
import { openCache } from "../../../src/cache/index.ts";
import type { Digest } from "../../../src/core/digest.ts";
import type { Graph } from "../../../src/core/graph.ts";
import { makeRoom } from "../../../src/run/keeping/make-room.ts";
import { openStore } from "../../../src/run/open-store.ts";
import { runGraph } from "../../../src/run/run.ts";
import type { Workspace } from "../../../src/run/workspace.ts";
import { collectGarbage } from "../../rig/collect-garbage.ts";
import { memoryWorkspace, testGraph, testParam, testStage } from "../../rig/engine.ts";
import { testMap } from "../../run/map/support.ts";

/** What a step of the work does to a store. */
export type Step =
  | {
      readonly kind: "run";
      readonly seed: number;
      readonly code: number;
      readonly round: number;
      readonly wide: boolean;
    }
  | { readonly kind: "forget"; readonly share: number }
  | { readonly kind: "evict"; readonly maxSize: number }
  | { readonly kind: "entries"; readonly seed: number }
  | { readonly kind: "gc" }
  | { readonly kind: "reopen" };

/** Data versions by key. */
export type State = Readonly<Record<Digest, Digest>>;

/**
 * Random edits, runs, removals and collections; the same for the same seed.
 * @param wide whether one of them writes so much that SQLite's log is begun anew under a store that stays open
 */
export function stepsOf(seed: number, count: number, wide: boolean): Step[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, round) => {
    const choice = random.unit();
    const isWide = wide && round === Math.floor(count / 2);
    if (choice < 0.55 || round === 0 || isWide)
      return { kind: "run", seed: random.below(4), code: 1 + random.below(2), round, wide: isWide };
    if (choice < 0.68) return { kind: "forget", share: random.unit() };
    if (choice < 0.76) return { kind: "evict", maxSize: 10_000 + random.below(60_000) };
    if (choice < 0.86) return { kind: "entries", seed: random.below(3) };
    return choice < 0.93 ? { kind: "gc" } : { kind: "reopen" };
  });
}

/** A store of a project, with versions of code that the steps set. */
export async function openWorkspace(dir: string, onWarning?: (message: string) => void): Promise<Workspace> {
  mkdirSync(dir, { recursive: true });
  const store = await openStore({ root: dir, onWarning: ({ message }) => onWarning?.(message) });
  return { ...store, analyser: memoryWorkspace().analyser };
}

/**
 * Does a step.
 * @returns what the targets' values are, of a run
 */
export async function perform(workspace: Workspace, step: Step): Promise<Readonly<Record<string, unknown>>> {
  const { metadata } = workspace;
  switch (step.kind) {
    case "run": {
      const outcome = await runGraph(workspace, graphOf(workspace.root, step), {
        params: { seed: step.seed },
        values: true,
        targets: targets,
      });
      if (outcome.status !== "ok") throw new Error(`a run ended ${outcome.status}: ${failuresOf(outcome.nodes)}`);
      return Object.fromEntries(targets.map((name) => [name, outcome.value(name)]));
    }
    case "forget": {
      const random = new Random(Math.floor(step.share * 2 ** 32));
      const keys = Object.keys(await stateOf(workspace)).filter(() => random.unit() < step.share);
      await metadata.removeResults(keys);
      return {};
    }
    case "evict":
      await makeRoom(workspace, { maxSize: step.maxSize });
      return {};
    case "entries":
      await makeEntries(workspace, step.seed);
      return {};
    case "gc":
      await collectGarbage(workspace);
      return {};
    case "reopen":
      return {};
  }
}

/** What the explicit cache keeps in the same store: small and large values, and bytes. */
async function makeEntries({ root, cacheDir }: Workspace, seed: number): Promise<void> {
  await using cache = await openCache(cacheDir!, { root });
  for (const size of [3, 300, 3000]) {
    const key = cache.key("entry").value("seed", seed).value("size", size).build();
    const text = `entry of ${seed} `.repeat(size);
    if ((await cache.wrap(key, () => text)) !== text) throw new Error("an entry has another value");
    const bytes = cache.key("bytes").value("seed", seed).value("size", size).build();
    if (!(await cache.has(bytes))) await cache.put(bytes).bytes("text", Buffer.from(text)).commit();
  }
}

const targets = ["end", "items", "volatile"];

/** What the targets of a run must be, told by no pipeline. */
export function expectedOf({ seed, code, round, wide }: Extract<Step, { kind: "run" }>): Record<string, unknown> {
  const large = block(`large ${code}`, seed);
  const small = smallOf(large, seed);
  const text = block("text", small);
  return {
    end: endOf(large, text),
    items: listOf(seed, wide).map((item) => itemOf(item, small)),
    volatile: volatileOf(round),
  };
}

/** Everything that the file at the output's path may ever hold. */
export function outputsOf(steps: readonly Step[]): ReadonlySet<unknown> {
  return new Set(steps.filter((step) => step.kind === "run").map((step) => expectedOf(step).end));
}

/** What is in a store. */
export async function stateOf({ metadata }: Workspace): Promise<State> {
  const state: Record<Digest, Digest> = {};
  for await (const { key, dataVersion } of metadata.allResults()) state[key] = dataVersion;
  return state;
}

/** Stages with large and small results, a map, an output, and one that gives something else under the same key each time. */
function graphOf(root: string, { code, round, wide }: Extract<Step, { kind: "run" }>): Graph {
  const seed = testParam(0);
  const large = testStage({ seed }, ({ seed }) => block(`large ${code}`, seed), { code });
  const small = testStage({ large, seed }, ({ large, seed }) => smallOf(large as string, seed as number), { code: 10 });
  const text = testStage({ small }, ({ small }) => block("text", small), { code: 11 });
  const list = testStage({ seed }, ({ seed }) => listOf(seed as number, wide), { code: wide ? 12 : 13 });
  const items = testMap(list, { small }, (item: number, { small }: { small: string }) => itemOf(item, small), {
    code: 14,
  });
  const output = path.join(root, "out", "end.txt");
  const end = testStage({ large, text }, ({ large, text }) => endOf(large, text), { code: 15, output });
  const volatile = testStage({}, () => volatileOf(round), { code: 16, cache: "recompute" });
  return testGraph({ seed, large, small, text, list, items, end, volatile });
}

function block(name: string, from: unknown): string {
  return `${name}: ${String(from).slice(0, 40)}; `.repeat(1200);
}

/** The same for two seeds, so that a change of the other input is cut off. */
function smallOf(large: string, seed: number): string {
  return `${large.length} ${seed % 2}`;
}

function listOf(seed: number, wide: boolean): number[] {
  return Array.from({ length: wide ? 1100 : 20 }, (_, i) => seed * 7 + i);
}

/** Every tenth is a blob; the others take most of a page of the database. */
function itemOf(item: number, small: string): string {
  return `item ${item} of ${small} `.repeat(item % 10 === 0 ? 400 : 150);
}

function endOf(large: unknown, text: unknown): string {
  return `${String(large).slice(0, 3000)}\n${String(text).slice(0, 3000)}`;
}

function volatileOf(round: number): string {
  return `round ${round} `.repeat(700);
}

function failuresOf(nodes: ReadonlyMap<string, { readonly failure?: { readonly message: string } }>): string {
  return [...nodes].flatMap(([name, { failure }]) => (failure ? [`${name}: ${failure.message}`] : [])).join("; ");
}
