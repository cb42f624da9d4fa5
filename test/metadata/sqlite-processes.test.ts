import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { openSqliteMetadata } from "../../src/metadata/sqlite-metadata.ts";
import { Child, killChildren } from "./child-process.ts";
import { batchOf, batchSize } from "./fixtures/batch.ts";
import { comparable } from "./samples.ts";

const newFile = () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-processes-"));
  chmodSync(folder, 0o755);
  return join(folder, "v1", "metadata.db");
};

afterEach(killChildren);

/** Which batches of a writer are there. Fails when one is there in part, or not as it was written. */
async function batchesIn(file: string, writer: string): Promise<number> {
  const metadata = openSqliteMetadata({ file, onWarning: ({ message }) => expect.unreachable(message) });
  try {
    expect(await metadata.check()).toStrictEqual([]);
    for (let number = 0; ; number++) {
      const batch = batchOf(writer, number);
      const got = (await Promise.all(batch.map(({ key }) => metadata.getResult(key)))).filter(Boolean);
      if (got.length === 0) return number;
      expect(got.map(comparable)).toStrictEqual(batch.map(comparable));
    }
  } finally {
    metadata.close();
  }
}

test("killed at any instant, every batch that was durable is there, and no part of one", async () => {
  const file = newFile();
  for (let round = 0; round < 12; round++) {
    const writer = `writer ${round}`;
    const child = new Child("write-batches.ts", [file, writer, "1000000"]);
    // Some in the midst of opening, some of writing.
    if (round % 3 > 0) await child.line();
    await sleep((round * 37) % 100);
    child.kill("SIGKILL");
    await child.ended;
    const said = child.lines.filter((line) => /^\d+$/.test(line)).length;
    expect(await batchesIn(file, writer)).toBeGreaterThanOrEqual(said);
  }
  expect(readdirSync(dirname(file)).filter((name) => name.includes("damaged"))).toStrictEqual([]);
});

test("killed with a long log, in which nothing has come to its place yet, all of it is there", async () => {
  const file = newFile();
  const child = new Child("write-batches.ts", [file, "writer", "1000000"]);
  await child.line();
  const logged = () => statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  while (logged() < 8 << 20) await sleep(5);
  child.kill("SIGKILL");
  await child.ended;
  expect(statSync(file).size).toBeLessThan(1 << 20);
  const said = child.lines.filter((line) => /^\d+$/.test(line)).length;
  expect(said).toBeGreaterThan(0);
  expect(await batchesIn(file, "writer")).toBeGreaterThanOrEqual(said);
});

test("many processes make and fill one database at once, and say nothing on stderr", async () => {
  const file = newFile();
  const children = Array.from({ length: 8 }, (_, number) => new Child("write-batches.ts", [file, `${number}`, "25"]));
  expect(await Promise.all(children.map((child) => child.ended))).toStrictEqual(children.map(() => 0));
  expect(children.map(({ stderr }) => stderr).join("")).toBe("");
  for (const [number] of children.entries()) expect(await batchesIn(file, `${number}`)).toBe(25);
});

describe("where nothing can be written", () => {
  // Root may write everywhere, so it asks somebody else.
  const uid = process.getuid?.() === 0 ? 65_534 : undefined;
  const canStart = uid === undefined || spawnSync(process.execPath, ["-e", ""], { uid, gid: uid }).status === 0;

  async function read(file: string): Promise<Record<string, unknown>> {
    const child = new Child("read-result.ts", [file], uid === undefined ? {} : { uid });
    const code = await child.ended;
    expect({ code, stderr: child.stderr }).toStrictEqual({ code: 0, stderr: "" });
    return JSON.parse(child.lines[0]!) as Record<string, unknown>;
  }

  function lock(file: string): void {
    for (const name of readdirSync(dirname(file))) chmodSync(join(dirname(file), name), 0o444);
    chmodSync(dirname(file), 0o555);
  }

  const hits = {
    readOnly: true,
    hit: "known 0",
    listed: batchSize,
    added: false,
    kept: true,
    runs: 0,
    derived: false,
    check: [],
    warnings: ["read-only"],
  };
  const misses = { ...hits, hit: undefined, listed: 0, kept: false };

  async function write(file: string): Promise<Child> {
    const child = new Child("write-batches.ts", [file, "known", "1"]);
    await child.ended;
    return child;
  }

  test.runIf(canStart)("results of a database that was closed are read", async () => {
    const file = newFile();
    await write(file);
    expect(readdirSync(dirname(file))).toStrictEqual(["metadata.db"]);
    lock(file);
    expect(await read(file)).toStrictEqual(hits);
    expect(readdirSync(dirname(file))).toStrictEqual(["metadata.db"]);
  });

  test.runIf(canStart)("results of a database whose writer is at work are read", async () => {
    const file = newFile();
    await write(file);
    const writer = new Child("write-batches.ts", [file, "other", "1000000"]);
    while ((await writer.line()) !== "3");
    // The owner may let others read.
    for (const name of readdirSync(dirname(file))) chmodSync(join(dirname(file), name), 0o644);
    chmodSync(dirname(file), 0o755);
    const { listed, ...rest } = await read(file);
    const { listed: _, ...expected } = hits;
    expect(rest).toStrictEqual(expected);
    expect(listed).toBeGreaterThanOrEqual(batchSize * 4);
  });

  test.runIf(canStart)("a reader waits while a writer changes the index of the log", async () => {
    const file = newFile();
    const writer = openSqliteMetadata({ file, onWarning: ({ message }) => expect.unreachable(message) });
    await writer.putResults(batchOf("known", 0));
    for (const name of readdirSync(dirname(file))) chmodSync(join(dirname(file), name), 0o644);
    chmodSync(dirname(file), 0o755);
    const reader = new Child("read-often.ts", [file], uid === undefined ? {} : { uid });
    const count = async () => {
      reader.process.stdin!.write("?\n");
      return Number(await reader.line());
    };
    while ((await count()) < 10);
    // The index has two copies of its header, and a writer changes one after the other.
    const index = openSync(`${file}-shm`, "r+");
    const [before, torn] = [Buffer.alloc(4), Buffer.alloc(4)];
    readSync(index, before, 0, 4, 56);
    torn.writeInt32LE(before.readInt32LE() + 1);
    writeSync(index, torn, 0, 4, 56);
    reader.process.stdin!.write("?\n");
    await sleep(100);
    writeSync(index, before, 0, 4, 56);
    closeSync(index);
    const [waited, next] = [Number(await reader.line()), await count()];
    while ((await count()) < next + 10);
    expect(next).toBeGreaterThanOrEqual(waited);
    reader.process.stdin!.end();
    expect({ code: await reader.ended, stderr: reader.stderr }).toStrictEqual({ code: 0, stderr: "" });
    writer.close();
  });

  test.runIf(canStart).each([true, false])(
    "results that are still in the log of a killed writer are read (shared memory left: %s)",
    async (hasShared) => {
      const made = newFile();
      await write(made);
      const writer = new Child("write-batches.ts", [made, "other", "1000000"]);
      while ((await writer.line()) !== "3");
      writer.kill("SIGKILL");
      await writer.ended;
      const file = newFile();
      mkdirSync(dirname(file));
      for (const end of ["", "-wal", ...(hasShared ? ["-shm"] : [])]) copyFileSync(made + end, file + end);
      lock(file);
      const { listed, ...rest } = await read(file);
      expect(listed).toBeGreaterThanOrEqual(batchSize * 4);
      const { listed: _, ...expected } = hits;
      expect(rest).toStrictEqual(expected);
    },
  );

  test.runIf(canStart)("where no copy can be made to read it with its log, that is said", async () => {
    const file = newFile();
    mkdirSync(dirname(file));
    writeFileSync(`${file}-wal`, "left by a writer");
    const made = newFile();
    await write(made);
    copyFileSync(made, file);
    lock(file);
    const child = new Child("read-result.ts", [file], {
      ...(uid === undefined ? {} : { uid }),
      env: { TMPDIR: dirname(file) },
    });
    expect(await child.ended).toBe(1);
    expect(child.stderr).toContain("not permitted while making a temporary folder");
    expect(child.stderr).toContain("set TMPDIR to a folder that can be written");
  });

  test.runIf(canStart)("a single database that may not be written is only read", async () => {
    const file = newFile();
    await write(file);
    chmodSync(file, 0o444);
    if (uid !== undefined) chownSync(dirname(file), uid, uid);
    expect(await read(file)).toStrictEqual(hits);
  });

  test.runIf(canStart)("no database reads as empty", async () => {
    const file = newFile();
    mkdirSync(dirname(file));
    lock(file);
    expect(await read(file)).toStrictEqual(JSON.parse(JSON.stringify(misses)));
    chmodSync(dirname(dirname(file)), 0o555);
    expect(await read(join(dirname(file), "none", "metadata.db"))).toStrictEqual(JSON.parse(JSON.stringify(misses)));
  });

  test.runIf(canStart)("a damaged database reads as empty, with a second warning", async () => {
    const file = newFile();
    await write(file);
    writeFileSync(file, "garbage ".repeat(2_000));
    lock(file);
    expect(await read(file)).toStrictEqual(
      JSON.parse(JSON.stringify({ ...misses, warnings: ["read-only", "damaged-store"] })),
    );
  });

  test("when asked to, nothing is written either, and no warning given", async () => {
    const file = newFile();
    await write(file);
    const metadata = openSqliteMetadata({
      file,
      readOnly: true,
      onWarning: ({ message }) => expect.unreachable(message),
    });
    expect(metadata.readOnly).toBe(true);
    await metadata.putResults(batchOf("added", 0));
    await metadata.clear();
    expect(await metadata.getResult(batchOf("known", 0)[0]!.key)).toBeDefined();
    metadata.close();
    expect(await batchesIn(file, "added")).toBe(0);
    expect(await batchesIn(file, "known")).toBe(1);
  });
});
