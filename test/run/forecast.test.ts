import { describe, expect, test } from "vitest";
import type { GraphNode } from "../../src/core/graph.ts";
import { Forecast } from "../../src/run/forecast.ts";

/** A chain a -> b -> c beside many single nodes, as far as a forecast looks at nodes. */
function nodes(singles: number): Record<string, GraphNode> {
  const made: Record<string, { name: string; consumers: unknown[] }> = {};
  for (const name of ["a", "b", "c", ...Array.from({ length: singles }, (_, i) => `n${i}`)]) {
    made[name] = { name, consumers: [] };
  }
  made.a!.consumers.push(made.b);
  made.b!.consumers.push(made.c);
  return made as unknown as Record<string, GraphNode>;
}

function forecast(all: Record<string, GraphNode>, durations: Record<string, number>, jobs: number): Forecast {
  const chain = (durations.a ?? 0) + (durations.b ?? 0) + (durations.c ?? 0);
  const paths = new Map(Object.values(all).map((node) => [node, durations[node.name] ?? 0]));
  paths.set(all.a!, chain);
  paths.set(all.b!, chain - (durations.a ?? 0));
  return new Forecast({
    stages: Object.values(all),
    isSettled: () => false,
    durations: new Map(Object.entries(durations)),
    paths,
    jobs,
  });
}

describe("what a run is expected to take from now on", () => {
  test("the longest path that is left, or all work shared among the jobs", () => {
    const all = nodes(2);
    const durations = { a: 100, b: 200, c: 300, n0: 50, n1: 50 };
    const wide = forecast(all, durations, 8);
    wide.started(all.a!, 0);
    expect(wide.leftMs(50, 0)).toBe(600);
    expect(wide.leftMs(50, 40)).toBe(560);
    expect(wide.leftMs(50, 1000), "a stage that is late takes no time off others").toBe(500);
    const narrow = forecast(all, durations, 1);
    expect(narrow.leftMs(600, 0)).toBe(700);
    narrow.settled(all.n0!, 50);
    narrow.settled(all.n0!, 50);
    expect(narrow.leftMs(600, 0)).toBe(650);
  });

  test("a failure takes what depends on it out of the work", () => {
    const all = nodes(1);
    const left = forecast(all, { a: 100, b: 200, c: 300, n0: 50 }, 1);
    left.started(all.a!, 0);
    left.stopped(all.a!);
    left.failed(all.a!);
    expect(left.leftMs(50, 0)).toBe(50);
  });

  test("a stage that gives up its place counts as work, not as running", () => {
    const all = nodes(0);
    const left = forecast(all, { a: 100, b: 200, c: 300 }, 2);
    left.started(all.a!, 0);
    left.stopped(all.a!);
    expect(left.leftMs(0, 50)).toBe(300);
  });

  test("nothing is said while too little is known; then by what ran so far", () => {
    const all = nodes(97);
    const unknown = forecast(all, { a: 100 }, 2);
    expect(unknown.leftMs(0, 0)).toBeUndefined();
    for (let i = 0; i < 9; i++) unknown.settled(all[`n${i}`]!, 20);
    expect(unknown.leftMs(0, 0)).toBeUndefined();
    unknown.settled(all.n9!, 20);
    expect(unknown.leftMs(0, 0)).toBe((20 * 90) / 2);
    unknown.settled(all.n10!, 0);
    expect(unknown.leftMs(0, 0), "a hit is no measure").toBe((20 * 89) / 2);
  });
});
