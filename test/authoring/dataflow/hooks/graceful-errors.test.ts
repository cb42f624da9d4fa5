import fc from "fast-check";
import { type Driver, gracefulErrors, type Hook, type NodeEnd } from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { failing } from "../rig.ts";
import { HookProject, ran } from "./support.ts";

let project: HookProject;
beforeEach(() => {
  project = new HookProject();
  ran();
});
afterEach(() => project.end());

const flow = `
  export function risky(x: number): number { ran("risky"); if (x < 0) throw new Error("negative"); return x; }
  export function doubled(risky: number): number { ran("doubled"); return risky * 2; }
  export function safe(x: number): number { ran("safe"); return x + 1; }
  export function report({ doubled, safe }: { doubled: unknown; safe: unknown }) { ran("report"); return JSON.stringify([doubled, safe]); }
`;
const targets = ["risky", "doubled", "safe", "report"];

/** Notes how nodes ended. */
function ends(log: string[]): Hook {
  return { afterNode: ({ node, status }) => void log.push(`${node.name} ${status}`) };
}

describe("gracefulErrors()", () => {
  test("gives the sentinel for what failed and for what that kept from running", async () => {
    const log: string[] = [];
    const driver = project.driver(flow, [gracefulErrors({ sentinel: "nothing" }), ends(log)]);
    const values = await driver.execute(targets, { inputs: { x: -1 } });
    expect(values).toEqual({ risky: "nothing", doubled: "nothing", safe: 0, report: "nothing" });
    expect(ran()).toEqual(["risky", "safe"]);
    expect(log.toSorted()).toEqual(["doubled skipped", "report skipped", "risky failed", "safe executed"]);
    const record = await driver.cache!.metadataStore.lastRun();
    expect(record).toMatchObject({ status: "failed", counts: { failed: 1, skipped: 2, executed: 1 } });
  });

  test("gives null unless told, and the object itself where one is given", async () => {
    const driver = project.driver(flow, [gracefulErrors()]);
    expect(await driver.execute(["doubled"], { inputs: { x: -1 } })).toEqual({ doubled: null });
    const sentinel = { failed: true };
    const other = project.driver(flow, [gracefulErrors({ sentinel })]);
    expect((await other.execute(["doubled"], { inputs: { x: -1 } })).doubled).toBe(sentinel);
    const none = project.driver(flow, [gracefulErrors({ sentinel: undefined })]);
    expect(await none.execute(["doubled"], { inputs: { x: -1 } })).toEqual({ doubled: undefined });
  });

  test("hands the sentinel to nodes that accept it", async () => {
    const accept = ["report"];
    const driver = project.driver(flow, [gracefulErrors({ sentinel: "nothing", accept })]);
    expect(await driver.execute(["report"], { inputs: { x: -1 } })).toEqual({ report: '["nothing",0]' });
    const byTag = project.driver(
      flow
        .replace("export function report", "export const report = flow.tag({ sentinels: 'yes' }, function report")
        .replace(/\}\s*$/, "});"),
      [gracefulErrors({ accept: ({ tags }) => tags.sentinels === "yes" })],
    );
    expect(await byTag.execute(["report"], { inputs: { x: -1 } })).toEqual({ report: "[null,0]" });
  });

  test("keeps no sentinel: what failed runs again, and what was skipped runs when it can", async () => {
    const driver = project.driver(flow, [gracefulErrors({ sentinel: 7 })]);
    await driver.execute(targets, { inputs: { x: -1 } });
    ran();
    await driver.execute(targets, { inputs: { x: -1 } });
    expect(ran()).toEqual(["risky"]);
    const plain = project.driver(flow, []);
    expect(await failing(() => plain.execute(["doubled"], { inputs: { x: -1 } }))).toMatchObject({
      reason: "stage-failed",
    });
    const versions = driver.cache!.dataVersions;
    expect(Object.keys(versions).toSorted()).toEqual(["safe", "x"]);
  });

  test("never takes what was computed from a sentinel for what is computed from an equal value, nor the other way round", async () => {
    // Each run is told what the sentinel is and what the function gives: they are the same value.
    const text = `
      export function source(mode: string): number { ran("source"); if (mode === "fail") throw new Error("no"); return 7; }
      export function reader(source: number) { ran("reader"); return { read: source }; }
    `;
    const graceful = gracefulErrors({ sentinel: 7, accept: ["reader"] });
    const driver = project.driver(text, [graceful]);
    const run = async (mode: string) => [await driver.execute(["reader"], { inputs: { mode } }), ran()];
    const given = { reader: { read: 7 } };
    expect(await run("fail")).toEqual([given, ["reader", "source"]]);
    expect(await run("work")).toEqual([given, ["reader", "source"]]);
    const [ofSentinel, ofValue] = await keysOf(driver, "reader");
    expect(ofSentinel).not.toBe(ofValue);
    // Equal sentinels are the same to a function.
    expect(await run("fail")).toEqual([given, ["source"]]);
    expect(await run("work")).toEqual([given, []]);
    const other = project.driver(text, [gracefulErrors({ sentinel: 8, accept: ["reader"] })]);
    expect(await other.execute(["reader"], { inputs: { mode: "fail" } })).toEqual({ reader: { read: 8 } });
    expect(ran()).toEqual(["reader", "source"]);
  });

  test("can use a sentinel that has no version: what reads it always runs", async () => {
    const sentinel = Symbol("failed");
    const text = `
      export function bad(x: number): number { throw new Error("bad"); }
      export function reader(bad: unknown) { ran("reader"); return typeof bad; }
    `;
    const driver = project.driver(text, [gracefulErrors({ sentinel, accept: ["reader"] })]);
    for (let i = 0; i < 2; i++) {
      expect(await driver.execute(["bad", "reader"], { inputs: { x: 1 } })).toEqual({
        bad: sentinel,
        reader: "symbol",
      });
    }
    expect(ran()).toEqual(["reader", "reader"]);
  });

  test("gives each reader a copy of the sentinel", async () => {
    const text = `
      export function bad(x: number): string[] { throw new Error("bad"); }
      export function first(bad: string[]) { bad.push("first"); return bad; }
      export function second(bad: string[]) { bad.push("second"); return bad; }
    `;
    const sentinel: string[] = [];
    const driver = project.driver(text, [gracefulErrors({ sentinel, accept: () => true })]);
    expect(await driver.execute(["first", "second"], { inputs: { x: 1 } })).toEqual({
      first: ["first"],
      second: ["second"],
    });
    expect(sentinel).toEqual([]);
  });

  test("lets other failures through: of hooks, and those that `catch` does not want", async () => {
    const strict: Hook = {
      beforeNode: ({ node }) => {
        if (node.name === "safe") throw new Error("strict");
      },
    };
    const hooked = project.driver(flow, [gracefulErrors(), strict]);
    expect(await failing(() => hooked.execute(["safe"], { inputs: { x: 1 } }))).toMatchObject({
      reason: "hook-failed",
    });
    const some = project.driver(flow, [gracefulErrors({ catch: ({ message }) => message.includes("positive") })]);
    const failure = await failing(() => some.execute(targets, { inputs: { x: -1 } }));
    expect(failure).toMatchObject({ reason: "stage-failed", node: "risky" });
    // A full disk is no fault of a node.
    const end = { status: "failed", failure: { reason: "no-space", message: "full", retryable: true } };
    expect(gracefulErrors().standIn!(end as NodeEnd)).toBeUndefined();
  });

  test("is not the only hook that stands in: what is skipped, and has no stand-in, is no missing value", async () => {
    const failed: Hook = { standIn: ({ status }) => (status === "failed" ? { value: "nothing" } : undefined) };
    const driver = project.driver(flow, [failed]);
    const inputs = { x: -1 };
    expect(await driver.execute(["risky", "safe"], { inputs })).toEqual({ risky: "nothing", safe: 0 });
    for (const keepGoing of [false, true]) {
      const failure = await failing(() => driver.execute(["safe", "report"], { inputs, keepGoing }));
      expect(failure).toMatchObject({ reason: "stage-failed", node: "risky" });
    }
    const item: Hook = { standInTask: ({ status }) => (status === "failed" ? { value: "nothing" } : undefined) };
    const text = `
      export const number = flow.parallel(() => [1, 2, 3]);
      export const odd = (number: number) => { if (number === 2) throw new Error("even"); return number; };
      export const twice = (odd: number) => 2 * odd;
      export const all = flow.collect("twice", (twice: number[]) => twice);
    `;
    const branch = project.driver(text, [item]);
    expect(await branch.execute(["odd"])).toEqual({ odd: [1, "nothing", 3] });
    for (const target of ["twice", "all"]) {
      expect(await failing(() => branch.execute([target]))).toMatchObject({ reason: "stage-failed", node: "odd" });
    }
  });

  test("stands in for single items of a branch: those that are well go on, and are kept", async () => {
    const text = `
      export const word = flow.parallel((text: string) => text.split(" "));
      export const length = (word: string) => { ran("length " + word); if (word === "bad") throw new Error("bad"); return word.length; };
      export const twice = (length: number) => { ran("twice " + length); return 2 * length; };
      export const total = flow.collect("twice", (twice: any[]) => { ran("total"); return JSON.stringify(twice); });
    `;
    const log: string[] = [];
    const driver = project.driver(text, [gracefulErrors(), ends(log)]);
    const all = ["length", "twice", "total"];
    expect(await driver.execute(all, { inputs: { text: "a bad ccc bad" } })).toEqual({
      length: [1, null, 3, null],
      twice: [2, null, 6, null],
      total: "[2,null,6,null]",
    });
    expect(ran()).toEqual(["length a", "length bad", "length ccc", "total", "twice 1", "twice 3"]);
    expect(log).toEqual(["word executed", "length failed", "twice skipped", "total executed"]);
    // What is well is reused, in this list and in others; what failed is tried again.
    await driver.execute(all, { inputs: { text: "a bad ccc bad" } });
    expect(ran()).toEqual(["length bad"]);
    expect(await driver.execute(all, { inputs: { text: "ccc a" } })).toEqual({
      length: [3, 1],
      twice: [6, 2],
      total: "[6,2]",
    });
    expect(ran()).toEqual(["total"]);
  });

  test("takes no list with sentinels in it for an equal one, in whatever depth", async () => {
    const text = `
      export const shop = flow.parallel((shops: any[][]) => shops);
      export const sale = flow.parallel((shop: any[]) => shop);
      export const sold = (sale: any) => { if (sale === "bad") throw new Error("bad"); return sale; };
      export const ofShop = flow.collect("sold", (sold: any[]) => { ran("ofShop " + JSON.stringify(sold)); return [...sold, "end"]; });
      export const report = flow.collect("ofShop", (ofShop: any[]) => { ran("report"); return ofShop; });
    `;
    const driver = project.driver(text, [gracefulErrors({ sentinel: 7 })]);
    const run = async (shops: unknown) => [(await driver.execute(["report"], { inputs: { shops } })).report, ran()];
    const given = [
      [1, 7, "end"],
      [7, "end"],
    ];
    expect(await run([[1, "bad"], [7]])).toEqual([given, ["ofShop [1,7]", "ofShop [7]", "report"]]);
    // The same lists, whole: nothing of the others is taken for them, and what was whole is. What `ofShop` gives is a value, and the same.
    expect(await run([[1, 7], [7]])).toEqual([given, ["ofShop [1,7]"]]);
    expect(await run([[1, 7], ["bad"]])).toEqual([given, ["ofShop [7]"]]);
    const plain = project.driver(text, []);
    expect((await plain.execute(["report"], { inputs: { shops: [[1, 7], [7]] } })).report).toEqual(given);
    expect(ran()).toEqual([]);
    expect(await failing(() => plain.execute(["report"], { inputs: { shops: [[1, 7], ["bad"]] } }))).toMatchObject({
      reason: "stage-failed",
      node: "sold",
    });
  });

  test("calls a node in `accept` with the sentinel, for the items that failed", async () => {
    const text = `
      export const n = flow.parallel((list: any[]) => list);
      export const risky = (n: any) => { if (n === "bad") throw new Error("bad"); return n; };
      export const told = (risky: any, n: any) => { ran("told " + n); return String(risky) + n; };
      export const all = flow.collect("told", (told: any[]) => told.join());
    `;
    const graceful = gracefulErrors({ sentinel: "none", accept: ["told"] });
    const driver = project.driver(text, [graceful]);
    const run = async (list: unknown) => [(await driver.execute(["all"], { inputs: { list } })).all, ran()];
    expect(await run(["none", "bad", 3])).toEqual(["nonenone,nonebad,33", ["told 3", "told bad", "told none"]]);
    expect(await run(["bad", 3, "none"])).toEqual(["nonebad,33,nonenone", []]);
  });

  test("a parallel node in a branch fails for the items that it fails for, and the sentinel is in place of their lists", async () => {
    const text = `
      export const shop = flow.parallel((shops: any[]) => shops);
      export const sale = flow.parallel((shop: any) => { if (shop === "bad") throw new Error("bad"); return [...shop]; });
      export const sold = (sale: any, shop: string) => { ran("sold " + shop + sale); if (sale === "x") throw new Error("x"); return shop + sale; };
      export const ofShop = flow.collect("sold", (sold: any[], shop: string) => { ran("ofShop " + shop + JSON.stringify(sold)); return JSON.stringify(sold); });
      export const report = flow.collect({ lines: "ofShop" }, ({ lines }: any) => { ran("report"); return lines.join(); });
    `;
    const log: string[] = [];
    const driver = project.driver(text, [gracefulErrors(), ends(log)]);
    const run = async (shops: readonly string[]) => driver.execute(["report", "sale", "sold"], { inputs: { shops } });
    const first = await run(["ab", "bad", "x", ""]);
    expect(first).toEqual({
      sale: [["a", "b"], null, ["x"], []],
      sold: [["aba", "abb"], null, [null], []],
      report: '["aba","abb"],,[null],[]',
    });
    expect(ran()).toEqual(
      ['ofShop ab["aba","abb"]', "ofShop x[null]", "ofShop []", "report", "sold aba", "sold abb", "sold xx"].toSorted(),
    );
    expect(log).toEqual(["shop executed", "sale failed", "sold failed", "ofShop skipped", "report executed"]);
    // What failed is tried again, and nothing else: a list that is lost keeps none of the others from being reused.
    expect(await run(["ab", "bad", "x", ""])).toEqual(first);
    expect(ran()).toEqual(["sold xx"]);
    expect((await run(["", "ab"])).report).toBe('[],["aba","abb"]');
    expect(ran()).toEqual(["report"]);
    // Nothing that was made of what is lost is there for anybody else.
    const plain = project.driver(text, []);
    expect(await plain.execute(["report"], { inputs: { shops: ["ab", ""] } })).toEqual({ report: '["aba","abb"],[]' });
    expect(await failing(() => plain.execute(["report"], { inputs: { shops: ["ab", "bad"] } }))).toMatchObject({
      reason: "stage-failed",
      node: "sale",
    });
    expect(ran()).toEqual(["report"]);
  });

  test("calls a node in `accept` with the sentinel for a list that is lost, and takes that for no equal list", async () => {
    const text = `
      export const shop = flow.parallel((shops: any[]) => shops);
      export const sale = flow.parallel((shop: any) => { if (shop === "bad") throw new Error("bad"); return [...shop]; });
      export const ofShop = flow.collect("sale", (sale: any) => { ran("ofShop " + JSON.stringify(sale)); return JSON.stringify(sale); });
      export const all = flow.collect({ lines: "ofShop" }, ({ lines }: any) => lines.join());
    `;
    const graceful = gracefulErrors({ sentinel: [] as string[], accept: ["ofShop"] });
    const driver = project.driver(text, [graceful]);
    const run = async (shops: unknown) => [(await driver.execute(["all"], { inputs: { shops } })).all, ran()];
    expect(await run(["a", "bad", ""])).toEqual(['["a"],[],[]', ['ofShop ["a"]', "ofShop []", "ofShop []"]]);
    expect(await run(["", "a"])).toEqual(['[],["a"]', []]);
    expect(await run(["bad", "a"])).toEqual(['[],["a"]', []]);
  });

  test("lists that are lost in branches inside of branches inside of branches stay where they are", async () => {
    const text = `
      const fail = (value: any) => { if (value === "bad") throw new Error("bad"); return value; };
      export const a = flow.parallel((list: any[]) => list);
      export const b = flow.parallel((a: any) => fail(a));
      export const c = flow.parallel((b: any) => fail(b));
      export const leaf = (c: any) => fail(c);
      export const ofB = flow.collect("leaf", (leaf: any[]) => leaf.length);
      export const ofA = flow.collect("ofB", (ofB: any[], a: any) => ofB.length + "/" + a.length);
      export const all = flow.collect("ofA", (ofA: any[]) => ofA);
    `;
    const driver = project.driver(text, [gracefulErrors({ sentinel: "-" })]);
    const list = [[[1, "bad"], "bad", []], "bad", [], [[2]]];
    expect(await driver.execute(["leaf", "ofB", "ofA", "all"], { inputs: { list } })).toEqual({
      leaf: [[[1, "-"], "-", []], "-", [], [[2]]],
      ofB: [[2, "-", 0], "-", [], [1]],
      ofA: ["3/3", "-", "0/0", "1/1"],
      all: ["3/3", "-", "0/0", "1/1"],
    });
    // An override has items where a list is lost to others: these are lost as well, and those that are there are not mixed up.
    const overrides = { leaf: [[[5, 6], [7], []], [[8]], [], [[9]]] };
    expect(await driver.execute(["ofB", "ofA"], { inputs: { list }, overrides })).toEqual({
      ofB: [[2, 1, 0], [1], [], [1]],
      ofA: ["3/3", "1/3", "0/0", "1/1"],
    });
  });

  test("retries each item by itself, in branches inside of branches too", async () => {
    const text = `
      const tries = new Map<string, number>();
      const flaky = (name: string, value: any, times: number) => {
        const key = name + value;
        tries.set(key, (tries.get(key) ?? 0) + 1);
        ran(key);
        if (tries.get(key)! < times) throw new Error("not yet");
      };
      const cached = <T extends (...args: never) => unknown>(fn: T) => flow.cached({ retries: { times: 2, delay: 1 } }, fn);
      export const shop = flow.parallel((shops: string[]) => shops);
      export const sale = flow.parallel(cached((shop: string) => { flaky("sale ", shop, shop === "never" ? 9 : shop.length); return [...shop]; }));
      export const sold = cached((sale: string) => { flaky("sold ", sale, sale === "d" ? 9 : sale === "b" ? 3 : 1); return sale; });
      export const ofShop = flow.collect("sold", (sold: any[]) => sold);
    `;
    const driver = project.driver(text, [gracefulErrors()]);
    expect(await driver.execute(["ofShop"], { inputs: { shops: ["a", "cb", "never", "d"] } })).toEqual({
      ofShop: [["a"], ["c", "b"], null, [null]],
    });
    expect(ran()).toEqual([
      ...["sale a", "sale cb", "sale cb", "sale d", "sale never", "sale never", "sale never"],
      ...["sold a", "sold b", "sold b", "sold b", "sold c", "sold d", "sold d", "sold d"],
    ]);
  });

  test("goes on after however many items that fail, and not after a failure that it does not catch", async () => {
    const text = `
      export const n = flow.parallel((count: number) => Array.from({ length: count }, (_, i) => i));
      export const odd = (n: number) => { if (n % 2 === 0) throw new Error(n === 40 ? "fatal" : "even"); return n; };
      export const all = flow.collect("odd", (odd: any[]) => odd.filter(Boolean).length);
    `;
    const sentinel = Symbol("even");
    const some = gracefulErrors({ sentinel: null, catch: ({ message }) => !message.includes("fatal") });
    const driver = project.driver(text, [some]);
    expect(await driver.execute(["all"], { inputs: { count: 40 } })).toEqual({ all: 20 });
    expect(await failing(() => driver.execute(["all"], { inputs: { count: 41 } }))).toMatchObject({ node: "odd" });
    const symbols = project.driver(text, [gracefulErrors({ sentinel })], false);
    expect(await symbols.execute(["odd"], { inputs: { count: 3 } })).toEqual({ odd: [sentinel, 1, sentinel] });
  });

  test("refuses what it cannot be told", async () => {
    expect(await failing(() => project.driver(flow, [gracefulErrors({ accept: ["reprot"] })]))).toMatchObject({
      reason: "unknown-node",
      message: 'there is no node "reprot" to accept sentinels, as gracefulErrors() says',
      hint: 'did you mean "report"?',
    });
    expect(await failing(() => gracefulErrors({ sentinal: 1 } as object))).toMatchObject({ reason: "usage" });
    expect(await failing(() => gracefulErrors({ accept: "report" as never }))).toMatchObject({ reason: "usage" });
    expect(await failing(() => gracefulErrors({ catch: 1 as never }))).toMatchObject({ reason: "usage" });
  });

  test("gives over random graphs and failures what a plain model says, cold and warm", {
    timeout: 120_000,
  }, async () => {
    const node = fc.record({
      reads: fc.uniqueArray(fc.nat(5), { maxLength: 3 }),
      accepts: fc.boolean(),
      fails: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(node, { minLength: 1, maxLength: 6 }), async (drawn) => {
        const nodes = drawn.map((each, i) => ({ ...each, reads: each.reads.filter((read) => read < i) }));
        const text = nodes
          .map(({ reads, fails }, i) => {
            const names = reads.map((read) => `n${read}`).join(", ");
            return `export const n${i} = ({ ${names}${names ? ", " : ""}mode${i} }: any) => {
              if (mode${i} && ${JSON.stringify(fails)}.some(Boolean)) throw new Error("n${i}");
              return "${i}(" + [${names}].join() + ")"; };`;
          })
          .join("\n");
        const accept = nodes.flatMap(({ accepts }, i) => (accepts ? [`n${i}`] : []));
        const driver = project.driver(text, [gracefulErrors({ sentinel: "-", accept })]);
        for (const round of [0, 1, 2, 0, 1]) {
          const model: string[] = [];
          const failed: boolean[] = [];
          for (const [i, { reads, accepts, fails }] of nodes.entries()) {
            const isFailing = fails[round]!;
            const isStopped = reads.some((read) => failed[read]) && !accepts;
            failed.push(isFailing || isStopped);
            model.push(isFailing || isStopped ? "-" : `${i}(${reads.map((read) => model[read]).join()})`);
          }
          const names = nodes.map((_, i) => `n${i}`);
          const inputs = Object.fromEntries(nodes.map(({ fails }, i) => [`mode${i}`, fails[round]!]));
          const values = await driver.execute(names, { inputs });
          expect(names.map((name) => values[name])).toEqual(model);
        }
        await driver.close();
      }),
      { numRuns: 12 },
    );
  });
});

/** The keys of a node in the runs of a driver, the oldest first. */
async function keysOf(driver: Driver, node: string): Promise<readonly (string | undefined)[]> {
  const runs = await Promise.all(driver.cache!.runIds.map((id) => driver.cache!.run(id)));
  return runs.map(({ cacheKeys }) => cacheKeys[node]);
}
