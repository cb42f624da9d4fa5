/** `npm run bench -- [NAME...] [--quick] [--rounds N] [--nodes N,N] [--json] [--out FOLDER]` */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { BenchmarkOptions } from "./benchmark.ts";
import { removePipelines } from "./generated-pipeline.ts";
import { type Machine, machine } from "./machine.ts";
import { sections } from "./sections.ts";
import { textTable } from "./table.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    nodes: { type: "string" },
    modules: { type: "string" },
    stages: { type: "string" },
    json: { type: "boolean", default: false },
    out: { type: "string" },
  },
});

const names = positionals.length > 0 ? positionals : Object.keys(sections);
const unknown = names.find((name) => !Object.hasOwn(sections, name));
if (unknown !== undefined) {
  console.error(`there is no section ${unknown}\nsections: ${Object.keys(sections).join(", ")}`);
  process.exit(2);
}

const { quick } = values;
const options: BenchmarkOptions = {
  quick,
  rounds: count(values.rounds ?? (quick ? "2" : "11")),
  nodes: counts(values.nodes ?? (quick ? "20,50" : "100,1000,10000,100000")),
  modules: counts(values.modules ?? (quick ? "20" : "200,500,1000,2000")),
  stages: counts(values.stages ?? (quick ? "20" : "100,1000,5000")),
  log: (line) => console.error(`  ${line}`),
};
// What was only tried leaves no figures behind, unless asked for.
const out = values.out ?? (quick ? undefined : fileURLToPath(new URL("results", import.meta.url)));
const found: Machine = machine();
const printed: unknown[] = [];
try {
  for (const name of names) {
    console.error(name);
    try {
      await runSection(name);
    } catch (error) {
      // The others can still be measured.
      console.error(`${name} failed:`, error);
      process.exitCode = 1;
    }
  }
} finally {
  removePipelines();
}
if (values.json) console.log(JSON.stringify(printed, null, 2));

async function runSection(name: string): Promise<void> {
  const section = await sections[name]!();
  const startedAt = new Date().toISOString();
  const { rounds, nodes } = options;
  const facts = { section: name, about: section.about, startedAt, rounds, nodes, quick, machine: found };
  const result = { ...facts, ...(await section.run(options)) };
  if (out !== undefined) {
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
  }
  if (values.json) printed.push(result);
  else {
    console.log(`\n${name}: ${section.about}\n`);
    for (const table of result.tables) console.log(`${table.title}\n\n${textTable(table)}\n`);
    for (const note of result.notes ?? []) console.log(`- ${note}\n`);
  }
}

function counts(list: string): number[] {
  return list.split(",").map(count);
}

function count(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new RangeError(`not a number of at least 1: ${text}`);
  return number;
}
