import { mkdir, rm, symlink } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { type Files, type RigProject, rig } from "../rig/rig.ts";

const repository = path.resolve(import.meta.dirname, "../..");

async function link(made: RigProject, name: string, target: string): Promise<void> {
  const at = path.join(made.dir, "node_modules", name);
  await mkdir(path.dirname(at), { recursive: true });
  await rm(at, { force: true });
  await symlink(path.resolve(made.dir, target), at);
}

/** Runs everything, and says which stages ran. */
async function executed(made: RigProject): Promise<string[]> {
  const finished = await made.sluice("run", "--json");
  expect(finished.code, finished.stderr).toBe(0);
  const { nodes } = finished.json();
  const ran = Object.entries<{ status: string }>(nodes).filter(([, { status }]) => status === "executed");
  return ran.map(([name]) => name).sort();
}

/** What the stage `report` placed. */
async function report(made: RigProject): Promise<unknown> {
  return JSON.parse(await made.read("out/report.json"));
}

const real = ["apache-arrow", "@duckdb/node-api", "zod", "lodash-es", "date-fns", "papaparse"];

const shop: Files = {
  "orders.csv": "id,customer,day,amount\n1,ada,2024-01-30,12.5\n2,bob,2024-02-01,7\n3,ada,2024-02-29,30\n",
  "pipeline.ts": `import { file, stage } from "sluice";
import Papa from "papaparse";
import { RecordBatchReader, tableFromArrays, tableToIPC } from "apache-arrow";
import { DuckDBInstance } from "@duckdb/node-api";
import { z } from "zod";
import { groupBy, sumBy } from "lodash-es";
import { format, parseISO } from "date-fns";
import { rate } from "@shop/rules";

const Order = z.object({ id: z.coerce.number().int(), customer: z.string(), day: z.string(), amount: z.coerce.number() });
type Order = z.infer<typeof Order>;

export const orders = stage({ csv: file("orders.csv") }, async ({ csv }) => {
  const { data } = Papa.parse(await csv.text(), { header: true, skipEmptyLines: true });
  return z.array(Order).parse(data);
});

export const byCustomer = stage({ orders }, ({ orders }) =>
  Object.entries(groupBy(orders, "customer")).map(([customer, all]) => ({ customer, amount: sumBy(all, "amount") })),
);

export const dueDays = stage({ orders }, async ({ orders }) => {
  const { addDays } = await import("date-fns/addDays");
  return orders.map((order: Order): string => format(addDays(parseISO(order.day), 30), "yyyy-MM-dd"));
});

export const table = stage({ orders }, ({ orders }) =>
  tableFromArrays({ id: Int32Array.from(orders, ({ id }) => id), amount: Float64Array.from(orders, ({ amount }) => amount) }),
);
export const batches = stage({ table }, ({ table }) => [...RecordBatchReader.from(tableToIPC(table))].length);

export const total = stage({ orders }, async ({ orders }) => {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const values = orders.map(({ amount }) => \`(\${amount})\`).join(", ");
  const result = await connection.runAndReadAll(\`SELECT sum(amount)::DOUBLE FROM (VALUES \${values}) AS o(amount)\`);
  return result.getRows()[0][0] as number;
});

export const taxed = stage({ total }, ({ total }) => rate(total));

export const report = stage({ byCustomer, dueDays, batches, total, taxed }, (all) => JSON.stringify(all), {
  format: "text",
  output: "out/report.json",
});
`,
  "packages/rules/package.json": `{ "name": "@shop/rules", "type": "module", "exports": { "browser": "./none.js", "node": "./src/index.ts" }, "imports": { "#tax": { "browser": "./none.js", "default": "./src/tax.ts" } } }`,
  "packages/rules/src/index.ts": `import { tax } from "#tax";\nexport const rate = (total: number): number => Math.round(total * (100 + tax));\n`,
  "packages/rules/src/tax.ts": "/** Percent. */\nexport const tax: number = 20;\n",
};

test("a pipeline of large real packages runs, hits, and runs again what an edit of a workspace package can reach", async () => {
  await using made = await rig.project(shop);
  for (const name of real) await link(made, name, path.join(repository, "node_modules", name));
  await link(made, "@shop/rules", "packages/rules");

  const all = ["batches", "byCustomer", "dueDays", "orders", "report", "table", "taxed", "total"];
  expect(await executed(made)).toEqual(all);
  expect(await report(made)).toEqual({
    byCustomer: [
      { customer: "ada", amount: 42.5 },
      { customer: "bob", amount: 7 },
    ],
    dueDays: ["2024-02-29", "2024-03-02", "2024-03-30"],
    batches: 1,
    total: 49.5,
    taxed: 5940,
  });
  expect(await executed(made)).toEqual([]);

  // The workspace package counts by its source, declaration by declaration.
  const index = await made.read("packages/rules/src/index.ts");
  await made.write("packages/rules/src/index.ts", `${index}export const unused = 1;\n`);
  await made.write("packages/rules/src/tax.ts", "export const tax = 20;\n");
  expect(await executed(made)).toEqual([]);
  await made.write("packages/rules/src/tax.ts", "export const tax = 25;\n");
  expect(await executed(made)).toEqual(["report", "taxed"]);
  expect(await report(made)).toMatchObject({ taxed: 6188 });
}, 120_000);

const small: Files = {
  "pipeline.ts": `import { stage } from "sluice";
import { label } from "tiny";
import { double } from "other";
export const labelled = stage({}, () => label(1));
export const doubled = stage({}, () => double(1));
export const report = stage({ labelled, doubled }, (all) => JSON.stringify(all), { format: "text", output: "out/report.json" });
`,
  "node_modules/other/package.json": `{ "name": "other", "version": "1.0.0" }`,
  "node_modules/other/index.js": "exports.double = (x) => 2 * x;\n",
};

function labeller(word: string): string {
  return `exports.label = (x) => \`${word} \${x}\`;\n`;
}

test("an installed package counts by its version and the lockfile's integrity, else by its files", async () => {
  const lock = (version: string, integrity: string, more: object = {}): string => {
    const resolved = "https://registry.test/any.tgz";
    const packages = {
      "node_modules/tiny": { version, resolved, integrity },
      "node_modules/other": { version: "1.0.0", resolved, integrity: "sha512-other" },
      ...more,
    };
    return JSON.stringify({ lockfileVersion: 3, packages });
  };
  await using made = await rig.project({
    ...small,
    "node_modules/tiny/package.json": `{ "name": "tiny", "version": "1.0.0" }`,
    "node_modules/tiny/index.js": labeller("one"),
    "package-lock.json": lock("1.0.0", "sha512-one"),
  });
  expect(await executed(made)).toEqual(["doubled", "labelled", "report"]);
  expect(await report(made)).toEqual({ labelled: "one 1", doubled: 2 });
  await made.write("package-lock.json", lock("1.0.0", "sha512-one", { "node_modules/new": { version: "1.0.0" } }));
  await made.write("node_modules/tiny/index.js", labeller("two"));
  expect(await executed(made)).toEqual([]);
  await made.write("package-lock.json", lock("1.0.0", "sha512-two"));
  expect(await executed(made)).toEqual(["labelled", "report"]);
  expect(await report(made)).toEqual({ labelled: "two 1", doubled: 2 });
  await made.write("node_modules/tiny/package.json", `{ "name": "tiny", "version": "1.1.0" }`);
  await made.write("package-lock.json", lock("1.1.0", "sha512-three"));
  expect(await executed(made)).toEqual(["labelled"]);
  expect(await executed(made)).toEqual([]);
  expect((await made.sluice("run")).stderr).toContain("nothing to do");

  await made.write("package-lock.json", "<<<<<<< ours\n");
  const damaged = await made.sluice("run");
  expect([damaged.code, damaged.stderr]).toEqual([2, expect.stringContaining("package-lock.json cannot be read")]);
  await made.remove("package-lock.json");
  expect(await executed(made)).toEqual(["doubled", "labelled"]);
  await made.write("node_modules/tiny/index.js", labeller("three"));
  expect(await executed(made)).toEqual(["labelled", "report"]);
  expect(await report(made)).toEqual({ labelled: "three 1", doubled: 2 });
}, 120_000);

test("a package as pnpm installs it: links into a store of versions", async () => {
  const store = (version: string): string => `node_modules/.pnpm/tiny@${version}/node_modules/tiny`;
  const lock = (version: string): string =>
    `lockfileVersion: '9.0'\n\npackages:\n\n  other@1.0.0:\n    resolution: {integrity: sha512-other}\n\n  tiny@${version}:\n    resolution: {integrity: sha512-${version}}\n`;
  const installed = (version: string, word: string): Files => ({
    [`${store(version)}/package.json`]: JSON.stringify({ name: "tiny", version, main: "./lib/index.cjs" }),
    [`${store(version)}/lib/index.cjs`]: labeller(word),
  });
  await using made = await rig.project({
    ...small,
    ...installed("1.0.0", "one"),
    ...installed("2.0.0", "two"),
    "pnpm-lock.yaml": lock("1.0.0"),
  });
  await link(made, "tiny", store("1.0.0"));
  expect(await executed(made)).toEqual(["doubled", "labelled", "report"]);
  expect(await executed(made)).toEqual([]);
  await link(made, "tiny", store("2.0.0"));
  await made.write("pnpm-lock.yaml", lock("2.0.0"));
  expect(await executed(made)).toEqual(["labelled", "report"]);
  expect(await report(made)).toEqual({ labelled: "two 1", doubled: 2 });
  await link(made, "tiny", store("1.0.0"));
  await made.write("pnpm-lock.yaml", lock("1.0.0"));
  expect(await executed(made)).toEqual([]);
  expect(await report(made)).toEqual({ labelled: "one 1", doubled: 2 });
}, 120_000);
