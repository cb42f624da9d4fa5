import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { metadataSchema } from "../../src/metadata/migrations/schema.ts";
import { encodeResult } from "../../src/metadata/result-row.ts";
import { openSqliteMetadata } from "../../src/metadata/sqlite-metadata.ts";
import { sampleArtifact, sampleResult, sampleRun } from "./samples.ts";

const before = 3;

/** A database as it was before what is kept was counted. */
function oldDatabase(fill: (database: DatabaseSync) => void): string {
  const file = path.join(mkdtempSync(path.join(tmpdir(), "sluice-old-")), "v1", "metadata.db");
  mkdirSync(path.dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  database.exec("PRAGMA journal_mode=WAL");
  for (const step of metadataSchema.migrations.slice(0, before)) database.exec(step);
  database.exec(`PRAGMA application_id=${metadataSchema.applicationId}; PRAGMA user_version=${before}`);
  fill(database);
  database.close();
  return file;
}

test("a database from before takes stock of what it has; rows that are damaged are passed over", async () => {
  const blob = (name: string, size = 1000) => ({ name, digest: digestOf(name), size });
  const records = [
    sampleResult("a", { artifacts: [blob("x"), blob("y"), sampleArtifact("inline")] }),
    sampleResult("b", { artifacts: [blob("x")] }),
    sampleResult("c", { artifacts: [sampleArtifact("small")] }),
  ];
  const file = oldDatabase((database) => {
    const insert = database.prepare(
      "INSERT INTO results (key, node, created_at, check_sum, body, inline) VALUES (?, ?, ?, ?, ?, ?)",
    );
    for (const record of records) {
      const { body, check, inline } = encodeResult(record);
      insert.run(record.key, record.node, record.createdAt, check, body, inline);
    }
    const bad = [
      "",
      "{",
      "[]",
      "null",
      '["","","",[],{},"","",[],["text"]]',
      '[0,0,0,0,0,0,0,0,[["n","zz",1.5,null,false]]]',
    ];
    for (const [i, body] of bad.entries()) insert.run(`bad ${i}`, "bad", i, 1, body, null);
    database.exec("INSERT INTO used (id, at) VALUES (1, 1800000000000)");
    const run = JSON.stringify(sampleRun("run-1", { savedMs: 250 }));
    database.prepare("INSERT INTO runs (id, started_at, check_sum, body) VALUES (?, 1, 1, ?)").run("run-1", run);
    database.prepare("INSERT INTO runs (id, started_at, check_sum, body) VALUES (?, 1, 1, ?)").run("run-2", "{");
  });
  const metadata = openSqliteMetadata({ file, onWarning: () => {} });
  const { keeping } = metadata;
  expect(await keeping.totals()).toMatchObject({ results: 9, blobs: 2, content: 2000, stored: 2000, savedMs: 250 });
  expect((await keeping.resultsWith(digestOf("x"))).toSorted()).toEqual([records[0]!.key, records[1]!.key].toSorted());
  expect(await keeping.removeUnreferenced([digestOf("x"), digestOf("y")], () => {})).toEqual([]);
  await metadata.check({ repair: true });
  expect(await metadata.check()).toEqual([]);
  expect(await keeping.totals()).toMatchObject({ results: 3, blobs: 2 });
  const [oldest] = await keeping.candidates("use", 3);
  expect(oldest).toMatchObject({ usedAt: records[1]!.createdAt });
  await metadata.removeResults(records.map(({ key }) => key));
  expect(await keeping.totals()).toMatchObject({ results: 0, blobs: 0, bytes: 0 });
  metadata.close();
});

test("references that went missing are found, and mended by forgetting their results", async () => {
  const file = oldDatabase(() => {});
  const metadata = openSqliteMetadata({ file });
  await metadata.putResults([sampleResult("a"), sampleResult("b")]);
  const database = new DatabaseSync(file);
  database.exec("DELETE FROM blob_uses WHERE result = 1; UPDATE kept SET bytes = 7");
  database.close();
  expect(await metadata.check()).toEqual([expect.stringContaining("is damaged")]);
  await metadata.check({ repair: true });
  expect(await metadata.check()).toEqual([]);
  expect(await metadata.keeping.totals()).toMatchObject({ results: 1, blobs: 1 });
  await metadata.removeResults([sampleResult("b").key]);
  expect(await metadata.keeping.bytes()).toBe(0);
  metadata.close();
});
