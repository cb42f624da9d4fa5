/*
 * The faults that were found by reading Granular, a cache of this kind in Go, by their numbers: each is a test that this cache
 * passes.
 */
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { PassThrough } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { openCache } from "../../src/cache/index.ts";
import { blobsIn, cacheIn, failing, folder, runProgram, textKey, write } from "./support.ts";

const big = Array.from({ length: 20_000 }, (_, n) => String(n * 7919)).join(" ");

describe("Granular's faults", () => {
  test("1: an input that is edited between get and commit is stored under no key at all", async () => {
    const { cache, root } = await cacheIn();
    write(root, { in: "old" });
    const key = cache.key().file("in").build();
    expect(await cache.get(key)).toBe(undefined);
    write(root, { in: "new" });
    const failure = await failing(() => cache.put(key).bytes("out", "made of the old").commit());
    expect([failure.reason, failure.failure.retryable]).toEqual(["input-changed", true]);
    expect(await cache.has(key)).toBe(false);
    expect(await cache.has(cache.key().file("in").build())).toBe(false);
  });

  test("2: no content imitates another input, and no two sets of files are one", async () => {
    const { cache, root } = await cacheIn();
    write(root, { one: "A1:k1:v", two: "A", "d/a": "bc", "e/ab": "c" });
    const digest = (key: ReturnType<typeof cache.key>) => key.build().digest;
    expect(digest(cache.key().file("one", { as: "f" }))).not.toBe(
      digest(cache.key().file("two", { as: "f" }).string("k", "v")),
    );
    const before = [digest(cache.key().glob("d/*")), digest(cache.key().dir("d"))];
    rmSync(path.join(root, "d"), { recursive: true });
    renameSync(path.join(root, "e"), path.join(root, "d"));
    expect(before).not.toContain(digest(cache.key().glob("d/*")));
    expect(before).not.toContain(digest(cache.key().dir("d")));
  });

  test("3: keys and contents are digests of 256 bits", async () => {
    const { cache, root } = await cacheIn();
    expect(textKey(cache, "x").digest).toHaveLength(64);
    await cache.put(textKey(cache, "x")).bytes("b", big).commit();
    expect(blobsIn(root).map((file) => path.basename(path.dirname(file)) + path.basename(file))).toEqual([
      expect.stringMatching(/^[0-9a-f]{64}$/),
    ]);
  });

  test("4, 5: patterns match on a real file system, wherever the wildcard is, and no match is an error", async () => {
    const { cache, root } = await cacheIn();
    write(root, { "main.go": "1", "src/a/x.go": "2", "src/b/x.go": "3", "pkg1/deep/a": "4", ".hidden.go": "5" });
    const matched = (...patterns: string[]) => cache.key().glob(patterns).build().inputs[0]!.preview;
    expect(matched("*.go")).toBe("1 file");
    expect(matched("./**/*.go")).toBe("3 files");
    expect(matched("src/*/x.go")).toBe("2 files");
    expect(matched("pkg*/**/a")).toBe("1 file");
    expect(matched("{src,pkg*}/**", "!**/b/**")).toBe("2 files");
    expect((await failing(() => cache.key().glob("src/*/y.go").build().digest)).reason).toBe("no-match");
    const changed = cache.key().glob("src/*/x.go");
    const before = changed.build().digest;
    write(root, { "src/b/x.go": "edited" });
    expect(changed.build().digest).not.toBe(before);
  });

  test("6: a pattern of many stars takes no time, and an invalid option is told at once", async () => {
    const { cache, root } = await cacheIn();
    write(root, { [`${"a/".repeat(30)}file`]: "1" });
    const pattern = (stars: number) => `${"**/a/".repeat(stars)}nothing`;
    expect((await failing(() => cache.key().glob(pattern(4)).build().digest)).reason).toBe("no-match");
    // More than anybody needs: to match them could take longer than the universe has been there.
    expect((await failing(() => cache.key().glob(pattern(15)).build().digest)).message).toContain("more than 5 times");
    expect((await failing(() => cache.key().glob("").build().digest)).reason).toBe("usage");
  });

  test("7: equal content is stored once, whatever entries hold it", async () => {
    const { cache, root } = await cacheIn();
    for (let i = 0; i < 5; i++)
      await cache
        .put(textKey(cache, `${i}`))
        .bytes("a", big)
        .bytes("b", big)
        .commit();
    expect(blobsIn(root)).toHaveLength(1);
  });

  test("8: a cache can be moved, and opened by another path", async () => {
    const first = folder();
    write(first, { in: "1" });
    const one = await cacheIn(first);
    await one.cache.put(one.cache.key().file("in").build()).bytes("b", big).commit();
    await one.cache.close();
    const second = path.join(folder(), "elsewhere");
    renameSync(first, second);
    mkdirSync(first);
    const link = path.join(first, "link");
    symlinkSync(second, link);
    for (const root of [second, link]) {
      const { cache } = await cacheIn(root);
      using result = (await cache.get(cache.key().file("in").build()))!;
      expect(Buffer.from(await result.bytes("b")).toString()).toBe(big);
    }
  });

  test("9: an imported entry can name no file of the machine", async () => {
    const { cache, root } = await cacheIn();
    write(root, { secret: "of this machine" });
    await cache
      .put(textKey(cache, "x"))
      .dir("d", "dir-with-file")
      .commit()
      .catch(() => {});
    write(root, { "dir-with-file/a": "1" });
    await cache.put(textKey(cache, "x")).dir("d", "dir-with-file").commit();
    await cache.close();
    // Whoever wrote this knows how checksums are made; only names and digests are there to lie about.
    const { decodeResult, encodeResult } = await import("../../src/metadata/result-row.ts");
    const database = new DatabaseSync(path.join(root, ".sluice/v1/metadata.db"));
    const row = database.prepare("SELECT key, body, check_sum, inline FROM results").get() as Record<string, never>;
    const record = decodeResult(row.key, row.body, row.check_sum, row.inline)!;
    for (const name of ["dirs.d/../../../../secret", "dirs.d//etc/passwd", "dirs.d/a/../../b"]) {
      const hostile = encodeResult({ ...record, artifacts: [{ ...record.artifacts[0]!, name }] });
      database
        .prepare("UPDATE results SET body = ?, check_sum = ?, inline = ?")
        .run(hostile.body, hostile.check, hostile.inline);
      const again = await cacheIn(root);
      using result = (await again.cache.get(textKey(again.cache, "x")))!;
      expect((await failing(() => result.restore("out"))).reason).toBe("corrupt-value");
      await again.cache.close();
      database
        .prepare(
          "INSERT OR IGNORE INTO results (node, created_at, check_sum, body, inline, key) VALUES ('test', 1, ?, ?, ?, ?)",
        )
        .run(hostile.check, hostile.body, hostile.inline, row.key!);
    }
    database.close();
    expect(readFileSync(path.join(root, "secret"), "utf8")).toBe("of this machine");
  });

  test("10: an error of the system is no damage: the entry stays", async () => {
    const { cache, root, told } = await cacheIn();
    const key = textKey(cache, "x");
    await cache.put(key).bytes("b", big).commit();
    using result = (await cache.get(key))!;
    writeFileSync(path.join(root, "file"), "");
    const failure = await failing(() => result.copyTo("b", "file/below"));
    expect(["corrupt-blob", "missing-blob", "corrupt-value"]).not.toContain(failure.reason);
    expect(await cache.has(key)).toBe(true);
    expect(told.some((each) => each.startsWith("evict"))).toBe(false);
    expect(Buffer.from(await result.bytes("b")).toString()).toBe(big);
  });

  test("11: a put that replaces leaves nothing of the former one, and one that fails leaves that as it was", async () => {
    const { cache } = await cacheIn();
    const key = textKey(cache, "x");
    await cache.put(key).bytes("old", big).meta("m", 1).commit();
    await failing(() => cache.put(key).bytes("new", "1").file("f", "nowhere").commit());
    {
      using result = (await cache.get(key))!;
      expect([result.names, Buffer.from(await result.bytes("old")).toString()]).toEqual([["old"], big]);
    }
    await cache.put(key).bytes("new", "1").commit();
    using result = (await cache.get(key))!;
    expect([result.names, result.meta]).toEqual([["new"], {}]);
  });

  test("12: what was got can be read, whatever is evicted meanwhile", async () => {
    const { cache } = await cacheIn(folder(), { maxSize: 60_000 });
    const key = textKey(cache, "x");
    await cache.put(key).bytes("b", big).commit({ durationMs: 0 });
    using result = (await cache.get(key))!;
    for (let i = 0; i < 6; i++) {
      await cache
        .put(textKey(cache, `${i}`))
        .bytes("b", `${i} ${big}`)
        .commit({ durationMs: 1000 });
    }
    await cache.prune({ olderThan: 0 });
    expect(Buffer.from(await result.bytes("b")).toString()).toBe(big);
  });

  test("13: a hit reads no content and writes nothing, and one key can be read by many at once", async () => {
    const { cache, root } = await cacheIn();
    const key = textKey(cache, "x");
    await cache.put(key).bytes("b", big).commit();
    await cache.flush();
    const blob = blobsIn(root)[0]!;
    utimesSync(blob, 1, 1);
    const before = statSync(path.join(root, ".sluice/v1/metadata.db-wal")).size;
    const all = await Promise.all(Array.from({ length: 50 }, () => cache.get(key)));
    expect(statSync(path.join(root, ".sluice/v1/metadata.db-wal")).size).toBe(before);
    expect(statSync(blob).atimeMs).toBe(1000);
    for (const result of all) result!.close();
  });

  test("14: there is no size from which on an entry can be put and not be got", async () => {
    const { cache, root } = await cacheIn();
    const key = textKey(cache, "large");
    const piece = Buffer.alloc(1 << 20, "0123456789");
    async function* large() {
      for (let i = 0; i < 64; i++) yield piece;
    }
    await cache.put(key).bytes("b", large()).commit();
    using result = (await cache.get(key))!;
    await result.copyTo("b", "copy");
    expect(statSync(path.join(root, "copy")).size).toBe(64 << 20);
  });

  test("15: modes, links, empty folders and folders as outputs are kept", async () => {
    const { cache, root } = await cacheIn();
    write(root, { "out/tool": "#!", "out/lib/a.so.1": "x" });
    chmodSync(path.join(root, "out/tool"), 0o755);
    mkdirSync(path.join(root, "out/empty"));
    symlinkSync("a.so.1", path.join(root, "out/lib/a.so"));
    await cache.put(textKey(cache, "x")).dir("out", "out").file("tool", "out/tool").commit();
    using result = (await cache.get(textKey(cache, "x")))!;
    await result.restore("to");
    expect(statSync(path.join(root, "to/tool")).mode & 0o100).toBe(0o100);
    expect(statSync(path.join(root, "to/out/tool")).mode & 0o100).toBe(0o100);
    expect(readdirSync(path.join(root, "to/out")).sort()).toEqual(["empty", "lib", "tool"]);
    expect(readFileSync(path.join(root, "to/out/lib/a.so"), "utf8")).toBe("x");
  });

  test("16: the path of a file of a result leads to its content, however it is stored", async () => {
    const { cache, root } = await cacheIn();
    write(root, { "a.txt": "compress me ".repeat(10_000) });
    await cache.put(textKey(cache, "x")).file("a.txt", "a.txt").commit();
    expect(statSync(blobsIn(root)[0]!).size).toBeLessThan(10_000);
    using result = (await cache.get(textKey(cache, "x")))!;
    expect(readFileSync(await result.file("a.txt"), "utf8")).toBe("compress me ".repeat(10_000));
  });

  test("17: every name that can be put can be exported and imported", async () => {
    const one = await cacheIn();
    const names = ["a..b", ".", "..", "../x", "a/b", " ", "💥"];
    const put = one.cache.put(textKey(one.cache, "names"));
    for (const name of names) put.bytes(name, `${name} ${big}`);
    await put.commit();
    const to = new PassThrough();
    const [, archive] = await Promise.all([one.cache.export(to), buffer(to)]);
    const two = await cacheIn();
    await two.cache.import(
      (async function* () {
        yield archive;
      })(),
    );
    using result = (await two.cache.get(textKey(two.cache, "names")))!;
    expect(result.names).toEqual(names);
    for (const name of names) expect(Buffer.from(await result.bytes(name)).toString()).toBe(`${name} ${big}`);
  });

  test("18: the value of a variable is nowhere in the store, and unset is not empty", async () => {
    process.env.SLUICE_GRANULAR_TOKEN = "correct horse battery staple";
    onTestFinished(() => void delete process.env.SLUICE_GRANULAR_TOKEN);
    const { cache, root } = await cacheIn();
    const key = cache.key().env("SLUICE_GRANULAR_TOKEN").string("copy", process.env.SLUICE_GRANULAR_TOKEN).build();
    await cache.put(key).bytes("b", "1").commit();
    await cache.close();
    const all = readdirSync(path.join(root, ".sluice"), { recursive: true, encoding: "utf8" });
    for (const file of all.map((name) => path.join(root, ".sluice", name)).filter((at) => statSync(at).isFile())) {
      expect(readFileSync(file).includes("correct horse")).toBe(false);
    }
  });

  test("19: a folder that has the cache in it has the same key before and after", async () => {
    const { cache, root } = await cacheIn();
    write(root, { a: "1" });
    const key = () => cache.key().dir(".").glob("**/*").build();
    expect(await cache.wrap(key(), () => big)).toBe(big);
    expect(await cache.has(key())).toBe(true);
  });

  test("20: processes that use one cache at once lose nothing, and an archive is of one moment", async () => {
    const root = folder();
    const program = `
      import { openCache } from "sluice/cache";
      await using cache = await openCache(".sluice");
      for (let i = 0; i < 40; i++) await cache.wrap(cache.key("n").value("i", i).build(), () => "x".repeat(5000) + i);
      console.log(JSON.stringify(process.pid));`;
    const { cache } = await cacheIn(root);
    const archives: Promise<number>[] = [];
    const running = Promise.all([runProgram(root, program), runProgram(root, program), runProgram(root, program)]);
    for (let i = 0; i < 3; i++) {
      const to = new PassThrough();
      archives.push(Promise.all([cache.export(to), buffer(to)]).then(([{ leftOut }]) => leftOut));
    }
    expect(await Promise.all(archives)).toEqual([0, 0, 0]);
    await running;
    for (let i = 0; i < 40; i++) expect(await cache.has(cache.key("n").value("i", i).build())).toBe(true);
  }, 60_000);

  test("21: a hook, and the body of a loop over entries, may use the cache", async () => {
    const seen: string[] = [];
    const root = folder();
    const cache = await openCache(path.join(root, ".sluice"), {
      hooks: { put: ({ label }) => void seen.push(label), evict: ({ label }) => void seen.push(`${label} gone`) },
    });
    onTestFinished(() => cache.close());
    for (let i = 0; i < 3; i++) await cache.put(textKey(cache, `${i}`, `l${i}`)).commit();
    for await (const { label } of cache.entries()) {
      await cache.put(textKey(cache, label, "in the loop")).commit();
      await cache.clear({ label });
      if (seen.length > 20) break;
    }
    expect(seen.filter((each) => each.endsWith("gone")).length).toBeGreaterThanOrEqual(3);
  });

  test("22: no setting of how things are stored makes two caches evict each other's entries", async () => {
    const root = folder();
    const one = await cacheIn(root, { maxSize: "1GB" });
    const two = await cacheIn(root, { maxSize: "2GB", maxAge: "1d" });
    await one.cache.put(textKey(one.cache, "x")).bytes("b", big).commit();
    using result = (await two.cache.get(textKey(two.cache, "x")))!;
    expect(Buffer.from(await result.bytes("b")).toString()).toBe(big);
    await two.cache.put(textKey(two.cache, "x")).bytes("b", big).commit();
    expect(await one.cache.has(textKey(one.cache, "x"))).toBe(true);
  });

  test("23: damage, misses and puts that fail are all told", async () => {
    const { cache, root, told } = await cacheIn();
    const key = textKey(cache, "x");
    await cache.put(key).bytes("b", big).commit();
    rmSync(blobsIn(root)[0]!);
    using result = (await cache.get(key))!;
    await failing(() => result.bytes("b"));
    await cache.get(key);
    await failing(() => cache.put(key).file("f", "nowhere").commit());
    expect(told).toEqual([
      "put test",
      "hit test",
      "error read missing-blob",
      "evict test damaged",
      "miss test absent",
      "error put missing-file",
    ]);
  });

  test("24: what is not there for any reason is a miss, never an error of get", async () => {
    const { cache, root } = await cacheIn();
    const key = textKey(cache, "x");
    await cache.put(key).bytes("b", big).commit();
    await cache.close();
    const database = new DatabaseSync(path.join(root, ".sluice/v1/metadata.db"));
    database.exec("UPDATE results SET body = replace(body, 'entry', 'other')");
    database.close();
    const again = await cacheIn(root);
    expect(await again.cache.get(textKey(again.cache, "x"))).toBe(undefined);
    expect(again.warnings).toEqual([expect.stringMatching(/^damaged-store/)]);
    expect(await again.cache.wrap(textKey(again.cache, "x"), () => 1)).toBe(1);
  });

  test("25: every example of the documentation is checked by a compiler", () => {
    // test/authoring/examples.test.ts compiles all of them; here is that there are some.
    const source = path.resolve(import.meta.dirname, "../../src/cache");
    const text = readdirSync(source).map((name) => readFileSync(path.join(source, name), "utf8"));
    expect(text.join("").match(/@example/g)!.length).toBeGreaterThanOrEqual(6);
    cpSync(source, path.join(folder(), "copy"), { recursive: true });
  });
});
