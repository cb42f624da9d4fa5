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
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Digest, digestOf } from "../../src/core/digest.ts";
import { failureOf } from "../../src/core/failure.ts";
import type { BlobStat, BlobStore } from "../../src/store/blob-store.ts";

/** The reason of the failure that a promise rejects with; `undefined` when it does not, or with something else. */
export async function reasonOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return failureOf(error)?.reason ?? `not a failure: ${error}`;
  }
}

export async function contentOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

export async function listOf(store: BlobStore): Promise<BlobStat[]> {
  const all: BlobStat[] = [];
  for await (const stat of store.list()) all.push(stat);
  return all.sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

/** Bytes that do not compress, the same in every run. */
export function noise(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size);
  let state = seed >>> 0 || 1;
  for (let i = 0; i < size; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}

export const absent: Digest = digestOf("nobody stored this");

/** What every blob store does. `make` gives an empty store; it may keep its files in the folder that it is given. */
export function blobStoreConformance(name: string, make: (dir: string) => BlobStore): void {
  describe(`${name} as a blob store`, () => {
    let dir: string;
    let store: BlobStore;

    beforeEach(() => {
      dir = mkdtempSync(join(tmpdir(), "sluice-blobs-"));
      store = make(join(dir, "store"));
    });
    afterEach(() => rmSync(dir, { recursive: true, force: true }));

    test.each([
      ["nothing", Buffer.alloc(0)],
      ["one byte", Buffer.from([0])],
      ["text", Buffer.from("hello ".repeat(1000))],
      ["noise", noise(100_000)],
      ["exactly one piece", Buffer.alloc(1 << 20, "piece ")],
      ["a piece and a byte", Buffer.alloc((1 << 20) + 1, "piece ")],
      ["9 MiB that compress", Buffer.alloc(9 << 20, "0123456789abcdefghijklmnopqrstuvwxyz")],
      ["9 MiB of noise", noise(9 << 20)],
    ])("gives back %s by every path", async (_, content) => {
      const put = await store.put(content);
      expect(put).toEqual({ digest: digestOf(content), size: content.length });
      expect(await store.stat(put.digest)).toMatchObject({ digest: put.digest, size: content.length });
      expect(Buffer.from(await store.read(put.digest)).equals(content)).toBe(true);
      expect((await contentOf(store.stream(put.digest))).equals(content)).toBe(true);
      await store.place(put.digest, join(dir, "a/b/placed"));
      expect(readFileSync(join(dir, "a/b/placed")).equals(content)).toBe(true);
      store.placeSync(put.digest, join(dir, "a/b/placed-sync"));
      expect(readFileSync(join(dir, "a/b/placed-sync")).equals(content)).toBe(true);
      expect(await store.verify(put.digest)).toBe("ok");

      writeFileSync(join(dir, "source"), content);
      expect(await make(join(dir, "other")).putFile(join(dir, "source"))).toEqual(put);
      expect(await store.putFile(join(dir, "source"))).toEqual(put);
    });

    test("holds whatever bytes it is given, once each", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 8 }), async (contents) => {
          const own = make(mkdtempSync(join(dir, "run-")));
          const expected = new Map<Digest, number>();
          for (const content of contents) {
            const { digest, size } = await own.put(content);
            expected.set(digest, size);
          }
          for (const content of contents) expect(await own.read(digestOf(content))).toEqual(content);
          const listed = await listOf(own);
          expect(new Map(listed.map(({ digest, size }) => [digest, size]))).toEqual(expected);
          expect(listed).toHaveLength(expected.size);
        }),
        { numRuns: 30 },
      );
    });

    test("takes content bit by bit, however it is cut, and it is the same blob", async () => {
      const content = Buffer.concat([noise(1_500_000), Buffer.alloc(1_200_000, "text "), noise(700_000, 2)]);
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(content.length), { maxLength: 8 }), async (cuts) => {
          const own = make(mkdtempSync(join(dir, "draft-")));
          const draft = own.draft();
          const at = [0, ...cuts.sort((a, b) => a - b), content.length];
          for (const [i, end] of at.slice(1).entries()) {
            const bytes = Buffer.from(content.subarray(at[i], end));
            await draft.write(bytes);
            expect(draft.size).toBe(end);
            bytes.fill(0);
          }
          expect(await draft.commit()).toEqual({ digest: digestOf(content), size: content.length });
          draft.discard();
          expect(Buffer.from(await own.read(digestOf(content))).equals(content)).toBe(true);
        }),
        { numRuns: 8 },
      );
      const empty = await store.draft().commit();
      expect(empty).toEqual({ digest: digestOf(""), size: 0 });
      expect(await store.verify(empty.digest)).toBe("ok");
    });

    test("forgets a draft that is given up, also while it is written", async () => {
      const draft = store.draft();
      const writing = draft.write(noise(3 << 20));
      draft.discard();
      await Promise.resolve(writing).catch(() => {});
      const other = store.draft();
      await other.write(noise(10));
      other.discard();
      expect(await listOf(store)).toEqual([]);
      expect(await store.clean()).toEqual({ files: 0, bytes: 0 });
    });

    test("what is staged is not in the store until it is published, one by one", async () => {
      const stage = store.stage();
      const contents = [noise(10), noise(3 << 20), Buffer.alloc(2 << 20, "text ")];
      for (const content of contents) {
        const draft = stage.draft();
        await draft.write(content);
        expect(await draft.commit()).toEqual({ digest: digestOf(content), size: content.length });
        expect(await stage.stat(digestOf(content))).toMatchObject({ size: content.length });
      }
      expect(await stage.stat(absent)).toBeUndefined();
      const given = stage.draft();
      await given.write(noise(20));
      given.discard();
      expect(await listOf(store)).toEqual([]);
      await store.put(contents[1]!);
      for (const content of contents.slice(0, 2)) await stage.publish(digestOf(content));
      await expect(stage.publish(absent)).rejects.toThrow();
      stage.close();
      expect((await listOf(store)).map(({ digest }) => digest)).toEqual(contents.slice(0, 2).map(digestOf).sort());
      for (const content of contents.slice(0, 2))
        expect(Buffer.from(await store.read(digestOf(content))).equals(content)).toBe(true);
      expect(await store.clean()).toEqual({ files: 0, bytes: 0 });
    });

    test("takes bytes from the middle of a buffer, and from a larger one afterwards changed", async () => {
      const large = noise(5000);
      const part = large.subarray(1234, 4321);
      const copy = Buffer.from(part);
      const { digest } = await store.put(part);
      large.fill(0);
      expect(Buffer.from(await store.read(digest)).equals(copy)).toBe(true);
    });

    test("what was read belongs to the reader", async () => {
      const { digest } = await store.put(Buffer.from("do not touch"));
      (await store.read(digest)).fill(0);
      for await (const piece of store.stream(digest)) piece.fill(0);
      expect(Buffer.from(await store.read(digest)).toString()).toBe("do not touch");
    });

    test("gives plain byte arrays", async () => {
      const { digest } = await store.put(Buffer.from("plain"));
      expect(Object.getPrototypeOf(await store.read(digest))).toBe(Uint8Array.prototype);
    });

    test("says that a blob is missing", async () => {
      expect(await store.stat(absent)).toBeUndefined();
      expect(await reasonOf(store.read(absent))).toBe("missing-blob");
      expect(await reasonOf(contentOf(store.stream(absent)))).toBe("missing-blob");
      expect(await reasonOf(store.place(absent, join(dir, "x")))).toBe("missing-blob");
      expect(await reasonOf((async () => store.placeSync(absent, join(dir, "x")))())).toBe("missing-blob");
      expect(await store.verify(absent)).toBe("missing");
      expect(existsSync(join(dir, "x"))).toBe(false);
      await store.remove(absent);
    });

    test.each([
      "",
      "../../etc/passwd",
      "ab",
      `${absent.slice(0, 63)}/`,
      absent.toUpperCase(),
      `${absent}0`,
      "..".repeat(32),
    ])("takes %j for the name of no blob", async (bad) => {
      mkdirSync(join(dir, "store"), { recursive: true });
      expect(await store.stat(bad)).toBeUndefined();
      expect(await reasonOf(store.read(bad))).toBe("missing-blob");
      expect(await reasonOf(store.place(bad, join(dir, "x")))).toBe("missing-blob");
      expect(await store.verify(bad)).toBe("missing");
      await store.remove(bad);
      expect(existsSync(dir)).toBe(true);
    });

    test("forgets a blob that was removed, and only that", async () => {
      const one = await store.put(Buffer.from("one"));
      const two = await store.put(Buffer.from("two"));
      await store.remove(one.digest);
      expect(await store.stat(one.digest)).toBeUndefined();
      expect((await listOf(store)).map((stat) => stat.digest)).toEqual([two.digest]);
      await store.put(Buffer.from("one"));
      expect(await store.verify(one.digest)).toBe("ok");
    });

    test("puts many at once", async () => {
      const contents = Array.from({ length: 60 }, (_, i) =>
        Buffer.from(`content ${i % 20} `.repeat(1 + (i % 20) * 30)),
      );
      const puts = await Promise.all(contents.map((content) => store.put(content)));
      expect(await listOf(store)).toHaveLength(20);
      for (const [i, { digest }] of puts.entries())
        expect(Buffer.from(await store.read(digest)).equals(contents[i]!)).toBe(true);
    });

    test("a placed file is the user's: writable, and apart from the store", async () => {
      const { digest } = await store.put(Buffer.from("original"));
      const path = join(dir, "out/file.txt");
      await store.place(digest, path);
      writeFileSync(path, "edited");
      expect(Buffer.from(await store.read(digest)).toString()).toBe("original");
      await store.place(digest, path);
      expect(readFileSync(path, "utf8")).toBe("original");
      expect(readdirSync(join(dir, "out"))).toEqual(["file.txt"]);
    });

    test("a placed file is executable if asked, and only then", async () => {
      const { digest } = await store.put(Buffer.from("#!/bin/sh\n"));
      await store.place(digest, join(dir, "run"), { executable: true });
      store.placeSync(digest, join(dir, "run-sync"), { executable: true });
      await store.place(digest, join(dir, "text"));
      const masked = (mode: number) => mode & ~process.umask();
      expect(lstatSync(join(dir, "run")).mode & 0o777).toBe(masked(0o755));
      expect(lstatSync(join(dir, "run-sync")).mode & 0o777).toBe(masked(0o755));
      expect(lstatSync(join(dir, "text")).mode & 0o777).toBe(masked(0o644));
    });

    test("a link where a file is placed is replaced, not followed", async () => {
      const { digest } = await store.put(Buffer.from("new"));
      writeFileSync(join(dir, "precious"), "old");
      for (const place of [store.place.bind(store), async (d: Digest, p: string) => store.placeSync(d, p)]) {
        rmSync(join(dir, "link"), { force: true });
        symlinkSync(join(dir, "precious"), join(dir, "link"));
        await place(digest, join(dir, "link"));
        expect(lstatSync(join(dir, "link")).isSymbolicLink()).toBe(false);
        expect(readFileSync(join(dir, "link"), "utf8")).toBe("new");
        expect(readFileSync(join(dir, "precious"), "utf8")).toBe("old");
      }
    });

    test("a folder where a file is placed is a failure, and stays", async () => {
      const { digest } = await store.put(Buffer.from("new"));
      mkdirSync(join(dir, "folder/inner"), { recursive: true });
      expect(await reasonOf(store.place(digest, join(dir, "folder")))).toBe("io");
      expect(readdirSync(join(dir, "folder"))).toEqual(["inner"]);
      expect(readdirSync(dir).filter((entry) => entry.startsWith("."))).toEqual([]);
    });

    test("a source that is no file is a failure", async () => {
      expect(await reasonOf(store.putFile(join(dir, "nowhere")))).toBe("missing-file");
      expect(await reasonOf(store.putFile(dir))).toBe("missing-file");
    });

    test("leaving a stream early is fine", async () => {
      const { digest } = await store.put(noise(4 << 20));
      for await (const piece of store.stream(digest)) {
        expect(piece.length).toBeGreaterThan(0);
        break;
      }
      expect(await store.verify(digest)).toBe("ok");
    });

    test("cleaning leaves blobs alone", async () => {
      const { digest } = await store.put(Buffer.from("kept"));
      await store.clean({ dryRun: true });
      await store.clean();
      expect(await store.verify(digest)).toBe("ok");
    });
  });
}
