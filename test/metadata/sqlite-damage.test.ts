import { execFileSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { type Failure, failureOf } from "../../src/core/failure.ts";
import { inlineContent, type ResultRecord } from "../../src/core/record.ts";
import type { Metadata } from "../../src/metadata/metadata.ts";
import { openSqliteMetadata } from "../../src/metadata/sqlite-metadata.ts";
import { Child, killChildren } from "./child-process.ts";
import { batchOf } from "./fixtures/batch.ts";
import { sampleOutcomes, sampleParts, sampleResult, sampleRun } from "./samples.ts";

const newFile = () => join(mkdtempSync(join(tmpdir(), "sluice-damage-")), "metadata.db");
const opened: Metadata[] = [];

function open(file: string, timeout = 1_000): { readonly metadata: Metadata; readonly warnings: Failure[] } {
  const warnings: Failure[] = [];
  const metadata = openSqliteMetadata({ file, timeout, onWarning: (warning) => warnings.push(warning) });
  opened.push(metadata);
  return { metadata, warnings };
}

async function makeSound(file: string, records: readonly ResultRecord[] = [sampleResult("a")]): Promise<void> {
  const { metadata } = open(file);
  await metadata.putResults(records);
  await metadata.finishRun(sampleRun("run-1"), sampleOutcomes);
  await metadata.putResults([], { code: [{ version: digestOf("v1"), parts: sampleParts }] });
  metadata.derived.put("analysis", "a", new Uint8Array(300).fill(5));
  metadata.close();
}

function sql(file: string, statements: string): void {
  const database = new DatabaseSync(file);
  database.exec(statements);
  database.close();
}

/** That a record is what was stored, but for inline contents, whose damage shows when they are asked for. */
function expectSound(got: ResultRecord, stored: ResultRecord | undefined): void {
  const withoutContent = (record: ResultRecord | undefined) =>
    record && { ...record, artifacts: record.artifacts.map(({ inline, ...artifact }) => [artifact, inline?.length]) };
  expect(withoutContent(got)).toStrictEqual(withoutContent(stored));
  for (const [index, artifact] of got.artifacts.entries()) {
    try {
      expect(inlineContent(artifact)).toStrictEqual(stored!.artifacts[index]!.inline);
    } catch (error) {
      if (!failureOf(error, "corrupt-blob")) throw error;
    }
  }
}

/** Writes over a part of a file, as a bad disk would. */
function smash(file: string, offset: number, bytes: Uint8Array): void {
  const descriptor = openSync(file, "r+");
  writeSync(descriptor, bytes, 0, bytes.length, offset);
  closeSync(descriptor);
}

afterEach(async () => {
  for (const metadata of opened.splice(0)) metadata.close();
  await killChildren();
});

describe("a database that cannot be used is set aside, and a new one started", () => {
  const cases: Record<string, (file: string) => unknown> = {
    garbage: (file) => writeFileSync(file, "garbage ".repeat(2_000)),
    "a folder": (file) => mkdirSync(join(file, "inside"), { recursive: true }),
    "a pipe": (file) => execFileSync("mkfifo", [file]),
    "another program's database": (file) => sql(file, "CREATE TABLE other (x); PRAGMA user_version=1"),
    zeros: (file) => writeFileSync(file, new Uint8Array(8_192)),
    "one cut short within the first page": async (file) => {
      await makeSound(file);
      truncateSync(file, 1_000);
    },
    "one whose schema is smashed": async (file) => {
      await makeSound(file);
      smash(file, 100, new Uint8Array(3_000).fill(0xa5));
    },
    "one with a trigger": async (file) => {
      await makeSound(file);
      sql(file, "CREATE TRIGGER evil AFTER INSERT ON runs BEGIN DELETE FROM results; END");
    },
    "one with a folder for a log": async (file) => {
      await makeSound(file);
      mkdirSync(join(`${file}-wal`, "inside"), { recursive: true });
    },
  };
  for (const [name, damage] of Object.entries(cases)) {
    test(name, async () => {
      const file = newFile();
      await damage(file);
      const before = statSync(file).isFile() ? readFileSync(file) : undefined;
      const { metadata, warnings } = open(file);
      expect(warnings.map(({ reason }) => reason)).toStrictEqual(["damaged-store"]);
      const aside = readdirSync(dirname(file)).filter((other) =>
        /^metadata\.db\.damaged-[^-]+-[^-]+-[^-]+-[^-]+$/.test(other),
      );
      expect(aside).toHaveLength(1);
      expect(warnings[0]?.hint).toContain(aside[0]);
      if (before) expect(readFileSync(join(dirname(file), aside[0]!)).equals(before)).toBe(true);
      expect(await metadata.getResult(sampleResult("a").key)).toBeUndefined();
      await metadata.putResults([sampleResult("b")]);
      metadata.close();
      const again = open(file);
      expect(await again.metadata.getResult(sampleResult("b").key)).toBeDefined();
      expect(again.warnings).toStrictEqual([]);
    });
  }

  test("by one of those that find it so, whatever they write meanwhile", async () => {
    const file = newFile();
    writeFileSync(file, "garbage ".repeat(2_000));
    const children = Array.from({ length: 6 }, (_, number) => new Child("write-batches.ts", [file, `${number}`, "10"]));
    expect(await Promise.all(children.map((child) => child.ended))).toStrictEqual(children.map(() => 0));
    expect(children.flatMap(({ lines }) => lines.filter((line) => line.startsWith("warning")))).toStrictEqual([
      "warning damaged-store",
    ]);
    expect(readdirSync(dirname(file)).filter((other) => other.includes("damaged"))).toHaveLength(1);
    const { metadata } = open(file);
    for (const [number] of children.entries()) {
      for (const record of batchOf(`${number}`, 9)) expect(await metadata.getResult(record.key)).toBeDefined();
    }
  });
});

test.each(["", "x"])("a file of less than a database's header is a new database (%j)", async (content) => {
  const file = newFile();
  writeFileSync(file, content);
  const { metadata, warnings } = open(file);
  await metadata.putResults([sampleResult("a")]);
  expect(warnings).toStrictEqual([]);
  expect(readdirSync(dirname(file)).some((other) => other.includes("damaged"))).toBe(false);
});

test("a database of a newer version is refused and left as it is", async () => {
  const file = newFile();
  await makeSound(file);
  sql(file, "PRAGMA user_version=99; CREATE TABLE future (x); PRAGMA wal_checkpoint(TRUNCATE)");
  const before = readFileSync(file);
  expect(() => open(file)).toThrow(expect.objectContaining({ reason: "newer-store" }));
  try {
    open(file);
  } catch (error) {
    expect(failureOf(error)?.hint).toContain("--cache-dir");
  }
  expect(() => openSqliteMetadata({ file, readOnly: true })).toThrow(
    expect.objectContaining({ reason: "newer-store" }),
  );
  expect(readFileSync(file).equals(before)).toBe(true);
  expect(readdirSync(dirname(file)).some((other) => other.includes("damaged"))).toBe(false);
});

test("a locked database fails clearly after the wait, and works again afterwards", async () => {
  const file = newFile();
  await makeSound(file);
  const { metadata } = open(file, 50);
  const other = new DatabaseSync(file);
  other.exec("BEGIN IMMEDIATE");
  const put = () => metadata.putResults([sampleResult("b")]);
  await expect(put()).rejects.toMatchObject({ failure: { reason: "io", retryable: true, where: { file } } });
  expect(await metadata.getResult(sampleResult("a").key)).toBeDefined();
  other.exec("ROLLBACK");
  other.close();
  await put();
  expect(await metadata.getResult(sampleResult("b").key)).toBeDefined();
});

test("a file that is locked while it is new fails clearly too", () => {
  const file = newFile();
  const other = new DatabaseSync(file);
  other.exec("BEGIN EXCLUSIVE");
  expect(() => open(file, 50)).toThrow(expect.objectContaining({ reason: "io" }));
  other.close();
});

test("a file in place of the folder fails clearly", () => {
  const file = join(newFile(), "metadata.db");
  writeFileSync(dirname(file), "");
  expect(() => open(file)).toThrow(expect.objectContaining({ reason: "io" }));
});

test("damage that shows later ends in one failure, and the next process starts anew", async () => {
  const file = newFile();
  await makeSound(
    file,
    Array.from({ length: 300 }, (_, index) => sampleResult(`node ${index}`)),
  );
  smash(file, 4_096 * 2, new Uint8Array(statSync(file).size - 4_096 * 3).fill(0xa5));
  const { metadata } = open(file);
  const failed = await metadata.getResult(sampleResult("node 7").key).catch((error: unknown) => failureOf(error));
  expect(failed).toMatchObject({
    reason: "damaged-store",
    hint: expect.stringContaining("set aside as metadata.db.damaged-"),
  });
  await expect(metadata.putResults([sampleResult("b")])).rejects.toThrow(
    expect.objectContaining({ reason: "damaged-store" }),
  );
  metadata.close();
  const next = open(file);
  await next.metadata.putResults([sampleResult("b")]);
  expect(await next.metadata.check()).toStrictEqual([]);
  expect(next.warnings).toStrictEqual([]);
});

test("a table that is gone counts as damage", async () => {
  const file = newFile();
  await makeSound(file);
  sql(file, "DROP TABLE results");
  const { metadata } = open(file);
  await expect(metadata.getResult(digestOf("a"))).rejects.toThrow(expect.objectContaining({ reason: "damaged-store" }));
  expect(existsSync(file)).toBe(false);
});

describe("rows that are not as they were written count as absent", () => {
  const corruptions: Record<string, string> = {
    "another text": "UPDATE results SET body = replace(body, 'auto', 'json')",
    "a value's digest": "UPDATE results SET body = substr(body, 1, 20) || '0' || substr(body, 22)",
    "no JSON": "UPDATE results SET body = '['",
    "a blob for a text": "UPDATE results SET body = x'00ff'",
    "an enormous number": "UPDATE results SET check_sum = 9223372036854775807",
    "a text for a number": "UPDATE results SET check_sum = 'x'",
    "inline bytes missing": "UPDATE results SET inline = NULL",
    "inline bytes too many": "UPDATE results SET inline = inline || x'00'",
    "inline text": "UPDATE results SET inline = 'text'",
    "another key": `UPDATE results SET key = '${"0".repeat(64)}'`,
    "a key that is none": "UPDATE results SET key = x'41'",
  };
  for (const [name, statement] of Object.entries(corruptions)) {
    test(name, async () => {
      const file = newFile();
      await makeSound(file);
      sql(file, statement);
      const { metadata, warnings } = open(file);
      const { key } = sampleResult("a");
      expect(await metadata.getResult(key)).toBeUndefined();
      expect(await metadata.resultsOf("a", 5)).toStrictEqual([]);
      for await (const record of metadata.allResults()) expect.unreachable(record.node);
      expect(warnings.length).toBeGreaterThan(0);
      expect(new Set(warnings.map(({ reason }) => reason))).toStrictEqual(new Set(["damaged-store"]));
      expect(await metadata.check()).toHaveLength(1);
      if (!name.startsWith("a key that")) {
        expect(await metadata.check({ repair: true })).toHaveLength(1);
        expect(await metadata.check()).toStrictEqual([]);
      }
      await metadata.putResults([sampleResult("a")]);
      expect(await metadata.getResult(key)).toBeDefined();
    });
  }

  test("in every other table too", async () => {
    const file = newFile();
    await makeSound(file);
    const entry = {
      path: "a.csv",
      size: 1n,
      mtimeNs: 2n,
      ctimeNs: 3n,
      inode: 4n,
      device: 5n,
      executable: false,
      digest: digestOf("a"),
      hashedAtNs: 6n,
    };
    const first = open(file);
    first.metadata.files.put(entry);
    first.metadata.close();
    sql(
      file,
      `UPDATE runs SET body = replace(body, 'rw', 'ro');
       UPDATE outcomes SET body = x'28b52ffd';
       UPDATE code SET body = zeroblob(10);
       UPDATE derived SET value = zeroblob(300);
       UPDATE files SET digest = '${digestOf("b")}'`,
    );
    const { metadata, warnings } = open(file);
    expect(await metadata.runs(5)).toStrictEqual([]);
    expect(await metadata.run("run")).toBeUndefined();
    expect(await metadata.runNodes("run-1")).toStrictEqual(new Map());
    expect(await metadata.getCode(digestOf("v1"))).toBeUndefined();
    expect(metadata.derived.get("analysis", "a")).toBeUndefined();
    expect(metadata.files.get("a.csv")).toBeUndefined();
    expect(warnings.length).toBe(4);
    expect(await metadata.check({ repair: true })).toHaveLength(2);
    expect(await metadata.check()).toStrictEqual([]);
    await metadata.putResults([], { code: [{ version: digestOf("v1"), parts: sampleParts }] });
    expect(await metadata.getCode(digestOf("v1"))).toStrictEqual(sampleParts);
  });
});

test("inline bytes that were changed show it when they are asked for, and to a check", async () => {
  const file = newFile();
  await makeSound(file);
  sql(file, "UPDATE results SET inline = zeroblob(length(inline))");
  const { metadata } = open(file);
  const { key } = sampleResult("a");
  for (const record of [await metadata.getResult(key), (await metadata.readAhead(["a"])).get(key)]) {
    const artifact = record!.artifacts.find(({ inline }) => inline);
    expect(() => inlineContent(artifact!)).toThrow(expect.objectContaining({ reason: "corrupt-blob" }));
  }
  expect(await metadata.check({ repair: true })).toHaveLength(1);
  expect(await metadata.getResult(key)).toBeUndefined();
  expect(await metadata.check()).toStrictEqual([]);
});

test("whatever bits flip, nothing wrong is read and nothing but a failure is thrown", async () => {
  const records = new Map(
    Array.from({ length: 12 }, (_, index) => sampleResult(`node ${index}`)).map((each) => [each.key, each]),
  );
  const sound = newFile();
  await makeSound(sound, [...records.values()]);
  const bytes = readFileSync(sound);
  const flip = fc.record({ at: fc.nat({ max: bytes.length - 1 }), bit: fc.integer({ min: 0, max: 7 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(flip, { minLength: 1, maxLength: 40 }), async (flips) => {
      const file = newFile();
      const damaged = Buffer.from(bytes);
      for (const { at, bit } of flips) damaged[at]! ^= 1 << bit;
      writeFileSync(file, damaged);
      const tolerant = async (work: () => Promise<void> | void) => {
        try {
          await work();
        } catch (error) {
          if (!["damaged-store", "newer-store", "io"].includes(failureOf(error)?.reason ?? "")) throw error;
        }
      };
      await tolerant(async () => {
        const { metadata } = open(file);
        await tolerant(async () => {
          for (const [key, record] of records) {
            const got = await metadata.getResult(key);
            if (got) expectSound(got, record);
          }
        });
        await tolerant(async () => {
          for await (const got of metadata.allResults()) {
            expectSound(got, records.get(got.key));
          }
        });
        await tolerant(async () => {
          const [run] = await metadata.runs(1);
          if (run) expect(run).toStrictEqual(sampleRun("run-1"));
          const nodes = await metadata.runNodes("run-1");
          if (nodes.size > 0) expect(nodes).toStrictEqual(sampleOutcomes);
        });
        await tolerant(async () => {
          const parts = await metadata.getCode(digestOf("v1"));
          if (parts) expect(parts).toStrictEqual(sampleParts);
        });
        await tolerant(() => {
          const value = metadata.derived.get("analysis", "a");
          if (value) expect([...value]).toStrictEqual(Array(300).fill(5));
        });
        await tolerant(() => metadata.putResults([sampleResult("new")]));
        await tolerant(async () => void (await metadata.check({ repair: true })));
        metadata.close();
      });
    }),
    { numRuns: 150 },
  );
}, 120_000);
