/*
 * Checked by `tsc --noEmit`, never run: what a driver knows of what comes in and goes out.
 */
import type { Table } from "apache-arrow";
import {
  arrowTable,
  Driver,
  dataLoader,
  dataSaver,
  extractColumns,
  loaded,
  loadFrom,
  type SavedFile,
  saved,
  saveTo,
  source,
  subdag,
  to,
} from "sluice/dataflow";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function same<A, B>(same: Equal<A, B>): void;

const module = {
  rows: dataLoader((path: string) => loaded(path, [{ country: path, amount: 1 }])),
  plain: dataLoader((path: string) => path.length),
  report: dataSaver(async (rows: object[]) => saved("out.txt", { lines: rows.length })),
  totals: saveTo("json", { path: "totals.json" }, (rows: object[]) => ({ total: rows.length })),
  named: saveTo("csv", { path: source("where"), name: "write" }, () => [{ a: 1 }]),
  own: saveTo(
    (value: number, path: string) => value + path,
    { path: "x" },
    () => 1,
  ),
  read: loadFrom("csv", { path: "a.csv", into: "lines" }, (lines: { a: string }[]) => lines.length),
  split: extractColumns(["country", "amount"], () => [{ country: "France", amount: 1, rest: true }]),
  inner: subdag(
    { modules: [{ mean: (x: number[]) => x.length, name: (): string => "a" }] },
    (mean: number) => mean > 1,
  ),
  other: subdag({ modules: [{ mean: (x: number[]) => x.length }], namespace: "spaced" }, (mean: number) => [mean]),
};
const driver = Driver.builder().withModules(module).build();
const values = await driver.execute([
  "rows",
  "plain",
  "report",
  "totals.saved",
  "write",
  "own.saved",
  "read",
  "read.lines",
  "country",
  "amount",
  "inner",
  "inner.mean",
  "inner.name",
  "spaced.mean",
]);
same<(typeof values)["rows"], { country: string; amount: number }[]>(true);
same<(typeof values)["plain"], number>(true);
same<(typeof values)["report"], { lines: number }>(true);
same<(typeof values)["totals.saved"], SavedFile>(true);
same<(typeof values)["write"], SavedFile>(true);
same<(typeof values)["own.saved"], string>(true);
same<(typeof values)["read.lines"], Record<string, unknown>[]>(true);
same<(typeof values)["country"], string[]>(true);
same<(typeof values)["amount"], number[]>(true);
same<(typeof values)["inner"], boolean>(true);
same<(typeof values)["inner.mean"], number>(true);
same<(typeof values)["inner.name"], string>(true);
same<(typeof values)["spaced.mean"], number>(true);

// @ts-expect-error no such column
extractColumns(["name"], () => [{ country: "France" }]);
// @ts-expect-error no such node below
driver.execute(["totals.sved"]);
// @ts-expect-error a namespace takes the place of the name of the export
driver.execute(["other.mean"]);
saveTo(
  // @ts-expect-error a saver of another value
  (value: string) => value,
  { path: "x" },
  () => 1,
);

const { saved: told, values: more } = await driver.materialize(
  [
    to.json({ id: "one", dependencies: ["rows"], path: "a.json" }),
    to.by((value: number) => value, { id: "two", dependencies: ["plain"], path: "b" }),
  ],
  { additionalTargets: ["plain"] },
);
same<typeof told.one, SavedFile>(true);
same<typeof told.two, number>(true);
same<typeof more, { plain: number }>(true);
// @ts-expect-error a dependency that is no node
driver.materialize([to.json({ id: "one", dependencies: ["rwos"], path: "a.json" })]);

const tables = Driver.builder().withModules(module).withResult(arrowTable()).build();
same<Awaited<ReturnType<typeof tables.execute<"amount">>>, Table>(true);
const asObject = await tables.execute(["plain"], { result: "object" });
same<typeof asObject, { plain: number }>(true);
const asText = await driver.execute(["plain"], { result: (given) => JSON.stringify(given) });
same<typeof asText, string>(true);
const written = Driver.builder()
  .withModules(module)
  .withMaterializers(to.json({ id: "file", dependencies: ["rows"], path: "a.json" }))
  .build();
const { file } = await written.execute(["file"]);
same<typeof file, SavedFile>(true);
