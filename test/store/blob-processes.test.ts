import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, expect, test } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { tempName } from "../../src/platform/temp-file.ts";
import { LocalBlobStore } from "../../src/store/local-blob-store.ts";
import { listOf } from "../conformance/blob-store.ts";

let root: string;
let store: LocalBlobStore;
let children: ChildProcess[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sluice-processes-"));
  store = new LocalBlobStore({ dir: join(root, "blobs"), tmpDir: join(root, "tmp") });
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await Promise.all(children.map(exited));
  rmSync(root, { recursive: true, force: true });
});

const imports = `
  const { LocalBlobStore } = await import(${JSON.stringify(new URL("../../src/store/local-blob-store.ts", import.meta.url).href)});
  const { TempFile } = await import(${JSON.stringify(new URL("../../src/platform/temp-file.ts", import.meta.url).href)});
  const { digestOf } = await import(${JSON.stringify(new URL("../../src/core/digest.ts", import.meta.url).href)});
`;

/** Another process with a store on the same folder; its code prints what the test waits for. */
function another(code: string): ChildProcess {
  const open = `const root = ${JSON.stringify(root)};
    const store = new LocalBlobStore({ dir: root + "/blobs", tmpDir: root + "/tmp" });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", `${imports}${open}${code}`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  children.push(child);
  return child;
}

function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once("exit", () => resolve()));
}

function output(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    child.stdout!.on("data", (data) => {
      text += data;
    });
    child.stdout!.once("end", () => resolve(text));
  });
}

function firstOutput(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => child.stdout!.once("data", (data) => resolve(String(data))));
}

test("several processes that put, read, remove and clean the same blobs never see a bad one", async () => {
  const code = `
    const bad = [];
    for (let round = 0; round < 25; round++) {
      for (const size of [10, 5000, 1500000]) {
        const content = Buffer.alloc(size, "shared content");
        const { digest } = await store.put(content);
        try {
          const got = await store.read(digest);
          if (digestOf(got) !== digest) bad.push("wrong bytes");
        } catch (error) {
          if (error.reason !== "missing-blob") bad.push(String(error));
        }
        if (round % 5 === 3) await store.remove(digest);
        if (round % 5 === 4) await store.clean();
      }
    }
    console.log(JSON.stringify(bad));`;
  const results = await Promise.all([1, 2, 3, 4].map(() => output(another(code))));
  for (const result of results) expect(JSON.parse(result)).toEqual([]);
  for (const stat of await listOf(store)) expect(await store.verify(stat.digest)).toBe("ok");
  expect(readdirSync(join(root, "tmp"))).toEqual([]);
  expect(existsSync(join(root, "quarantine")) ? readdirSync(join(root, "quarantine")) : []).toEqual([]);
});

test("a writer that is killed leaves whole blobs only, and what it left is cleaned", async () => {
  for (let round = 0; round < 12; round++) {
    const child = another(`
      console.log("started");
      for (let i = 0; ; i++) {
        const content = Buffer.alloc(1 + (i * 700001) % 5000000, i % 2 ? "some text " : Buffer.from([i, i * 7, 3, 1, 4]));
        await store.put(content);
      }`);
    await firstOutput(child);
    await new Promise((resolve) => setTimeout(resolve, 10 + ((round * 37) % 150)));
    child.kill("SIGKILL");
    await exited(child);
  }
  const stats = await listOf(store);
  expect(stats.length).toBeGreaterThan(0);
  for (const stat of stats) expect(await store.verify(stat.digest)).toBe("ok");
  await store.clean();
  expect(readdirSync(join(root, "tmp"))).toEqual([]);
  expect(await listOf(store)).toEqual(stats);
});

test("a temporary file stays while its writer lives, stopped or not, and goes with it", async () => {
  const child = another(`
    const temp = new TempFile(root + "/tmp", 0o600);
    temp.write(Buffer.alloc(1000));
    console.log("written");
    setInterval(() => {}, 1000);`);
  await firstOutput(child);
  expect(await store.clean()).toEqual({ files: 0, bytes: 0 });
  child.kill("SIGSTOP");
  expect(await store.clean()).toEqual({ files: 0, bytes: 0 });
  expect(readdirSync(join(root, "tmp"))).toHaveLength(1);
  child.kill("SIGKILL");
  await exited(child);
  expect(await store.clean({ dryRun: true })).toEqual({ files: 1, bytes: 1000 });
  expect(readdirSync(join(root, "tmp"))).toHaveLength(1);
  expect(await store.clean()).toEqual({ files: 1, bytes: 1000 });
  expect(readdirSync(join(root, "tmp"))).toEqual([]);
});

test("a temporary file of another thread of this process stays", async () => {
  const code = `${imports}
    const { parentPort, workerData } = await import("node:worker_threads");
    new TempFile(workerData + "/tmp", 0o600).write(Buffer.alloc(10));
    parentPort.postMessage("written");
    setInterval(() => {}, 1000);`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { workerData: root });
  try {
    await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    expect(await store.clean()).toEqual({ files: 0, bytes: 0 });
  } finally {
    await worker.terminate();
  }
});

test.each([
  [
    "of this process, but of an earlier owner of its id",
    (name: string) => name.replace(/-(\d+)-(\d+)-/, "-$1-1-"),
    true,
  ],
  ["of a process that is gone", (name: string) => name.replace(/-(\d+)-(\d+)-/, "-999999999-$2-"), true],
  ["of another boot of this machine", (name: string) => name.replace(/^(.{8})-[0-9a-f]+/, "$1-00000000"), true],
  ["of another machine", (name: string) => name.replace(/^.{8}/, "00000000"), false],
  ["of nobody", () => "something", false],
  ["of this process", (name: string) => name, false],
])("a temporary file %s", async (_, rename, goes) => {
  mkdirSync(join(root, "tmp"));
  const path = join(root, "tmp", rename(tempName()));
  writeFileSync(path, "12345");
  expect(await store.clean()).toEqual(goes ? { files: 1, bytes: 5 } : { files: 0, bytes: 0 });
  writeFileSync(path, "12345");
  const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 60 * 60;
  utimesSync(path, twoDaysAgo, twoDaysAgo);
  expect(await store.clean()).toEqual({ files: 1, bytes: 5 });
});

test("the temporary folder may be gone at any time", async () => {
  await store.put(Buffer.from("one"));
  rmSync(join(root, "tmp"), { recursive: true });
  await store.put(Buffer.from("two"));
  const draft = store.draft();
  await draft.write(Buffer.from("two"));
  rmSync(root, { recursive: true });
  await expect(draft.commit()).rejects.toThrow("the cache was removed while it was used");
  const { digest } = await store.put(Buffer.from("three"));
  expect(digest).toBe(digestOf("three"));
  expect(await store.verify(digest)).toBe("ok");
});
