/** Run by cache.ts: single calls of the explicit cache, of cacache where it is installed, and of SQLite alone, in turn. */
import { existsSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openCache } from "sluice/cache";
import { Stopwatch } from "./programs.ts";

interface Cacache {
  put(cache: string, key: string, content: Uint8Array): Promise<unknown>;
  get(cache: string, key: string): Promise<{ data: Uint8Array }>;
}

const watch = new Stopwatch<{ rounds: number; entries: number; peers: string }>();
const { rounds, entries, peers } = watch.settings;
const root = process.cwd();
const cacache: Cacache | undefined = existsSync(join(peers, "node_modules", "cacache"))
  ? createRequire(join(peers, "package.json"))("cacache")
  : undefined;
const value = { a: 1, b: "x".repeat(300), c: [1, 2, 3] };
const bytes = Buffer.from(JSON.stringify(value));

const database = new DatabaseSync(join(root, "bare.db"));
database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE r (key TEXT PRIMARY KEY, v BLOB)");
const insert = database.prepare("INSERT INTO r VALUES (?, ?)");
const row = new Uint8Array(600);

await using cache = await openCache(join(root, "entries"));
for (let round = -1; round < rounds; round += 1) {
  const keys = Array.from({ length: entries }, (_, index) =>
    cache.key("bench").string("entry", `${round} ${index}`).version("1").build(),
  );
  for (const key of keys) void key.digest;
  const kept = join(root, "cacache");
  await each("key, built", (index) => void cache.key("bench").value("entry", { round, index }).build().digest);
  await each("wrap, a miss", (index) => cache.wrap(keys[index]!, () => value));
  await each("wrap, a hit", (index) => cache.wrap(keys[index]!, () => value));
  await each("get, closed again", async (index) => (await cache.get(keys[index]!))!.close());
  await each("get, and its value", async (index) => {
    using result = (await cache.get(keys[index]!))!;
    check(await result.value());
  });
  await each("put, over another", (index) => cache.put(keys[index]!).value("value", value).commit());
  await each("SQLite alone: a row of 600 bytes, a transaction each", (index) => insert.run(keys[index]!.digest, row));
  await watchAll("to the disk, at the end", () => cache.flush());
  if (cacache) {
    await each("cacache: put", (index) => cacache.put(kept, `${index}`, bytes));
    await each("cacache: get", async (index) =>
      check(JSON.parse(Buffer.from((await cacache.get(kept, `${index}`)).data).toString())),
    );
    rmSync(kept, { recursive: true, force: true });
  }

  async function each(label: string, work: (index: number) => unknown): Promise<void> {
    const times: number[] = [];
    for (let index = 0; index < entries; index += 1) {
      const start = performance.now();
      await work(index);
      times.push(performance.now() - start);
    }
    if (round < 0) return;
    times.sort((a, b) => a - b);
    // Of single calls: one that was interrupted by another program says nothing about this one.
    watch.add(label, times[times.length >> 1]!);
    watch.add(`${label}, one in ten`, times[Math.floor(times.length * 0.9)]!);
  }

  async function watchAll(label: string, work: () => Promise<void>): Promise<void> {
    const start = performance.now();
    await work();
    if (round >= 0) watch.add(label, performance.now() - start);
  }
}
database.close();
watch.print();

function check(found: unknown): void {
  if ((found as typeof value).b !== value.b) throw new Error("what was got is not what was put");
}
