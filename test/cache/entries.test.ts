import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { primitive } from "../core/arbitrary-value.ts";
import { strictEqual } from "../core/strict-equal.ts";
import { cacheIn, failing, folder, textKey, write } from "./support.ts";

describe("an entry", () => {
  test("holds files, folders, bytes, values and metadata, and gives them back", async () => {
    const { cache, root, told } = await cacheIn();
    const big = "a line that repeats\n".repeat(20_000);
    write(root, {
      "out/app.js": big,
      "out/run.sh": "#!/bin/sh\n",
      "out/site/index.html": "<p>",
      "out/site/css/a.css": "p{}",
    });
    chmodSync(path.join(root, "out/run.sh"), 0o755);
    const key = textKey(cache, "all");
    const value = { sum: 1n, when: new Date(5), list: Array(2).fill(-0, 1), map: new Map([[{ a: 1 }, "x"]]) };
    await cache
      .put(key)
      .file("app.js", "out/app.js")
      .file("run", path.join(root, "out/run.sh"))
      .dir("site", "out/site")
      .bytes("log", "done\n")
      .value("stats", value)
      .value("rows", [{ a: 1 }], { format: "csv" })
      .meta("lines", 20_000)
      .meta("nested", { a: [null, "x"] })
      .commit({ durationMs: 1234 });
    using result = (await cache.get(key))!;
    expect(result.pieces).toEqual([
      { name: "app.js", kind: "file", size: big.length },
      { name: "run", kind: "file", size: 10 },
      { name: "site", kind: "dir", size: 6 },
      { name: "log", kind: "bytes", size: 5 },
      { name: "stats", kind: "value", size: expect.any(Number) },
      { name: "rows", kind: "value", size: 6 },
    ]);
    expect(result.meta).toEqual({ lines: 20_000, nested: { a: [null, "x"] } });
    expect([result.label, result.key, result.durationMs]).toEqual(["test", key.digest, 1234]);
    expect(readFileSync(await result.file("app.js"), "utf8")).toBe(big);
    expect(path.basename(await result.file("app.js"))).toBe("app.js");
    expect(statSync(await result.file("run")).mode & 0o111).toBe(0o111);
    expect(Buffer.from(await result.bytes("log")).toString()).toBe("done\n");
    expect(strictEqual(await result.value("stats"), value)).toBe(true);
    expect(await result.value("rows")).toEqual([{ a: 1 }]);
    const pieces: Uint8Array[] = [];
    for await (const piece of result.stream("app.js")) pieces.push(piece);
    expect(Buffer.concat(pieces).toString()).toBe(big);
    await result.copyTo("run", "copies/run.sh");
    expect(statSync(path.join(root, "copies/run.sh")).mode & 0o111).toBe(0o111);
    await result.copyTo("site", "copies/site");
    expect(readFileSync(path.join(root, "copies/site/css/a.css"), "utf8")).toBe("p{}");
    await result.restore("restored");
    expect(readFileSync(path.join(root, "restored/app.js"), "utf8")).toBe(big);
    expect(readFileSync(path.join(root, "restored/log"), "utf8")).toBe("done\n");
    expect(readFileSync(path.join(root, "restored/site/index.html"), "utf8")).toBe("<p>");
    expect(existsSync(path.join(root, "restored/stats"))).toBe(false);
    expect(told).toEqual(["put test", "hit test"]);
  });

  test("may hold nothing", async () => {
    const { cache } = await cacheIn();
    await cache.put(textKey(cache, "none")).commit();
    using result = (await cache.get(textKey(cache, "none")))!;
    expect([result.names, result.size, result.meta]).toEqual([[], 0, {}]);
  });

  test("gives back any value as it was, and a copy to each", async () => {
    const { cache } = await cacheIn();
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(primitive, { maxLength: 5 }), async (value) => {
        const key = textKey(cache, `value ${count++}`);
        await cache.put(key).value("v", value).commit();
        using result = (await cache.get(key))!;
        const [one, two] = [await result.value<unknown[]>("v"), await result.value<unknown[]>("v")];
        expect(strictEqual(one, value)).toBe(true);
        expect(one).not.toBe(two);
      }),
      { numRuns: 100 },
    );
  });

  test("gives back any bytes: inline, as a blob, and from a stream", async () => {
    const { cache } = await cacheIn();
    for (const size of [0, 1, 4096, 4097, 1 << 20, (1 << 20) + 1]) {
      const content = Buffer.alloc(size, "0123456789abcdef!");
      const key = textKey(cache, `bytes ${size}`);
      const pieces = [content.subarray(0, size >> 1), content.subarray(size >> 1)];
      await cache.put(key).bytes("whole", content).bytes("stream", Readable.from(pieces)).commit();
      using result = (await cache.get(key))!;
      for (const name of ["whole", "stream"]) {
        expect(Buffer.compare(await result.bytes(name), content)).toBe(0);
        expect(Buffer.compare(readFileSync(await result.file(name)), content)).toBe(0);
      }
    }
  });

  test("gives bytes that are the caller's own", async () => {
    const { cache } = await cacheIn();
    const given = Buffer.from("abc");
    const put = cache.put(textKey(cache, "own")).bytes("b", given);
    await put.commit();
    given.fill(0);
    using result = (await cache.get(textKey(cache, "own")))!;
    (await result.bytes("b")).fill(0);
    expect(Buffer.from(await result.bytes("b")).toString()).toBe("abc");
  });

  test("keeps names as data, whatever they are", async () => {
    const { cache, root } = await cacheIn();
    const names = [
      "..",
      ".",
      "a..b",
      "../up",
      "/etc/passwd",
      "a/b",
      "a\\b",
      "C:\\x",
      "con",
      "__proto__",
      "constructor",
      "é",
      "e\u0301",
      " ",
      "\n",
      "%2F",
      "💥",
      "dirs.x/y",
      "values.value",
    ];
    const put = cache.put(textKey(cache, "names"));
    for (const name of names) put.bytes(name, `content of ${name}`).meta(name, name);
    await put.commit();
    using result = (await cache.get(textKey(cache, "names")))!;
    expect(result.names).toEqual(names);
    for (const name of names) {
      expect(Buffer.from(await result.bytes(name)).toString()).toBe(`content of ${name}`);
      expect(result.meta[name]).toBe(name);
      const copy = await result.file(name);
      expect(path.relative(cache.path!, copy).startsWith("..")).toBe(false);
      expect(readFileSync(copy, "utf8")).toBe(`content of ${name}`);
    }
    const failure = await failing(() => result.restore("out"));
    expect(failure.reason).toBe("unsupported-value");
    expect(existsSync(path.join(root, "out"))).toBe(false);
  });

  test("keeps folders with empty folders, links and modes", async () => {
    const { cache, root } = await cacheIn();
    write(root, { "tree/bin/tool": "#!/bin/sh\n", "tree/lib/lib.so.1.2": "elf", "tree/skip/big": "x" });
    chmodSync(path.join(root, "tree/bin/tool"), 0o755);
    mkdirSync(path.join(root, "tree/empty/deep"), { recursive: true });
    symlinkSync("lib.so.1.2", path.join(root, "tree/lib/lib.so"));
    symlinkSync("../bin", path.join(root, "tree/lib/programs"));
    await cache
      .put(textKey(cache, "tree"))
      .dir("tree", "tree", { exclude: ["skip"] })
      .commit();
    using result = (await cache.get(textKey(cache, "tree")))!;
    for (const at of [await result.file("tree"), path.join(root, "copy")]) {
      await result.copyTo("tree", at);
      expect(statSync(path.join(at, "bin/tool")).mode & 0o111).toBe(0o111);
      expect(statSync(path.join(at, "empty/deep")).isDirectory()).toBe(true);
      expect(readlinkSync(path.join(at, "lib/lib.so"))).toBe("lib.so.1.2");
      expect(readFileSync(path.join(at, "lib/programs/tool"), "utf8")).toBe("#!/bin/sh\n");
      expect(existsSync(path.join(at, "skip"))).toBe(false);
    }
  });

  test.each(["/etc/passwd", "../../outside", "bin/../../..", "dot/../.."])(
    "refuses a folder with a link to %s",
    async (target) => {
      const { cache, root } = await cacheIn();
      write(root, { "tree/sub/file": "", outside: "" });
      symlinkSync(".", path.join(root, "tree/dot"));
      symlinkSync(target, path.join(root, "tree/sub/link"));
      const failure = await failing(() => cache.put(textKey(cache, "tree")).dir("tree", "tree").commit());
      expect([failure.reason, failure.message]).toEqual(["unsupported-value", expect.stringContaining("leads out")]);
      expect(await cache.has(textKey(cache, "tree"))).toBe(false);
    },
  );

  test("is never written through a link that is in the way", async () => {
    const { cache, root } = await cacheIn();
    const outside = folder();
    write(root, { "out/a.txt": "new", "out/sub/b.txt": "new" });
    write(outside, { "a.txt": "old", "b.txt": "old" });
    await cache.put(textKey(cache, "x")).dir("out", "out").file("a.txt", "out/a.txt").commit();
    using result = (await cache.get(textKey(cache, "x")))!;
    mkdirSync(path.join(root, "to"));
    symlinkSync(path.join(outside, "a.txt"), path.join(root, "to/a.txt"));
    await result.restore("to");
    expect(lstatSync(path.join(root, "to/a.txt")).isFile()).toBe(true);
    mkdirSync(path.join(root, "two"));
    symlinkSync(outside, path.join(root, "two/sub"));
    expect((await failing(() => result.copyTo("out", "two"))).reason).toBe("unsupported-value");
    expect([
      readFileSync(path.join(outside, "a.txt"), "utf8"),
      readFileSync(path.join(outside, "b.txt"), "utf8"),
    ]).toEqual(["old", "old"]);
  });

  test("is replaced as a whole by another put", async () => {
    const { cache } = await cacheIn();
    const key = textKey(cache, "twice");
    await cache.put(key).bytes("a", "1").bytes("b", "2").meta("m", 1).commit();
    await cache.put(key).bytes("c", "3").commit();
    using result = (await cache.get(key))!;
    expect([result.names, result.meta]).toEqual([["c"], {}]);
  });

  test("is found by another process's cache, and after the project was moved", async () => {
    const one = folder();
    const first = await cacheIn(one);
    write(one, { "in.txt": "input", "out.bin": "x".repeat(10_000) });
    await first.cache.put(first.cache.key().file("in.txt").build()).file("out", "out.bin").commit();
    await first.cache.close();
    const { cpSync } = await import("node:fs");
    const two = folder();
    cpSync(one, two, { recursive: true });
    const second = await cacheIn(two);
    using result = (await second.cache.get(second.cache.key().file("in.txt").build()))!;
    expect((await result.bytes("out")).length).toBe(10_000);
  });

  test("goes when it is deleted or cleared, and others stay", async () => {
    const { cache, told } = await cacheIn();
    for (const label of ["a", "a", "b"]) await cache.put(textKey(cache, String(Math.random()), label)).commit();
    const kept = textKey(cache, "kept", "c");
    await cache.put(kept).commit();
    expect(await cache.delete(textKey(cache, "no such"))).toBe(false);
    expect(await cache.clear({ label: "a" })).toBe(2);
    const labels: string[] = [];
    for await (const entry of cache.entries()) labels.push(entry.label);
    expect(labels.sort()).toEqual(["b", "c"]);
    expect(await cache.delete(kept)).toBe(true);
    expect(await cache.has(kept)).toBe(false);
    expect(await cache.clear()).toBe(1);
    expect(told.filter((each) => each.startsWith("evict")).sort()).toEqual([
      "evict a cleared",
      "evict a cleared",
      "evict b cleared",
      "evict c deleted",
    ]);
  });

  test("that is too old is a miss, and one from the future is too", async () => {
    let now = 1_000_000;
    const { cache, told } = await cacheIn(folder(), { now: () => now });
    const key = textKey(cache, "old");
    const made = () => cache.wrap(key, () => now, { maxAge: "1s" });
    expect(await made()).toBe(1_000_000);
    now += 1000;
    expect([await cache.has(key, { maxAge: 1000 }), await made()]).toEqual([true, 1_000_000]);
    now += 1;
    expect([await cache.has(key, { maxAge: 1000 }), await cache.get(key, { maxAge: 1000 })]).toEqual([
      false,
      undefined,
    ]);
    expect([await cache.has(key), await made(), await made()]).toEqual([true, 1_001_001, 1_001_001]);
    now -= 5000;
    expect(await made()).toBe(996_001);
    expect(told.filter((each) => each.includes("old"))).toEqual(["miss test too-old"]);
  });

  test("says when it was last used", async () => {
    let now = 1_000_000;
    const { cache } = await cacheIn(folder(), { now: () => now });
    const key = textKey(cache, "used");
    await cache.put(key).commit();
    now += 5000;
    (await cache.get(key))!.close();
    await cache.flush();
    using result = (await cache.get(key))!;
    expect((await result.lastUsed()).getTime()).toBe(1_005_000);
    expect(result.createdAt.getTime()).toBe(1_000_000);
  });
});

describe("what is wrong with a put", () => {
  test("is told all at once, and nothing is kept", async () => {
    const { cache, told } = await cacheIn();
    const key = textKey(cache, "wrong");
    const put = cache
      .put(key)
      .file("", "x")
      .bytes("a\0b", "")
      .bytes("twice", "1")
      .value("twice", 2)
      .meta("m", Number.NaN)
      .bytes("b", 5 as never);
    const failure = await failing(() => put.commit());
    expect(failure.message).toMatch(/^5 things are wrong/);
    expect(await cache.has(key)).toBe(false);
    expect(told).toEqual(["error put usage"]);
  });

  const wrong: readonly (readonly [
    string,
    string,
    (put: ReturnType<Awaited<ReturnType<typeof cacheIn>>["cache"]["put"]>) => unknown,
  ])[] = [
    ["a file that is not there", "missing-file", (put) => put.file("f", "nowhere")],
    ["a folder for a file", "missing-file", (put) => put.file("f", ".")],
    ["a file for a folder", "missing-file", (put) => put.dir("f", "file")],
    ["a value that is no data", "unversionable", (put) => put.value("f", () => 1)],
    ["a format that does not exist", "unsupported-format", (put) => put.value("f", 1, { format: "jsn" })],
    ["a value that its format cannot carry", "unsupported-value", (put) => put.value("f", 1n, { format: "json" })],
    ["a stream of what is no bytes", "unsupported-value", (put) => put.bytes("f", Readable.from([1, 2]) as never)],
  ];
  test.each(wrong)("%s", async (_, reason, add) => {
    const { cache, root } = await cacheIn();
    write(root, { file: "" });
    const put = cache.put(textKey(cache, "wrong"));
    add(put);
    put.bytes("fine", "x".repeat(10_000));
    expect((await failing(() => put.commit())).reason).toBe(reason);
    expect(await cache.has(textKey(cache, "wrong"))).toBe(false);
  });

  test("a commit that failed can be tried again, one that succeeded cannot", async () => {
    const { cache, root } = await cacheIn();
    const put = cache.put(textKey(cache, "again")).file("f", "later.txt");
    expect((await failing(() => put.commit())).reason).toBe("missing-file");
    writeFileSync(path.join(root, "later.txt"), "here");
    await put.commit();
    expect((await failing(() => put.commit())).reason).toBe("usage");
  });

  test("asking for what is not there names what is near", async () => {
    const { cache } = await cacheIn();
    await cache.put(textKey(cache, "x")).bytes("report.txt", "1").value("v", 1).commit();
    using result = (await cache.get(textKey(cache, "x")))!;
    const hints = await Promise.all(
      [() => result.bytes("report.tx"), () => result.bytes("v"), () => result.value("report.txt")].map(failing),
    );
    expect(hints.map(({ failure }) => failure.hint)).toEqual([
      expect.stringContaining("report.txt"),
      "read it with value()",
      expect.stringContaining("bytes()"),
    ]);
    result.close();
    expect((await failing(() => result.value("v"))).message).toBe("the result is closed");
  });
});
