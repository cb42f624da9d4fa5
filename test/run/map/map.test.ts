import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import type { RunEvent } from "../../../src/core/event.ts";
import type { NodeDefinition, StageContext } from "../../../src/core/node.ts";
import type { RunOptions } from "../../../src/run/run.ts";
import { runGraph } from "../../../src/run/run.ts";
import type { Workspace } from "../../../src/run/workspace.ts";
import { memoryWorkspace, testGraph, testParam, testStage } from "../../rig/engine.ts";
import { testMap } from "./support.ts";

/** Runs a pipeline of nodes and gives the outcome with all that happened. */
async function run(workspace: Workspace, nodes: Record<string, NodeDefinition>, options: RunOptions = {}) {
  const events: RunEvent[] = [];
  const onEvent = (event: RunEvent) => events.push(event);
  const outcome = await runGraph(workspace, testGraph(nodes), { values: true, jobs: 2, onEvent, ...options });
  return { ...outcome, events, value: (name: string) => outcome.value(name), node: outcome.nodes.get("out")! };
}

/** A map that doubles numbers and notes which it was called with. */
function doubling(items: unknown, more: Parameters<typeof testMap>[3] = {}) {
  const ran: number[] = [];
  const out = testMap(
    items,
    {},
    (item: number) => {
      ran.push(item);
      return { twice: item * 2 };
    },
    more,
  );
  return { ran, out };
}

describe("a map", () => {
  test("gives the results in the order of the items", async () => {
    const out = testMap([3, 1, 2], { factor: testParam(10) }, async (item: number, { factor }: { factor: number }) => {
      await sleep(item * 3);
      return item * factor;
    });
    const { status, value, node } = await run(memoryWorkspace(), { out }, { jobs: 3 });
    expect(status).toBe("ok");
    expect(value("out")).toEqual([30, 10, 20]);
    expect(node.items).toEqual({ total: 3, made: 3, reused: 0, failed: 0, failures: [] });
  });

  test("is reused as a whole, and runs the items that were added or changed", async () => {
    const workspace = memoryWorkspace();
    await run(workspace, { out: doubling([1, 2, 3]).out });
    const again = doubling([1, 2, 3]);
    expect((await run(workspace, { out: again.out })).node.status).toBe("hit");
    expect(again.ran).toEqual([]);
    const more = doubling([9, 1, 2, 3, 4]);
    const { value, node } = await run(workspace, { out: more.out });
    expect(more.ran.sort()).toEqual([4, 9]);
    expect(value("out")).toEqual([18, 2, 4, 6, 8].map((twice) => ({ twice })));
    expect(node.items).toMatchObject({ total: 5, made: 2, reused: 3 });
  });

  test("does not run for another order, or for fewer items", async () => {
    const workspace = memoryWorkspace();
    await run(workspace, { out: doubling([1, 2, 3]).out });
    for (const items of [[3, 2, 1], [2], [], [2, 2, 1]]) {
      const next = doubling(items);
      const { value } = await run(workspace, { out: next.out });
      expect(next.ran).toEqual([]);
      expect(value("out")).toEqual(items.map((item) => ({ twice: item * 2 })));
    }
  });

  test("runs equal items once and gives each place a value of its own", async () => {
    const { out, ran } = doubling([5, 5, 5, 6]);
    const { value, node } = await run(memoryWorkspace(), { out });
    expect(ran.sort()).toEqual([5, 6]);
    expect(node.items).toMatchObject({ total: 4, made: 2 });
    const list = value("out") as object[];
    expect(list).toEqual([10, 10, 10, 12].map((twice) => ({ twice })));
    expect(new Set(list).size).toBe(4);
  });

  test("runs all items for other code, and for another shared input", async () => {
    const workspace = memoryWorkspace();
    const ran: number[] = [];
    const out = (code: number, factor: number) =>
      testMap(
        [1, 2],
        { factor: testParam(factor) },
        (item: number, { factor }: { factor: number }) => {
          ran.push(item);
          return item * factor;
        },
        { code },
      );
    await run(workspace, { out: out(1, 1) });
    await run(workspace, { out: out(2, 1) });
    const { value } = await run(workspace, { out: out(2, 5) });
    expect(ran).toHaveLength(6);
    expect(value("out")).toEqual([5, 10]);
    await run(workspace, { out: out(1, 1) });
    expect(ran).toHaveLength(6);
  });

  test("goes over a stage, a param, another map; a stage reads it", async () => {
    const list = testStage({}, () => [{ n: 1 }, { n: 2 }]);
    const first = testMap(list, {}, ({ n }: { n: number }) => n + 1);
    const out = testMap(first, {}, (n: number) => n * 10);
    const sum = testStage({ out }, ({ out }) => (out as number[]).reduce((a, b) => a + b));
    const { value } = await run(memoryWorkspace(), {
      list,
      first,
      out,
      sum,
      other: testMap(testParam(["a"]), {}, (a: string) => a),
    });
    expect(value("sum")).toBe(50);
    expect(value("other")).toEqual(["a"]);
  });

  test("that gives an equal list cuts off what follows", async () => {
    const workspace = memoryWorkspace();
    let reads = 0;
    const nodes = (items: number[]) => {
      const out = testMap(items, {}, (item: number) => Math.abs(item));
      const after = testStage({ out }, () => ++reads);
      return { out, after };
    };
    const one = await run(workspace, nodes([1, 2]));
    const two = await run(workspace, nodes([-1, 2]));
    expect(two.node).toMatchObject({ status: "executed", dataVersion: one.node.dataVersion });
    expect(reads).toBe(1);
  });

  test("of no list says so", async () => {
    const list = testStage({}, () => new Set([1]));
    const { node } = await run(memoryWorkspace(), { list, out: testMap(list, {}, () => 1) });
    expect(node.failure).toMatchObject({ reason: "unsupported-value" });
    expect(node.failure!.message).toBe("out goes over a list, and list gives Set(1) { 1 }");
  });

  test("says which item has no version", async () => {
    const list = testStage({}, () => [1, { parse: () => {} }], { cache: "ignore" });
    const { node } = await run(memoryWorkspace(), { list, out: testMap(list, {}, () => 1) });
    expect(node.failure).toMatchObject({ reason: "unversionable", node: "out" });
    expect(node.failure!.message).toBe("item 1 of out cannot be versioned: item.parse is a function");
  });

  test("whose result cannot be stored names the item", async () => {
    const { node } = await run(memoryWorkspace(), {
      out: testMap([1, 2], {}, (n: number) => (n === 2 ? () => {} : n)),
    });
    expect(node.failure).toMatchObject({ reason: "unversionable", node: "out" });
    expect(node.items!.failures).toMatchObject([{ item: "1", index: 1 }]);
  });
});

describe("an item", () => {
  test("that fails beside one that does not says so of one", async () => {
    const bad = (item: number) => {
      if (item === 2) throw new TypeError("no");
      return item;
    };
    const { node } = await run(memoryWorkspace(), { out: testMap([1, 2], {}, bad) });
    expect(node.failure!.hint).toBe("the result of 1 item is kept, and the next run does only the rest");
  });

  test("that fails names itself, and the others are kept", async () => {
    const workspace = memoryWorkspace();
    const ran: number[] = [];
    let isBroken = true;
    const out = testMap([1, 2, 3, 4], {}, (item: number) => {
      ran.push(item);
      if (isBroken && item % 2 === 0) throw new TypeError(`no ${item}`);
      return item;
    });
    const { status, node, events } = await run(workspace, { out });
    expect(status).toBe("failed");
    expect(node.status).toBe("failed");
    expect(node.failure!.message).toBe("out[1] failed: TypeError: no 2 (item 2 of 4: 2, and 1 more failed)");
    expect(node.failure).toMatchObject({ reason: "stage-failed", node: "out" });
    expect(node.failure!.hint).toBe("the results of 2 items are kept, and the next run does only the rest");
    expect(node.failure!.cause).toMatchObject({ name: "TypeError", message: "no 2" });
    expect(node.items).toEqual({
      total: 4,
      made: 2,
      reused: 0,
      failed: 2,
      failures: [
        { item: "1", index: 1, message: "out[1] failed: TypeError: no 2" },
        { item: "3", index: 3, message: "out[3] failed: TypeError: no 4" },
      ],
    });
    const logs = events.filter((event) => event.type === "node-log");
    expect(logs).toMatchObject([
      { node: "out", item: "1", level: "error" },
      { node: "out", item: "3", level: "error" },
    ]);
    isBroken = false;
    ran.length = 0;
    const next = await run(workspace, { out });
    expect(ran.sort()).toEqual([2, 4]);
    expect(next.value("out")).toEqual([1, 2, 3, 4]);
  });

  test("that fails often enough stops the map, unless the run keeps going", async () => {
    const items = Array.from({ length: 100 }, (_, i) => i);
    let calls = 0;
    const out = testMap(items, {}, () => {
      calls++;
      throw new Error("no");
    });
    const { node } = await run(memoryWorkspace(), { out }, { jobs: 1 });
    expect(calls).toBe(10);
    expect(node.items).toMatchObject({ failed: 10, made: 0 });
    calls = 0;
    const all = await run(memoryWorkspace(), { out }, { jobs: 1, keepGoing: true });
    expect(calls).toBe(100);
    expect(all.node.items).toMatchObject({ failed: 100 });
    expect(all.node.items!.failures).toHaveLength(20);
  });

  test("is tried again by itself, with a copy of its own, and has a time limit", async () => {
    const attempts: number[] = [];
    const retries = { times: 2, delay: 1, factor: 1, maxDelay: 1 };
    const out = testMap(
      [{ n: 1 }, { n: 2 }],
      {},
      (item: { n: number }, _: unknown, { run: { attempt } }: StageContext) => {
        attempts.push(item.n * 10 + attempt);
        const { n } = item;
        item.n = 99;
        if (n === 2 && attempt < 3) throw new Error("again");
        return n;
      },
      { retries },
    );
    const { value, events } = await run(memoryWorkspace(), { out });
    expect(value("out")).toEqual([1, 2]);
    expect(attempts.sort()).toEqual([11, 21, 22, 23]);
    expect(events.filter(({ type }) => type === "node-retrying")).toMatchObject([{ item: "1" }, { item: "1" }]);
    const slow = testMap([1], {}, () => sleep(10_000, undefined, { ref: false }), { timeout: 20 });
    expect((await run(memoryWorkspace(), { out: slow })).node.failure).toMatchObject({ reason: "timed-out" });
  });

  test("logs under its name, which the option `key` gives", async () => {
    const out = testMap([{ id: "x" }], {}, (_item, _inputs, { log }) => log.info("hi"), {
      items: { key: (item) => (item as { id: string }).id },
    });
    const { events } = await run(memoryWorkspace(), { out });
    expect(events.find(({ type }) => type === "node-log")).toMatchObject({ node: "out", item: "x", text: "hi" });
  });

  test("is called by its position where `key` throws, or gives nothing", async () => {
    const keys = [
      () => undefined,
      () => Object.create(null),
      () => {
        throw new Error("no name");
      },
    ];
    for (const key of keys) {
      const out = testMap([7, 8], {}, (item, _inputs, { log }) => log.info(String(item)), {
        items: { key: key as () => string },
      });
      const { events, node } = await run(memoryWorkspace(), { out });
      expect(node.status).toBe("executed");
      expect(events.filter(({ type }) => type === "node-log")).toMatchObject([{ item: "0" }, { item: "1" }]);
    }
  });

  test("is told of in the progress of the map", async () => {
    const { events } = await run(memoryWorkspace(), { out: doubling([1, 2, 3]).out });
    const progress = events.filter((event) => event.type === "node-progress");
    expect(progress[0]).toMatchObject({ node: "out", done: 0, total: 3 });
    expect(progress.at(-1)).toMatchObject({ done: 3, total: 3 });
  });

  test("is checked by itself; what a check warns of is said again", async () => {
    const workspace = memoryWorkspace();
    const checks = [
      { name: "small", level: "fail" as const, test: (value: unknown) => (value as { twice: number }).twice < 100 },
      { name: "even", level: "warn" as const, test: (value: unknown) => (value as { twice: number }).twice !== 4 },
    ];
    const first = await run(workspace, { out: doubling([1, 2, 60], { checks }).out });
    expect(first.node.items!.failures).toMatchObject([{ index: 2 }]);
    expect(first.node.failure).toMatchObject({ reason: "check-failed" });
    const warned = (events: readonly RunEvent[]) =>
      events.flatMap((event) => (event.type === "warning" ? [event.failure.message] : []));
    const text = 'out did not pass the check "even" (item 1)';
    await run(workspace, { out: doubling([1, 2], { checks }).out });
    const more = await run(workspace, { out: doubling([1, 2, 3], { checks }).out });
    const hit = await run(workspace, { out: doubling([1, 2, 3], { checks }).out });
    expect(hit.node.status).toBe("hit");
    expect(warned(first.events)).toEqual([text]);
    expect(warned(hit.events)).toEqual([text]);
    expect(more.status).toBe("ok");
  });

  test("of a plain list that other code changes meanwhile is not what its key says", async () => {
    const list = [{ n: 1 }, { n: 2 }];
    const out = testMap(list, {}, ({ n }: { n: number }) => {
      list[1]!.n = 99;
      return n;
    });
    const { node } = await run(memoryWorkspace(), { out }, { jobs: 1 });
    expect(node.failure).toMatchObject({ reason: "input-changed", node: "out" });
    expect(node.items).toMatchObject({ made: 1, failures: [{ index: 1 }] });
  });

  test("may give bytes that come bit by bit; rows that do are refused", async () => {
    const workspace = memoryWorkspace();
    const bytes = testMap(["a", "b"], {}, (text: string) => new Blob([text.repeat(9)]).stream());
    const length = testMap(bytes, {}, async (file: { bytes(): Promise<Uint8Array> }) => (await file.bytes()).length);
    const { value } = await run(workspace, { bytes, length, out: doubling([1]).out });
    expect(value("length")).toEqual([9, 9]);
    const more = testMap(["a", "b", "c"], {}, (text: string) => new Blob([text.repeat(9)]).stream());
    const again = await run(workspace, { bytes: more, length: testMap(more, {}, () => 1), out: doubling([1]).out });
    expect(again.nodes.get("bytes")!.items).toMatchObject({ made: 1, reused: 2 });
    async function* rowsOf(n: number) {
      yield { n };
    }
    const rows = testMap([1], {}, rowsOf, { code: 2 });
    const { node } = await run(workspace, { out: rows });
    expect(node.failure).toMatchObject({ reason: "unsupported-value" });
  });

  test("that changes a shared input fails the map, and nothing is kept", async () => {
    const workspace = memoryWorkspace();
    const out = testMap([1, 2], { table: testParam({ n: 0 }) }, (item: number, { table }: { table: { n: number } }) => {
      table.n += item;
      return table.n;
    });
    const { node } = await run(workspace, { out });
    expect(node.failure).toMatchObject({ reason: "input-changed", node: "out" });
    expect(node.failure!.message).toBe('the function of out changed its shared input "table"');
    expect(await workspace.metadata.resultsOf("out[]", 10)).toEqual([]);
  });
});

describe("how a map uses the cache", () => {
  test.each(["ro", "off", "wo"] as const)("cache %s", async (cache) => {
    const workspace = memoryWorkspace();
    await run(workspace, { out: doubling([1, 2]).out });
    const next = doubling([1, 2, 3]);
    const { value } = await run(workspace, { out: next.out }, { cache });
    expect(value("out")).toEqual([2, 4, 6].map((twice) => ({ twice })));
    expect(next.ran.sort()).toEqual(cache === "ro" ? [3] : [1, 2, 3]);
    const last = doubling([1, 2, 3]);
    await run(workspace, { out: last.out });
    expect(last.ran).toEqual(cache === "wo" ? [] : [3]);
  });

  test("recompute runs every item, and records", async () => {
    const workspace = memoryWorkspace();
    await run(workspace, { out: doubling([1, 2]).out });
    const again = doubling([1, 2]);
    await run(workspace, { out: again.out }, { recompute: ["out"] });
    expect(again.ran.sort()).toEqual([1, 2]);
    const behaviour = doubling([1, 2], { cache: "recompute" });
    await run(workspace, { out: behaviour.out });
    expect(behaviour.ran.sort()).toEqual([1, 2]);
  });

  test("disable and ignore keep nothing, and hand on what cannot be stored", async () => {
    for (const cache of ["disable", "ignore"] as const) {
      const workspace = memoryWorkspace();
      const out = testMap([1, 1, 2], {}, (n: number) => ({ n, call: () => n }), { cache });
      const after = testStage({ out }, ({ out }) => (out as { call: () => number }[]).map(({ call }) => call()));
      const { value } = await run(workspace, { out, after });
      expect(value("after")).toEqual([1, 1, 2]);
      expect(await workspace.metadata.resultsOf("out[]", 10)).toEqual([]);
    }
  });

  test("disable copies what can be stored", async () => {
    const out = testMap([1], {}, (n: number) => ({ n }), { cache: "disable" });
    const spoil = testStage({ out }, ({ out }) => {
      (out as { n: number }[])[0]!.n = 7;
      return 1;
    });
    const { value } = await run(memoryWorkspace(), { out, spoil });
    expect(value("out")).toEqual([{ n: 1 }]);
  });

  test("a damaged result of an item is made again, and only that", async () => {
    const workspace = memoryWorkspace();
    const big = (n: number) => String(n).repeat(10_000);
    const ran: number[] = [];
    const out = testMap([1, 2, 3], {}, (n: number) => {
      ran.push(n);
      return big(n);
    });
    await run(workspace, { out });
    const [list] = await workspace.metadata.resultsOf("out", 1);
    const items = await workspace.metadata.resultsOf("out[]", 10);
    // The list and one of its items are gone.
    await workspace.blobs.remove(list!.artifacts[0]!.digest);
    await workspace.blobs.remove(items[0]!.artifacts[0]!.digest);
    ran.length = 0;
    const { value, node } = await run(workspace, { out });
    expect(ran).toHaveLength(1);
    expect(node.reasons).toMatchObject([{ kind: "missing-result" }]);
    expect(value("out")).toEqual([big(1), big(2), big(3)]);
  });

  test("with `maxAge`, items that are too old run again", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
    try {
      const workspace = memoryWorkspace();
      await run(workspace, { out: doubling([1, 2], { maxAge: 200 }).out });
      vi.setSystemTime(1_000_120);
      await run(workspace, { out: doubling([1, 2, 3], { maxAge: 200 }).out });
      vi.setSystemTime(1_000_240);
      const now = doubling([1, 2, 3], { maxAge: 200 });
      const { node } = await run(workspace, { out: now.out });
      expect(now.ran.sort()).toEqual([1, 2]);
      expect(node.reasons).toMatchObject([{ kind: "expired" }]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("formats and places the list", async () => {
    const workspace = memoryWorkspace();
    const csv = doubling([1, 2], { format: "csv", output: `${workspace.root}/out.csv` });
    const { value } = await run(workspace, { out: csv.out });
    expect(value("out")).toEqual([{ twice: 2 }, { twice: 4 }]);
    const more = doubling([1, 2, 3], { format: "csv", output: `${workspace.root}/out.csv` });
    const next = await run(workspace, { out: more.out });
    expect(more.ran).toEqual([3]);
    expect(next.value("out")).toEqual([{ twice: 2 }, { twice: 4 }, { twice: 6 }]);
    const auto = doubling([1, 2, 3]);
    const plain = await run(workspace, { out: auto.out });
    expect(auto.ran).toEqual([]);
    expect(plain.node.dataVersion).toBe(next.node.dataVersion);
  });
});

describe("beside other nodes", () => {
  test("items run as many at once as the run, the map and the pool allow", async () => {
    const most = async (jobs: number, more: Parameters<typeof testMap>[3]) => {
      let [now, peak] = [0, 0];
      const out = testMap(
        [1, 2, 3, 4, 5, 6, 7, 8],
        {},
        async () => {
          peak = Math.max(peak, ++now);
          await sleep(5);
          now--;
        },
        more,
      );
      expect((await run(memoryWorkspace(), { out }, { jobs })).status).toBe("ok");
      return peak;
    };
    expect(await most(4, {})).toBe(4);
    expect(await most(1, {})).toBe(1);
    expect(await most(8, { items: { jobs: 3 } })).toBe(3);
    expect(await most(8, { pool: { name: "p", limit: 2 } })).toBe(2);
  });

  test("a map of many items holds up no other node", async () => {
    const order: string[] = [];
    const out = testMap(
      Array.from({ length: 40 }, (_, i) => i),
      {},
      async () => {
        await sleep(5);
        order.push("item");
      },
    );
    const chain = { a: testStage({}, () => order.push("a")) } as Record<string, NodeDefinition>;
    chain.b = testStage({ a: chain.a }, () => order.push("b"));
    chain.c = testStage({ b: chain.b }, () => order.push("c"));
    const { status } = await run(memoryWorkspace(), { out, ...chain }, { jobs: 2 });
    expect(status).toBe("ok");
    expect(order.indexOf("c")).toBeLessThan(20);
  });

  test("a failure elsewhere begins no further item, and what was made is kept", async () => {
    const workspace = memoryWorkspace();
    let count = 0;
    const out = testMap(
      Array.from({ length: 200 }, (_, i) => i),
      {},
      async (item: number) => {
        await sleep(2);
        count++;
        return item;
      },
    );
    const bad = testStage({}, async () => {
      await sleep(20);
      throw new Error("no");
    });
    const { node, status } = await run(workspace, { out, bad }, { jobs: 2 });
    expect(status).toBe("failed");
    expect(node.status).toBe("skipped");
    expect(count).toBeLessThan(200);
    const first = count;
    expect((await run(workspace, { out })).status).toBe("ok");
    expect(count).toBe(200);
    expect(first).toBeGreaterThan(0);
  });

  test("cancelled in the middle, what was made is kept", async () => {
    const workspace = memoryWorkspace();
    const controller = new AbortController();
    const done = new Set<number>();
    const out = testMap([0, 1, 2, 3, 4, 5], {}, async (item: number, _: unknown, { signal }: StageContext) => {
      if (item === 3 && !done.has(2)) throw new Error("out of order");
      if (item === 3 && !controller.signal.aborted && done.size < 6) {
        controller.abort();
        await sleep(1000, undefined, { signal }).catch(() => {});
        return;
      }
      done.add(item);
      return item;
    });
    const { status, node } = await run(workspace, { out }, { jobs: 1, signal: controller.signal });
    expect([status, node.status]).toEqual(["cancelled", "cancelled"]);
    expect([...done]).toEqual([0, 1, 2]);
    expect(await workspace.metadata.resultsOf("out[]", 10)).toHaveLength(3);
  });

  test("two runs with different lists make what they share once", async () => {
    const workspace = memoryWorkspace();
    const ran: number[] = [];
    const out = (items: number[]) =>
      testMap(items, {}, async (item: number) => {
        ran.push(item);
        await sleep(10);
        return item;
      });
    const lists = [
      [1, 2, 3, 4],
      [3, 4, 5, 6, 1],
    ];
    const ends = await Promise.all(lists.map((items) => run(workspace, { out: out(items) })));
    expect(ran.sort()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(ends.map(({ value }) => value("out"))).toEqual(lists);
  });
});
