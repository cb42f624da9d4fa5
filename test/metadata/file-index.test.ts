import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { failureOf } from "../../src/core/failure.ts";
import { FileIndex } from "../../src/metadata/file-index.ts";
import { MemoryMetadata } from "../../src/metadata/memory-metadata.ts";
import type { FileIndexEntry, FileIndexStore } from "../../src/metadata/metadata.ts";
import { Child, killChildren } from "./child-process.ts";

const millisecond = 1_000_000n;

afterEach(killChildren);

/** Until the kernel's clock, by which it stamps files, has gone on. Tests that let the index run ahead of it need that. */
const nextTick = () => sleep(30);

/** A folder with an index whose clock a test can set; `hits` counts the versions that were taken without reading. */
function setUp(root = mkdtempSync(join(tmpdir(), "sluice-files-"))) {
  const entries = new Map<string, FileIndexEntry>();
  const store: FileIndexStore = {
    get: (path) => entries.get(path),
    put: (entry) => {
      puts += 1;
      entries.set(entry.path, entry);
    },
    flush: () => {},
  };
  let puts = 0;
  let shift = 0n;
  const system = () => BigInt(Date.now()) * millisecond;
  const index = new FileIndex({ root, store, now: () => system() + shift });
  return {
    root,
    index,
    entries,
    path: (name: string) => join(root, name),
    /** Lets the index believe that this much more time has passed. */
    later: (milliseconds: number) => {
      shift += BigInt(milliseconds) * millisecond;
    },
    puts: () => puts,
  };
}

const fresh = (path: string) => ({
  digest: digestOf(readFileSync(path)),
  size: statSync(path).size,
  executable: (statSync(path).mode & 0o100) !== 0,
});

/** Spoils what is remembered of a file in everything but the stat, so that it shows whether it is trusted. */
function mark(entries: Map<string, FileIndexEntry>, name: string): void {
  entries.set(name, { ...entries.get(name)!, digest: digestOf("remembered") });
}

describe("a version", () => {
  test("is content, size and executable bit", () => {
    const { index, path } = setUp();
    writeFileSync(path("a"), "hello");
    expect(index.version(path("a"))).toStrictEqual({ digest: digestOf("hello"), size: 5, executable: false });
    chmodSync(path("a"), 0o755);
    expect(index.version(path("a"))).toStrictEqual({ digest: digestOf("hello"), size: 5, executable: true });
    writeFileSync(path("empty"), "");
    expect(index.version(path("empty"))).toStrictEqual({ digest: digestOf(""), size: 0, executable: false });
  });

  test("of a file larger than what is read at once is right", () => {
    const { index, path } = setUp();
    const content = Buffer.alloc(5 * 1024 * 1024 + 3, "sluice");
    writeFileSync(path("a"), content);
    expect(index.version(path("a")).digest).toBe(digestOf(content));
  });

  test("is remembered, with a path relative to the root", () => {
    const { index, path, entries, later } = setUp();
    mkdirSync(path("data"));
    writeFileSync(path("data/a"), "hello");
    later(1_000);
    index.version(path("data/a"));
    expect([...entries.keys()]).toStrictEqual(["data/a"]);
    mark(entries, "data/a");
    expect(index.version(path("data/a")).digest).toBe(digestOf("remembered"));
  });

  test("of a link is that of the file that it leads to", async () => {
    const { index, path, later } = setUp();
    writeFileSync(path("a"), "hello");
    writeFileSync(path("b"), "other");
    symlinkSync("a", path("link"));
    later(1_000);
    expect(index.version(path("link"))).toStrictEqual(fresh(path("a")));
    rmSync(path("link"));
    symlinkSync("b", path("link"));
    expect(index.version(path("link"))).toStrictEqual(fresh(path("b")));
    await nextTick();
    writeFileSync(path("b"), "OTHER");
    expect(index.version(path("link"))).toStrictEqual(fresh(path("b")));
  });

  test("outlives the index in its store", () => {
    const { root, path } = setUp();
    const store = new MemoryMetadata().files;
    writeFileSync(path("a"), "hello");
    const soon = () => (BigInt(Date.now()) + 1_000n) * millisecond;
    new FileIndex({ root, store, now: soon }).version(path("a"));
    store.put({ ...store.get("a")!, digest: digestOf("remembered") });
    expect(new FileIndex({ root, store, now: soon }).version(path("a")).digest).toBe(digestOf("remembered"));
    copyFileSync(path("a"), path("copy"));
    renameSync(path("copy"), path("a"));
    expect(new FileIndex({ root, store, now: soon }).version(path("a")).digest).toBe(digestOf("hello"));
  });
});

describe("what was remembered is not trusted", () => {
  const edits: Record<string, (file: string) => void> = {
    "after an edit that keeps size and mtime": (file) => {
      const before = statSync(file, { bigint: true });
      writeFileSync(file, "HELLO");
      utimesSync(file, 1_600_000_000, 1_600_000_000);
      expect(statSync(file, { bigint: true }).mtimeNs).toBe(before.mtimeNs);
    },
    "after a replacement by rename with the same size and mtime": (file) => {
      const { atime, mtime } = statSync(file);
      writeFileSync(`${file}.new`, "HELLO");
      utimesSync(`${file}.new`, atime, mtime);
      renameSync(`${file}.new`, file);
    },
    "after an append": (file) => appendFileSync(file, "!"),
    "after a truncation": (file) => writeFileSync(file, ""),
    "after a touch": (file) => utimesSync(file, new Date(), new Date()),
    "after a touch into the past": (file) => utimesSync(file, 1, 1),
    "after a change of its mode": (file) => chmodSync(file, 0o700),
    "after it became a link": (file) => {
      writeFileSync(`${file}.target`, "HELLO");
      rmSync(file);
      symlinkSync(`${file}.target`, file);
    },
  };
  for (const [name, edit] of Object.entries(edits)) {
    test(name, async () => {
      const { index, path, entries, later } = setUp();
      writeFileSync(path("a"), "hello");
      utimesSync(path("a"), 1_600_000_000, 1_600_000_000);
      later(3_000);
      index.version(path("a"));
      mark(entries, "a");
      expect(index.version(path("a")).digest).toBe(digestOf("remembered"));
      await nextTick();
      edit(path("a"));
      expect(index.version(path("a"))).toStrictEqual(fresh(path("a")));
    });
  }

  test("when the file was written in the tick in which it was hashed", () => {
    const { index, path, entries, later } = setUp();
    writeFileSync(path("a"), "hello");
    index.version(path("a"));
    expect(entries.size).toBe(0);
    const before = statSync(path("a"), { bigint: true });
    writeFileSync(path("a"), "HELLO");
    expect(statSync(path("a"), { bigint: true }).mtimeNs - before.mtimeNs).toBeLessThan(1_000n * millisecond);
    expect(index.version(path("a")).digest).toBe(digestOf("HELLO"));
    later(1_000);
    index.version(path("a"));
    expect(entries.size).toBe(1);
  });

  test("when a file system keeps whole seconds, and less than two have passed", () => {
    const { index, path, entries, later } = setUp();
    writeFileSync(path("a"), "hello");
    const second = Math.ceil(Date.now() / 1_000);
    utimesSync(path("a"), second, second);
    later(second * 1_000 - Date.now() + 1_900);
    index.version(path("a"));
    expect(entries.size).toBe(0);
    later(500);
    index.version(path("a"));
    expect(entries.size).toBe(1);
  });

  test("when it was written in the future", () => {
    const { index, path, entries, later } = setUp();
    writeFileSync(path("a"), "hello");
    const ahead = new Date(Date.now() + 3_600_000);
    utimesSync(path("a"), ahead, ahead);
    later(1_000);
    expect(index.version(path("a")).digest).toBe(digestOf("hello"));
    expect(entries.size).toBe(0);
  });

  test("when the clock has gone back since it was hashed", () => {
    const { index, path, entries, later } = setUp();
    writeFileSync(path("a"), "hello");
    later(7_200_000);
    index.version(path("a"));
    mark(entries, "a");
    expect(index.version(path("a")).digest).toBe(digestOf("remembered"));
    later(-3_600_000);
    expect(index.version(path("a")).digest).toBe(digestOf("hello"));
  });

  test("when it says that the file was changed after it was hashed", () => {
    const { index, path, entries, later } = setUp();
    writeFileSync(path("a"), "hello");
    later(1_000);
    index.version(path("a"));
    mark(entries, "a");
    const entry = entries.get("a")!;
    entries.set("a", { ...entry, hashedAtNs: entry.mtimeNs });
    expect(index.version(path("a")).digest).toBe(digestOf("hello"));
  });
});

describe("unchanged", () => {
  test("goes by content where the file system is not enough", async () => {
    const { index, path, later } = setUp();
    writeFileSync(path("a"), "hello");
    const version = index.version(path("a"));
    expect(index.unchanged(path("a"), version)).toBe(true);
    later(1_000);
    utimesSync(path("a"), 1, 1);
    expect(index.unchanged(path("a"), version)).toBe(true);
    await nextTick();
    writeFileSync(path("a"), "HELLO");
    expect(index.unchanged(path("a"), version)).toBe(false);
    await nextTick();
    writeFileSync(path("a"), "hello");
    expect(index.unchanged(path("a"), version)).toBe(true);
    chmodSync(path("a"), 0o755);
    expect(index.unchanged(path("a"), version)).toBe(false);
  });

  test("is false for what is gone or is no longer a file", () => {
    const { index, path } = setUp();
    writeFileSync(path("a"), "hello");
    const version = index.version(path("a"));
    rmSync(path("a"));
    expect(index.unchanged(path("a"), version)).toBe(false);
    mkdirSync(path("a"));
    expect(index.unchanged(path("a"), version)).toBe(false);
  });
});

describe("what cannot be versioned fails", () => {
  const cases: Record<string, [reason: string, message: RegExp, make: (file: string) => unknown]> = {
    "nothing there": ["missing-file", /there is no file/, () => {}],
    "a link to nothing": ["missing-file", /is a link/, (file) => symlinkSync("nowhere", file)],
    "a link to itself": ["missing-file", /is a link/, (file) => symlinkSync(file, file)],
    "a folder": ["invalid-definition", /is a folder/, (file) => mkdirSync(file)],
    "a pipe": ["invalid-definition", /is a pipe/, (file) => execFileSync("mkfifo", [file])],
  };
  for (const [name, [reason, message, make]] of Object.entries(cases)) {
    test(name, () => {
      const { index, path } = setUp();
      make(path("a"));
      expect(() => index.version(path("a"))).toThrow(message);
      expect(() => index.version(path("a"))).toThrow(
        expect.objectContaining({ failure: expect.objectContaining({ reason, where: { file: path("a") } }) }),
      );
    });
  }

  test("a file in place of a folder, and paths that none can have", () => {
    const { index, path } = setUp();
    writeFileSync(path("a"), "");
    for (const name of ["a/b", "a\0b"]) {
      expect(() => index.version(path(name))).toThrow(expect.objectContaining({ reason: "missing-file" }));
    }
    expect(() => index.version(path("n".repeat(300)))).toThrow(expect.objectContaining({ reason: "io" }));
  });
});

test("a file that is appended to is never read half before and half after", async () => {
  const { index, path } = setUp();
  writeFileSync(path("a"), Buffer.alloc(4 * 1024 * 1024));
  const child = new Child("append-forever.ts", [path("a")]);
  await child.line();
  for (let count = 0; count < 10; count++) {
    try {
      const { digest, size } = index.version(path("a"));
      expect(digest).toBe(digestOf(readFileSync(path("a")).subarray(0, size)));
    } catch (error) {
      expect(failureOf(error)).toMatchObject({ reason: "input-changed", retryable: true });
    }
    await sleep(5);
  }
  await killChildren();
  expect(index.version(path("a"))).toStrictEqual(fresh(path("a")));
});

// The kernel makes its content up, and says that it is empty: it never holds what it said.
test.runIf(existsSync("/proc/self/status"))("a file that is never as it was said to be fails", () => {
  const { index } = setUp();
  expect(() => index.version("/proc/self/status")).toThrow(expect.objectContaining({ reason: "input-changed" }));
  const version = { digest: digestOf(""), size: 0, executable: false };
  expect(index.unchanged("/proc/self/status", version)).toBe(false);
});

test("whatever is done to files, the index says what a fresh hash says", async () => {
  const name = fc.constantFrom("a", "b");
  const content = fc.constantFrom("one", "two", "six", "four!");
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("write" as const), name, content }) },
    fc.record({ kind: fc.constant("rename" as const), name, content }),
    fc.record({ kind: fc.constant("restore" as const), name, content }),
    fc.record({ kind: fc.constant("touch" as const), name, at: fc.constantFrom(1, 1_600_000_000, 4_000_000_000.5) }),
    fc.record({ kind: fc.constant("chmod" as const), name, mode: fc.constantFrom(0o644, 0o755) }),
    fc.record({ kind: fc.constant("swap" as const) }),
    // Never ahead of the kernel's: that would be to claim that time has passed which has not.
    fc.record({ kind: fc.constant("clock" as const), behind: fc.constantFrom(0, 50, 5_000) }),
    fc.record({ kind: fc.constant("pause" as const), ms: fc.constantFrom(5, 120, 200) }),
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("look" as const), name }) },
  );
  let trusted = 0;

  async function follow(
    steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[],
  ): Promise<void> {
    const { root, index, path, entries, later, puts } = setUp();
    let behind = 0;
    for (const each of ["a", "b"]) writeFileSync(path(each), "one");
    const look = (each: string) => {
      const [before, known] = [puts(), entries.get(each)];
      expect(index.version(path(each)), `${each} after ${JSON.stringify(steps)}`).toStrictEqual(fresh(path(each)));
      if (puts() === before && known?.ctimeNs === statSync(path(each), { bigint: true }).ctimeNs) trusted += 1;
    };
    for (const action of steps) {
      if (action.kind === "write") {
        writeFileSync(path(action.name), action.content);
      } else if (action.kind === "rename") {
        writeFileSync(path("new"), action.content);
        renameSync(path("new"), path(action.name));
      } else if (action.kind === "restore") {
        const { atime, mtime } = statSync(path(action.name));
        writeFileSync(path(action.name), action.content);
        utimesSync(path(action.name), atime, mtime);
      } else if (action.kind === "touch") {
        utimesSync(path(action.name), action.at, action.at);
      } else if (action.kind === "chmod") {
        chmodSync(path(action.name), action.mode);
      } else if (action.kind === "swap") {
        renameSync(path("a"), path("c"));
        renameSync(path("b"), path("a"));
        renameSync(path("c"), path("b"));
      } else if (action.kind === "clock") {
        later(behind - action.behind);
        behind = action.behind;
      } else if (action.kind === "pause") {
        await sleep(action.ms);
      } else {
        look(action.name);
      }
    }
    for (const each of ["a", "b"]) look(each);
    rmSync(root, { recursive: true });
  }

  // Side by side, for they mostly wait.
  await Promise.all(fc.sample(fc.array(step, { maxLength: 40, size: "max" }), 200).map(follow));
  expect(trusted).toBeGreaterThan(0);
});
