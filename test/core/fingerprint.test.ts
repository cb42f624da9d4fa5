import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode, digestParts, encode, fingerprint } from "../../src/core/canonical.ts";
import { digestOf } from "../../src/core/digest.ts";
import type { FileRef } from "../../src/core/file-ref.ts";
import { build, graph } from "./arbitrary-value.ts";
import { Handle, Money, zoo } from "./zoo.ts";

describe("fingerprint", () => {
  test("is the digest of the encoding", () => {
    fc.assert(
      fc.property(graph, (description) => {
        const value = build(description);
        expect(fingerprint(value)).toBe(digestOf(encode(value)));
      }),
      { numRuns: 5_000 },
    );
  });

  test.each([
    ["a long text", "aé😀".repeat(200_000)],
    ["a long ill-formed text", `${"aé😀".repeat(50_000)}\ud800`],
    ["a large typed array", new Float64Array(100_000).map((_, i) => i / 3)],
    ["a large Buffer in a list", [1, Buffer.alloc(1_000_000, "abc"), "x"]],
    ["a large BigInt", 3n ** 200_000n],
    ["many rows", Array.from({ length: 20_000 }, (_, id) => ({ id, name: `row ${id}`, at: new Date(id) }))],
    ["many numbers", Array.from({ length: 100_000 }, (_, i) => i / 7)],
  ])("is the digest of the encoding of %s, too", (_name, value) => {
    expect(fingerprint(value)).toBe(digestOf(encode(value)));
  });

  test("is the same in another process, time zone and locale", async () => {
    const here = zoo.map(([name, value]) => [name, fingerprint(value)]);
    const program = fileURLToPath(new URL("zoo-digests.ts", import.meta.url));
    const environments = [
      { TZ: "Asia/Kathmandu", LC_ALL: "tr_TR.UTF-8" },
      { TZ: "America/St_Johns", LC_ALL: "C" },
    ];
    for (const environment of environments) {
      const { stdout } = await promisify(execFile)(process.execPath, [program], {
        env: { ...process.env, ...environment },
      });
      expect(JSON.parse(stdout)).toEqual(here);
    }
  });

  // a change here moves all data versions: raise `schemeVersion`
  test("is what it was when the scheme was fixed", () => {
    expect(fingerprint(null)).toBe("81491f27ff3e0d5e4740149778b72783051fd9d84ecd04f9c3b6b04e0bc24f91");
    expect(digestOf(JSON.stringify(zoo.map(([, value]) => fingerprint(value))))).toBe(
      "d84db4ac5c7cc32d96e9255ae6a46aee33da8710074c67ed71bde599a8e2f120",
    );
  });
});

describe('shared: "expand"', () => {
  test("counts a shared object as its JSON round trip", () => {
    const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
    fc.assert(
      fc.property(json, fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 5 }), (shared, keys) => {
        const value = { list: keys.map(() => shared), nested: { again: [shared, { shared }] } };
        const copy = JSON.parse(JSON.stringify(value)) as unknown;
        expect(fingerprint(value, { shared: "expand" })).toBe(fingerprint(copy));
      }),
      { numRuns: 5_000 },
    );
  });

  test("differs from the reference where something is shared, and only there", () => {
    const shared = { a: 1 };
    expect(fingerprint([shared, shared])).not.toBe(fingerprint([shared, shared], { shared: "expand" }));
    expect(fingerprint([shared, 1])).toBe(fingerprint([shared, 1], { shared: "expand" }));
  });

  test("expands the parts of instances", () => {
    const money = new Money(1n, { a: 1 });
    const value = decode(encode([money, money], { shared: "expand" })) as [Money, Money];
    expect(value[0]).not.toBe(value[1]);
    expect(value).toEqual([money, money]);
  });
});

describe("file handles", () => {
  const ref: FileRef = { origin: "store", name: "a/b.csv", size: 12, digest: "ab".repeat(32), executable: true };

  test("are told of once each, and revived", () => {
    const met: FileRef[] = [];
    const handle = new Handle(ref);
    const bytes = encode({ handle, again: handle, other: new Handle(ref) }, { onFile: (file) => met.push(file) });
    expect(met).toEqual([ref, ref]);
    const back = decode(bytes, { reviveFile: (file) => new Handle(file) }) as Record<string, Handle>;
    expect(back.handle).toEqual(handle);
    expect(back.again).toBe(back.handle);
    expect(back.other).not.toBe(back.handle);
  });

  test("need someone to revive them", () => {
    expect(() => decode(encode([new Handle(ref)]))).toThrow(/"a\/b.csv".*nothing here makes file handles/);
  });

  test.each([{ digest: "xyz" }, { size: -1 }, { size: 0.5 }, { origin: "web" }, { name: 1 }, { executable: 1 }])(
    "with an invalid reference are a bug: %o",
    (fault) => {
      expect(() => encode(new Handle({ ...ref, ...fault } as FileRef))).toThrow(TypeError);
    },
  );
});

describe("digestParts", () => {
  test("tells tags and parts apart", () => {
    const digests = [
      digestParts("key", []),
      digestParts("key", ["a", "bc"]),
      digestParts("key", ["ab", "c"]),
      digestParts("key", ["abc"]),
      digestParts("key", [["a", "bc"]]),
      digestParts("keya", ["bc"]),
      digestParts("", ["key", "a", "bc"]),
      digestParts("key", [1]),
      digestParts("key", ["1"]),
      fingerprint(["key", "a", "bc"]),
      fingerprint("key"),
    ];
    expect(new Set(digests).size).toBe(digests.length);
    expect(digestParts("key", ["a", "bc"])).toBe(digests[1]);
  });

  test("differs exactly where the parts do", () => {
    const part = fc.oneof(fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 2 }), fc.nat(2), fc.constant(null));
    const parts = fc.array(fc.oneof(part, fc.array(part, { maxLength: 2 })), { maxLength: 3 });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        expect(digestParts("t", a) === digestParts("t", b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 10_000 },
    );
  });

  test("counts parts by what is in them, not by which objects they are", () => {
    const settings = { a: 1 };
    expect(digestParts("key", [settings, settings])).toBe(digestParts("key", [{ a: 1 }, { a: 1 }]));
  });

  test("is not disturbed by a failure or a large part before it", () => {
    const before = digestParts("key", ["a"]);
    expect(() => digestParts("key", [() => 1])).toThrow(expect.objectContaining({ reason: "unversionable" }));
    expect(digestParts("key", ["a"])).toBe(before);
    const large = "é".repeat(300_000);
    expect(digestParts("key", [large])).not.toBe(digestParts("key", [`${large}.`]));
    expect(digestParts("key", ["a"])).toBe(before);
  });
});
