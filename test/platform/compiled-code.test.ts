import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CompiledCode, type UsedScript } from "../../src/platform/compiled-code.ts";

let root: string;
let settings: NodeJS.ProcessEnv;

beforeEach(() => {
  settings = { ...process.env };
  root = mkdtempSync(join(tmpdir(), "sluice-compiled-test-"));
  process.env.NODE_COMPILE_CACHE = root;
  delete process.env.NODE_DISABLE_COMPILE_CACHE;
});
afterEach(() => {
  process.env = settings;
  rmSync(root, { recursive: true, force: true });
});

const place = "/somewhere/scripts";
const source = Buffer.from("(function () { return 1; })");
const code = Buffer.from("what V8 made of it");

const opened = () => CompiledCode.of(place)!;
const used = (script = source, made = code): ReadonlyMap<string, UsedScript> =>
  new Map([["one.js", { source: script, code: () => made }]]);
/** The only folder with code. */
const folder = () => {
  const [above] = readdirSync(root);
  const [own] = readdirSync(join(root, above!));
  return join(root, above!, own!);
};

describe("compiled code", () => {
  test("is there for the next process", () => {
    expect(opened().read("one.js", source)).toBeUndefined();
    opened().keep(used());
    expect(opened().read("one.js", source)).toEqual(code);
  });

  test("belongs to one source, name and place", () => {
    opened().keep(used());
    const other = Buffer.from("(function () { return 2; })");
    expect(other.length).toBe(source.length);
    expect(opened().read("one.js", other)).toBeUndefined();
    renameSync(join(folder(), "one.js"), join(folder(), "two.js"));
    expect(opened().read("two.js", source)).toBeUndefined();
    expect(CompiledCode.of("/elsewhere/scripts")!.read("one.js", source)).toBeUndefined();
  });

  test("is read whole and as it was written, or not at all", () => {
    opened().keep(used());
    const file = join(folder(), "one.js");
    const whole = readFileSync(file);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(7), fc.boolean(), (at, bit, isCut) => {
        const damaged = Buffer.from(isCut ? whole.subarray(0, at) : whole);
        if (!isCut) damaged[at]! ^= 1 << bit;
        writeFileSync(file, damaged);
        expect(opened().read("one.js", source)).toBeUndefined();
      }),
    );
    writeFileSync(file, whole);
    expect(opened().read("one.js", source)).toEqual(code);
  });

  test.skipIf(process.getuid === undefined)("is not taken from a folder that others can write to", () => {
    opened().keep(used());
    for (const open of [folder(), join(folder(), "..")])
      for (const mode of [0o720, 0o702]) {
        chmodSync(open, mode);
        expect(opened().read("one.js", source)).toBeUndefined();
        opened().keep(used(source, Buffer.from("other")));
        chmodSync(open, 0o700);
        expect(opened().read("one.js", source)).toEqual(code);
      }
  });

  test("is not taken by way of a link", () => {
    opened().keep(used());
    const above = join(folder(), "..");
    const elsewhere = `${root}-elsewhere`;
    renameSync(above, elsewhere);
    try {
      symlinkSync(elsewhere, above);
      expect(opened().read("one.js", source)).toBeUndefined();
      rmSync(elsewhere, { recursive: true });
      mkdirSync(elsewhere);
      opened().keep(used());
      expect(readdirSync(elsewhere)).toEqual([]);
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });

  test.skipIf(process.getuid === undefined)("makes nothing in a folder that is there and open to others", () => {
    opened().keep(used());
    const above = join(folder(), "..");
    rmSync(above, { recursive: true });
    mkdirSync(above);
    chmodSync(above, 0o777);
    opened().keep(used());
    expect(readdirSync(above)).toEqual([]);
  });

  test("is renewed by the first three processes of a kind, and when it is gone", () => {
    const versions = ["a", "b", "c", "d"].map((text) => Buffer.from(text));
    for (const version of versions) {
      const process = opened();
      process.read("one.js", source);
      process.keep(used(source, version));
    }
    expect(opened().read("one.js", source)).toEqual(versions[2]);

    // another kind of process: one that uses more
    const more = opened();
    more.read("one.js", source);
    more.keep(new Map([...used(source, versions[3]), ["two.js", { source, code: () => code }]]));
    expect(opened().read("one.js", source)).toEqual(versions[3]);

    rmSync(join(folder(), "one.js"));
    const late = opened();
    expect(late.read("one.js", source)).toBeUndefined();
    late.keep(used());
    expect(opened().read("one.js", source)).toEqual(code);
  });

  test("costs nobody anything where it cannot be kept", () => {
    writeFileSync(join(root, "file"), "");
    process.env.NODE_COMPILE_CACHE = join(root, "file");
    opened().keep(used());
    expect(opened().read("one.js", source)).toBeUndefined();
    expect(readdirSync(root)).toEqual(["file"]);
  });

  test("is not kept with NODE_DISABLE_COMPILE_CACHE", () => {
    process.env.NODE_DISABLE_COMPILE_CACHE = "1";
    expect(CompiledCode.of(place)).toBeUndefined();
  });

  test("does not grow with the places that it is kept for", () => {
    const places = Array.from({ length: 40 }, (_, i) => `/somewhere/${i}`);
    const first = CompiledCode.of(places[0]!)!;
    for (const each of places) CompiledCode.of(each)!.keep(used());
    const above = join(root, readdirSync(root)[0]!);
    expect(readdirSync(above)).toHaveLength(32);
    expect(CompiledCode.of(places.at(-1)!)!.read("one.js", source)).toEqual(code);
    first.read("one.js", source);
    first.keep(used());
    expect(CompiledCode.of(places[0]!)!.read("one.js", source)).toEqual(code);
  });

  test("survives what is no list of uses", () => {
    for (const text of ["", "null", "[]", "7", `{"__proto__": 3}`, `{"constructor": 3}`]) {
      opened().keep(used());
      writeFileSync(join(folder(), "uses"), text);
      opened().keep(used());
      expect(opened().read("one.js", source)).toEqual(code);
    }
  });
});
