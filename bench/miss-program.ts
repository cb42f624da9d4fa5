/** Run by miss.ts: batches of trivial stages, all new and all known, and the least that recording them could cost. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { file, open, stage } from "sluice";
import { Stopwatch } from "./programs.ts";

const watch = new Stopwatch<{ rounds: number; stages: number }>();
const { rounds, stages } = watch.settings;
const root = process.cwd();
const seedFile = join(root, "seed.txt");

const seed = file(seedFile);
const first = stage({ seed }, async ({ seed }) => Number(await seed.text()), { name: "first" });
const fan = Array.from({ length: stages - 1 }, (_, index) =>
  stage({ first, index }, ({ first, index }) => first + index, { name: `fan${index}` }),
);
const chain = [stage({ seed }, async ({ seed }) => Number(await seed.text()), { name: "chain0" })];
for (let index = 1; index < stages; index += 1) {
  const above = chain[index - 1]!;
  const next = stage({ above, index }, ({ above, index }) => above + index, { name: `chain${index}` });
  chain.push(next);
}

const database = new DatabaseSync(join(root, "bare.db"));
database.exec(
  "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE results (key TEXT PRIMARY KEY, record BLOB)",
);
const insert = database.prepare("INSERT INTO results VALUES (?, ?)");
const row = new Uint8Array(400);

await using project = open({ root });
for (let round = -1; round < rounds; round += 1) {
  const counts = round >= 0;
  for (const [shape, targets] of [
    ["fan", fan],
    ["chain", chain],
  ] as const) {
    writeFileSync(seedFile, `${round * 2 + (shape === "fan" ? 3 : 4)}\n`);
    const named = Object.fromEntries(targets.map((target, index) => [`t${index}`, target]));
    const [start, startCpu] = [performance.now(), processorMs()];
    await project.run(named);
    const [cold, coldCpu] = [performance.now(), processorMs()];
    await project.run(named);
    const [warm, warmCpu] = [performance.now(), processorMs()];
    if (!counts) continue;
    watch.add(`${shape}, every stage runs`, cold - start);
    watch.add(`${shape}, every stage is reused`, warm - cold);
    watch.add(`${shape}, a miss beyond a hit`, cold - start - (warm - cold));
    watch.add(`${shape}, a miss beyond a hit: processor time`, coldCpu - startCpu - (warmCpu - coldCpu));
  }
  const start = performance.now();
  database.exec("BEGIN");
  for (let index = 0; index < stages; index += 1) insert.run(`${"0".repeat(52)}${round + 1}-${index}`, row);
  database.exec("COMMIT");
  if (counts) watch.add("SQLite alone: as many rows of 400 bytes, one transaction", performance.now() - start);
}
database.close();
watch.print();

/** Of this process, on all threads; where the machine is busy this tells more than the clock. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
