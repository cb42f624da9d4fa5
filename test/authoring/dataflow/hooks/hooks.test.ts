import { setTimeout as sleep } from "node:timers/promises";
import { Driver, type Failure, type Hook, type HookRun, type NodeEnd } from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { failing } from "../rig.ts";
import { HookProject, ran } from "./support.ts";

let project: HookProject;
beforeEach(() => {
  project = new HookProject();
  ran();
});
afterEach(() => project.end());

const chain = `
  export function words(text: string) { ran("words"); return text.split(" "); }
  export function count({ words, min = 1 }: { words: string[]; min?: number }) { ran("count"); return { number: words.filter((w) => w.length >= min).length }; }
  export function report(count: { number: number }) { ran("report"); return \`\${count.number} words\`; }
`;
const inputs = { text: "to be or not" };

/** A hook that notes what it is told. */
function noting(log: string[], name = ""): Hook {
  return {
    name: name || "noting",
    beforeRun: ({ targets }) => void log.push(`${name}run ${targets}`),
    afterRun: ({ status }) => void log.push(`${name}run ${status}`),
    beforeNode: ({ node }) => void log.push(`${name}before ${node.name}`),
    afterNode: ({ node, status }) => void log.push(`${name}after ${node.name} ${status}`),
  };
}

describe("a run with hooks", () => {
  test("tells of its beginning, of each node, and of its end", async () => {
    const log: string[] = [];
    const driver = project.driver(chain, [noting(log)]);
    expect(await driver.execute(["report"], { inputs })).toEqual({ report: "4 words" });
    const nodes = ["words", "count", "report"].flatMap((name) => [`before ${name}`, `after ${name} executed`]);
    expect(log.splice(0)).toEqual(["run report", ...nodes, "run ok"]);
    await driver.execute(["report"], { inputs });
    expect(log).toEqual(["run report", "after words hit", "after count hit", "after report hit", "run ok"]);
  });

  test("calls the methods of several hooks in their order, and waits for each", async () => {
    const log: string[] = [];
    const slow: Hook = {
      beforeNode: async ({ node }) => {
        await sleep(5);
        log.push(`slow before ${node.name}`);
      },
      afterNode: async ({ node }) => {
        await sleep(5);
        log.push(`slow after ${node.name}`);
      },
    };
    const driver = project.driver(chain, [slow, noting(log, "second ")]);
    await driver.execute(["count"], { inputs });
    expect(log.slice(1, -1)).toEqual([
      ...["slow before words", "second before words", "slow after words", "second after words executed"],
      ...["slow before count", "second before count", "slow after count", "second after count executed"],
    ]);
  });

  test("waits for what is only like a promise", async () => {
    const log: string[] = [];
    const thenable = {
      // biome-ignore lint/suspicious/noThenProperty: it is what this is about
      then: (resolve: (done: number) => void) => void setTimeout(() => resolve(log.push("waited")), 5),
    };
    const hook: Hook = { beforeNode: () => thenable as unknown as Promise<void> };
    await project.driver(chain, [hook, noting(log)]).execute(["words"], { inputs });
    expect(log).toEqual(["run words", "waited", "before words", "after words executed", "run ok"]);
  });

  test("says what is run", async () => {
    const runs: HookRun[] = [];
    const driver = project.driver(
      `${chain} export const kept = flow.tag({ owner: "me" }, (report: string) => report);`,
      [{ beforeRun: (run) => void runs.push(run), afterRun: ({ run }) => void runs.push(run) }],
    );
    await driver.execute(["kept"], { inputs: { min: 3 }, overrides: { words: ["not"] } });
    const [run] = runs as [HookRun];
    expect(runs[1]).toBe(run);
    expect(run.runId).toBe(driver.cache!.lastRunId);
    expect(run).toMatchObject({ targets: ["kept"], inputs: { min: 3 }, overrides: { words: ["not"] } });
    const nodes = Object.fromEntries(run.nodes.map((node) => [node.name, node]));
    expect(nodes.count).toMatchObject({
      isWork: true,
      kind: "stage",
      module: "flow.ts",
      reads: { words: "words", min: "min" },
    });
    expect(nodes.kept!.tags).toEqual({ owner: "me" });
    expect(nodes.words).toMatchObject({ isWork: false, kind: "param", reads: {} });
    expect(() => Object.assign(nodes.kept!.tags, { owner: "you" })).toThrow(TypeError);
  });

  test("says how a node ended, with keys and versions", async () => {
    const ends: NodeEnd[] = [];
    const driver = project.driver(chain, [{ afterNode: (end) => void ends.push(end) }]);
    await driver.execute(["words"], { inputs });
    await driver.execute(["words"], { inputs });
    const [made, reused] = ends as [NodeEnd, NodeEnd];
    expect(made).toMatchObject({ status: "executed", reasons: [{ kind: "first-run" }], savedMs: 0 });
    expect(reused).toMatchObject({
      status: "hit",
      durationMs: 0,
      reasons: [],
      key: made.key!,
      dataVersion: made.dataVersion!,
    });
    expect(made.key).toBe(driver.cache!.cacheKeys.words);
  });

  test("gives values when they are asked for, and loads none before", async () => {
    const values: unknown[] = [];
    const asking: Hook = {
      beforeNode: async ({ node, inputs }) => void values.push([node.name, await inputs()]),
      afterNode: async ({ node, value, inputs }) => void values.push([node.name, await inputs(), await value()]),
    };
    await project.driver(chain, [asking]).execute(["report"], { inputs });
    const words = { text: "to be or not" };
    const count = { words: ["to", "be", "or", "not"] };
    const report = { count: { number: 4 } };
    expect(values).toEqual([
      ...[
        ["words", words],
        ["words", words, ["to", "be", "or", "not"]],
      ],
      ...[
        ["count", count],
        ["count", count, { number: 4 }],
      ],
      ...[
        ["report", report],
        ["report", report, "4 words"],
      ],
    ]);
    // A value that nobody asks for may be gone.
    const told: string[] = [];
    const driver = project.driver(chain, [noting(told)]);
    await driver.execute(["report"], { inputs });
    const reads = vi.spyOn((await import("../../../../src/run/make/held.ts")).HeldResult.prototype, "sealed");
    await driver.execute(["report"], { inputs });
    expect(reads).toHaveBeenCalledTimes(1);
    reads.mockRestore();
  });

  test("shows the plain values that a wrapper gives", async () => {
    const seen: unknown[] = [];
    const text = `export const scaled = flow.inject({ by: flow.value({ ten: 10 }) }, (by: { ten: number }, x: number) => by.ten * x);`;
    const hook: Hook = {
      beforeNode: async ({ inputs }) => {
        const given = (await inputs()) as { by: { ten: number } };
        given.by.ten = 1000;
        seen.push(await inputs());
      },
    };
    const driver = project.driver(text, [hook]);
    expect(await driver.execute(["scaled"], { inputs: { x: 2 } })).toEqual({ scaled: 20 });
    expect(seen).toEqual([{ by: { ten: 10 }, x: 2 }]);
  });

  test("has no hook called for what is wrong before anything runs", async () => {
    const log: string[] = [];
    const driver = project.driver(chain, [noting(log)]);
    await failing(() => driver.execute(["report"]));
    expect(log).toEqual([]);
  });

  test("tells of failures, of what they skip, and of cancelling", async () => {
    const log: string[] = [];
    const text = `
      export function bad(x: number): number { throw new Error("no " + x); }
      export function after(bad: number) { return bad; }
      export async function long(signal: AbortController) { signal.abort(); await new Promise((r) => setTimeout(r, 5)); return 1; }
    `;
    const ends: string[] = [];
    const end: Hook = {
      afterNode: async (ended) => {
        const { node, failure, stoppedBy } = ended;
        ends.push(`${node.name}: ${failure?.message} ${stoppedBy ?? ""}`);
        await expect(ended.value()).rejects.toMatchObject({ reason: "upstream-failed" });
      },
      afterRun: ({ failure }) => void ends.push(String(failure?.reason)),
    };
    const driver = project.driver(text, [noting(log), end], { ignore: ["signal"] });
    const failure = await failing(() => driver.execute(["after"], { inputs: { x: 1 } }));
    expect(failure).toMatchObject({ reason: "stage-failed", node: "bad" });
    expect(log.splice(0)).toEqual(["run after", "before bad", "after bad failed", "after after skipped", "run failed"]);
    expect(ends.splice(0)).toEqual(["bad: bad failed: Error: no 1 ", "after: bad failed bad", "stage-failed"]);
    const signal = new AbortController();
    await failing(() => driver.execute(["long"], { inputs: { signal }, signal: signal.signal }));
    expect(log).toEqual(["run long", "before long", "after long cancelled", "run cancelled"]);
    expect(ends.at(-1)).toBe("cancelled");
  });

  test("is told the same of nodes that are called in threads", { timeout: 60_000 }, async () => {
    const log: string[] = [];
    const values: unknown[] = [];
    const hook: Hook = { afterNode: async ({ value }) => void values.push(await value()) };
    const builder = Driver.builder().withModules(
      project.write("threads/flow.ts", chain.replaceAll(/ran\("\w+"\);/g, "")),
    );
    await using driver = builder
      .withCache({ path: `${project.dir}/cache` })
      .withExecutor("thread")
      .withHooks(noting(log), hook, { aroundNode: (_, work) => work() })
      .build();
    expect(await driver.execute(["report"], { inputs })).toEqual({ report: "4 words" });
    const nodes = ["words", "count", "report"].flatMap((name) => [`before ${name}`, `after ${name} executed`]);
    expect(log).toEqual(["run report", ...nodes, "run ok"]);
    expect(values).toEqual([["to", "be", "or", "not"], { number: 4 }, "4 words"]);
  });

  test("ends when all nodes have, at whichever moment hooks return", async () => {
    const module = {
      a: () => 1,
      b: (a: number) => a + 1,
      c: (b: number) => b + 1,
      d: () => 5,
      e: (d: number) => d + 1,
      f: (e: number, c: number) => e + c,
    };
    for (let first = 0; first < 12; first++) {
      for (let second = 0; second < 8; second++) {
        const waiting: Hook = {
          afterNode: async ({ node }) => {
            for (let turn = node.name < "d" ? first : second; turn > 0; turn--) await undefined;
          },
        };
        await using driver = Driver.builder().withModules(module).withHooks(waiting).build();
        expect([first, second, await driver.execute(["f"])]).toEqual([first, second, { f: 9 }]);
      }
    }
  });

  test("goes on without a cache", async () => {
    const log: string[] = [];
    const values: unknown[] = [];
    const hook: Hook = { afterNode: async ({ value }) => void values.push(await value()) };
    await project.driver(chain, [noting(log), hook], false).execute(["words"], { inputs });
    expect(log).toEqual(["run words", "before words", "after words executed", "run ok"]);
    expect(values).toEqual([["to", "be", "or", "not"]]);
  });
});

describe("what a hook does to values", () => {
  test("reaches neither functions nor the store nor who asked", async () => {
    const spoiling: Hook = {
      beforeRun: ({ inputs }) => void Object.assign(inputs.list as object, { 0: "spoilt by the run" }),
      beforeNode: async ({ inputs }) => void ((await inputs()).list as string[] | undefined)?.splice(0, 1, "spoilt"),
      afterNode: async ({ value, inputs }) => {
        ((await value()) as string[]).push("spoilt");
        ((await inputs()).list as string[] | undefined)?.push("spoilt");
      },
    };
    const text = `
      export function sorted(list: string[]) { ran("sorted"); return list.toSorted(); }
      export function reversed(sorted: string[]) { ran("reversed"); return sorted.toReversed(); }
    `;
    const driver = project.driver(text, [spoiling]);
    const run = () => driver.execute(["sorted", "reversed"], { inputs: { list: ["b", "a"] } });
    expect(await run()).toEqual({ sorted: ["a", "b"], reversed: ["b", "a"] });
    expect(await run()).toEqual({ sorted: ["a", "b"], reversed: ["b", "a"] });
    expect(ran()).toEqual(["reversed", "sorted"]);
    const plain = project.driver(text, []);
    expect(await plain.execute(["reversed"], { inputs: { list: ["b", "a"] } })).toEqual({ reversed: ["b", "a"] });
    const version = driver.cache!.dataVersions.sorted!;
    expect(await driver.cache!.resultStore.get(version)).toEqual(["a", "b"]);
  });

  test("counts in no key: drivers with other hooks, or none, reuse each other's results", async () => {
    const builder = () => Driver.builder().withModules(project.write("same.ts", "export const x = (a: number) => a;"));
    const path = `${project.dir}/same`;
    const inputs = { a: 1 };
    const ends: string[] = [];
    await using first = builder()
      .withCache({ path })
      .withHooks({ aroundNode: (_, work) => work() })
      .build();
    await first.execute(["x"], { inputs });
    await using second = builder()
      .withCache({ path })
      .withHooks({ afterNode: ({ status }) => void ends.push(status) })
      .build();
    await second.execute(["x"], { inputs });
    expect(ends).toEqual(["hit"]);
  });
});

describe("a hook around nodes", () => {
  test("encloses the call, the first outermost, and lets through what it throws", async () => {
    const log: string[] = [];
    const around = (name: string): Hook => ({
      name,
      aroundNode: async ({ node }, work) => {
        log.push(`${name} in ${node.name}`);
        try {
          await work();
        } catch (error) {
          log.push(`${name} caught ${(error as Error).message}`);
          throw error;
        } finally {
          log.push(`${name} out ${node.name}`);
        }
      },
    });
    const driver = project.driver(
      `export const good = (x: number) => x; export const bad = (good: number): number => { throw new Error("bad"); };`,
      [around("first"), around("second")],
    );
    const failure = await failing(() => driver.execute(["bad"], { inputs: { x: 1 } }));
    expect(failure).toMatchObject({ reason: "stage-failed", message: "bad failed: Error: bad" });
    expect(log).toEqual([
      ...["first in good", "second in good", "second out good", "first out good"],
      ...["first in bad", "second in bad", "second caught bad failed: Error: bad", "second out bad"],
      ...["first caught bad failed: Error: bad", "first out bad"],
    ]);
  });

  test("can neither do the work twice, nor hide its failure, nor leave it out", async () => {
    const text = `
      export const good = (x: number) => { ran("good"); return x; };
      export const bad = (x: number): number => { ran("bad"); throw new Error("bad"); };
    `;
    const twice: Hook = { aroundNode: async (_, work) => void (await Promise.all([work(), work()])) };
    await project.driver(text, [twice]).execute(["good"], { inputs: { x: 1 } });
    expect(ran()).toEqual(["good"]);
    const hiding: Hook = { aroundNode: (_, work) => work().catch(() => {}) };
    const hidden = await failing(() => project.driver(text, [hiding]).execute(["bad"], { inputs: { x: 1 } }));
    expect(hidden.reason).toBe("stage-failed");
    const lazy: Hook = { name: "lazy", aroundNode: async () => {} };
    const left = await failing(() => project.driver(text, [lazy]).execute(["good"], { inputs: { x: 2 } }));
    expect(left).toMatchObject({
      reason: "hook-failed",
      node: "good",
      message: 'hook "lazy" failed around "good": Error: it did not call the work that it was given',
    });
    expect(ran()).toEqual(["bad"]);
    const warned: string[] = [];
    const kind: Hook = { onError: "warn", aroundNode: async () => {} };
    const cache = { onWarning: ({ message }: { message: string }) => void warned.push(message) };
    const driver = project.driver(text, [kind], cache);
    expect(await driver.execute(["good"], { inputs: { x: 3 } })).toEqual({ good: 3 });
    expect(warned).toEqual(['hook 1 failed around "good": Error: it did not call the work that it was given']);
  });

  test("is left early by a hook that does not wait, and the node still ends first", async () => {
    const log: string[] = [];
    const text =
      "export const slow = async (x: number) => { await new Promise((r) => setTimeout(r, 10)); ran('slow'); return x; };";
    const hasty: Hook = { aroundNode: async (_, work) => void work() };
    const driver = project.driver(text, [hasty, noting(log)]);
    expect(await driver.execute(["slow"], { inputs: { x: 1 } })).toEqual({ slow: 1 });
    expect(log.slice(1, -1)).toEqual(["before slow", "after slow executed"]);
  });
});

test("a node that fails while a hook around it does something else fails the run, and not the process", async () => {
  project.write(
    "run.ts",
    `import { collect, Driver, parallel } from "sluice/dataflow";
     const busy = async (_: unknown, work: () => Promise<void>) => { work(); await new Promise((r) => setTimeout(r, 20)); };
     const module = {
       node: () => { throw new Error("no"); },
       item: parallel(() => ["a", "b"]),
       each: (item: string) => { throw new Error("no " + item); },
       all: collect("each", (each: string[]) => each),
     };
     const messages: string[] = [];
     for (const hook of [{ aroundNode: busy }, { aroundTask: busy }]) {
       const driver = Driver.builder().withModules(module).withHooks(hook, hook).build();
       for (const target of ["node", "all"]) await driver.execute([target as never]).catch(({ message }) => messages.push(message));
     }
     console.log(JSON.stringify(messages));`,
  );
  const item = "each[0] failed: Error: no a (item 1 of 2: 'a', and 1 more failed)";
  expect(await project.run("run.ts")).toEqual(["node failed: Error: no", item, "node failed: Error: no", item]);
});

test.each(["beforeNode", "aroundNode", "beforeTask"])(
  "a hook that executes what it is called for fails: %s",
  async (method) => {
    const { promise: failed, resolve } = Promise.withResolvers<Failure>();
    const text = `
    export const item = flow.parallel(() => [1]);
    export const each = (item: number) => item;
    export const all = flow.collect("each", (each: number[]) => each);
  `;
    const own = project.driver(text, []);
    const call = async ({ node }: { node: { name: string } }, work?: () => Promise<void>) => {
      if (node.name === "each") await own.execute(["all"]).catch(({ failure }) => resolve(failure));
      await work?.();
    };
    const driver = project.driver(text, [{ [method]: call }]);
    expect((await failing(() => driver.execute(["all"]))).reason).toBe("cycle");
    expect(await failed).toMatchObject({ reason: "cycle", message: expect.stringContaining("each") });
  },
);

describe("a hook that fails", () => {
  class Guard implements Hook {
    readonly #at: string;
    constructor(at: string) {
      this.#at = at;
    }
    #throw(at: string): void {
      if (at === this.#at) throw new TypeError("not like that");
    }
    beforeRun = (): void => this.#throw("beforeRun");
    afterRun = (): void => this.#throw("afterRun");
    beforeNode = ({ node }: { node: { name: string } }): void => this.#throw(`before ${node.name}`);
    afterNode = async ({ node }: { node: { name: string } }): Promise<void> => this.#throw(`after ${node.name}`);
  }

  test.each([
    ["beforeRun", "before the run", undefined, [], []],
    ["before count", 'before "count"', "count", ["words"], ["words"]],
    ["after words", 'after "words"', "words", ["words"], ["words"]],
    ["afterRun", "after the run", undefined, ["count", "report", "words"], ["count", "report", "words"]],
  ])("stops the run: %s", async (at, said, node, called, kept) => {
    const log: string[] = [];
    const driver = project.driver(chain, [noting(log), new Guard(at)]);
    const failure = await failing(() => driver.execute(["report"], { inputs, keepGoing: true }));
    expect(failure).toMatchObject({
      reason: "hook-failed",
      message: `hook "Guard" failed ${said}: TypeError: not like that`,
      ...(node ? { node } : {}),
    });
    expect(failure.where?.file).toContain("hooks.test.ts");
    expect(ran()).toEqual(called);
    // Every hook that was told of the beginning is told of the end.
    expect(log[0]).toBe("run report");
    expect(log.at(-1)).toBe(at === "afterRun" ? "run ok" : "run failed");
    const [record] = await driver.cache!.metadataStore.runs();
    expect(record?.status).toBe(at === "beforeRun" ? undefined : at === "afterRun" ? "ok" : "failed");
    // What had succeeded is kept.
    await project.driver(chain, []).execute(["report"], { inputs });
    expect(ran()).toEqual(["count", "report", "words"].filter((name) => !kept.includes(name)));
  });

  test("and whose run failed already is warned of", async () => {
    const warned: string[] = [];
    const driver = project.driver(
      "export const bad = (x: number): number => { throw new Error('bad'); };",
      [new Guard("afterRun")],
      {
        onWarning: ({ message }) => void warned.push(message),
      },
    );
    expect(await failing(() => driver.execute(["bad"], { inputs: { x: 1 } }))).toMatchObject({
      reason: "stage-failed",
    });
    expect(warned).toEqual(['hook "Guard" failed after the run: TypeError: not like that']);
  });

  test("only warns where it says so", async () => {
    const warned: string[] = [];
    const hooks = ["beforeRun", "before count", "after words", "afterRun"].map((at) =>
      Object.assign(new Guard(at), { onError: "warn" as const }),
    );
    const driver = project.driver(chain, hooks, { onWarning: ({ message }) => void warned.push(message) });
    expect(await driver.execute(["report"], { inputs })).toEqual({ report: "4 words" });
    expect(warned.map((text) => text.replace(/^hook "Guard" failed (.*): TypeError.*/, "$1"))).toEqual([
      "before the run",
      'after "words"',
      'before "count"',
      "after the run",
    ]);
  });

  test("has nothing new begin, while what runs ends", async () => {
    const text = `
      export const first = (x: number) => { ran("first"); return x; };
      export const slow = async (x: number) => { await new Promise((r) => setTimeout(r, 20)); ran("slow"); return x; };
      export const later = (slow: number) => { ran("later"); return slow; };
    `;
    const driver = project.driver(text, [new Guard("after first")]);
    expect(await failing(() => driver.execute(["first", "later"], { inputs: { x: 1 } }))).toMatchObject({
      node: "first",
    });
    expect(ran()).toEqual(["first", "slow"]);
    const record = await driver.cache!.metadataStore.lastRun();
    expect(record).toMatchObject({ status: "failed", counts: { executed: 2, skipped: 1 } });
  });
});

describe("hooks of items", () => {
  const branch = `
    export const word = flow.parallel((text: string) => text.split(" "));
    export const length = (word: string) => { ran("length"); if (word === "bad") throw new Error("bad word"); return { length: word.length }; };
    export const total = flow.collect("length", (length: { length: number }[]) => length.map((each) => each.length).join());
  `;
  const tasks = (log: unknown[]): Hook => ({
    beforeTask: ({ node, item, value }) => void log.push([`before ${node.name}[${item.name}]`, item.path, value()]),
    aroundTask: (_, work) => work(),
    afterTask: async ({ node, item, status, result, failure }) => {
      const given = status === "executed" ? ((await result()) as { length: number }) : failure!.message;
      log.push([`after ${node.name}[${item.name}] ${status}`, given]);
      if (typeof given === "object") given.length = 1000;
    },
  });

  test("are called around those that run", async () => {
    const log: unknown[] = [];
    const items: unknown[] = [];
    const counts: Hook = { afterNode: (end) => void (end.items && items.push(end.items)) };
    const driver = project.driver(branch, [tasks(log), counts]);
    expect(await driver.execute(["total"], { inputs: { text: "to be" } })).toEqual({ total: "2,2" });
    expect(log).toHaveLength(4);
    expect(log[0]).toEqual(["before length[0]", [0], expect.anything()]);
    expect(log).toContainEqual(["after length[1] executed", { length: 1000 }]);
    log.length = 0;
    expect(await driver.execute(["total"], { inputs: { text: "to be or" } })).toEqual({ total: "2,2,2" });
    expect(log).toEqual([
      ["before length[2]", [2], expect.anything()],
      ["after length[2] executed", { length: 1000 }],
    ]);
    expect(items.at(-1)).toMatchObject({ total: 3, made: 1, reused: 2 });
  });

  test("are told of items that fail, and stop the run when they fail themselves", async () => {
    const log: unknown[] = [];
    const driver = project.driver(branch, [tasks(log)]);
    const failure = await failing(() => driver.execute(["total"], { inputs: { text: "a bad c" } }));
    expect(failure.reason).toBe("stage-failed");
    expect(log).toContainEqual(["after length[1] failed", "length[1] failed: Error: bad word"]);
    ran();
    const strict: Hook = {
      name: "strict",
      beforeTask: ({ item }) => {
        if (item.name === "1") throw new Error("not this one");
      },
    };
    const stopped = await failing(() =>
      project.driver(branch, [strict]).execute(["total"], { inputs: { text: "d e f g" } }),
    );
    expect(stopped).toMatchObject({
      reason: "hook-failed",
      node: "length",
      message: 'hook "strict" failed before "length[1]": Error: not this one',
    });
  });
});

describe("static checks", () => {
  test("are of every wire, when the driver is built", () => {
    const edges: string[] = [];
    project.driver(chain, [
      {
        checkEdge: ({ from, to, parameter, optional, isInput }) =>
          void edges.push(`${from} -> ${to}.${parameter}${optional ? "?" : ""}${isInput ? " (input)" : ""}`),
      },
    ]);
    expect(edges.toSorted()).toEqual([
      "count -> report.count",
      "min -> count.min? (input)",
      "text -> words.text (input)",
      "words -> count.words",
    ]);
  });

  test("refuse with all that is wrong", async () => {
    const layers: Hook = {
      name: "layers",
      checkEdge: ({ from }) => (from === "words" ? "words are private" : from !== "text"),
      checkGraph: ({ nodes, inputs }) => nodes.length === 3 && inputs.length === 2 && "too much",
    };
    expect(await failing(() => project.driver(chain, [layers]))).toMatchObject({
      reason: "invalid-definition",
      message:
        'hook "layers" refuses the dataflow: too much; hook "layers" refuses "words" as "words" of "count": words are private; ' +
        'hook "layers" refuses "text" as "text" of "words"',
    });
  });

  test("are of what is given, by validateExecution too", async () => {
    const given: unknown[] = [];
    const driver = project.driver(chain, [
      {
        name: "short",
        checkInput: ({ name, value, as, readers }) => {
          given.push([name, as, readers]);
          return typeof value !== "string" || value.length < 20 || "it is too long";
        },
      },
    ]);
    driver.validateExecution(["report"], { inputs });
    expect(given).toEqual([["text", "input", ["words"]]]);
    driver.validateExecution(["report"], { overrides: { words: [] }, inputs: { min: 2 } });
    expect(given.slice(1)).toEqual([
      ["min", "input", ["count"]],
      ["words", "override", ["count"]],
    ]);
    const long = { inputs: { text: "x".repeat(21) } };
    const wrong = { reason: "invalid-parameter", message: 'hook "short" refuses the input "text": it is too long' };
    expect(await failing(() => driver.validateExecution(["report"], long))).toMatchObject(wrong);
    expect(await failing(() => driver.execute(["report"], long))).toMatchObject(wrong);
    expect(ran()).toEqual([]);
  });

  test.each<[unknown, string]>([
    [7, "withHooks() needs objects, and hook 1 is 7"],
    [{}, "hook 1 has none of the methods of hooks"],
    [{ name: "odd", beforeNode: 1 }, 'beforeNode of hook "odd" must be a function, not 1'],
    [{ name: 1, beforeNode: () => {} }, "the name of hook 1 must be a string"],
    [{ onError: "ignore", beforeNode: () => {} }, 'onError of hook 1 must be "stop" or "warn"'],
  ])("refuse what is no hook: %j", async (hook, message) => {
    expect(await failing(() => project.driver(chain, [hook as Hook]))).toMatchObject({ reason: "usage", message });
  });
});
