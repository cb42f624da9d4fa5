import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WalSync } from "../../src/metadata/sqlite/wal-sync.ts";

type Done = (error?: Error | null) => void;

/** Syncs that the disk has not finished, and how often the folder was synced, which it does at once. */
const { waiting, folders } = vi.hoisted(() => ({ waiting: [] as Done[], folders: { synced: 0 } }));

vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  const fsync = (descriptor: number, done: Done): void => {
    if (fs.fstatSync(descriptor).isDirectory()) {
      folders.synced++;
      done(null);
    } else waiting.push(done);
  };
  return { ...fs, fsync };
});

let folder: string;
let log: WalSync;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "sluice-wal-"));
  await writeFile(path.join(folder, "x.db-wal"), "frames");
  log = new WalSync(path.join(folder, "x.db"));
  waiting.length = 0;
  folders.synced = 0;
});

afterEach(() => rm(folder, { recursive: true }));

/** Long enough for what the disk does at once. */
async function turn(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((done) => setImmediate(done));
}

test("the folder is synced with the first commit: a power cut must not take the log away", async () => {
  log.start();
  waiting[0]!();
  await log.finish();
  expect(folders.synced).toBe(1);
  log.start();
  waiting[1]!();
  await log.finish();
  expect(folders.synced).toBe(1);
  log.close();
});

test("commits that are made while the disk is busy share the next sync, and the end waits for it", async () => {
  log.start();
  expect(waiting.length).toBe(1);
  log.start();
  log.start();
  expect(waiting.length).toBe(1);
  let isDone = false;
  const finished = log.finish().then(() => {
    isDone = true;
  });
  waiting[0]!();
  await turn();
  expect([waiting.length, isDone]).toEqual([2, false]);
  waiting[1]!();
  await finished;
  // Nothing is left to sync.
  await log.finish();
  expect(waiting.length).toBe(2);
  log.close();
});

test("what the disk refuses is told at the end, once", async () => {
  log.start();
  waiting[0]!(Object.assign(new Error("EIO: i/o error, fsync"), { code: "EIO" }));
  await expect(log.finish()).rejects.toMatchObject({ failure: { reason: "io" } });
  await log.finish();
  log.start();
  waiting[1]!(Object.assign(new Error("ENOSPC: no space left on device, fsync"), { code: "ENOSPC" }));
  await expect(log.finish()).rejects.toMatchObject({ failure: { reason: "no-space" } });
  log.close();
});

test("a log that is gone is told, not taken for synced", async () => {
  await rm(path.join(folder, "x.db-wal"));
  log.start();
  const reason = { reason: "io", message: "the cache was removed while it was used" };
  await expect(log.finish()).rejects.toMatchObject(reason);
});

test("is closed only when the disk has finished", async () => {
  log.start();
  log.close();
  waiting[0]!();
  await turn();
  // Opened anew by who goes on.
  log.start();
  waiting[1]!();
  await log.finish();
  log.close();
});
