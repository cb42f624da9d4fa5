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

  test("covers items of a branch: what succeeded of them is kept", async () => {
    const text = `
      export const word = flow.parallel((text: string) => text.split(" "));
      export const length = (word: string) => { ran("length " + word); if (word === "bad") throw new Error("bad"); return word.length; };
      export const total = flow.collect("length", (length: number[]) => length.reduce((sum, each) => sum + each, 0));
    `;
    const driver = project.driver(text, [gracefulErrors()]);
    expect(await driver.execute(["total"], { inputs: { text: "a bad ccc" } })).toEqual({ total: null });
    ran();
    expect(await driver.execute(["total"], { inputs: { text: "a ccc" } })).toEqual({ total: 4 });
    expect(ran()).toEqual([]);
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
