/** Programs that dataflow.ts measures: modules of functions, run with one cache or another. */

/** Sluice's driver; a file a result; npm's cache. */
export type Cache = "driver" | "files" | "cacache";

interface Parts {
  readonly count: number;
  readonly moduleSize: number;
  readonly targets: readonly string[];
  /** The folder that cacache is installed in. */
  readonly peers: string;
}

/** The text of a program that prints what it took in milliseconds, how many functions ran, and the sum of the targets. */
export function program(cache: Cache, { count, moduleSize, targets, peers }: Parts): string {
  const modules = Array.from({ length: Math.ceil(count / moduleSize) }, (_, i) => i);
  const imports = modules.map((i) => `import * as features${i} from "./features-${i}.js";\n`).join("");
  const wanted =
    targets.length === 1 ? JSON.stringify(targets) : `Array.from({ length: ${targets.length} }, (_, i) => "n" + i)`;
  return `${heads[cache](peers)}
${imports}
let ran = 0;
const modules = [${modules.map((i) => `features${i}`).join(", ")}];
const targets = ${wanted};
const started = performance.now();
${cache === "driver" ? withDriver : byHand}
const ms = performance.now() - started;
const sum = Object.values(values).reduce((a, b) => a + b, 0);
${cache === "driver" ? countDriver : ""}
console.log(JSON.stringify({ ms, ran, sum }));
`;
}

const withDriver = `const driver = Driver.builder().withModules(...modules).withCache({ path: "cache-driver" }).build();
const values = await driver.execute(targets, { inputs: { seed: 1 } });`;

/** From the record of the run, afterwards: a listener would be told of each node. */
const countDriver = "ran = (await driver.cache.metadataStore.lastRun()).counts.executed ?? 0;";

/** What a careful person would write: a key of the function's text and of what it reads, one after the other. */
const byHand = `const functions = Object.assign({}, ...modules);
const known = { seed: 1 };
const pending = [...targets].reverse();
while (pending.length > 0) {
  const name = pending.at(-1);
  if (name in known) { pending.pop(); continue; }
  const text = functions[name].toString();
  const reads = /\\(([^)]*)\\)/.exec(text)[1].split(",").map((each) => each.trim());
  const missing = reads.filter((each) => !(each in known));
  if (missing.length > 0) { pending.push(...missing); continue; }
  const args = reads.map((each) => known[each]);
  const key = createHash("sha256").update(JSON.stringify([name, text, args])).digest("hex");
  let stored = await get(key);
  if (stored === undefined) {
    stored = JSON.stringify(await functions[name](...args));
    ran += 1;
    await put(key, stored);
  }
  known[name] = JSON.parse(stored);
  pending.pop();
}
const values = Object.fromEntries(targets.map((name) => [name, known[name]]));`;

const heads: Readonly<Record<Cache, (peers: string) => string>> = {
  driver: () => 'import { Driver } from "sluice/dataflow";',
  files: () => `import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
const place = (key) => "cache-files/" + key.slice(0, 2) + "/" + key;
async function get(key) {
  try { return await readFile(place(key), "utf8"); } catch (error) { if (error.code !== "ENOENT") throw error; }
}
async function put(key, text) {
  await mkdir("cache-files/" + key.slice(0, 2), { recursive: true });
  await writeFile(place(key), text);
}`,
  cacache: (peers) => `import { createHash } from "node:crypto";
import { createRequire } from "node:module";
const cacache = createRequire(${JSON.stringify(`${peers}/package.json`)})("cacache");
async function get(key) {
  try { return (await cacache.get("cache-cacache", key)).data.toString(); } catch (error) { if (error.code !== "ENOENT") throw error; }
}
const put = (key, text) => cacache.put("cache-cacache", key, text);`,
};
