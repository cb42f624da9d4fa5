import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { LocalBlobStore } from "../../src/store/local-blob-store.ts";
import { encodeTrailer } from "../../src/store/stored-blob.ts";
import { contentOf, reasonOf } from "../conformance/blob-store.ts";
import { rig } from "../rig/rig.ts";

/* Small files that say that they unpack to gigabytes. Nothing that is not what its name says may fill memory or the disk first. */

const isLong = process.env.SLUICE_LONG !== undefined;
const piece = 1 << 20;
const digest = digestOf("what it should be");

/** A file that unpacks to this many MiB of zeros, each piece as it must be. */
function bomb(mebibytes: number): Buffer {
  const frame = zstdCompressSync(Buffer.alloc(piece));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(frame.length);
  const body = Buffer.concat(Array.from({ length: mebibytes }, () => Buffer.concat([length, frame])));
  return Buffer.concat([body, encodeTrailer({ codec: "zstd", size: mebibytes * piece, bodySize: body.length })]);
}

let root: string;
let store: LocalBlobStore;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "sluice-bombs-"));
  store = new LocalBlobStore({ dir: path.join(root, "blobs"), tmpDir: path.join(root, "tmp") });
  mkdirSync(path.join(root, "blobs", digest.slice(0, 2)), { recursive: true });
  writeFileSync(path.join(root, "blobs", digest.slice(0, 2), digest.slice(2)), bomb(isLong ? 20_000 : 200));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const readers: Readonly<Record<string, () => Promise<unknown>>> = {
  read: () => store.read(digest),
  stream: () => contentOf(store.stream(digest)).then(() => undefined),
  place: () => store.place(digest, path.join(root, "out/placed")),
  placeSync: async () => store.placeSync(digest, path.join(root, "out/placed")),
  verify: async () => {
    if ((await store.verify(digest)) === "corrupt") await store.read(digest);
  },
};

describe("a blob that unpacks to far more than it should", () => {
  // What is streamed is what its reader asks for, and nobody collects it.
  test.each(Object.keys(readers).filter((name) => name !== "stream"))(
    "is refused by %s in little memory and no space",
    {
      timeout: 120_000,
    },
    async (name) => {
      const before = process.memoryUsage().rss;
      let most = 0;
      const watch = setInterval(() => {
        most = Math.max(most, process.memoryUsage().rss);
      }, 5);
      try {
        expect(["corrupt-blob", "missing-blob"]).toContain(await reasonOf(readers[name]!()));
      } finally {
        clearInterval(watch);
      }
      expect(Math.max(most, process.memoryUsage().rss) - before).toBeLessThan(isLong ? 400 << 20 : 150 << 20);
      expect(existsSync(path.join(root, "out")) ? readdirSync(path.join(root, "out")) : []).toEqual([]);
    },
  );
});

test("metadata that is larger than anybody needs is kept and given back, or refused by name", {
  timeout: 60_000,
}, async () => {
  await using project = await rig.project({
    "pipeline.ts": `import { stage } from "sluice";
export const large = stage({}, (_, { meta }) => {
  meta("text", "x".repeat(5_000_000));
  meta("list", Array.from({ length: 100_000 }, (_, i) => "item " + i));
  meta("__proto__", { polluted: true });
  meta("many", Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => ["name " + i, i])));
  return 1;
});
export const deep = stage({}, (_, { meta }) => {
  let value: unknown = 1;
  for (let i = 0; i < 20_000; i++) value = [value];
  meta("deep", value as never);
  return 1;
});
export const after = stage({ large }, ({ large }) => large + 1);
`,
  });
  const run = await project.sluice("run", "large", "after", "--json");
  expect(run.code, run.stderr).toBe(0);
  const again = await project.sluice("run", "large", "after", "--json");
  expect(again.json().nodes.large.status).toBe("hit");
  const shown = (await project.sluice("show", "large", "--json")).json();
  expect(shown.meta.text).toHaveLength(5_000_000);
  expect(Object.keys(shown.meta)).toEqual(["text", "list", "__proto__", "many"]);
  const deep = await project.sluice("run", "deep", "--json");
  expect([0, 1]).toContain(deep.code);
  expect(deep.stderr).not.toContain("bug in Sluice");
  expect((await project.sluice("cache", "verify")).code).toBe(0);
});
