import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { openCache, type Result } from "../../src/cache/index.ts";
import { digestOf } from "../../src/core/digest.ts";
import { blobsIn, cacheIn, failing, folder, runProgram, textKey, write } from "./support.ts";

const nobody = 65_534;

/** Skips a test that needs to run a program as somebody who may write nothing. */
function requireNobody(skip: (condition: boolean, why: string) => void): void {
  skip(process.getuid?.() !== 0, "only root can run a program as somebody else");
  const look = `require("node:fs").accessSync(${JSON.stringify(path.resolve("src/cache/index.ts"))})`;
  const { status } = spawnSync(process.execPath, ["-e", look], { uid: nobody, gid: nobody });
  skip(status !== 0, "nobody else may read this folder");
}

describe("wrap", () => {
  test("makes a value once, and gives each caller a copy of what is kept", async () => {
    const { cache, told } = await cacheIn();
    const key = textKey(cache, "x");
    const value = { list: [1, 2], when: new Date(1) };
    let calls = 0;
    const get = () =>
      cache.wrap(key, () => {
        calls += 1;
        return value;
      });
    const [first, second] = [await get(), await get()];
    expect([calls, first, second]).toEqual([1, value, value]);
    expect(first).not.toBe(value);
    first.list.push(3);
    expect(await get()).toEqual(value);
    expect(told).toEqual(["miss test absent", "put test", "hit test", "hit test"]);
  });

  test.each([undefined, null, 0, "", "x".repeat(100_000)])("keeps %j", async (value) => {
    const { cache } = await cacheIn();
    let calls = 0;
    for (let i = 0; i < 2; i++) {
      const found = await cache.wrap(textKey(cache, "x"), () => {
        calls += 1;
        return value;
      });
      expect(found).toBe(value);
    }
    expect(calls).toBe(1);
  });

  test("shares what is being made, in this process and between two caches of it", async () => {
    const { cache, root, told } = await cacheIn();
    const other = await openCache(path.join(root, ".sluice"));
    onTestFinished(() => other.close());
    let calls = 0;
    const produce = async () => {
      calls += 1;
      await sleep(50);
      return { n: calls };
    };
    const all = [cache, cache, other, cache, other].map((each) => each.wrap(textKey(each, "slow"), produce));
    const values = await Promise.all(all);
    expect(values).toEqual(Array(5).fill({ n: 1 }));
    expect(new Set(values).size).toBe(5);
    expect(told.filter((each) => each === "hit test shared").length).toBeGreaterThanOrEqual(2);
  });

  test("within the making of the same entry says so instead of waiting for ever", async () => {
    const { cache } = await cacheIn();
    const [a, b] = [textKey(cache, "a"), textKey(cache, "b")];
    const around = (): Promise<unknown> => cache.wrap(a, () => cache.wrap(b, () => cache.wrap(a, () => 1)));
    expect(await failing(around)).toMatchObject({ reason: "cycle", message: expect.stringContaining("itself") });
    // Nothing of it is kept, and those that only use others' entries are no circle.
    expect(await cache.wrap(a, () => cache.wrap(b, () => 2))).toBe(2);
    expect(await Promise.all([1, 2].map(() => cache.wrap(b, () => cache.wrap(a, () => 3))))).toEqual([2, 2]);
  });

  test("is made by one of several processes", async () => {
    const root = folder();
    const program = `
      import { appendFileSync } from "node:fs";
      import { setTimeout } from "node:timers/promises";
      import { openCache } from "sluice/cache";
      await using cache = await openCache(".sluice");
      const key = cache.key("slow").string("a", "b").build();
      const value = await cache.wrap(key, async () => {
        appendFileSync("made.txt", "made\\n");
        await setTimeout(300);
        return process.pid;
      });
      console.log(JSON.stringify(value));`;
    const values = await Promise.all(Array.from({ length: 4 }, () => runProgram(root, program)));
    expect(new Set(values.flat()).size).toBe(1);
    expect(readFileSync(path.join(root, "made.txt"), "utf8")).toBe("made\n");
  });

  test("keeps nothing of what fails, and whoever asks next tries again", async () => {
    const { cache } = await cacheIn();
    const key = textKey(cache, "fails");
    let calls = 0;
    const produce = () => {
      calls += 1;
      throw new RangeError("no luck");
    };
    await expect(cache.wrap(key, produce)).rejects.toThrow(RangeError);
    const both = await Promise.allSettled([cache.wrap(key, produce), cache.wrap(key, produce)]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect([await cache.has(key), calls]).toEqual([false, 2]);
    expect(await cache.wrap(key, () => 5)).toBe(5);
  });

  test("that is given up keeps nothing; another caller takes over", async () => {
    const { cache } = await cacheIn();
    const key = textKey(cache, "given up");
    const stop = new AbortController();
    const begun = Promise.withResolvers<void>();
    let seen: AbortSignal | undefined;
    const produce = ({ signal }: { readonly signal: AbortSignal }) => {
      seen = signal;
      begun.resolve();
      return sleep(60_000, undefined, { ref: false });
    };
    const first = cache.wrap(key, produce, { signal: stop.signal });
    await begun.promise;
    const second = cache.wrap(key, () => "second");
    stop.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    expect(seen?.aborted).toBe(true);
    expect(await second).toBe("second");
    await expect(cache.wrap(key, () => 1, { signal: stop.signal })).rejects.toThrow("enough");
    const early = new AbortController();
    const never = cache.wrap(textKey(cache, "other"), produce, { signal: early.signal });
    early.abort(new Error("before it began"));
    await expect(never).rejects.toThrow("before it began");
    expect(await cache.has(textKey(cache, "other"))).toBe(false);
  });

  test("that is given up before it has begun makes nothing, whenever that is", async () => {
    const { cache } = await cacheIn();
    let calls = 0;
    for (let turns = 0; turns < 12; turns++) {
      const stop = new AbortController();
      const key = textKey(cache, `given up after ${turns}`);
      const make = () => {
        calls++;
        return sleep(60_000, undefined, { ref: false });
      };
      const given = cache.wrap(key, make, { signal: stop.signal });
      for (let turn = 0; turn < turns; turn++) await null;
      stop.abort(new Error("enough"));
      await expect(given).rejects.toThrow("enough");
      expect(await cache.wrap(key, () => turns)).toBe(turns);
    }
    expect(calls).toBeLessThan(12);
  });

  test("waits no longer for another than its own signal allows", async () => {
    const { cache } = await cacheIn();
    const key = textKey(cache, "slow");
    const done = Promise.withResolvers<number>();
    const first = cache.wrap(key, () => done.promise);
    const waiting = cache.wrap(key, () => 2, { signal: AbortSignal.timeout(20) });
    await expect(waiting).rejects.toThrow(/timeout/i);
    done.resolve(1);
    expect(await first).toBe(1);
  });

  test("keeps files that are put, and reads them with `read`", async () => {
    const { cache, root } = await cacheIn();
    let calls = 0;
    let tmp = "";
    const statuses: string[] = [];
    const make = () =>
      cache.wrap(
        textKey(cache, "files"),
        (context) => {
          calls += 1;
          tmp = context.tmp;
          writeFileSync(path.join(tmp, "a.txt"), "made");
          context.put.file("a.txt", path.join(tmp, "a.txt")).meta("n", 1);
        },
        {
          read: async (result, { status }) => {
            statuses.push(status);
            await result.restore("out");
            return result.meta.n;
          },
        },
      );
    expect([await make(), await make(), calls, statuses]).toEqual([1, 1, 1, ["made", "hit"]]);
    expect(readFileSync(path.join(root, "out/a.txt"), "utf8")).toBe("made");
    expect(existsSync(tmp)).toBe(false);
  });

  test.each([
    ["is edited", (file: string) => writeFileSync(file, "edited")],
    ["is touched", (file: string) => utimesSync(file, 1, 1)],
    ["is removed", (file: string) => rmSync(file)],
  ])("returns, warns and keeps nothing when an input %s meanwhile", async (_, change) => {
    const { cache, root, warnings } = await cacheIn();
    write(root, { "in.txt": "before" });
    const key = cache.key("racing").file("in.txt").build();
    const value = await cache.wrap(key, () => {
      change(path.join(root, "in.txt"));
      return "x".repeat(10_000);
    });
    expect(value.length).toBe(10_000);
    expect(await cache.has(key)).toBe(false);
    expect(warnings).toEqual([
      expect.stringMatching(/^input-changed: an entry of "racing" was not kept: "in.txt" was changed/),
    ]);
  });

  test("keeps nothing when an input is edited while what is put is still being read of it", async () => {
    const { cache, root, warnings } = await cacheIn();
    write(root, { "in.txt": "before" });
    const key = cache.key("racing").file("in.txt").build();
    async function* late() {
      yield "x".repeat(5000);
      write(root, { "in.txt": "edited" });
      yield readFileSync(path.join(root, "in.txt"));
    }
    const read = (result: Result) => result.bytes("copy");
    const bytes = await cache.wrap(key, ({ put }) => void put.bytes("copy", late()), { read });
    expect(Buffer.from(bytes).toString().endsWith("edited")).toBe(true);
    expect([await cache.has(key), warnings.length]).toEqual([false, 1]);
  });

  test("on a cache that cannot be written returns what it makes, and warns once", async ({ skip }) => {
    requireNobody(skip);
    const root = folder();
    const first = await cacheIn(root);
    await first.cache.wrap(textKey(first.cache, "kept"), () => "y".repeat(9000));
    await first.cache.close();
    execFileSync("chmod", ["-R", "a+rX,a-w", root]);
    const program = `
      import { openCache } from "sluice/cache";
      const warnings: string[] = [];
      await using cache = await openCache(".sluice", { onWarning: ({ message }) => warnings.push(message) });
      const key = (text: string) => cache.key("test").string("text", text).build();
      const kept = await cache.wrap(key("kept"), () => "other");
      for (let i = 0; i < 3; i++) await cache.wrap(key("new"), () => "z".repeat(9000));
      const failed = await cache.put(key("new")).commit().catch((error) => error.reason);
      console.log(JSON.stringify([cache.readOnly, kept === "y".repeat(9000), failed, warnings.filter((each) => /not kept/.test(each)).length]));`;
    expect(await runProgram(root, program, { uid: nobody })).toEqual([[true, true, "read-only", 1]]);
  });

  test("what another user may not read of a cache is made anew", async ({ skip }) => {
    requireNobody(skip);
    const root = folder();
    const first = await cacheIn(root);
    for (const text of ["old", "new"]) {
      await first.cache.wrap(textKey(first.cache, text), () => text.repeat(9000));
      // As who shares a cache does, and goes on with it.
      if (text === "old") execFileSync("chmod", ["-R", "a+rX", root]);
    }
    await first.cache.close();
    const program = `
      import { openCache } from "sluice/cache";
      await using cache = await openCache(".sluice", { onWarning: () => {} });
      const made: string[] = [];
      for (const text of ["old", "new"]) {
        const key = cache.key("test").string("text", text).build();
        await cache.wrap(key, () => (made.push(text), text.repeat(9000)));
      }
      console.log(JSON.stringify(made));`;
    expect(await runProgram(root, program, { uid: nobody })).toEqual([["new"]]);
  });
});

describe("damage", () => {
  // What compresses to next to nothing leaves no place for damage.
  const big = Array.from({ length: 1000 }, (_, n) => digestOf(String(n))).join("");
  const damages: readonly (readonly [string, (blob: string) => void])[] = [
    ["a flipped bit", (blob) => flip(blob, 1000)],
    ["a blob cut short", (blob) => truncateSync(blob, 50)],
    ["a blob that is gone", (blob) => rmSync(blob)],
    ["an empty blob", (blob) => writeFileSync(blob, "")],
  ];
  test.each(damages)("%s: get fails once and the next one misses; wrap makes it anew", async (_, damage) => {
    const { cache, root, told } = await cacheIn();
    const key = textKey(cache, "big");
    let calls = 0;
    const produce = () => {
      calls += 1;
      return big;
    };
    await cache.wrap(key, produce);
    damage(blobsIn(root)[0]!);
    using result = (await cache.get(key))!;
    const failure = await failing(() => result.value());
    expect(["corrupt-blob", "missing-blob"]).toContain(failure.reason);
    expect(await cache.get(key)).toBe(undefined);
    expect(told.slice(-3)).toEqual([`error read ${failure.reason}`, "evict test damaged", "miss test absent"]);
    expect([await cache.wrap(key, produce), calls]).toEqual([big, 2]);
    damage(blobsIn(root)[0]!);
    expect([await cache.wrap(key, produce), calls]).toEqual([big, 3]);
    expect([await cache.wrap(key, produce), calls]).toEqual([big, 3]);
  });

  test.each(["value", "bytes", "stream", "file", "copyTo", "restore"])("is seen by %s", async (way) => {
    const { cache, root } = await cacheIn();
    const key = textKey(cache, way);
    await cache.put(key).value("v", big).bytes("b", `${big}!`).commit();
    for (const blob of blobsIn(root)) flip(blob, 1000);
    using result = (await cache.get(key))!;
    const failure = await failing(async () => {
      if (way === "value") await result.value("v");
      else if (way === "bytes") await result.bytes("b");
      else if (way === "file") await result.file("b");
      else if (way === "copyTo") await result.copyTo("b", "copy");
      else if (way === "restore") await result.restore("out");
      else for await (const _ of result.stream("b"));
    });
    expect(failure.reason).toBe("corrupt-blob");
    expect([existsSync(path.join(root, "copy")), existsSync(path.join(root, "out/b"))]).toEqual([false, false]);
    expect(await cache.has(key)).toBe(false);
  });

  test("in a cache that cannot be written: wrap makes the entry each time, and does not look for it again and again", async ({
    skip,
  }) => {
    requireNobody(skip);
    const { cache, root } = await cacheIn();
    await cache.wrap(textKey(cache, "kept"), () => big);
    await cache.close();
    flip(blobsIn(root)[0]!, 1000);
    execFileSync("chmod", ["-R", "a+rX,a-w", root]);
    const program = `
      import { openCache } from "sluice/cache";
      await using cache = await openCache(".sluice", { onWarning: () => {} });
      const key = cache.key("test").string("text", "kept").build();
      const made = [];
      for (let i = 0; i < 2; i++) made.push(await cache.wrap(key, () => "made " + i));
      console.log(JSON.stringify([...made, await cache.has(key)]));`;
    expect(await runProgram(root, program, { uid: nobody })).toEqual([["made 0", "made 1", false]]);
  });

  test("inside a record is seen too", async () => {
    const { cache, root } = await cacheIn();
    const key = textKey(cache, "small");
    await cache.wrap(key, () => "a small value of its own");
    await cache.close();
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(path.join(root, ".sluice/v1/metadata.db"));
    database.prepare("UPDATE results SET inline = CAST(replace(CAST(inline AS TEXT), 'own', 'owm') AS BLOB)").run();
    database.close();
    const again = await cacheIn(root);
    using result = (await again.cache.get(textKey(again.cache, "small")))!;
    expect((await failing(() => result.value())).reason).toBe("corrupt-blob");
    expect(await again.cache.wrap(textKey(again.cache, "small"), () => "new")).toBe("new");
  });

  test("is not blamed on an entry that was made anew meanwhile", async () => {
    const { cache, root } = await cacheIn();
    const key = textKey(cache, "big");
    await cache.put(key).bytes("b", big).commit();
    using old = (await cache.get(key))!;
    for (const blob of blobsIn(root)) rmSync(blob);
    await cache.put(key).bytes("b", `${big} another`).commit();
    expect((await failing(() => old.bytes("b"))).reason).toBe("missing-blob");
    expect(await cache.has(key)).toBe(true);
  });

  function flip(file: string, at: number): void {
    const content = readFileSync(file);
    content[at]! ^= 1;
    chmodSync(file, 0o600);
    writeFileSync(file, content);
  }
});

describe("hooks", () => {
  test("may use the cache, and what they throw breaks nothing", async () => {
    const told: string[] = [];
    const root = folder();
    const cache = await openCache(path.join(root, ".sluice"), {
      hooks: {
        put: ({ key }) =>
          void cache
            .has(textKey(cache, "x"))
            .then((has) => told.push(`has ${has} ${key === textKey(cache, "x").digest}`)),
        hit: () => {
          throw new Error("a hook that throws");
        },
        error: ({ operation, error }) => told.push(`${operation}: ${(error as Error).message}`),
      },
    });
    onTestFinished(() => cache.close());
    expect(await cache.wrap(textKey(cache, "x"), () => 1)).toBe(1);
    expect(await cache.wrap(textKey(cache, "x"), () => 2)).toBe(1);
    expect(told).toEqual(["has true true", "hook hit: a hook that throws"]);
  });

  test("and options that do not exist are told", async () => {
    const failure = await failing(() => openCache(folder(), { hooks: { hits: () => {} } as never }));
    expect([failure.message, failure.failure.hint]).toEqual([
      'openCache({ hooks }) has no option "hits"',
      'did you mean "hit"?',
    ]);
    expect((await failing(() => openCache(folder(), { rooot: "x" } as never))).failure.hint).toBe(
      'did you mean "root"?',
    );
  });
});

test("a closed cache says so", async () => {
  const { cache } = await cacheIn();
  await cache.close();
  await cache.close();
  expect((await failing(() => cache.get(textKey(cache, "x")))).message).toBe("the cache is closed");
});
