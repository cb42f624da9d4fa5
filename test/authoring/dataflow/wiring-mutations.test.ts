import { symlinkSync } from "node:fs";
import path from "node:path";
import type { WiringReport } from "sluice/dataflow";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FlowProject } from "./rig.ts";

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject();
  const modules = path.resolve(import.meta.dirname, "../../../node_modules");
  for (const name of ["typescript", "apache-arrow", "nodejs-polars"]) {
    symlinkSync(path.join(modules, name), path.join(project.dir, "node_modules", name));
  }
});
afterEach(() => project[Symbol.dispose]());

// TypeScript reads all that Sluice's types are made of, and the machine may be busy.
vi.setConfig({ testTimeout: 180_000 });

/** What subdags are of: by its path, or imported. */
const inner = `import { extractColumns, extractFields, loadFrom, saveTo, source, inject } from "sluice/dataflow";
export const recent = (sales: number[], days: number) => sales.slice(-days);
export const mean = (recent: number[]) => recent.length;
export const parts = extractFields(["low", "high"], (recent: number[]) => ({ low: recent.length, high: String(recent) }));
export const both = (low: number, high: string) => high + low;
export const rows = extractColumns(["price"], (recent: number[]) => recent.map((price) => ({ price })));
export const prices = (price: number[]) => price;
export const text = loadFrom("text", { path: "a.txt" }, (text: string) => text.length);
export const out = saveTo("json", { path: source("target") }, (recent: number[]) => recent);
export const told = inject({ saved: source("out.saved") }, (saved: { path: string }) => saved.path);
`;

const head = `import * as flow from "sluice/dataflow";
import * as arrow from "apache-arrow";
import pl from "nodejs-polars";
import * as inner from "./inner.ts";
export const sales = () => [1, 2];
const around = { sales: flow.source("sales"), days: 7 };
const named = (path: string) => ({ path });
`;

/** Each has one wire whose type is `«right|wrong»`; `$` is the number of a copy. */
const wirings: Readonly<Record<string, readonly [reader: string, parameter: string, text: string]>> = {
  "a node into a subdag": [
    "s$.recent",
    "sales",
    `export const g$ = () => [«1|"a"»];
    export const s$ = flow.subdag({ modules: [inner], inputs: { sales: flow.source("g$"), days: 7 } }, (mean: number) => mean);`,
  ],
  "a value into a subdag": [
    "s$.recent",
    "days",
    `export const s$ =
    flow.subdag({ modules: [inner], inputs: { ...around, days: flow.value(«7|"7"») } }, (mean: number) => mean);`,
  ],
  "a value into a subdag by its path": [
    "s$.recent",
    "days",
    `export const s$ =
    flow.subdag({ modules: ["./inner.ts"], inputs: { ...around, days: «7|null» } }, (mean: number) => mean);`,
  ],
  "a node out of a subdag": [
    "s$",
    "mean",
    `export const s$ = flow.subdag({ modules: [inner], inputs: around }, (mean: «number|string») => mean);`,
  ],
  "a field out of a subdag by its path": [
    "s$",
    "high",
    `export const s$ =
    flow.subdag({ modules: ["./inner.ts"], inputs: around }, (high: «string|number») => high);`,
  ],
  "a column out of a subdag by its path": [
    "s$",
    "price",
    `export const s$ =
    flow.subdag({ modules: ["./inner.ts"], inputs: around }, (price: «number|string»[]) => price);`,
  ],
  "a node of a subdag by its whole name": [
    "u$",
    "x",
    `export const s$ = flow.subdag({ modules: [inner], inputs: around }, (mean: number) => mean);
    export const u$ = flow.inject({ x: flow.source("s$.both") }, (x: «string|number») => x);`,
  ],
  "a node of a subdag with a namespace": [
    "u$",
    "x",
    `export const s$ =
    flow.subdag({ modules: ["./inner.ts"], inputs: around, namespace: "n$" }, (mean: number) => mean);
    export const u$ = flow.inject({ x: flow.source("n$.low") }, (x: «number|string») => x);`,
  ],
  "a subdag in a subdag": [
    "s$",
    "deep",
    `const m$ = { deep: flow.subdag({ modules: ["./inner.ts"], inputs: { days: 7 } }, (low: number) => [low]) };
    export const s$ = flow.subdag({ modules: [m$], inputs: { sales: flow.source("sales") } }, (deep: «number|string»[]) => deep);`,
  ],
  "what a subdag gives": [
    "u$",
    "s$",
    `export const s$ = flow.subdag({ modules: [inner], inputs: around }, (mean: number) => ({ mean }));
    export const u$ = (s$: { mean: «number|string» }) => s$;`,
  ],
  "a column of rows": [
    "u$",
    "c$",
    `export const e$ = flow.extractColumns(["c$"], () => [{ c$: "a", rest: 1 }]);
    export const u$ = (c$: «string|number»[]) => c$;`,
  ],
  "a column of rows that come one by one": [
    "u$",
    "c$",
    `export const e$ = flow.extractColumns(["c$"], async function* () { yield { c$: 1 }; });
    export const u$ = (c$: «number|string»[]) => c$;`,
  ],
  "a column of rows in a branch": [
    "u$",
    "c$",
    `export const p$ = flow.parallel((sales: number[]) => sales);
    export const e$ = flow.extractColumns(["c$"], (p$: number) => [{ c$: p$ }]);
    export const u$ = (c$: «number|string»[]) => c$;`,
  ],
  "a column of an Arrow table": [
    "u$",
    "c$",
    `export const e$ = flow.extractColumns(["c$"], () => arrow.tableFromArrays({ c$: Int32Array.of(1) }));
    export const u$ = (c$: («number|string» | null)[]) => c$;`,
  ],
  "a column of a frame of polars": [
    "u$",
    "c$",
    `export const e$ = flow.extractColumns(["c$"], () => pl.DataFrame({ c$: ["a"] }));
    export const u$ = (c$: («string|number» | null)[]) => c$;`,
  ],
  "a column of what was loaded": [
    "u$",
    "c$",
    `export const e$ =
    flow.extractColumns(["c$"], flow.loadFrom("csv", { path: "a.csv" }, (rows: { c$: number }[]) => rows));
    export const u$ = (c$: «number|boolean»[]) => c$;`,
  ],
  "a field of a wrapped function": [
    "u$",
    "f$",
    `export const e$ =
    flow.tag({ a: "b" }, flow.extractFields(["f$"], flow.cached({ retries: 1 }, async () => ({ f$: new Date(), rest: 1 }))));
    export const u$ = (f$: «Date|number») => f$;`,
  ],
  "a field of a generic function": [
    "u$",
    "f$",
    `export const e$ = flow.extractFields(["f$"] as never[], <T,>(sales: T) => ({ f$: sales }));
    export const u$ = (f$: «number|string»[]) => f$;`,
  ],
  "CSV, which is rows": [
    "l$",
    "rows",
    `export const l$ = flow.loadFrom("csv", { path: "a.csv" }, (rows: «{ a: number }[]|string») => rows);`,
  ],
  "CSV, whose cells are no dates": [
    "l$",
    "rows",
    `export const l$ = flow.loadFrom("csv", { path: "a.csv" }, (rows: { a: «string|Date» }[]) => rows);`,
  ],
  "CSV with types": [
    "l$",
    "rows",
    `export const l$ =
    flow.loadFrom("csv", { path: "a.csv", types: { a: "number" } }, (rows: { a: «number|string»; b?: string }[]) => rows);`,
  ],
  "a table of DuckDB": [
    "l$",
    "rows",
    `export const l$ =
    flow.loadFrom("duckdb", { path: "a.db", table: "t" }, (rows: «{ at: Date }[]|{ at: Date }») => rows);`,
  ],
  "a text": [
    "l$",
    "text",
    `export const l$ = flow.loadFrom("text", { path: "a.txt" }, (text: «string|string[]») => text);`,
  ],
  bytes: [
    "l$",
    "bytes",
    `export const l$ = flow.loadFrom("bytes", { path: "a.bin" }, (bytes: «Uint8Array|string») => bytes);`,
  ],
  "lines of JSON": [
    "l$",
    "lines",
    `export const l$ = flow.loadFrom("ndjson", { path: "a.ndjson" }, (lines: «{ a: 1 }[]|{ a: 1 }») => lines);`,
  ],
  "a table of Parquet": [
    "l$",
    "table",
    `export const l$ =
    flow.loadFrom("parquet", { path: "a.parquet" }, (table: «arrow.Table<{ a: arrow.Utf8 }>|{ a: string }[]») => table);`,
  ],
  "rows of Arrow": [
    "l$",
    "rows",
    `export const l$ =
    flow.loadFrom("arrow", { path: "a.arrow", as: "rows" }, (rows: «{ a: string }[]|arrow.Table») => rows);`,
  ],
  "what a function loads": [
    "l$",
    "x",
    `export const l$ = flow.loadFrom(async (path: string) => path.length, { path: "a$" }, (x: «number|string») => x);`,
  ],
  "what a function of the module loads": [
    "l$",
    "x",
    `export const l$ = flow.loadFrom(named, { path: "a$", into: "x" }, (n: number, x: { path: «string|number» }) => x);
    export const n$ = 1;`,
  ],
  "what was saved": [
    "u$",
    "x",
    `export const v$ = flow.saveTo("json", { path: "a$.json" }, () => [1]);
    export const u$ = flow.inject({ x: flow.source("v$.saved") }, (x: { path: «string|number» }) => x);`,
  ],
  "what a function saved": [
    "u$",
    "w$",
    `export const v$ = flow.saveTo((value: number[], path: string) => ({ path }), { path: "a$", name: "w$" }, () => [1]);
    export const u$ = (w$: { path: «string|number» }) => w$;`,
  ],
  "what a loader loaded": [
    "u$",
    "l$",
    `export const l$ = flow.dataLoader(async () => flow.loaded("a", { rows: 1 }));
    export const u$ = (l$: { rows: «number|string» }) => l$;`,
  ],
  "what a saver tells": [
    "u$",
    "v$",
    `export const v$ = flow.dataSaver((sales: number[]) => flow.saved("a", { rows: sales.length }));
    export const u$ = (v$: { rows: «number|string» }) => v$;`,
  ],
};

test("of many wirings with one type changed each, exactly the changed wires are told", async () => {
  const copies = Object.entries(wirings).flatMap(([what, [reader, parameter, text]], i) =>
    (["right", "wrong"] as const).map((is) => {
      const number = `${i}${is}`;
      const filled = text.replaceAll(/«(.*?)\|([^|»]*)»/g, is === "right" ? "$1" : "$2");
      const numbered = (part: string): string => part.replaceAll("$", number);
      expect(filled, what).not.toContain("«");
      return { is, wire: `${numbered(reader)} ${numbered(parameter)}`, text: numbered(filled) };
    }),
  );
  project.write("inner.ts", inner);
  project.write("flow.ts", head + copies.map(({ text }) => text).join("\n"));
  project.write(
    "main.ts",
    `import { Driver } from "sluice/dataflow";
     console.log(JSON.stringify(await Driver.builder().withModules("./flow.ts").build().validate()));`,
  );
  const report: WiringReport = await project.run("main.ts");
  const wrong = copies.filter(({ is }) => is === "wrong").map(({ wire }) => wire);
  expect(report.problems.map(({ node, parameter }) => `${node} ${parameter}`).toSorted()).toEqual(wrong.toSorted());
  for (const { takes, gives, where, giver, message } of report.problems) {
    expect(takes, message).not.toBe(gives);
    expect(where?.file, message).toMatch(/(flow|inner)\.ts$/);
    expect(giver?.where?.file, message).toMatch(/(flow|inner)\.ts$/);
  }
  // Of what the files hold nothing is left unknown.
  expect(report.typed).toBe(report.wires);
});
