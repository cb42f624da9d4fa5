import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { failureOf } from "../../src/core/failure.ts";
import type { NodeDefinition } from "../../src/core/node.ts";
import { packJson, unpackJson } from "../../src/metadata/packed-json.ts";
import { openStore } from "../../src/run/open-store.ts";
import { runGraph } from "../../src/run/run.ts";
import { memoryWorkspace, testGraph, testParam, testStage } from "../rig/engine.ts";
import { brokenInvariants } from "../rig/invariants.ts";
import { type RigProject, rig } from "../rig/rig.ts";
import { testMap } from "../run/map/support.ts";
import { mutations, Random } from "./mutations.ts";

/*
 * Databases that somebody else has had a hand in. Whatever is in them, a run gives what a clean run gives, or says what is wrong; the
 * next one is sound.
 */

const isLong = process.env.SLUICE_LONG !== undefined;

/** Seeds that once failed. */
const fixed: readonly number[] = [10_560];
const seeds = [...fixed, ...Array.from({ length: isLong ? 2000 : 60 }, (_, i) => i + (isLong ? 10_000 : 1))];

const nodes = (): Readonly<Record<string, NodeDefinition>> => {
  const seed = testParam(7);
  const text = testStage({ seed }, ({ seed }) => `${seed} line\n`.repeat(2000), { code: 1 });
  const list = testMap([1, 2, 3, 4, 5], { seed }, ((n: number) => ({ n, double: n * 2 })) as never, { code: 2 });
  const sum = testStage(
    { text, list },
    ({ text, list }) =>
      (text as string).length + (list as { double: number }[]).reduce((all, { double }) => all + double, 0),
    { code: 3 },
  );
  return { seed, text, list, sum };
};
const expected = { text: "7 line\n".repeat(2000), sum: 14_030 };

interface Ran {
  readonly values?: Readonly<Record<string, unknown>>;
  readonly failure?: string;
}

/** Runs on a cache as it is. Anything but a right result or an expected failure is thrown. */
async function run(root: string): Promise<Ran> {
  try {
    const store = await openStore({ root, onWarning: () => {} });
    try {
      const workspace = { ...store, analyser: memoryWorkspace().analyser };
      const outcome = await runGraph(workspace, testGraph(nodes()), { values: true });
      const failed = [...outcome.nodes.values()].find(({ failure }) => failure)?.failure;
      if (failed) return { failure: failed.reason };
      return { values: { text: outcome.value("text"), sum: outcome.value("sum") } };
    } finally {
      await store.close();
    }
  } catch (error) {
    const failure = failureOf(error);
    if (!failure) throw error;
    return { failure: failure.reason };
  }
}

let sound: string;
const scratch: string[] = [];

function temporary(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "sluice-databases-"));
  scratch.push(folder);
  return folder;
}

beforeAll(async () => {
  sound = temporary();
  const live = temporary();
  expect((await run(live)).values).toEqual(expected);
  expect((await run(live)).values).toEqual(expected);
  // With a log, as a killed process leaves it.
  const store = await openStore({ root: live });
  await store.metadata.putResults([]);
  await store.metadata.touchResults(
    [...(await store.metadata.resultsOf("text", 1))].map(({ key }) => key),
    Date.now(),
  );
  cpSync(live, sound, { recursive: true });
  await store.close();
});
afterAll(() => {
  for (const folder of scratch) rmSync(folder, { recursive: true, force: true });
});

test("mutations of databases and of their logs end in right results or clear failures", {
  timeout: 1_800_000,
}, async () => {
  const tally = { right: 0, said: 0 };
  const reasons = new Set<string>();
  for (const seed of seeds) {
    const random = new Random(seed);
    const root = mkdtempSync(path.join(tmpdir(), "sluice-mutated-"));
    try {
      cpSync(sound, root, { recursive: true });
      const files = ["metadata.db", "metadata.db", "metadata.db-wal", "leases.db"]
        .map((name) => path.join(root, ".sluice/v1", name))
        .filter((file) => existsSync(file) && readFileSync(file).length > 0);
      const file = random.pick(files);
      const names = Array.from({ length: 1 + random.next(2) }, () => random.pick(Object.keys(mutations)));
      let bytes = readFileSync(file);
      for (const name of names) if (bytes.length > 0) bytes = Buffer.from(mutations[name]!(bytes, random));
      writeFileSync(file, bytes);
      const what = `seed ${seed}: ${path.basename(file)}, ${names.join(", ")}`;
      const first = await run(root).catch((error: unknown) => expect.fail(`${what}: ${(error as Error).stack}`));
      if (first.failure === undefined) expect(first.values, what).toEqual(expected);
      else expect(["damaged-store", "newer-store", "io"], what).toContain(first.failure);
      if (first.failure === undefined) tally.right += 1;
      else {
        tally.said += 1;
        reasons.add(first.failure);
      }
      if (first.failure === "newer-store") continue;
      // What was said once is mended then, or set aside.
      const second = await run(root);
      expect(second.values, `${what}, the second run (${second.failure})`).toEqual(expected);
      // Damage that nobody has met yet may still be in the database, never in what is served.
      const broken = brokenInvariants(path.join(root, ".sluice"), { setAside: true, leases: false });
      expect(
        broken.filter((each) => !each.startsWith("metadata.db: ") && !each.includes("cannot be read")),
        what,
      ).toEqual([]);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  }
  console.log(
    `mutated databases: ${seeds.length} tried, ${tally.right} runs right at once, ${tally.said} said what was wrong (${[...reasons].join(", ")}), none wrong`,
  );
});

describe("a database with", () => {
  const hostile: Readonly<Record<string, string>> = {
    "a view in the place of a table": "ALTER TABLE results RENAME TO r; CREATE VIEW results AS SELECT * FROM r",
    "a trigger": "CREATE TRIGGER evil AFTER INSERT ON results BEGIN DELETE FROM results; END",
    "a temporary-looking trigger on reads": "CREATE TRIGGER evil INSTEAD OF INSERT ON v BEGIN SELECT 1; END",
    "other tables": "CREATE TABLE more (x); INSERT INTO more VALUES (zeroblob(100000))",
    "a table with other columns": "DROP TABLE results; CREATE TABLE results (key TEXT PRIMARY KEY, body TEXT)",
    "a generated column": "ALTER TABLE runs ADD COLUMN evil TEXT AS (upper(body)) VIRTUAL",
    "an index on an expression": "CREATE INDEX evil ON results (abs(length(body)))",
    "a check that nothing passes": "ALTER TABLE runs ADD COLUMN evil INTEGER CHECK (evil IS NOT NULL AND evil > 1)",
    "tables that are named like statements": `CREATE TABLE "x'; DROP TABLE results; --" ("y'""" TEXT)`,
    "rows of a gigabyte, as they say": "UPDATE results SET inline = zeroblob(30000000)",
    "rows of endless text": "UPDATE results SET body = '[' || hex(zeroblob(8000000))",
    "rows nested deep": `UPDATE results SET body = replace(hex(zeroblob(500000)), '0', '[')`,
    "a total that is no number": `PRAGMA writable_schema=ON;
      UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL', '        ') WHERE name = 'kept'; PRAGMA writable_schema=RESET;
      UPDATE kept SET saved_ms = NULL, bytes = NULL; PRAGMA writable_schema=ON;
      UPDATE sqlite_schema SET sql = replace(sql, '        ', 'NOT NULL') WHERE name = 'kept'; PRAGMA writable_schema=RESET`,
    "texts for numbers":
      "UPDATE results SET created_at = 'soon', check_sum = 'x'; UPDATE files SET size = 'x', inode = 1.5",
    "numbers beyond all numbers": "UPDATE results SET created_at = 9e999; UPDATE used SET at = 9223372036854775807",
    "null everywhere":
      "UPDATE durations SET milliseconds = -1; DELETE FROM used; DELETE FROM code; DELETE FROM code_parts",
  };
  test.each(Object.keys(hostile))("%s", { timeout: 60_000 }, async (name) => {
    const root = temporary();
    cpSync(sound, root, { recursive: true });
    const file = path.join(root, ".sluice/v1/metadata.db");
    const database = new DatabaseSync(file, { defensive: false });
    try {
      database.exec(hostile[name]!);
    } catch (error) {
      // A statement that this database does not take has done nothing.
      expect((error as Error).message).toMatch(/no such|cannot|NOT NULL|constraint/i);
    }
    database.close();
    const first = await run(root);
    if (first.failure === undefined) expect(first.values).toEqual(expected);
    else expect(first.failure).toBe("damaged-store");
    expect((await run(root)).values).toEqual(expected);
    expect((await run(root)).values).toEqual(expected);
  });
});

test("bytes that claim to unpack to more than they can be are refused, in bounded memory", () => {
  const bomb = zstdCompressSync(Buffer.alloc(100 << 20, "[]"));
  expect(bomb.length).toBeLessThan(100_000);
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 3; i++) expect(unpackJson(bomb)).toBeUndefined();
  expect(process.memoryUsage().rss - before).toBeLessThan(90 << 20);
  const large = Array.from({ length: 50_000 }, (_, i) => ({ name: `node ${i % 10}`, status: "hit" }));
  expect(unpackJson(packJson(large))).toEqual(large);
});

describe("what was derived, in other words", () => {
  let project: RigProject;
  beforeAll(async () => {
    project = await rig.project({
      "lib/add.ts": "export const add = (a: number, b: number) => a + b;\n",
      "pipeline.ts": `import { param, stage } from "sluice";
import { add } from "./lib/add.ts";
export const one = param(1);
export const sum = stage({ one }, ({ one }) => add(one, 41));
`,
    });
    for (let i = 0; i < 3; i++) expect((await project.sluice("run")).code).toBe(0);
  });
  afterAll(() => project[Symbol.asyncDispose]());

  const contents: Readonly<Record<string, string | Uint8Array>> = {
    nothing: "",
    "no JSON": "garbage",
    null: "null",
    "an empty list": "[]",
    "an empty object": "{}",
    "a list of lists": "[[[1],[2]],[3],{}]",
    "a number": "9e999",
    "names that pollute":
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"load":{},"sources":[["env"]]}',
    "deep nesting": "[".repeat(200_000),
    "random bytes": new Random(5).bytes(5000),
  };
  test.each(Object.keys(contents))("as %s", { timeout: 30_000 }, async (name) => {
    const file = path.join(project.dir, ".sluice/v1/metadata.db");
    const database = new DatabaseSync(file);
    // Their checksums stay what they were: who can make others can write a whole cache of their own.
    expect(database.prepare("UPDATE derived SET value = ?").run(Buffer.from(contents[name]!)).changes).toBeGreaterThan(
      2,
    );
    database.close();
    const end = await project.sluice("run", "--json");
    expect({ code: end.code, stderr: end.stderr }).toMatchObject({ code: 0 });
    expect(end.json().nodes.sum.status).toBe("hit");
    expect((await project.sluice("show", "sum")).stdout.trim()).toBe("42");
  });
});
