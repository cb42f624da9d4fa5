import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Digest, digestOf } from "../../src/core/digest.ts";
import * as files from "../../src/platform/files.ts";
import { LocalBlobStore } from "../../src/store/local-blob-store.ts";
import { encodeTrailer } from "../../src/store/stored-blob.ts";
import { flip, injuries } from "../attacks/injuries.ts";
import { contentOf, listOf, noise, reasonOf } from "../conformance/blob-store.ts";

let root: string;
let store: LocalBlobStore;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sluice-damage-"));
  store = new LocalBlobStore({ dir: join(root, "blobs"), tmpDir: join(root, "tmp") });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(root, { recursive: true, force: true });
});

function pathOf(digest: Digest): string {
  return join(root, "blobs", digest.slice(0, 2), digest.slice(2));
}

function quarantined(): string[] {
  return existsSync(join(root, "quarantine")) ? readdirSync(join(root, "quarantine")) : [];
}

const readers: Record<string, (digest: Digest) => Promise<unknown>> = {
  read: (digest) => store.read(digest),
  stream: (digest) => contentOf(store.stream(digest)),
  place: (digest) => store.place(digest, join(root, "out/placed")),
  placeSync: async (digest) => store.placeSync(digest, join(root, "out/placed")),
  verify: async (digest) => {
    const verdict = await store.verify(digest);
    if (verdict !== "ok") throw Object.assign(new Error(verdict), { verdict });
  },
};

const contents: Record<string, Buffer> = {
  empty: Buffer.alloc(0),
  "short text": Buffer.from("a short text"),
  "text that compresses": Buffer.from("line after line\n".repeat(5000)),
  noise: noise(70_000),
  "three pieces that compress": Buffer.alloc(2_500_000, "line after line\n"),
  "three pieces of noise": noise(2_500_000),
  "10 MiB that compress": Buffer.alloc(10 << 20, "line after line\n"),
};

describe.each(Object.keys(injuries))("a blob's file is now %s", (injury) => {
  test.each(Object.keys(contents))("%s: every reader sees it, sets it aside, and a put heals it", async (name) => {
    const content = contents[name]!;
    for (const [reader, run] of Object.entries(readers)) {
      const { digest } = await store.put(content);
      injuries[injury]!(pathOf(digest));
      const before = quarantined().length;
      const error = (await run(digest).then(
        () => undefined,
        (thrown) => thrown,
      )) as { verdict?: string; failure?: { reason: string; retryable: boolean } } | undefined;
      if (reader === "verify") expect(error?.verdict).toBe("corrupt");
      else expect(error?.failure).toMatchObject({ reason: "corrupt-blob", retryable: true });
      expect(quarantined()).toHaveLength(before + 1);
      expect(await store.stat(digest)).toBeUndefined();
      expect(await store.verify(digest)).toBe("missing");
      expect(existsSync(join(root, "out")) ? readdirSync(join(root, "out")) : []).toEqual([]);

      await store.put(content);
      expect(Buffer.from(await store.read(digest)).equals(content)).toBe(true);
    }
  });
});

test("any flipped bit of any blob is found", async () => {
  const { digest } = await store.put(Buffer.from("line after line\n".repeat(100)));
  const good = readFileSync(pathOf(digest));
  await fc.assert(
    fc.asyncProperty(fc.nat(good.length * 8 - 1), async (bit) => {
      const bad = Buffer.from(good);
      bad[bit >> 3]! ^= 1 << (bit & 7);
      writeFileSync(pathOf(digest), bad);
      const content = await store.read(digest).catch((error) => error);
      // zstd's frame header has bits that change nothing in the content: then the bytes are right all the same.
      if (content instanceof Uint8Array) expect(digestOf(content)).toBe(digest);
      else expect(content.reason).toBe("corrupt-blob");
    }),
    { numRuns: 300 },
  );
});

test("any bytes at all in a blob's place are either its content or damage", async () => {
  const { digest } = await store.put(Buffer.from("x".repeat(3000)));
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 200 }),
      fc.record({ codec: fc.constantFrom("raw", "zstd"), size: fc.nat(5000), lie: fc.integer({ min: -3, max: 3 }) }),
      async (body, { codec, size, lie }) => {
        const trailer = encodeTrailer({
          codec: codec as "raw" | "zstd",
          size: codec === "raw" ? body.length : size,
          bodySize: Math.max(0, body.length + lie),
        });
        writeFileSync(pathOf(digest), Buffer.concat([body, trailer]));
        expect(await reasonOf(store.read(digest))).toBe("corrupt-blob");
      },
    ),
    { numRuns: 300 },
  );
});

test("a frame that unpacks to more than it says is damage, and is not unpacked", async () => {
  const { digest } = await store.put(Buffer.alloc(1 << 20, "bomb"));
  const file = readFileSync(pathOf(digest));
  const body = file.subarray(0, file.length - 24);
  writeFileSync(
    pathOf(digest),
    Buffer.concat([body, encodeTrailer({ codec: "zstd", size: 1000, bodySize: body.length })]),
  );
  expect(await reasonOf(store.read(digest))).toBe("corrupt-blob");
});

test("a size that no body could unpack to is damage before anything is allocated", async () => {
  const { digest } = await store.put(Buffer.from("small"));
  const trailer = encodeTrailer({ codec: "zstd", size: 2 ** 52, bodySize: 100 });
  writeFileSync(pathOf(digest), Buffer.concat([noise(100), trailer]));
  expect(await reasonOf(store.read(digest))).toBe("corrupt-blob");
});

test.each(Object.keys(injuries))("a put over %s replaces it when that can be seen without reading", async (injury) => {
  const content = contents["text that compresses"]!;
  const { digest } = await store.put(content);
  injuries[injury]!(pathOf(digest));
  const seen = (await store.stat(digest))?.size !== content.length;
  await store.put(content);
  if (seen) expect(await store.verify(digest)).toBe("ok");
  else expect(injury).toMatch(/flipped/);
});

test("a stream never hands out the last piece of a damaged blob", async () => {
  const content = noise((3 << 20) + 5);
  const { digest } = await store.put(content);
  flip(pathOf(digest), 100);
  let got = 0;
  const pull = async () => {
    for await (const piece of store.stream(digest)) got += piece.length;
  };
  expect(await reasonOf(pull())).toBe("corrupt-blob");
  expect(got).toBeLessThan(content.length);
});

test("damage is listed, so that it can be verified away", async () => {
  const good = await store.put(Buffer.from("good"));
  const bad = await store.put(Buffer.from("bad"));
  injuries.emptied!(pathOf(bad.digest));
  expect((await listOf(store)).map((stat) => stat.digest).sort()).toEqual([good.digest, bad.digest].sort());
  expect(await store.verify(bad.digest)).toBe("corrupt");
  expect((await listOf(store)).map((stat) => stat.digest)).toEqual([good.digest]);
});

test.each(["a folder", "a link to itself", "a pipe"])("%s can be removed", async (injury) => {
  const { digest } = await store.put(Buffer.from("content"));
  injuries[injury]!(pathOf(digest));
  await store.remove(digest);
  expect(await listOf(store)).toEqual([]);
});

test.each(["a file", "a link"])("a shard that is %s now is put aside by the next put", async (kind) => {
  const { digest } = await store.put(Buffer.from("content"));
  const shard = dirname(pathOf(digest));
  rmSync(shard, { recursive: true });
  mkdirSync(join(root, "elsewhere"));
  if (kind === "a file") writeFileSync(shard, "");
  else symlinkSync(join(root, "elsewhere"), shard);
  expect(await store.verify(digest)).toBe("missing");
  await store.put(Buffer.from("content"));
  expect(await store.verify(digest)).toBe("ok");
  expect(readdirSync(join(root, "elsewhere"))).toEqual([]);
});

test("a store that is no folder is a failure", async () => {
  writeFileSync(join(root, "blobs"), "");
  expect(await reasonOf(store.put(Buffer.from("content")))).toBe("damaged-store");
  expect(await reasonOf(store.read(digestOf("content")))).toBe("missing-blob");
});

describe("what was set aside", () => {
  test("is a reader's own find: a good blob that came in between stays", async () => {
    const content = noise(3 << 20);
    const { digest } = await store.put(content);
    flip(pathOf(digest), 100);
    const stream = store.stream(digest);
    await stream.next();
    rmSync(pathOf(digest));
    await store.put(content);
    expect(await reasonOf(contentOf(stream))).toBe("corrupt-blob");
    expect(await store.verify(digest)).toBe("ok");
  });

  test("goes when the store is cleaned", async () => {
    const { digest } = await store.put(noise(1000));
    flip(pathOf(digest), 3);
    await store.verify(digest);
    expect(await store.clean({ dryRun: true })).toEqual({ files: 1, bytes: 1024 });
    expect(quarantined()).toHaveLength(1);
    expect(await store.clean()).toEqual({ files: 1, bytes: 1024 });
    expect(quarantined()).toEqual([]);
    expect(await store.clean()).toEqual({ files: 0, bytes: 0 });
  });
});

/** Runs as a user who is not above permissions. */
async function asNobody(work: () => Promise<void>): Promise<void> {
  const root = process.geteuid!() === 0;
  if (root) process.seteuid!(65534);
  try {
    await work();
  } finally {
    if (root) process.seteuid!(0);
  }
}

describe("errors of the system are failures of their own", () => {
  test("a store that is read-only serves, refuses to store, and leaves damage where it is", async () => {
    const good = await store.put(Buffer.from("good"));
    const bad = await store.put(Buffer.from("bad"));
    flip(pathOf(bad.digest), 0);
    mkdirSync(join(root, "tmp"), { recursive: true });
    execFileSync("chmod", ["-R", "a+rX,a-w", root]);
    await asNobody(async () => {
      expect(Buffer.from(await store.read(good.digest)).toString()).toBe("good");
      expect(await store.put(Buffer.from("good"))).toEqual(good);
      expect(await reasonOf(store.put(Buffer.from("new")))).toBe("read-only");
      expect(await reasonOf(store.read(bad.digest))).toBe("corrupt-blob");
      expect(await reasonOf(store.remove(good.digest))).toBe("read-only");
    });
    execFileSync("chmod", ["-R", "u+w", root]);
    expect((await listOf(store)).length).toBe(2);
    expect(quarantined()).toEqual([]);
  });

  test("a blob that may not be read is not corrupt: to who reads it is not there", async () => {
    const { digest } = await store.put(Buffer.from("secret"));
    execFileSync("chmod", ["-R", "a+rwX", root]);
    chmodSync(pathOf(digest), 0);
    await asNobody(async () => {
      for (const [name, run] of Object.entries(readers))
        expect([name, await reasonOf(run(digest))]).toEqual([name, name === "verify" ? "read-only" : "missing-blob"]);
      expect(await store.stat(digest)).toBeUndefined();
    });
    chmodSync(pathOf(digest), 0o600);
    expect(await store.verify(digest)).toBe("ok");
    expect(quarantined()).toEqual([]);
  });

  test.each(["EIO", "EMFILE"])("%s while reading is not corruption", async (code) => {
    const { digest } = await store.put(noise(5000));
    vi.spyOn(files, "readFully").mockImplementation(() => {
      throw Object.assign(new Error(`${code}: simulated`), { code });
    });
    expect(await reasonOf(store.read(digest))).toBe("io");
    expect(await reasonOf(store.verify(digest))).toBe("io");
    vi.restoreAllMocks();
    expect(await store.verify(digest)).toBe("ok");
  });

  test.each(["ENOSPC", "EIO"])("%s while writing leaves nothing behind", async (code) => {
    vi.spyOn(files, "writeAll").mockImplementation(() => {
      throw Object.assign(new Error(`${code}: simulated`), { code });
    });
    expect(await reasonOf(store.put(noise(5000)))).toBe(code === "EIO" ? "io" : "no-space");
    vi.restoreAllMocks();
    expect(readdirSync(join(root, "tmp"))).toEqual([]);
    expect(await listOf(store)).toEqual([]);
  });
});

describe("where the file system can clone", () => {
  /** A plain copy behaves as a clone does. */
  function cloneByCopy() {
    return vi.spyOn(files, "cloneFile").mockImplementation((from, to) => {
      writeFileSync(to, readFileSync(from));
      return true;
    });
  }

  test.each([3 << 20, 9 << 20])("a raw blob of %d bytes is placed by a clone that is cut and checked", async (size) => {
    const content = noise(size + 7);
    const { digest } = await store.put(content);
    const clone = cloneByCopy();
    await store.place(digest, join(root, "out/a"), { executable: true });
    store.placeSync(digest, join(root, "out/b"));
    expect(clone).toHaveBeenCalledTimes(2);
    for (const name of ["a", "b"]) expect(readFileSync(join(root, "out", name)).equals(content)).toBe(true);
    expect(statSync(join(root, "out/a")).mode & 0o111).not.toBe(0);

    flip(pathOf(digest), 1000);
    expect(await reasonOf(store.place(digest, join(root, "out/a")))).toBe("corrupt-blob");
    expect(readFileSync(join(root, "out/a")).equals(content)).toBe(true);
    expect(readdirSync(join(root, "out")).sort()).toEqual(["a", "b"]);
  });
});
