import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import * as flow from "sluice/dataflow";
import { afterAll, expect, test } from "vitest";
import { failureOf } from "../../../src/core/failure.ts";
import { FlowProject } from "./rig.ts";

/*
 * Each wrapper around each other one: what comes out is what each of them does, one after the other, or the pair is refused with an error
 * that says so. Pairs that are refused are listed, so that none is without anybody's knowing.
 */

const project = new FlowProject({ "x.json": "[7,8]" });
afterAll(() => project[Symbol.dispose]());
const at = (name: string): string => path.join(project.dir, name);

type Fn = (...args: never) => unknown;
/** What is expected, wrapper by wrapper from the innermost on. */
interface Expected {
  x: readonly number[];
  y: number;
  /** What was added to what the function gets, and to what it gives. */
  pre: number;
  post: number;
  /** Nodes with the `y` of each; of that as it is where there is none. */
  names: readonly (readonly [name: string, y?: number])[];
  /** Nodes beside it. */
  more: Map<string, (post: number) => unknown>;
}
interface Wrapper {
  readonly wrap: (fn: Fn, place: string) => Fn;
  readonly does?: (expected: Expected, place: string, value: (post: number) => Row[]) => unknown;
}
type Row = { readonly a: number };

const plus = (value: unknown): unknown => (Array.isArray(value) ? value.map(plus) : (value as number) + 1);
const more = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(more) : { ...(value as Row), a: (value as Row).a + 1 };
const steps = { plus, more };

/** Something beside the node, of its value as it is there. */
const beside = (name: string, of: (value: Row[]) => unknown): Pick<Wrapper, "does"> => ({
  does: (expected, _, value) => {
    const { post } = expected;
    expected.more.set(name, () => of(value(post)));
  },
});

const same = (wrap: Wrapper["wrap"]): Wrapper => ({ wrap });
const wrappers: Readonly<Record<string, Wrapper>> = {
  tag: same((fn) => flow.tag({ k: "v" }, fn)),
  described: same((fn) => flow.described("what it is", fn)),
  cached: same((fn) => flow.cached({ behavior: "recompute", format: "json" }, fn)),
  checkOutput: same((fn) => flow.checkOutput({ test: (rows: unknown) => Array.isArray(rows) } as object, fn)),
  schema: same((fn) => flow.schema({ a: "number" }, fn)),
  inputs: same((fn) => flow.inputs(["x", "y?"], fn)),
  when: same((fn) => flow.when({ mode: "on" }, fn)),
  dataLoader: same((fn) => flow.dataLoader(fn)),
  dataSaver: same((fn) => flow.dataSaver(fn)),
  each: same((fn) => flow.each(fn)),
  parallel: same((fn) => flow.parallel(fn as never)),
  subdag: same((fn) => flow.subdag({ modules: [{ other: () => 1 }] }, fn)),
  inject: { wrap: (fn) => flow.inject({ y: 3 }, fn), does: (expected) => Object.assign(expected, { y: 3 }) },
  parameterize: {
    wrap: (fn) => flow.parameterize({ p: { y: 2 }, q: { y: 5 } }, fn),
    does: (expected) => {
      expected.names = [
        ["p", 2],
        ["q", 5],
      ];
    },
  },
  pipeInput: {
    wrap: (fn) => flow.pipeInput("x", [flow.step(steps.plus)], fn),
    does: (expected) => Object.assign(expected, { pre: expected.pre + 1 }),
  },
  pipeOutput: {
    wrap: (fn) => flow.pipeOutput([flow.step(steps.more), flow.step(steps.more)], fn),
    does: (expected) => Object.assign(expected, { post: expected.post + 2 }),
  },
  loadFrom: {
    wrap: (fn) => flow.loadFrom("json", { path: at("x.json"), into: "x" }, fn),
    does: (expected) => Object.assign(expected, { x: [7, 8] }),
  },
  saveTo: {
    wrap: (fn, place) => flow.saveTo("json", { path: at(`${place}.json`), name: `saved-${place}` }, fn),
    does: (expected, place, value) => {
      const { post } = expected;
      expected.more.set(`saved-${place}`, () => value(post));
    },
  },
  collect: same((fn) => flow.collect("x", fn)),
  extractFields: {
    wrap: (fn) => flow.extractFields(["length"] as never, fn),
    ...beside("length", ({ length }) => length),
  },
  unpackFields: { wrap: (fn) => flow.unpackFields(["first"], fn), ...beside("first", ([first]) => first) },
  extractColumns: {
    wrap: (fn) => flow.extractColumns(["a"] as never, fn),
    ...beside("a", (rows) => rows.map(({ a }) => a)),
  },
};

const items = [[1, 2], [3]];

/** What a pair is expected to give, by node. */
function expectedOf(inner: string, outer: string, x: readonly number[]): Record<string, unknown> {
  const expected: Expected = { x, y: 1, pre: 0, post: 0, names: [["n"]], more: new Map() };
  const rowsOf = (post: number, y = expected.y): Row[] => expected.x.map((n) => ({ a: (n + expected.pre) * y + post }));
  for (const [name, place] of [
    [inner, "inner"],
    [outer, "outer"],
  ] as const) {
    const y = expected.names[0]![1];
    wrappers[name]!.does?.(expected, place, (post) => rowsOf(post, y));
  }
  const injected = outer === "inject" ? 3 : undefined;
  const main = expected.names.map(([name, y]) => [name, rowsOf(expected.post, injected ?? y)] as const);
  return Object.fromEntries([...main, ...[...expected.more].map(([name, of]) => [name, of(expected.post)] as const)]);
}

/** What a pair gives, by node, or why it does not. */
async function given(inner: string, outer: string, isInBranch: boolean, names: readonly string[]): Promise<unknown> {
  for (const place of ["inner", "outer"]) rmSync(at(`${place}.json`), { force: true });
  const fn = (x: unknown, y = 1): Row[] => ([x].flat(2) as number[]).map((n) => ({ a: n * y }));
  const branch = { item: flow.parallel(() => items), x: (item: number[]) => item };
  try {
    const n = wrappers[outer]!.wrap(wrappers[inner]!.wrap(fn as Fn, "inner"), "outer");
    const driver = flow.Driver.builder()
      .withModules({ ...(isInBranch ? branch : {}), n })
      .withConfig({ mode: "on" })
      .build();
    const inputs = !isInBranch && driver.listAvailableVariables().some(({ name }) => name === "x") ? { x: [1, 2] } : {};
    const values = (await driver.execute(names as never, { inputs } as object)) as Record<string, unknown>;
    await driver.close();
    const files = names.flatMap((name) => {
      const place = name.startsWith("saved-") ? name.slice("saved-".length) : undefined;
      return place ? [[name, JSON.parse(readFileSync(at(`${place}.json`), "utf8"))] as const] : [];
    });
    return { ...values, ...Object.fromEntries(files) };
  } catch (error) {
    const found = failureOf(error);
    if (!found) throw error;
    return `${found.reason}: ${found.message}${found.hint ? `; ${found.hint}` : ""}`
      .replaceAll(`${project.dir}/`, "")
      .replace(
        // Whichever comes second.
        /"saved-outer\[\d\]" and "saved-outer\[\d\]" (both write \S+) .*/,
        "two items $1",
      );
  }
}

const kinds = Object.keys(wrappers);

test("each wrapper around each other one does what both do, or is refused", { timeout: 120_000 }, async () => {
  const refused: string[] = [];
  for (const outer of kinds) {
    for (const inner of kinds) {
      // These are about branches.
      if ([outer, inner].some((name) => name === "each" || name === "collect")) continue;
      const expected = expectedOf(inner, outer, [1, 2]);
      const found = await given(inner, outer, false, Object.keys(expected));
      if (typeof found === "string") refused.push(`${outer}(${inner}): ${found}`);
      else expect([outer, inner, found]).toEqual([outer, inner, expected]);
    }
  }
  expect(refused).toMatchInlineSnapshot(`
    [
      "subdag(subdag): duplicate-name: two nodes are called "n.other": module 1 makes two of it; rename one of them",
      "inject(pipeOutput): usage: inject() wires "y", which "n" does not take; "n.raw" takes it: put inject() right around its function",
      "parameterize(parameterize): duplicate-name: two nodes are called "p": module 1 makes two of it; rename one of them",
      "parameterize(pipeOutput): usage: parameterize() wires "y", which "n" does not take; "n.raw" takes it: put parameterize() right around its function",
      "parameterize(saveTo): usage: parameterize() makes several nodes of "n", and "saved-inner" reads it; put what makes "saved-inner" around parameterize()",
      "parameterize(extractFields): usage: parameterize() makes several nodes of "n", and "length" reads it; put what makes "length" around parameterize()",
      "parameterize(unpackFields): usage: parameterize() makes several nodes of "n", and "first" reads it; put what makes "first" around parameterize()",
      "parameterize(extractColumns): usage: parameterize() makes several nodes of "n", and "a" reads it; put what makes "a" around parameterize()",
      "pipeInput(pipeOutput): usage: pipeInput() names "x", which "n" does not take from a node; "n.raw" takes it: put pipeInput() right around its function",
      "loadFrom(pipeInput): usage: loadFrom() is around what gives "x" of "n" already: the node "n.plus"; put loadFrom() inside of it, right around the function",
      "loadFrom(pipeOutput): usage: loadFrom() loads into "x", which "n" does not take; "n.raw" takes it: put loadFrom() right around its function",
      "loadFrom(loadFrom): usage: loadFrom() is around what gives "x" of "n" already: the node "n.x"; say one of the two",
      "saveTo(parallel): duplicate-output: two items both write outer.json",
      "saveTo(parameterize): duplicate-name: two nodes are called "saved-outer": module 1 makes two of it; rename one of them",
      "extractFields(parallel): stage-failed: what "n" gives has no field "length" (item 1 of 2: { a: 1 }, and 1 more failed)",
      "extractFields(parameterize): duplicate-name: two nodes are called "length": module 1 makes two of it; rename one of them",
      "extractFields(extractFields): duplicate-name: two nodes are called "length": module 1 makes two of it; rename one of them",
      "unpackFields(parallel): stage-failed: what "n" gives has no member 0 (item 1 of 2: { a: 1 }, and 1 more failed)",
      "unpackFields(parameterize): duplicate-name: two nodes are called "first": module 1 makes two of it; rename one of them",
      "unpackFields(unpackFields): duplicate-name: two nodes are called "first": module 1 makes two of it; rename one of them",
      "extractColumns(parallel): stage-failed: what "n" gives is an object, not rows or a table (item 1 of 2: { a: 1 }, and 1 more failed)",
      "extractColumns(parameterize): duplicate-name: two nodes are called "a": module 1 makes two of it; rename one of them",
      "extractColumns(extractColumns): duplicate-name: two nodes are called "a": module 1 makes two of it; rename one of them",
    ]
  `);
});

test("the same in a branch, where each item has all of it", { timeout: 120_000 }, async () => {
  const refused: string[] = [];
  const skipped = new Set(["saveTo"]);
  for (const outer of kinds) {
    for (const inner of kinds) {
      // All items would write one file, which is tested elsewhere.
      if ([outer, inner].some((name) => skipped.has(name))) continue;
      const pair = [outer, inner];
      const whole = expectedOf(inner, outer, items.flat());
      const each = items.map((item) => expectedOf(inner, outer, item));
      const names = Object.keys(whole);
      // What is loaded or collected is the same for all; it is not in the branch then.
      const isOutside = pair.includes("collect") || pair.includes("loadFrom");
      const expected = Object.fromEntries(
        names.map((name) => [name, isOutside ? whole[name] : each.map((values) => values[name])]),
      );
      const found = await given(inner, outer, true, names);
      if (typeof found === "string") refused.push(`${outer}(${inner}): ${found}`);
      else expect([outer, inner, found]).toEqual([outer, inner, expected]);
    }
  }
  expect(refused).toMatchInlineSnapshot(`
    [
      "each(each): invalid-definition: each() says of "n" that it is in 2 branches, and it is in 1: "item"; each() goes around a node once for each parallel() that it is in the branch of",
      "each(loadFrom): invalid-definition: each() says of "n" that it is in 1 branch, and it is in none; each() goes around a node once for each parallel() that it is in the branch of",
      "each(collect): invalid-definition: each() says of "n" that it is in 1 branch, and it is in none; each() goes around a node once for each parallel() that it is in the branch of",
      "subdag(subdag): duplicate-name: two nodes are called "n.other": module 1 makes two of it; rename one of them",
      "inject(pipeOutput): usage: inject() wires "y", which "n" does not take; "n.raw" takes it: put inject() right around its function",
      "parameterize(parameterize): duplicate-name: two nodes are called "p": module 1 makes two of it; rename one of them",
      "parameterize(pipeOutput): usage: parameterize() wires "y", which "n" does not take; "n.raw" takes it: put parameterize() right around its function",
      "parameterize(extractFields): usage: parameterize() makes several nodes of "n", and "length" reads it; put what makes "length" around parameterize()",
      "parameterize(unpackFields): usage: parameterize() makes several nodes of "n", and "first" reads it; put what makes "first" around parameterize()",
      "parameterize(extractColumns): usage: parameterize() makes several nodes of "n", and "a" reads it; put what makes "a" around parameterize()",
      "pipeInput(pipeOutput): usage: pipeInput() names "x", which "n" does not take from a node; "n.raw" takes it: put pipeInput() right around its function",
      "loadFrom(each): invalid-definition: each() says of "n" that it is in 1 branch, and it is in none; each() goes around a node once for each parallel() that it is in the branch of",
      "loadFrom(pipeInput): usage: loadFrom() is around what gives "x" of "n" already: the node "n.plus"; put loadFrom() inside of it, right around the function",
      "loadFrom(pipeOutput): usage: loadFrom() loads into "x", which "n" does not take; "n.raw" takes it: put loadFrom() right around its function",
      "loadFrom(loadFrom): usage: loadFrom() is around what gives "x" of "n" already: the node "n.x"; say one of the two",
      "loadFrom(collect): invalid-definition: "n" collects "n.x", of which there is only one; collect() is for nodes that run once for each item of a parallel() one, and for that one itself",
      "collect(each): invalid-definition: each() says of "n" that it is in 1 branch, and it is in none; each() goes around a node once for each parallel() that it is in the branch of",
      "collect(loadFrom): invalid-definition: "n" collects "n.x", of which there is only one; collect() is for nodes that run once for each item of a parallel() one, and for that one itself",
      "extractFields(parallel): stage-failed: what "n" gives has no field "length" (item 1 of 3: { a: 1 }, and 2 more failed)",
      "extractFields(parameterize): duplicate-name: two nodes are called "length": module 1 makes two of it; rename one of them",
      "extractFields(extractFields): duplicate-name: two nodes are called "length": module 1 makes two of it; rename one of them",
      "unpackFields(parallel): stage-failed: what "n" gives has no member 0 (item 1 of 3: { a: 1 }, and 2 more failed)",
      "unpackFields(parameterize): duplicate-name: two nodes are called "first": module 1 makes two of it; rename one of them",
      "unpackFields(unpackFields): duplicate-name: two nodes are called "first": module 1 makes two of it; rename one of them",
      "extractColumns(parallel): stage-failed: what "n" gives is an object, not rows or a table (item 1 of 3: { a: 1 }, and 2 more failed)",
      "extractColumns(parameterize): duplicate-name: two nodes are called "a": module 1 makes two of it; rename one of them",
      "extractColumns(extractColumns): duplicate-name: two nodes are called "a": module 1 makes two of it; rename one of them",
    ]
  `);
});
