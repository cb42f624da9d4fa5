import path from "node:path";
import { describe, expect, test } from "vitest";
import { cacheIn, failing, folder, runProgram, write } from "./support.ts";

const program = `
  import { openCache } from "sluice/cache";
  import { scale } from "./scale.ts";
  await using cache = await openCache(".sluice");
  let calls = 0;
  const sum = cache.memo(function sum(list: number[], options = { by: 1 }) {
    calls += 1;
    return { sum: scale(list.reduce((a, b) => a + b, 0), options.by) };
  }, { version: "1" });
  const say = (value: unknown) => console.log(JSON.stringify(value));
  say(await sum([1, 2, 3]));
  say(await sum([1, 2, 3]));
  say(await sum([1, 2, 4]));
  say(await sum([1, 2, 3], { by: 2 }));
  say(calls);
`;
const scale = { "scale.ts": "export const scale = (n: number, by: number) => n * by;\n" };

describe("memo", () => {
  test("calls again when an argument or the code that it reaches is another, and not for what changes nothing", async () => {
    const root = folder();
    const run = (text: string, files: Record<string, string> = {}) => {
      write(root, { ...scale, ...files });
      return runProgram(root, text);
    };
    const values = [{ sum: 6 }, { sum: 6 }, { sum: 7 }, { sum: 12 }];
    expect(await run(program)).toEqual([...values, 3]);
    expect(await run(program)).toEqual([...values, 0]);
    expect(await run(program.replace("calls += 1;", "calls += 1; // a comment"))).toEqual([...values, 0]);
    expect(
      await run(program, {
        "scale.ts": "export const other = 1;\nexport const scale = (n: number, by: number) => n * by;\n",
      }),
    ).toEqual([...values, 0]);
    expect(await run(program, { "scale.ts": "export const scale = (n: number, by: number) => n * by + 1;\n" })).toEqual(
      [{ sum: 7 }, { sum: 7 }, { sum: 8 }, { sum: 13 }, 3],
    );
    expect(await run(program.replace("a + b, 0", "a + b, 1"))).toEqual([
      { sum: 7 },
      { sum: 7 },
      { sum: 8 },
      { sum: 14 },
      3,
    ]);
    expect(await run(program.replace('"1" }', '"2" }'))).toEqual([...values, 3]);
  }, 60_000);

  test("counts captured variables by their values, at each call", async () => {
    const text = `
      import { openCache } from "sluice/cache";
      await using cache = await openCache(".sluice");
      function times(factor: number) {
        return cache.memo((n: number) => n * factor, { name: "times" });
      }
      function adjustable() {
        let rate = 2;
        return { rated: cache.memo((n: number) => n * rate, { name: "rated" }), set: (to: number) => void (rate = to) };
      }
      const { rated, set } = adjustable();
      const say = (value: unknown) => console.log(JSON.stringify(value));
      say(await times(2)(5));
      say(await times(3)(5));
      say(await rated(5));
      set(10);
      say(await rated(5));
      set(2);
      say(await rated(5));
      let count = 0;
      for await (const _ of cache.entries()) count += 1;
      say(count);`;
    expect(await runProgram(folder(), text)).toEqual([10, 15, 10, 50, 10, 4]);
  });

  test("refuses to guess about a captured variable that has no version", async () => {
    const text = `
      import { openCache } from "sluice/cache";
      await using cache = await openCache(".sluice");
      class Client { #secret = 1; get() { return this.#secret; } }
      const [strict, salted] = [Client].map((Made) => new Made()).map((client) => [
        cache.memo(() => client.get(), { name: "a" }),
        cache.memo(() => client.get(), { name: "b", version: "1" }),
      ])[0]!;
      console.log(JSON.stringify([await strict!().catch((error) => error.reason), await salted!()]));`;
    expect(await runProgram(folder(), text)).toEqual([["captured-variable", 1]]);
  });

  test("tells two functions apart that share a name", async () => {
    const text = `
      import { openCache } from "sluice/cache";
      await using cache = await openCache(".sluice");
      const one = cache.memo((n: number) => n + 1, { name: "f" });
      const two = cache.memo((n: number) => n + 2, { name: "f" });
      console.log(JSON.stringify([await one(1), await two(1)]));`;
    expect(await runProgram(folder(), text)).toEqual([[2, 3]]);
  });

  test("takes its arguments when it is called, and refuses those that are no data", async () => {
    const { cache, root } = await cacheIn();
    write(root, scale);
    const length = cache.memo(async (list: readonly unknown[]) => list.length, { version: "1" });
    const list: unknown[] = [1];
    const first = length(list);
    list.push(2);
    await first;
    expect(await length([1, 2])).toBe(2);
    const failure = await failing(() => length([{ parser: () => 1 }]));
    expect([failure.reason, failure.message]).toEqual([
      "unversionable",
      "what it is called with cannot be versioned: arguments[0][0].parser is a function",
    ]);
    expect(path.isAbsolute(root)).toBe(true);
  });

  test("calls the function with the arguments as they were when it was called", async () => {
    const text = `
      import { openCache, registerFingerprint } from "sluice/cache";
      class Box { n; constructor(n: number) { this.n = n; } }
      registerFingerprint(Box, ({ n }) => n);
      await using cache = await openCache(".sluice", { onWarning: () => {} });
      const first = cache.memo(async function first(list: number[]) { return list.shift()! * 10; });
      const opened = cache.memo(async function opened({ n }: Box) { return n * 10; });
      const list = [1, 5];
      const called = first(list);
      list[0] = 2;
      const box = new Box(1);
      const boxed = opened(box).catch(({ failure }) => failure.reason);
      box.n = 2;
      const given = [await called, await first([1, 5]), await first([2, 5]), await boxed, await opened(new Box(1))];
      console.log(JSON.stringify([...given, list]));
    `;
    const root = folder();
    const expected = [10, 10, 20, "input-changed", 10, [2, 5]];
    expect((await runProgram(root, text))[0]).toEqual(expected);
    const [again] = (await runProgram(root, text)) as [unknown[]];
    expect(again.slice(0, 3)).toEqual(expected.slice(0, 3));
  }, 60_000);

  test("counts a file that the function names and that changes while the program runs", async () => {
    const text = `
      import fs from "node:fs";
      import { openCache } from "sluice/cache";
      await using cache = await openCache(".sluice");
      const read = cache.memo(function read() { return fs.readFileSync(new URL("./d.txt", import.meta.url), "utf8"); });
      const given: string[] = [];
      for (const text of ["1", "2", "1"]) {
        fs.writeFileSync("d.txt", text);
        given.push(await read());
      }
      console.log(JSON.stringify(given));
    `;
    const root = folder();
    write(root, { "d.txt": "0" });
    expect((await runProgram(root, text))[0]).toEqual(["1", "2", "1"]);
  }, 60_000);

  test("counts the methods of registered classes of which it is given instances", async () => {
    const text = (sign: string): string => `
      import { openCache, registerClass } from "sluice/cache";
      class Money { cents; constructor(cents: number) { this.cents = cents; } text() { return "${sign}" + this.cents; } }
      registerClass({ name: "Money", type: Money, encode: (m: Money) => m.cents, decode: (n: number) => new Money(n) });
      await using cache = await openCache(".sluice");
      const shown = cache.memo(function shown(all: Money[]) { return all.map((each) => each.text()).join(); });
      console.log(JSON.stringify(await shown([new Money(1)])));
    `;
    const root = folder();
    expect(await runProgram(root, text("$"))).toEqual(["$1"]);
    expect(await runProgram(root, text("EUR "))).toEqual(["EUR 1"]);
  }, 60_000);
});
