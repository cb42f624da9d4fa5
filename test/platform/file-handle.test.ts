import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { inspect } from "node:util";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { failureOf } from "../../src/core/failure.ts";
import { type FileRef, fileRefOf } from "../../src/core/file-ref.ts";
import { type FileHandle, type FileSource, projectFile, storedFile } from "../../src/platform/file-handle.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "sluice-handle-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function refOf(name: string, content: Uint8Array, origin: FileRef["origin"], executable = false): FileRef {
  return { origin, name, size: content.length, digest: digestOf(content), executable };
}

function inProject(content: string | Uint8Array, name = "data/a file.txt"): FileHandle {
  const bytes = Buffer.from(content as string);
  mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
  writeFileSync(path.join(root, name), bytes);
  return projectFile({ root, ref: refOf(name, bytes, "project") });
}

/** A store of one blob, which counts what is asked of it. */
function inStore(content: string | Uint8Array, name = "chart.svg", executable = false) {
  const bytes = Buffer.from(content as string);
  const placed: string[] = [];
  const source: FileSource = {
    scratch: path.join(root, "scratch"),
    read: async (digest) => {
      expect(digest).toBe(digestOf(bytes));
      return new Uint8Array(bytes);
    },
    stream: async function* () {
      yield new Uint8Array(bytes.subarray(0, 2));
      yield new Uint8Array(bytes.subarray(2));
    },
    placeSync: (_, target, options) => {
      writeFileSync(target, bytes, { mode: options.executable ? 0o755 : 0o644 });
      placed.push(target);
    },
  };
  return { handle: storedFile({ ref: refOf(name, bytes, "store", executable), source }), placed, source };
}

const makers: readonly [string, (content: string | Uint8Array) => FileHandle][] = [
  ["project", (content) => inProject(content)],
  ["stored", (content) => inStore(content).handle],
];

describe.each(makers)("a %s file", (_, make) => {
  test("gives its content in every way", async () => {
    const handle = make('{"größe": [1, 2]}');
    expect(await handle.text()).toBe('{"größe": [1, 2]}');
    expect(await handle.json<{ größe: number[] }>()).toEqual({ größe: [1, 2] });
    expect(Buffer.from(await handle.bytes()).toString()).toBe('{"größe": [1, 2]}');
    expect(readFileSync(handle.path, "utf8")).toBe('{"größe": [1, 2]}');
    const pieces: Uint8Array[] = [];
    for await (const piece of handle.stream()) pieces.push(piece);
    expect(Buffer.concat(pieces).toString()).toBe('{"größe": [1, 2]}');
    expect(handle.stream()).toBeInstanceOf(ReadableStream);
    expect(path.isAbsolute(handle.path)).toBe(true);
  });

  test("gives bytes that a consumer may change", async () => {
    const handle = make("abc");
    (await handle.bytes()).fill(0);
    expect(await handle.text()).toBe("abc");
  });

  test("any bytes come back", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (content) => {
        expect(Buffer.from(await make(content).bytes()).equals(Buffer.from(content))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test("text is decoded, without a byte order mark, and never guessed", async () => {
    expect(await make("\uFEFFa,b").text()).toBe("a,b");
    const latin = make(Buffer.from("größe", "latin1"));
    expect(await latin.text("latin1")).toBe("größe");
    await expect(latin.text()).rejects.toMatchObject({ reason: "unsupported-value", message: /is not utf-8 text/ });
    await expect(latin.text("no such encoding")).rejects.toThrow(RangeError);
  });

  test("what is not JSON is said to be in which file", async () => {
    const handle = make("{");
    await expect(handle.json()).rejects.toMatchObject({
      reason: "unsupported-value",
      message: expect.stringContaining(`${handle.name} is not JSON`),
    });
  });

  test("stands for its reference in JSON, and shows itself to people", () => {
    const handle = make("abc");
    expect(JSON.parse(JSON.stringify({ handle })).handle).toEqual(fileRefOf(handle));
    expect(inspect(handle)).toBe(`FileHandle ${JSON.stringify(handle.name)} (3 bytes)`);
    expect(Object.keys(handle)).toEqual([]);
  });
});

test("a file of the project that went away", async () => {
  const handle = inProject("abc");
  rmSync(handle.path);
  await expect(handle.text()).rejects.toMatchObject({ reason: "missing-file" });
  const pieces = async () => {
    for await (const _ of handle.stream());
  };
  await expect(pieces()).rejects.toMatchObject({ reason: "missing-file" });
});

describe("the path of a stored file", () => {
  test("is made when it is first asked for, once, under its own base name", () => {
    const { handle, placed } = inStore("abc", "out/chart.svg");
    expect(placed).toEqual([]);
    const first = handle.path;
    expect(path.basename(first)).toBe("chart.svg");
    expect(handle.path).toBe(first);
    expect(placed).toEqual([first]);
  });

  test("is a handle's own, even among equal ones", () => {
    const { handle, source } = inStore("abc");
    const other = storedFile({ ref: fileRefOf(handle)!, source });
    writeFileSync(handle.path, "changed");
    expect(readFileSync(other.path, "utf8")).toBe("abc");
  });

  test("keeps the executable bit", () => {
    expect(statSync(inStore("abc", "tool", true).handle.path).mode & 0o100).toBe(0o100);
    expect(statSync(inStore("abc", "tool", false).handle.path).mode & 0o100).toBe(0);
  });

  test.each(["", "..", "a/..", ".", "a/", "a\0b"])("never leads out of its folder: %j", (name) => {
    const { handle, placed } = inStore("abc", name);
    let thrown: unknown;
    try {
      handle.path;
    } catch (error) {
      thrown = error;
    }
    expect(failureOf(thrown)?.reason).toBe("corrupt-value");
    expect(placed).toEqual([]);
  });
});
