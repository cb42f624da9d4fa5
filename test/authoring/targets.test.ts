import * as sluice from "sluice";
import { file, type Node, param, stage } from "sluice";
import { describe, expect, test } from "vitest";
import { nameTargets, type Targets } from "../../src/authoring/targets.ts";
import { failureOf } from "../../src/core/failure.ts";

export const raw = file("raw.csv");
export const topN: Node<number> = param(5);
export const clean = stage({ raw }, () => 1);
export const stats =
  // a comment in between
  sluice.stage({ clean, topN }, ({ clean, topN }) => clean + topN);
const inner = stage({ clean }, () => 1);
const make = (name: string) => stage({ clean, name }, () => name);
export const made = make("made");
export const named = stage({ stats }, () => 1, { name: "own" });

function namesOf(targets: Targets): string[] {
  return nameTargets(targets, (frame) => frame)
    .graph.nodes.map(({ name }) => name)
    .sort();
}

function failing(work: () => unknown) {
  try {
    work();
  } catch (error) {
    return failureOf(error);
  }
  return undefined;
}

describe("nodes that are run from code", () => {
  test("have the names that the command line gives them", () => {
    expect(namesOf(stats)).toEqual(["clean", "raw", "stats", "topN"]);
    expect(namesOf({ other: stats })).toEqual(["clean", "raw", "stats", "topN"]);
    expect(namesOf({ other: named })).toEqual(["clean", "own", "raw", "stats", "topN"]);
  });

  test("else the key in the record, else the const of the only target, else the place in the graph", () => {
    expect(namesOf({ mine: inner })).toEqual(["clean", "mine", "raw"]);
    expect(namesOf([inner, make("a")])).toEqual(["0", "1", "clean", "raw"]);
    expect(namesOf(inner)).toEqual(["clean", "inner", "raw"]);
    expect(namesOf(stage({}, () => 1))).toEqual(["target"]);
    expect(namesOf({ mine: stage({ inner }, () => 1) })).toEqual(["clean", "mine", "mine.inner", "raw"]);
    expect(namesOf({ made })).toEqual(["clean", "made", "raw"]);
  });

  test("a local variable is no export", () => {
    const local = stage({}, () => 1);
    expect(namesOf({ mine: local })).toEqual(["mine"]);
  });

  test("the names of targets are given without repetition", () => {
    const targets = nameTargets({ a: stats, b: stats, mine: inner }, (frame) => frame);
    expect(targets.names).toEqual(["stats", "mine"]);
    expect(targets.nameOf(clean)).toBe("clean");
    expect(targets.nameOf(make("x"))).toBe(undefined);
  });

  test("values come in the shape of the targets", () => {
    const shaped = (targets: Targets) => nameTargets(targets, (frame) => frame).shape((name) => `value of ${name}`);
    expect(shaped(stats)).toBe("value of stats");
    expect(shaped({ a: stats, b: stats, mine: inner })).toEqual({
      a: "value of stats",
      b: "value of stats",
      mine: "value of mine",
    });
    expect(shaped([inner, stats])).toEqual(["value of 0", "value of stats"]);
  });

  test("two of one name are said", () => {
    const one = stage({}, () => 1, { name: "same" });
    const other = stage({}, () => 2, { name: "same" });
    expect(failing(() => namesOf({ one, other }))).toMatchObject({ reason: "duplicate-name", node: "same" });
    expect(failing(() => namesOf({ one: stage({ other }, () => 1, { name: "same" }) }))?.reason).toBe("duplicate-name");
  });

  test("a name is given once, and no target is lost", () => {
    expect(namesOf({ other: stage({ clean }, () => 1, { name: "clean" }) })).toEqual(
      ["clean", "clean.clean", "raw"].sort(),
    );
    const one = stage({}, () => 1);
    expect(namesOf({ a: clean, clean: one })).toEqual(["a", "clean", "raw"]);
    expect(namesOf({ clean: one, a: clean })).toEqual(["a", "clean", "raw"]);
    expect(namesOf({ a: one, b: one })).toEqual(["a"]);
    const x = stage({}, () => 1, { name: "x" });
    expect(failing(() => namesOf({ other: x, x: stage({}, () => 2, { name: "x" }) }))?.reason).toBe("duplicate-name");
    expect(failing(() => namesOf({ x: one, other: x }))?.reason).toBe("duplicate-name");
  });

  test("a wrong target is said", () => {
    for (const wrong of [undefined, 5, "stats", { a: 5 }, [[stats]], new Map()]) {
      expect(failing(() => namesOf(wrong as unknown as Targets))).toMatchObject({ reason: "usage" });
    }
    expect(failing(() => namesOf({}))).toMatchObject({ reason: "usage", message: "there is nothing to run" });
  });
});
