import { chmodSync, cpSync, mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Cache, KeyBuilder } from "../../src/cache/index.ts";
import { encode } from "../../src/core/canonical.ts";
import { primitive } from "../core/arbitrary-value.ts";
import { cacheIn, failing, folder, write } from "./support.ts";

const data = { "a.csv": "one", "b.csv": "two", "src/main.ts": "1", "src/lib/util.ts": "2", "src/notes.md": "3" };

async function filled(): Promise<{ cache: Cache; root: string }> {
  const { cache, root } = await cacheIn();
  write(root, data);
  return { cache, root };
}

const digestOf = (key: KeyBuilder): string => key.build().digest;

describe("a key", () => {
  test("is the same for the same inputs, in another checkout too", async () => {
    const [one, two] = [await filled(), await filled()];
    const build = ({ cache }: { cache: Cache }) =>
      digestOf(
        cache
          .key("all")
          .file("a.csv")
          .glob("src/**/*.ts")
          .dir("src")
          .bytes(new Uint8Array([1]))
          .string("s", "x")
          .version("1"),
      );
    expect(build(one)).toMatch(/^[0-9a-f]{64}$/);
    expect(build(two)).toBe(build(one));
  });

  test("does not depend on times, on the current folder, or on whether a path is absolute", async () => {
    const { cache, root } = await filled();
    const before = digestOf(cache.key().file("a.csv").dir("src"));
    utimesSync(path.join(root, "a.csv"), 1, 1);
    expect(digestOf(cache.key().file(path.join(root, "a.csv")).dir("./src"))).toBe(before);
  });

  const others: Readonly<Record<string, (key: KeyBuilder, root: string) => KeyBuilder>> = {
    "another content": (key, root) => {
      writeFileSync(path.join(root, "a.csv"), "onf");
      return key.file("a.csv");
    },
    "the executable bit": (key, root) => {
      chmodSync(path.join(root, "a.csv"), 0o755);
      return key.file("a.csv");
    },
    "another path with the same content": (key, root) => {
      cpSync(path.join(root, "a.csv"), path.join(root, "c.csv"));
      return key.file("c.csv");
    },
    "a pattern that matches the file alone": (key) => key.glob("a.csv"),
    "the file twice": (key) => key.file("a.csv").file("a.csv"),
    "the content as bytes": (key) => key.bytes(Buffer.from("one")),
    "the content as a text": (key) => key.string("a.csv", "one"),
  };
  test.each(Object.entries(others))("of a file is another for %s", async (_, other) => {
    const { cache, root } = await filled();
    const before = digestOf(cache.key().file("a.csv"));
    expect(digestOf(other(cache.key(), root))).not.toBe(before);
  });

  test("with a file by another name does not see where that lies", async () => {
    const { cache, root } = await filled();
    const before = digestOf(cache.key().file("a.csv", { as: "input" }));
    renameSync(path.join(root, "a.csv"), path.join(root, "src/moved.csv"));
    expect(digestOf(cache.key().file("src/moved.csv", { as: "input" }))).toBe(before);
    expect(digestOf(cache.key().file("src/moved.csv", { as: "other" }))).not.toBe(before);
  });

  test("counts the order of files, but not that of names", async () => {
    const { cache } = await filled();
    const key = () => cache.key();
    expect(digestOf(key().file("a.csv").file("b.csv"))).not.toBe(digestOf(key().file("b.csv").file("a.csv")));
    expect(digestOf(key().string("a", "1").env("HOME").value("b", 2))).toBe(
      digestOf(key().value("b", 2).string("a", "1").env("HOME")),
    );
    expect(digestOf(key().env("x").string("x", "1"))).toBe(digestOf(key().string("x", "1").env("x")));
  });

  test("counts its label", async () => {
    const { cache } = await filled();
    expect(digestOf(cache.key("a").file("a.csv"))).not.toBe(digestOf(cache.key("b").file("a.csv")));
  });

  test("is taken when it is built: what is edited afterwards changes nothing", async () => {
    const { cache, root } = await filled();
    const bytes = new Uint8Array([1, 2, 3]);
    const value = { list: [1] };
    const builder = cache.key().bytes(bytes).value("v", value);
    const [key, same] = [builder.file("a.csv").build(), builder.file("a.csv").build().digest];
    bytes[0] = 9;
    value.list.push(2);
    expect(builder.file("a.csv").build().digest).toBe(same);
    writeFileSync(path.join(root, "a.csv"), "edited");
    expect(key.digest).toBe(same);
    expect(builder.file("a.csv").build().digest).not.toBe(same);
  });

  test("may share its beginning with others", async () => {
    const { cache } = await filled();
    const common = cache.key().file("a.csv");
    const [one, two] = [common.string("n", "1"), common.string("n", "2")];
    expect(new Set([common, one, two].map(digestOf)).size).toBe(3);
    expect(digestOf(one)).toBe(digestOf(cache.key().file("a.csv").string("n", "1")));
  });

  test("of a folder covers folders, links and modes, and not the cache in it", async () => {
    const { cache, root } = await filled();
    await cache.put(cache.key().string("a", "b").build()).bytes("big", "x".repeat(100_000)).commit();
    const seen = new Set<string>();
    const note = () => seen.add(digestOf(cache.key().dir(".")));
    note();
    await cache.put(cache.key().string("a", "c").build()).bytes("big", "y".repeat(100_000)).commit();
    note();
    expect(seen.size).toBe(1);
    mkdirSync(path.join(root, "empty"));
    note();
    symlinkSync("a.csv", path.join(root, "link"));
    note();
    chmodSync(path.join(root, "b.csv"), 0o755);
    note();
    expect(seen.size).toBe(4);
    const without = (exclude: string[]) => digestOf(cache.key().dir(".", { exclude }));
    expect(without(["empty", "link", "src/**"])).toBe(without(["link", "src/**", "empty"]));
    expect(without(["src"])).not.toBe(without(["link"]));
  });

  test("of a cache folder with another name leaves that out as well", async () => {
    const root = folder();
    write(root, data);
    const { openCache } = await import("../../src/cache/index.ts");
    const cache = await openCache(path.join(root, "my cache"));
    onTestFinished(() => cache.close());
    expect(cache.root).toBe(root);
    const [dir, glob] = [digestOf(cache.key().dir(".")), digestOf(cache.key().glob("**/*"))];
    await cache.put(cache.key().string("a", "b").build()).bytes("big", "x".repeat(100_000)).commit();
    expect([digestOf(cache.key().dir(".")), digestOf(cache.key().glob("**/*"))]).toEqual([dir, glob]);
  });

  test("tells a variable that is not set from an empty one, and keeps no value", async () => {
    const { cache } = await filled();
    process.env.SLUICE_TEST_SECRET = "hunter2-hunter2";
    onTestFinished(() => void delete process.env.SLUICE_TEST_SECRET);
    const set = cache.key().env("SLUICE_TEST_SECRET").build();
    expect(JSON.stringify(set.inputs)).not.toContain("hunter2");
    process.env.SLUICE_TEST_SECRET = "";
    const empty = digestOf(cache.key().env("SLUICE_TEST_SECRET"));
    delete process.env.SLUICE_TEST_SECRET;
    expect(new Set([set.digest, empty, digestOf(cache.key().env("SLUICE_TEST_SECRET"))]).size).toBe(3);
  });

  test("has one digest for each list of named values", async () => {
    const { cache } = await filled();
    const values = fc.dictionary(fc.string({ minLength: 1, maxLength: 4 }), primitive, {
      minKeys: 1,
      maxKeys: 3,
    });
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(values, (given) => {
        const names = Object.keys(given).filter((name) => name.isWellFormed() && !name.includes("\0"));
        fc.pre(names.length > 0);
        let key = cache.key();
        for (const name of names) key = key.value(name, given[name]);
        const digest = digestOf(key);
        const what = JSON.stringify(
          names.sort().map((name) => [name, Buffer.from(encode(given[name])).toString("hex")]),
        );
        expect(seen.get(digest) ?? what).toBe(what);
        seen.set(digest, what);
      }),
      { numRuns: 300 },
    );
    expect(seen.size).toBeGreaterThan(100);
  });

  test("cannot be made to equal another by clever names and contents", async () => {
    const { cache, root } = await filled();
    const pieces = ["", "a", "b", "ab", "1:a", "a\n", "a=b", "2", "file", "12"];
    const seen = new Map<string, string>();
    const note = (what: unknown, key: KeyBuilder) => {
      const digest = digestOf(key);
      const text = JSON.stringify(what);
      expect(seen.get(digest) ?? text, `equal to ${seen.get(digest)}`).toBe(text);
      seen.set(digest, text);
    };
    for (const name of pieces.filter((piece) => piece !== "")) {
      for (const content of pieces) {
        note(["string", name, content], cache.key().string(name, content));
        note(["bytes", name, content], cache.key().bytes(name, Buffer.from(content)));
        note(["label", name, content], cache.key(name).string("text", content));
        write(root, { [`x/${encodeURIComponent(name)}`]: content });
        note(["file", name, content], cache.key().file(`x/${encodeURIComponent(name)}`));
        note(["file and string", name, content], cache.key().file("a.csv").string(name, content));
      }
    }
    expect(seen.size).toBe(9 * 10 * 5);
  });
});

describe("what is wrong with a key", () => {
  test("is told all at once, when the key is first used", async () => {
    const { cache, told } = await cacheIn();
    const key = cache
      .key("wrong")
      .file("nowhere.csv")
      .glob("*.nothing")
      .dir("no folder")
      .value("f", () => 1)
      .string("a", "1")
      .string("a", "2")
      .build();
    const failure = await failing(() => cache.get(key));
    expect(failure.reason).toBe("usage");
    expect(failure.message).toMatch(/^5 things are wrong with the key "wrong":/);
    for (const part of ["nowhere.csv", "*.nothing", "no folder", "is a function", '"a" is given twice']) {
      expect(failure.message).toContain(part);
    }
    expect((failure.cause as AggregateError).errors).toHaveLength(5);
    await failing(() => cache.wrap(key, () => 1));
    await failing(() => cache.put(key).bytes("a", "b").commit());
    expect(told).toEqual(["error get usage", "error wrap usage", "error put usage"]);
  });

  const wrong: readonly (readonly [string, string, (key: KeyBuilder) => KeyBuilder, RegExp])[] = [
    ["a file that is not there", "missing-file", (key) => key.file("x"), /there is no file x/],
    ["a folder for a file", "invalid-definition", (key) => key.file("."), /is a folder, not a file/],
    ["a file for a folder", "invalid-definition", (key) => key.dir("f"), /is a file, not a folder/],
    ["a pattern that matches nothing", "no-match", (key) => key.glob("*.zip"), /no file matches/],
    ["a pattern that only takes away", "usage", (key) => key.glob("!*.zip"), /needs a pattern/],
    [
      "an option that does not exist",
      "usage",
      (key) => key.dir(".", { excludes: [] } as never),
      /no option "excludes"/,
    ],
    ["half a surrogate pair in a name", "usage", (key) => key.string("\ud800", ""), /surrogate/],
    ["an empty name", "usage", (key) => key.value("", 1), /is empty/],
    ["no string", "usage", (key) => key.string("a", 1 as never), /takes a string/],
    ["no bytes", "usage", (key) => key.bytes("text" as never), /Uint8Array/],
    [
      "a promise",
      "unversionable",
      (key) => key.value("p", [Promise.resolve(1)]),
      /^the value "p" cannot be versioned: p\[0\] is a promise$/,
    ],
    ["nothing at all", "usage", (key) => key, /made of nothing/],
  ];
  test.each(wrong)("%s", async (_, reason, build, message) => {
    const { cache, root } = await cacheIn();
    write(root, { f: "" });
    const failure = await failing(() => build(cache.key()).build().digest);
    expect([failure.reason, failure.message]).toEqual([reason, expect.stringMatching(message)]);
  });

  test("its hints speak of keys, not of pipelines", async () => {
    const { cache, root } = await cacheIn();
    write(root, { file: "", "folder/file": "" });
    const hint = async (key: KeyBuilder) => (await failing(() => digestOf(key))).failure.hint;
    expect(await hint(cache.key().file("none"))).toBe(`it is looked for at ${path.join(root, "none")}`);
    expect(await hint(cache.key().file("folder"))).toBe("take it with dir()");
    expect(await hint(cache.key().value("f", () => 1))).toBe("use plain data; pass functions by importing them");
  });

  test("a builder is no key", async () => {
    const { cache } = await cacheIn();
    const failure = await failing(() => cache.get(cache.key().string("a", "b") as never));
    expect(failure.failure.hint).toContain("build()");
  });
});
