/*
 * Checked by `tsc --noEmit`, never run: what compiles, what it is inferred as, and which wrong wires do not compile.
 */
import { createReadStream } from "node:fs";
import {
  type DirHandle,
  dir,
  env,
  type FileHandle,
  file,
  glob,
  map,
  type Node,
  open,
  param,
  type RowsHandle,
  type Stage,
  stage,
} from "sluice";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function same<A, B>(same: Equal<A, B>): void;

const sales = file("sales.csv");
const days = glob("logs/*.csv");
const site = dir("site");
const topN = param(5);
same<typeof sales, Node<FileHandle>>(true);
same<typeof days, Node<readonly FileHandle[]>>(true);
same<typeof site, Node<DirHandle>>(true);

// Parameters.
same<typeof topN, Node<number>>(true);
const flag = param(false);
same<typeof flag, Node<boolean>>(true);
const mode = param<"fast" | "exact">("fast", { description: "how" });
same<typeof mode, Node<"fast" | "exact">>(true);
const required = param<string>();
same<typeof required, Node<string>>(true);
const user = param();
same<typeof user, Node<string>>(true);
const limit = param<number>(undefined, { type: "number" });
same<typeof limit, Node<number>>(true);
const shape = param<{ width: number }>(undefined, { type: "json", secret: true });
same<typeof shape, Node<{ width: number }>>(true);
const list = param(["a", "b"]);
same<typeof list, Node<string[]>>(true);
// @ts-expect-error a default of another type
param<"fast" | "exact">("slow");
// @ts-expect-error text would not become a number
param<number>();
// @ts-expect-error text would not become a number
param<number>(undefined, { type: "string" });

// Variables of the environment.
const region = env("REGION");
same<typeof region, Node<string>>(true);
const zone = env("ZONE", { default: "a" });
same<typeof zone, Node<string>>(true);
const proxy = env("PROXY", { default: undefined });
same<typeof proxy, Node<string | undefined>>(true);
declare const maybe: string | undefined;
const either = env("EITHER", { default: maybe });
same<typeof either, Node<string | undefined>>(true);
// @ts-expect-error the environment holds strings
env("PORT", { default: 80 });

// What a function gets, and what it gives.
const clean = stage({ sales, topN, proxy, days, factor: 2, opts: { deep: [1] } }, async (inputs, context) => {
  same<typeof inputs.sales, FileHandle>(true);
  same<typeof inputs.topN, number>(true);
  same<typeof inputs.proxy, string | undefined>(true);
  same<typeof inputs.days, readonly FileHandle[]>(true);
  same<typeof inputs.factor, number>(true);
  same<typeof inputs.opts, { deep: number[] }>(true);
  same<typeof context.signal, AbortSignal>(true);
  same<typeof context.outputs, { readonly [name in never]: string }>(true);
  // @ts-expect-error there is no such input
  inputs.nothing;
  // @ts-expect-error inputs are not assigned
  inputs.topN = 3;
  return [{ film: await inputs.sales.text(), year: inputs.topN }];
});
same<typeof clean, Stage<{ film: string; year: number }[]>>(true);

const stats = stage({ clean }, ({ clean }) => ({ films: clean.length, years: new Set(clean.map(({ year }) => year)) }));
same<typeof stats, Stage<{ films: number; years: Set<number> }>>(true);
const five = stage({}, () => 5);
same<typeof five, Stage<number>>(true);
const truth = stage({}, () => true);
same<typeof truth, Stage<boolean>>(true);
const perhaps = stage({ five }, ({ five }): string | undefined => (five > 5 ? "more" : undefined));
same<typeof perhaps, Stage<string | undefined>>(true);
stage({ perhaps }, ({ perhaps }) => same<typeof perhaps, string | undefined>(true));
const doubled = stage({ five }, double);
same<typeof doubled, Stage<number>>(true);
function double({ five }: { five: number }): number {
  return five * 2;
}

// Wrong wires.
declare function wantsNumber(value: number): number;
const text = stage({}, () => "text");
// @ts-expect-error a text is no number
stage({ text }, ({ text }) => wantsNumber(text));
// @ts-expect-error the annotation does not fit what the node gives
stage({ text }, ({ text }: { text: number }) => text);
// @ts-expect-error an input that the function needs is missing
stage({ text }, ({ text, more }: { text: string; more: string }) => text + more);
// @ts-expect-error a handle is not the text of the file
stage({ sales }, ({ sales }) => sales.split("\n"));
// @ts-expect-error inputs have names
stage(sales, () => 1);
// @ts-expect-error a stage needs a function
stage({ sales });
// @ts-expect-error a stage of text is no stage of numbers
const wrong: Stage<number> = text;

// Formats.
const page = stage({ text }, ({ text }) => text, { format: "text" });
same<typeof page, Stage<string>>(true);
// @ts-expect-error the format takes a text
stage({ five }, ({ five }) => five, { format: "text" });
// @ts-expect-error the format takes bytes
stage({ text }, async ({ text }) => text, { format: "bytes" });
const raw = stage({}, async () => new Uint8Array(1), { format: "bytes" });
same<typeof raw, Stage<Uint8Array<ArrayBuffer>>>(true);
const rows = stage({}, () => [{ a: 1 }], { format: "parquet", check: (rows) => rows.every(({ a }) => a > 0) });
same<typeof rows, Stage<{ a: number }[]>>(true);
// @ts-expect-error the format takes rows
stage({}, () => ["a"], { format: "csv" });
// @ts-expect-error the format takes rows
stage({}, () => ({ a: 1 }), { format: "arrow" });
const lines = stage({}, () => ["a", 1], { format: "ndjson" });
same<typeof lines, Stage<(string | number)[]>>(true);
const chart = stage({}, async (_, { tmp }) => `${tmp}/chart.svg`, { format: "file" });
same<typeof chart, Stage<FileHandle>>(true);
const passed = stage({ chart }, ({ chart }) => chart, { format: "file" });
same<typeof passed, Stage<FileHandle>>(true);
// What comes bit by bit.
const readings = stage({ topN }, async function* ({ topN }) {
  for (let i = 0; i < topN; i++) yield { i, name: String(i) };
});
same<typeof readings, Stage<RowsHandle<{ i: number; name: string }>>>(true);
const evens = stage({ readings }, async function* ({ readings }) {
  for await (const { i } of readings) if (i % 2 === 0) yield i;
  same<Awaited<ReturnType<typeof readings.first>>, { i: number; name: string }[]>(true);
});
same<typeof evens, Stage<RowsHandle<number>>>(true);
const handedOn = stage({ readings }, ({ readings }) => readings);
same<typeof handedOn, Stage<RowsHandle<{ i: number; name: string }>>>(true);
const letters = stage({}, function* () {
  yield "a";
  yield new Uint8Array(1);
});
same<typeof letters, Stage<FileHandle>>(true);
const squares = stage({}, () => [1, 2].values().map((n) => n * n));
same<typeof squares, Stage<RowsHandle<number>>>(true);
const download = stage({ text }, async ({ text }, { signal }) => fetch(text, { signal }));
same<typeof download, Stage<FileHandle>>(true);
const copied = stage({ sales }, ({ sales }) => sales.stream());
same<typeof copied, Stage<FileHandle>>(true);
const nodeStream = stage({}, () => createReadStream("x"), { format: "bytes" });
same<typeof nodeStream, Stage<FileHandle>>(true);
const lineRows = stage(
  {},
  async function* () {
    yield "a";
  },
  { format: "ndjson", check: ({ count }) => count > 0 },
);
same<typeof lineRows, Stage<RowsHandle<string>>>(true);
const csvRows = stage({ readings }, ({ readings }) => readings[Symbol.asyncIterator](), { format: "csv" });
same<typeof csvRows, Stage<RowsHandle<{ i: number; name: string }>>>(true);
declare const listOrRows: { a: 1 }[] | AsyncGenerator<{ a: 1 }>;
const eitherWay = stage({}, () => listOrRows, { format: "csv" });
same<typeof eitherWay, Stage<{ a: 1 }[] | RowsHandle<{ a: 1 }>>>(true);
declare const numbers: () => AsyncGenerator<number>;
declare const records: () => AsyncGenerator<{ a: number }>;
// @ts-expect-error the format takes bytes
stage({}, numbers, { format: "bytes" });
// @ts-expect-error the format takes objects
stage({}, numbers, { format: "csv" });
// @ts-expect-error the format takes whole tables only
stage({}, records, { format: "parquet" });

// @ts-expect-error the format takes a path or a handle
stage({}, () => 5, { format: "file" });
const own = stage({}, () => new Map([["a", 1]]), { format: "my-own" });
same<typeof own, Stage<Map<string, number>>>(true);

// Named outputs.
const charts = stage(
  { five },
  async ({ five }, { outputs }) => {
    same<typeof five, number>(true);
    same<typeof outputs, { readonly svg: string; readonly png: string }>(true);
    // @ts-expect-error there is no such output
    outputs.pdf;
  },
  { outputs: { svg: "out/a.svg", png: "out/a.png" } },
);
same<typeof charts, Stage<{ readonly svg: FileHandle; readonly png: FileHandle }>>(true);
stage({ charts }, ({ charts }) => charts.svg.text());
// @ts-expect-error a stage with outputs returns nothing
stage({}, () => 5, { outputs: { svg: "out/a.svg" } });

// Other options.
stage({}, () => 5, {
  name: "five",
  cache: "recompute",
  version: "2",
  timeout: "30s",
  retries: { times: 3, delay: "1s", factor: 2, maxDelay: 60_000 },
  pool: { name: "api", limit: 2 },
  maxAge: "1d",
  check: [(value) => value > 0, { name: "small", level: "warn", test: (value) => value < 10 || `${value} is large` }],
  description: "five",
  tags: ["number"],
});
// @ts-expect-error a wrong option
stage({}, () => 5, { timout: 5 });
// @ts-expect-error a wrong behaviour
stage({}, () => 5, { cache: "never" });
// @ts-expect-error a wrong duration
stage({}, () => 5, { timeout: "soon" });
// @ts-expect-error the check is of the value
stage({}, () => 5, { check: (value) => value.startsWith("5") });

// Running.
async function run(): Promise<void> {
  same<Awaited<ReturnType<typeof stats>>, { films: number; years: Set<number> }>(true);
  await stats({ params: { topN: 3 }, keepGoing: true });
  // @ts-expect-error a wrong option
  await stats({ parameters: {} });
  await using project = open({ path: "cache" });
  const one = await project.run(five);
  same<typeof one, number>(true);
  const record = await project.run({ five, text, sales }, { recompute: [five, "text"] });
  same<typeof record, { five: number; text: string; sales: FileHandle }>(true);
  const tuple = await project.run([five, text]);
  same<typeof tuple, [number, string]>(true);
  const many: Stage<number>[] = [five];
  const numbers = await project.run(many);
  same<typeof numbers, number[]>(true);
  const byName: Record<string, Stage<number>> = { five };
  const named = await project.run(byName);
  same<typeof named, { [x: string]: number }>(true);
  const result = await project.tryRun({ five });
  // @ts-expect-error a run that failed has no values
  result.values.five;
  if (result.status === "ok") same<typeof result.values, { five: number }>(true);
  // @ts-expect-error targets are nodes
  await project.run({ five: 5 });
  // @ts-expect-error names are for the command line
  await project.run("five");
}

export {
  chart,
  clean,
  doubled,
  either,
  flag,
  limit,
  lines,
  list,
  mode,
  own,
  page,
  passed,
  perhaps,
  raw,
  region,
  required,
  rows,
  run,
  shape,
  site,
  stats,
  truth,
  user,
  wrong,
  zone,
};

// Where a stage's function is called.
stage({}, () => 1, { executor: "thread" });
stage({}, () => 1, { executor: { kind: "thread", memory: "1.5GB" } });
stage({}, () => 1, { executor: { kind: "thread", memory: 512_000_000 } });
// @ts-expect-error there are two kinds
stage({}, () => 1, { executor: "cloud" });
// @ts-expect-error only a thread has a limit
stage({}, () => 1, { executor: { kind: "inline", memory: "1GB" } });
// @ts-expect-error a size has a unit
stage({}, () => 1, { executor: { kind: "thread", memory: "512" } });

// Maps.
const people = stage({}, () => [{ id: 1, name: "a" }]);
const lengths = map(people, ({ id, name }, inputs, context) => {
  same<typeof id, number>(true);
  same<typeof context.signal, AbortSignal>(true);
  // @ts-expect-error there are no shared inputs
  inputs.anything;
  // @ts-expect-error the progress of a map is that of its items
  context.progress(1);
  return name.length;
});
same<typeof lengths, Stage<number[]>>(true);
const read = map(days, { topN, factor: 2 }, async (day, { topN, factor }) => {
  same<typeof day, FileHandle>(true);
  same<typeof topN, number>(true);
  same<typeof factor, number>(true);
  return { name: day.name, text: await day.text() };
});
same<typeof read, Stage<{ name: string; text: string }[]>>(true);
const plainItems = map([1, 2, 3], (n) => n.toFixed());
same<typeof plainItems, Stage<string[]>>(true);
const overMap = map(lengths, (length) => length > 1, {
  executor: { kind: "thread", memory: "512MB" },
  key: (length) => length.toFixed(),
  jobs: 4,
  check: (isLong) => isLong,
  format: "json",
  retries: 2,
  timeout: "1m",
});
same<typeof overMap, Stage<boolean[]>>(true);
stage({ overMap }, ({ overMap }) => same<typeof overMap, boolean[]>(true));
map(list, { region }, (item, { region }) => item + region);
// @ts-expect-error a number is no list
map(topN, (item) => item);
// @ts-expect-error a file is no list
map(sales, (item) => item);
// @ts-expect-error the items are no texts
map(lengths, (length: string) => length);
// @ts-expect-error there is no such shared input
map(lengths, { topN }, (length, { other }) => length + other);
// @ts-expect-error the check is of another value
map(lengths, (length) => length, { check: (value: string) => value === "" });
// @ts-expect-error the items of a map write no named files
map(lengths, (length) => length, { outputs: {} });
// @ts-expect-error items are named by texts
map(lengths, (length) => length, { key: (length) => length });
// @ts-expect-error a map needs a function
map(lengths);
