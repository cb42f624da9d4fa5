import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { failureOf } from "../../src/core/failure.ts";
import { ensureDir, ensureDirDurably, entryAt, pieceSize, removeEntry, syncDir } from "../../src/platform/files.ts";
import { isAlive, markText, ownMark, parseMark } from "../../src/platform/process-mark.ts";
import { copyFileAtomic, TempFile, tempName, writeFileAtomic } from "../../src/platform/temp-file.ts";

let root: string;
let options: { tmpDir: string };

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sluice-files-"));
  options = { tmpDir: join(root, "tmp") };
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function reasonOf(work: () => unknown): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return failureOf(error)?.reason ?? String(error);
  }
}

describe("an atomic write", () => {
  test("makes and replaces a file, and leaves nothing else", async () => {
    const path = join(root, "file");
    await writeFileAtomic(path, "one", options);
    await writeFileAtomic(path, new TextEncoder().encode("two"), options);
    expect(readFileSync(path, "utf8")).toBe("two");
    expect(readdirSync(options.tmpDir)).toEqual([]);
  });

  test("keeps to the mode, less the umask", async () => {
    await writeFileAtomic(join(root, "private"), "", { ...options, mode: 0o600 });
    await writeFileAtomic(join(root, "public"), "", options);
    expect(lstatSync(join(root, "private")).mode & 0o777).toBe(0o600);
    expect(lstatSync(join(root, "public")).mode & 0o777).toBe(0o666 & ~process.umask());
  });

  test("replaces a link without following it", async () => {
    writeFileSync(join(root, "target"), "precious");
    symlinkSync(join(root, "target"), join(root, "link"));
    await writeFileAtomic(join(root, "link"), "new", options);
    expect(readFileSync(join(root, "target"), "utf8")).toBe("precious");
    expect(lstatSync(join(root, "link")).isFile()).toBe(true);
  });

  test("that fails leaves the old file and no temporary one", async () => {
    mkdirSync(join(root, "folder/inner"), { recursive: true });
    expect(await reasonOf(() => writeFileAtomic(join(root, "folder"), "x", options))).toBe("io");
    expect(readdirSync(options.tmpDir)).toEqual([]);
    expect(readdirSync(join(root, "folder"))).toEqual(["inner"]);
  });

  test("whose folder is a file is a failure", async () => {
    writeFileSync(join(root, "file"), "");
    expect(await reasonOf(() => writeFileAtomic(join(root, "file/x"), "x", options))).toBe("io");
    expect(await reasonOf(() => new TempFile(join(root, "file"), 0o600))).toBe("io");
  });
});

describe("an atomic copy", () => {
  test.each([0, 1, pieceSize, 2 * pieceSize + 3])("of %d bytes is equal", async (size) => {
    const content = Buffer.alloc(size, "0123456789abcdef!");
    writeFileSync(join(root, "from"), content);
    await copyFileAtomic(join(root, "from"), join(root, "to"), options);
    expect(readFileSync(join(root, "to")).equals(content)).toBe(true);
    expect(readdirSync(options.tmpDir)).toEqual([]);
  });

  test("of a folder is a failure, and makes nothing", async () => {
    expect(await reasonOf(() => copyFileAtomic(root, join(root, "to"), options))).toBe("io");
    expect(existsSync(join(root, "to"))).toBe(false);
    expect(readdirSync(options.tmpDir)).toEqual([]);
  });
});

describe("a temporary file", () => {
  test("is discarded once, and not after a commit", async () => {
    const temp = new TempFile(options.tmpDir, 0o600);
    temp.write(Buffer.from("content"));
    await temp.commit(join(root, "file"));
    temp.discard();
    temp.discard();
    expect(readFileSync(join(root, "file"), "utf8")).toBe("content");

    const other = new TempFile(options.tmpDir, 0o600);
    const { fd } = other;
    other.discard();
    // The number of the closed file is given to the next one that is opened, which a second discard must not close.
    const next = new TempFile(options.tmpDir, 0o600);
    expect(next.fd).toBe(fd);
    other.discard();
    next.write(Buffer.from("still open"));
    next.discard();
    expect(readdirSync(options.tmpDir)).toEqual([]);
  });

  test("has a name of its own each time", () => {
    const names = new Set(Array.from({ length: 1000 }, tempName));
    expect(names.size).toBe(1000);
    for (const name of names) expect(parseMark(name)).toEqual(ownMark());
  });
});

describe("the mark of a process", () => {
  test("says whether it is alive", () => {
    expect(isAlive(ownMark())).toBe(true);
    expect(parseMark(markText(ownMark()))).toEqual(ownMark());
    const gone = Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }));
    expect(isAlive({ ...ownMark(), pid: gone })).toBe(false);
    expect(isAlive({ ...ownMark(), pid: process.ppid, started: "1" })).toBe(process.platform !== "linux");
    expect(isAlive({ ...ownMark(), place: "ffffffff" })).toBeUndefined();
  });

  test.each(["", "x", "12345678-0-0-0", "12345678-0-1", "../12345678-0-1-1", "12345678-0-1-1x"])(
    "is not %j",
    (text) => {
      expect(parseMark(text)).toBeUndefined();
    },
  );
});

describe("folders", () => {
  test("are made with those above them, any number of times, at once", async () => {
    const path = join(root, "a/b/c");
    await Promise.all([ensureDirDurably(path, 0o700), ensureDirDurably(path), ensureDirDurably(join(root, "a/b/d"))]);
    ensureDir(path);
    expect(lstatSync(path).isDirectory()).toBe(true);
  });

  test("that are files are failures", async () => {
    writeFileSync(join(root, "file"), "");
    expect(await reasonOf(() => ensureDir(join(root, "file/x")))).toBe("io");
    expect(await reasonOf(() => ensureDirDurably(join(root, "file/x")))).toBe("io");
    expect(await reasonOf(() => syncDir(join(root, "file")))).toBe("io");
  });

  test("are synced once for all who ask in one turn, and again for those who ask later", async () => {
    const first = syncDir(root);
    expect(syncDir(root)).toBe(first);
    await first;
    const second = syncDir(root);
    expect(second).not.toBe(first);
    await second;
  });
});

test("removing takes what is there, links not followed, and is quiet about what is not", () => {
  mkdirSync(join(root, "folder/inner"), { recursive: true });
  mkdirSync(join(root, "kept"));
  symlinkSync(join(root, "kept"), join(root, "folder/inner/link"));
  symlinkSync(join(root, "kept"), join(root, "link"));
  for (const name of ["folder", "link", "nothing", "nothing/inside"]) removeEntry(join(root, name));
  expect(readdirSync(root)).toEqual(["kept"]);
  expect(entryAt(join(root, "nothing"))).toBeUndefined();
});
