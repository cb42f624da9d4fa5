import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore } from "../../src/run/open-store.ts";

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), "sluice-open-")));
});
afterEach(() => rmSync(root, { recursive: true }));

test.each([
  ["to what is not there", "cache", "none/deep"],
  ["to itself", "cache", "cache"],
  ["above it", "", "none"],
  ["inside of it", "cache/v1", "/nowhere/at/all"],
])("a cache behind a link %s is told with the link", async (_, below, target) => {
  const link = path.join(root, "disk", below);
  mkdirSync(path.dirname(link), { recursive: true });
  symlinkSync(path.resolve(path.dirname(link), target), link);
  const opened = openStore({ root, cacheDir: path.join(root, "disk/cache") });
  await expect(opened).rejects.toMatchObject({
    reason: "io",
    message: `the cache's folder cannot be made: ${link} is a link that leads to nothing`,
  });
});

test("a cache behind a link to a folder is made there", async () => {
  mkdirSync(path.join(root, "there"));
  symlinkSync("there", path.join(root, "cache"));
  const store = await openStore({ root, cacheDir: path.join(root, "cache") });
  expect(await store.blobs.put(Buffer.from("x"))).toMatchObject({ size: 1 });
  await store.close();
});
