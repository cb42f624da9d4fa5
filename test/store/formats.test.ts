import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { encode } from "../../src/core/canonical.ts";
import { digestOf } from "../../src/core/digest.ts";
import { type FileRef, fileRef } from "../../src/core/file-ref.ts";
import { fingerprint } from "../../src/core/fingerprint.ts";
import { type Encoded, encodedIn, type Format } from "../../src/store/format.ts";
import { formatForPath, formatNames, formatOf, formatVersion, registerFormat } from "../../src/store/formats.ts";
import {
  anyNumber,
  damaged,
  date,
  decodeAs,
  encodeAs,
  finite,
  jsonValue,
  objectOf,
  refusal,
  roundTrip,
  rowsOf,
  text,
} from "./format-rig.ts";

/** Equal in everything that a function can observe. */
function expectSame(actual: unknown, expected: unknown): void {
  expect(fingerprint(actual, { shared: "expand" })).toBe(fingerprint(expected, { shared: "expand" }));
}

const ref: FileRef = { origin: "store", name: "a.txt", size: 3, digest: digestOf("abc"), executable: false };
const handle = { [fileRef]: ref };

const flatRows = rowsOf(
  [finite, fc.boolean(), text, fc.oneof(finite, text), fc.oneof(fc.boolean(), finite), fc.constant(null)],
  ["never", "null"],
);

describe("the registry", () => {
  afterEach(() =>
    expect(formatNames().slice(0, 9)).toEqual([
      "auto",
      "json",
      "text",
      "bytes",
      "ndjson",
      "csv",
      "parquet",
      "arrow",
      "file",
    ]),
  );

  test("knows every built-in format by name", async () => {
    for (const name of formatNames()) {
      const format = await formatOf(name);
      expect(format.name).toBe(name);
      expect(format.version).toBe(formatVersion(name));
      expect(await formatOf(name)).toBe(format);
    }
  });

  test.each(["jsno", "", "JSON", "__proto__", "constructor", "toString", "../json"])(
    "has no format %j",
    async (name) => {
      expect((await refusal(() => formatOf(name))).reason).toBe("unsupported-format");
      expect((await refusal(() => formatVersion(name))).reason).toBe("unsupported-format");
    },
  );

  test("names the nearest", async () => {
    const failure = await refusal(() => formatOf("jsno"));
    expect(failure).toMatchObject({ hint: expect.stringMatching(/did you mean "json"\?.*parquet/) });
  });

  test.each([
    ["out/a.json", "json"],
    ["A.JSON", "json"],
    ["a.jsonl", "ndjson"],
    ["a.csv", "csv"],
    ["a.parquet", "parquet"],
    ["a.feather", "arrow"],
    ["a.html", undefined],
    ["json", undefined],
    ["a.json/b", undefined],
  ])("finds the format for %s", (path, name) => expect(formatForPath(path)).toBe(name));

  test("takes formats of one's own, but no built-in name", async () => {
    const upper = {
      name: "upper",
      extension: ".upper",
      version: 7,
      encode: (value: unknown) => ({
        bytes: Buffer.from(String(value).toUpperCase()),
        dataVersion: fingerprint(value),
      }),
      decode: (bytes: Uint8Array) => Buffer.from(bytes).toString(),
    };
    registerFormat(upper);
    expect(await formatOf("upper")).toBe(upper);
    expect(formatVersion("upper")).toBe(7);
    expect(formatForPath("x.upper")).toBe("upper");
    expect(formatNames()).toContain("upper");
    for (const bad of [
      { name: "json" },
      { name: "" },
      { name: "a b" },
      { extension: "upper" },
      { version: 0.5 },
      { decode: 1 },
    ]) {
      const failure = await refusal(() => registerFormat({ ...upper, ...bad } as never));
      expect(failure.reason).toBe("invalid-definition");
    }
  });

  test("a format that gives no bytes, or no version, is told so", async () => {
    const bytes = Buffer.from("a");
    const right = { bytes, dataVersion: fingerprint("a") };
    const giving = (encoded: unknown): Format => ({
      name: "odd",
      extension: "",
      version: 1,
      encode: () => encoded as Encoded,
      decode: () => "a",
    });
    expect(await encodedIn(giving(right), "a")).toBe(right);
    for (const wrong of [undefined, bytes, { bytes }, { ...right, bytes: "a" }, { ...right, dataVersion: "a" }]) {
      const failure = await refusal(() => encodedIn(giving(wrong), "a"));
      expect(failure).toMatchObject({ reason: "invalid-definition", message: expect.stringContaining('"odd"') });
    }
  });

  test("formats that have no options take none", async () => {
    const json = await formatOf("json");
    expect((await refusal(() => json.encode([], { indent: 4 }))).reason).toBe("invalid-definition");
    expect((await json.encode([], null)).bytes).toEqual((await json.encode([])).bytes);
  });
});

describe("values come back as they were", () => {
  test("auto", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withSparseArray: true,
          withNullPrototype: true,
        }),
        async (value) => {
          const encoded = await encodeAs("auto", value);
          expect(encoded.dataVersion).toBe(digestOf(encoded.bytes));
          expect(encoded.dataVersion).toBe(fingerprint(value));
          expect(fingerprint(await decodeAs("auto", encoded))).toBe(encoded.dataVersion);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("json", async () => {
    await fc.assert(
      fc.asyncProperty(jsonValue, async (value) => {
        const encoded = await encodeAs("json", value);
        expect(encoded.params).toBeUndefined();
        expectSame(await decodeAs("json", encoded), value);
      }),
      { numRuns: 500 },
    );
  });

  test("ndjson", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(jsonValue, { maxLength: 6 }), async (value) => {
        const encoded = await encodeAs("ndjson", value);
        expectSame(await decodeAs("ndjson", encoded), value);
        expect(Buffer.from(encoded.bytes).toString().split("\n")).toHaveLength(value.length + 1);
      }),
      { numRuns: 300 },
    );
    const many = Array.from({ length: 2500 }, (_, i) => ({ i }));
    expectSame(await roundTrip("ndjson", many), many);
  });

  test("text", async () => {
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        expect(await roundTrip("text", value)).toBe(value);
      }),
    );
    expect(Buffer.from((await encodeAs("text", "\ufeffa\n")).bytes)).toEqual(Buffer.from("\ufeffa\n"));
  });

  test("bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), async (value) => {
        expectSame(await roundTrip("bytes", value), value);
        expectSame(await roundTrip("bytes", Buffer.from(value)), Buffer.from(value));
        expect((await encodeAs("bytes", value)).bytes).toEqual(value);
      }),
    );
  });

  test("csv", async () => {
    const cells = [
      anyNumber,
      fc.boolean(),
      text,
      fc.oneof(anyNumber, text, fc.boolean()),
      fc.bigInt(),
      date,
      fc.constant(null),
    ];
    await fc.assert(
      fc.asyncProperty(rowsOf(cells, ["never", "null", "undefined", "missing"]), async (rows) => {
        // a column of nulls next to other empty cells is one that csv refuses
        const encoded = await encodeAs("csv", rows).catch((error) => {
          expect(error.reason).toBe("unsupported-value");
          expect(error.message).toMatch(/where an earlier row has/);
        });
        if (encoded) expectSame(await decodeAs("csv", encoded), rows);
      }),
      { numRuns: 500 },
    );
    const many = Array.from({ length: 2500 }, (_, i) => ({ i, text: `row "${i}"` }));
    expectSame(await roundTrip("csv", many), many);
    expectSame(await roundTrip("csv", []), []);
  });

  test.each(["parquet", "arrow"])("%s, rows", async (format) => {
    const cells = [
      anyNumber,
      fc.boolean(),
      text,
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.bigInt({ min: 2n ** 63n, max: 2n ** 64n - 1n }),
      date,
      fc.uint8Array(),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.constant(null),
    ];
    await fc.assert(
      fc.asyncProperty(rowsOf(cells, ["never", "null", "undefined", "missing"]), async (rows) => {
        const encoded = await encodeAs(format, rows).catch((error) => {
          expect(error.reason).toBe("unsupported-value");
          expect(error.message).toMatch(/where an earlier row has|has a column without a name/);
        });
        if (encoded) expectSame(await decodeAs(format, encoded), rows);
      }),
      { numRuns: 200 },
    );
    expectSame(await roundTrip(format, []), []);
    const many = Array.from({ length: 70_000 }, (_, i) => ({
      i,
      text: i % 3 === 0 ? null : `row ${i}`,
      when: new Date(i),
    }));
    expectSame(await roundTrip(format, many), many);
  });

  test("file", async () => {
    const encoded = await encodeAs("file", handle);
    expect(encoded.files).toEqual([ref]);
    const { decode } = await formatOf("file");
    expect(decode(encoded.bytes, undefined, { reviveFile: (given) => ({ revived: given }) })).toEqual({ revived: ref });
  });

  test("auto tells of the files in a value, and of none where there is none", async () => {
    const { files } = await encodeAs("auto", {
      a: [handle],
      b: new Map([["x", { [fileRef]: { ...ref, name: "b" } }]]),
    });
    expect(files).toEqual([ref, { ...ref, name: "b" }]);
    expect(await encodeAs("auto", { a: 1 })).not.toHaveProperty("files");
  });

  test("objects that were shared come back as copies from tree formats", async () => {
    const shared = { a: 1 };
    for (const format of ["json", "ndjson", "csv", "arrow"]) {
      const [first, second] = (await roundTrip(format, [shared, shared])) as object[];
      expect(first).toEqual(shared);
      expect(second).not.toBe(first);
    }
    const [first, second] = (await roundTrip("auto", [shared, shared])) as object[];
    expect(second).toBe(first);
  });

  test("what is decoded is the consumer's own, and what was encoded no longer the stage's", async () => {
    const value = Uint8Array.from([1, 2, 3]);
    for (const given of [value, Buffer.from(value)]) {
      const encoded = await encodeAs("bytes", given);
      given.fill(9);
      const first = (await decodeAs("bytes", encoded)) as Uint8Array;
      first.fill(8);
      expect([...((await decodeAs("bytes", encoded)) as Uint8Array)]).toEqual([1, 2, 3]);
    }
  });
});

describe("equal values have equal data versions", () => {
  test("in every format that can carry them", async () => {
    await fc.assert(
      fc.asyncProperty(flatRows, async (rows) => {
        const version = (await encodeAs("auto", rows)).dataVersion;
        for (const format of ["json", "ndjson", "csv"]) {
          expect((await encodeAs(format, rows)).dataVersion).toBe(version);
        }
        for (const format of ["parquet", "arrow"]) {
          const encoded = await encodeAs(format, rows).catch(() => undefined);
          if (encoded) expect(encoded.dataVersion).toBe(version);
        }
      }),
      { numRuns: 100 },
    );
  });

  test("and other values others", async () => {
    const values = [
      [],
      [{ a: 1 }],
      [{ a: "1" }],
      [{ a: true }],
      [{ a: null }],
      [{ a: 1 }, { a: 1 }],
      [{ b: 1 }],
      [{ a: 1, b: null }],
      [{ b: null, a: 1 }],
    ];
    for (const format of ["json", "ndjson", "csv", "parquet", "arrow"]) {
      const versions = await Promise.all(values.map(async (value) => (await encodeAs(format, value)).dataVersion));
      expect(new Set(versions).size).toBe(values.length);
    }
    expect((await encodeAs("text", "a")).dataVersion).toBe((await encodeAs("json", "a")).dataVersion);
    expect((await encodeAs("bytes", new Uint8Array(1))).dataVersion).toBe(
      (await encodeAs("auto", new Uint8Array(1))).dataVersion,
    );
    expect((await encodeAs("bytes", Buffer.alloc(1))).dataVersion).not.toBe(
      (await encodeAs("bytes", new Uint8Array(1))).dataVersion,
    );
  });
});

class Parser {}
const cyclic: unknown[] = [];
cyclic.push({ back: cyclic });
const holed: unknown[] = [];
holed[1] = { a: 1 };
const deep = Array.from({ length: 1500 }).reduce((inner: unknown) => [inner], 1);

describe("what a format cannot carry fails at once, with the path", () => {
  const nowhere: [string, unknown, RegExp][] = [
    ["undefined", { rows: [1, undefined] }, /^result\.rows\[1\] is undefined; the format "json"/],
    ["NaN", { a: Number.NaN }, /^result\.a is NaN/],
    ["infinity", [Number.POSITIVE_INFINITY], /^result\[0\] is Infinity/],
    ["-0", { a: [-0] }, /^result\.a\[0\] is -0/],
    ["a hole", holed, /^result\[0\] is a hole/],
    ["a Date", { rows: [{}, {}, {}, { when: new Date(0) }] }, /^result\.rows\[3\]\.when is a Date/],
    ["a Map", new Map(), /^result is a Map/],
    ["a Set", { a: new Set() }, /^result\.a is a Set/],
    ["a BigInt", { a: 1n }, /^result\.a is a BigInt/],
    ["bytes", { a: new Uint8Array() }, /^result\.a is a Uint8Array/],
    ["an Error", { a: new Error("x") }, /^result\.a is an Error/],
    ["a null prototype", { "a b": Object.create(null) }, /^result\["a b"\] is an object without a prototype/],
    ["a file handle", { a: handle }, /^result\.a is a file handle/],
    ["a cycle", cyclic, /leads back/],
    ["depth", deep, /is more than 1000 levels deep/],
  ];
  test.each(nowhere)("json: %s", async (_, value, message) => {
    const failure = await refusal(() => encodeAs("json", value));
    expect(failure.reason).toBe("unsupported-value");
    expect(failure.message).toMatch(message);
  });
  test.each(nowhere)("ndjson: %s", async (_, value) => {
    expect((await refusal(() => encodeAs("ndjson", [value]))).reason).toBe("unsupported-value");
    const failure = await refusal(() => encodeAs("ndjson", [1, { deep: [value] }]));
    expect(failure.message).toMatch(/^result\[1\]\.deep\[0\]/);
  });

  test.each(["auto", "json", "ndjson", "csv", "parquet", "arrow"])("%s: what nothing can version", async (format) => {
    for (const value of [
      [{ parse: () => 1 }],
      [{ parse: Symbol("x") }],
      [{ parse: new Parser() }],
      [{ parse: Promise.resolve() }],
    ]) {
      const failure = await refusal(() => encodeAs(format, value));
      expect(failure.reason).toBe("unversionable");
      expect(failure.message).toMatch(/^result\[0\]\.parse is /);
    }
    expect((await refusal(() => encodeAs(format, [{ [Symbol("x")]: 1 }]))).reason).toBe("unversionable");
    const getter = Object.defineProperty({}, "x", { get: () => 1, enumerable: true });
    expect((await refusal(() => encodeAs(format, [getter]))).reason).toBe("unversionable");
  });

  test.each([
    ["text", 1, /^result is 1, not a string/],
    ["text", null, /^result is null/],
    ["text", undefined, /^result is undefined/],
    ["text", ["a"], /^result is an array/],
    ["text", "half \ud800", /half a surrogate pair/],
    ["bytes", "a", /^result is a string/],
    ["bytes", new ArrayBuffer(1), /^result is an ArrayBuffer/],
    ["bytes", new Uint16Array(1), /^result is a Uint16Array/],
    ["file", "a.txt", /^result is a string, not a file handle/],
    ["ndjson", { a: 1 }, /^result is an object, not an array/],
    ["csv", "a", /^result is a string, not an array of rows/],
    ["csv", [1], /^result\[0\] is 1, not a plain object/],
    ["csv", [{ a: 1 }, null], /^result\[1\] is null/],
    ["csv", [{ a: 1 }, [1]], /^result\[1\] is an array/],
    ["csv", [{ a: 1 }, handle], /^result\[1\] is/],
    ["csv", holed, /^result\[0\] is a hole/],
    ["csv", [{}], /^result\[0\] is a row without columns/],
    ["csv", [{ a: { b: 1 } }], /^result\[0\]\.a is an object/],
    ["csv", [{ a: 1 }, { a: [1] }], /^result\[1\]\.a is an array/],
    ["csv", [{ a: new Map() }], /^result\[0\]\.a is a Map/],
    ["csv", [{ a: new Uint8Array() }], /^result\[0\]\.a is a Uint8Array/],
    ["csv", [{ a: Buffer.alloc(1) }], /^result\[0\]\.a is a Buffer/],
    ["csv", [{ a: new Date(Number.NaN) }], /^result\[0\]\.a is an invalid Date/],
    ["csv", [{ a: 1 }, { a: new Date(0) }], /^result\[1\]\.a is a Date in a column that holds other/],
    ["csv", [{ a: "1" }, { a: 1n }], /^result\[1\]\.a is a BigInt in a column that holds other/],
    ["csv", [{ a: "half \udc00" }], /^result\[0\]\.a holds half/],
    ["csv", [{ "\ud800": 1 }], /has a name with half/],
    ["csv", [{ a: null }, { a: undefined }], /^result\[1\]\.a is undefined, where an earlier row has null/],
    ["csv", [{ a: 1, b: null }, { a: 1 }], /^result\[1\]\.b is missing, where an earlier row has null/],
    [
      "csv",
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      /^result\[1\] has its properties in another order/,
    ],
    ["arrow", [{ a: 1 }, { a: "1" }], /^result\[1\]\.a is of another type than in earlier rows/],
    ["arrow", [{ a: 1 }, { a: true }], /^result\[1\]\.a is of another type/],
    ["arrow", [{ a: [1] }], /^result\[0\]\.a is an array/],
    ["arrow", [{ a: 2n ** 64n }], /^result\[0\]\.a is a BigInt that does not fit/],
    ["arrow", [{ a: -1n }, { a: 2n ** 63n }], /^result\[0\]\.a is a BigInt that does not fit/],
    ["arrow", [{ a: "half \udc00" }], /^result\[0\]\.a holds half/],
    ["arrow", [{ a: new Date(Number.NaN) }], /^result\[0\]\.a is an invalid Date/],
    ["arrow", { a: 1 }, /^result is an object, not an array of rows or an Arrow table/],
    ["parquet", [{ a: 1 }, { a: new Map() }], /^result\[1\]\.a is a Map/],
    ["arrow", [{ "": 1 }], /^result has a column without a name/],
    ["parquet", "x", /^result is a string/],
    [
      "parquet",
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      /^result\[1\] has its properties in another order/,
    ],
  ] as [string, unknown, RegExp][])("%s: %o", async (format, value, message) => {
    const failure = await refusal(() => encodeAs(format, value));
    expect(failure.reason).toBe("unsupported-value");
    expect(failure.message).toMatch(message);
    expect(failure).toMatchObject({ hint: expect.stringMatching(/./) });
  });
});

describe("files for people", () => {
  const rows = [
    { title: "A, B", year: 1999, note: null, "odd name": 'say "hi"' },
    { title: "C\nD", year: 2001.5, note: "x", "odd name": "" },
  ];

  test.each([
    ["json", { a: [1, "é"], b: {} }, '{\n  "a": [\n    1,\n    "é"\n  ],\n  "b": {}\n}\n'],
    ["ndjson", [{ a: 1 }, "é"], '{"a":1}\n"é"\n'],
    ["ndjson", [], ""],
    ["csv", rows, 'title,year,note,odd name\r\n"A, B",1999,,"say ""hi"""\r\n"C\nD",2001.5,x,""\r\n'],
    ["csv", [{ id: "1" }, { id: 1 }, { id: true }], 'id\r\n"1"\r\n1\r\ntrue\r\n'],
    ["csv", [{ id: 7n, when: new Date(0) }], "id,when\r\n7,1970-01-01T00:00:00.000Z\r\n"],
    ["csv", [{ a: 1 }, { a: 1, b: 2 }, { b: 3 }], "a,b\r\n1,\r\n1,2\r\n,3\r\n"],
    [
      "csv",
      [
        { b: 1, c: 1 },
        { a: 1, b: 1 },
        { b: 1, bb: 1, c: 1 },
      ],
      "a,b,bb,c\r\n,1,,1\r\n1,1,,\r\n,1,1,1\r\n",
    ],
    ["csv", [], ""],
    ["text", "a\nb", "a\nb"],
  ])("%s", async (format, value, expected) => {
    expect(Buffer.from((await encodeAs(format, value)).bytes).toString()).toBe(expected);
  });
});

describe("hostile bytes", () => {
  const rows = Array.from({ length: 20 }, (_, i) => ({
    i,
    text: `row ${i}`,
    "__proto__ ": null,
    yes: i % 2 === 0,
    id: BigInt(i),
  }));
  const json = rows.map(({ i, text }) =>
    objectOf([
      ["i", i],
      ["text", text],
      ["__proto__", { polluted: true }],
    ]),
  );
  const samples: [string, unknown][] = [
    ["auto", { rows, map: new Map([["a", new Date(0)]]) }],
    ["json", json],
    ["ndjson", json],
    ["csv", rows],
    ["text", "some text é"],
    ["bytes", Buffer.from("bytes")],
    ["arrow", rows],
    ["parquet", rows],
    ["file", handle],
  ];

  test.each(samples)("%s: damage is corrupt-value or another value, and never anything else", async (format, value) => {
    const encoded = await encodeAs(format, value);
    const { decode } = await formatOf(format);
    await fc.assert(
      fc.asyncProperty(damaged(encoded.bytes), async (bytes) => {
        const failure = await refusal(async () =>
          decode(bytes, encoded.params, { reviveFile: (given) => given, reviveRows: (given) => given }),
        );
        if (failure.message !== "") expect(failure.reason).toBe("corrupt-value");
        expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
        expect(Object.prototype).not.toHaveProperty("i");
      }),
      { numRuns: 300 },
    );
  });

  test.each(["csv", "arrow", "parquet"])("%s: damaged params are corrupt-value", async (format) => {
    const { bytes, params } = await encodeAs(format, rows);
    const { decode } = await formatOf(format);
    const bad: unknown[] = [
      undefined,
      null,
      1,
      "x",
      [],
      {},
      { ...(params as object), rows: -1 },
      { ...(params as object), rows: 21 },
      { ...(params as object), columns: [] },
      { ...(params as object), columns: [null] },
      {
        ...(params as object),
        columns: (params as { columns: object[] }).columns.map((column) => ({ ...column, kinds: ["__proto__"] })),
      },
      { ...(params as object), columns: (params as { columns: object[] }).columns.toReversed() },
      {
        ...(params as object),
        columns: (params as { columns: object[] }).columns.map((column) => ({ ...column, kinds: ["date"] })),
      },
    ];
    for (const one of bad)
      expect((await refusal(async () => decode(bytes, one as never))).reason).toBe("corrupt-value");
  });

  test.each([
    ["json", ""],
    ["json", "\ufeff1"],
    ["json", "NaN"],
    ["json", "1 2"],
    ["json", "[["],
    ["ndjson", "1"],
    ["ndjson", "\n"],
    ["ndjson", "1\n\n2\n"],
    ["ndjson", "1\r\n2"],
    ["text", Buffer.from([0xff])],
    ["json", Buffer.from([0x22, 0xc3, 0x22])],
    ["ndjson", Buffer.from([0x22, 0xc3, 0x22, 0x0a])],
    ["arrow", ""],
    ["arrow", "ARROW1"],
    ["arrow", "ARROW1\0\0........ARROW1"],
    ["parquet", ""],
    ["parquet", "PAR1"],
    ["parquet", "PAR1 and something else PAR1"],
    ["auto", ""],
  ])("%s: %j", async (format, content) => {
    const bytes = Buffer.from(content as string);
    const tabular = { value: "table", rows: 1, digest: digestOf(bytes) };
    const params = format === "arrow" || format === "parquet" ? tabular : undefined;
    expect((await refusal(async () => (await formatOf(format)).decode(bytes, params))).reason).toBe("corrupt-value");
  });

  test.each([
    "a,b\r\n1\r\n",
    "a\n1\n",
    "b\r\n1\r\n",
    'a\r\n"1\r\n',
    'a\r\n"1"2\r\n',
    "a\r\n01\r\n",
    "a\r\n\r\n",
    "a\r\n1\r\n1\r\n",
    "a\r\n1",
    'a\r\n"1"\r\n',
    "a\r\n1 \r\n",
    "a\r\ntrue\r\n",
  ])("csv: %j", async (content) => {
    const params = { rows: 1, columns: [{ name: "a", kinds: ["number"] }] };
    expect((await refusal(() => decodeAs("csv", { bytes: Buffer.from(content), params }))).reason).toBe(
      "corrupt-value",
    );
    expect(await decodeAs("csv", { bytes: Buffer.from("a\r\n1\r\n"), params })).toEqual([{ a: 1 }]);
  });

  test("an own __proto__ stays a property", async () => {
    const value = [
      objectOf([
        ["__proto__", "x"],
        ["a", "y"],
      ]),
    ];
    for (const format of ["auto", "json", "ndjson", "csv", "arrow", "parquet"]) {
      const [row] = (await roundTrip(format, value)) as object[];
      expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
      expect(Object.entries(row!)).toEqual([
        ["__proto__", "x"],
        ["a", "y"],
      ]);
    }
  });

  test("depth is no crash", async () => {
    for (const format of ["json", "ndjson"]) {
      const failure = await refusal(() => decodeAs(format, { bytes: Buffer.from(`${"[".repeat(1_000_000)}\n`) }));
      expect(failure.reason).toBe("corrupt-value");
    }
  });

  test("canonical bytes of another value are its own", async () => {
    expect(await decodeAs("auto", { bytes: encode("arrow.Table") })).toBe("arrow.Table");
  });
});
