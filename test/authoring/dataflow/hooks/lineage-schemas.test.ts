import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { openLineage } from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import type { LineageEvent } from "../../../../src/authoring/dataflow/hooks/lineage-events.ts";
import { columnsOfFile } from "../../../../src/store/tables/file-columns.ts";
import { HookProject } from "./support.ts";

let project: HookProject;
let server: Server;
let events: LineageEvent[];
let url: string;
beforeEach(async () => {
  project = new HookProject();
  const modules = path.resolve(import.meta.dirname, "../../../../node_modules");
  for (const name of ["apache-arrow", "nodejs-polars"]) {
    symlinkSync(path.join(modules, name), path.join(project.dir, "node_modules", name));
  }
  events = [];
  server = createServer(async (request, response) => {
    events.push(JSON.parse((await Array.fromAsync(request)).join("")));
    response.writeHead(201).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  project.end();
  server.closeAllConnections();
  server.close();
});

/** What the specification (2-0-2, with facets of datasets) asks of an event; more than it names may only be in facets. */
const facet = z.looseObject({ _producer: z.url(), _schemaURL: z.url() });
const column: z.ZodType = z.strictObject({
  name: z.string(),
  type: z.string().optional(),
  description: z.string().optional(),
  get fields() {
    return z.array(column).optional();
  },
});
const facets = z.record(z.string(), facet);
const dataset = z.strictObject({
  namespace: z.string(),
  name: z.string(),
  facets: z
    .intersection(
      facets,
      z.looseObject({
        schema: facet.extend({ fields: z.array(column) }).optional(),
        version: facet.extend({ datasetVersion: z.string() }).optional(),
      }),
    )
    .optional(),
});
const runEvent = z.strictObject({
  eventType: z.enum(["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]),
  eventTime: z.iso.datetime(),
  producer: z.url(),
  schemaURL: z.url(),
  run: z.strictObject({ runId: z.uuid(), facets }),
  job: z.strictObject({ namespace: z.string(), name: z.string(), facets }),
  inputs: z.array(dataset),
  outputs: z.array(dataset),
});

function columnsTold(): Record<string, unknown> {
  const { inputs, outputs } = events.at(-1)!;
  return Object.fromEntries(
    [...inputs, ...outputs].map(({ name, facets }) => [
      path.basename(name),
      (facets?.schema as { fields?: unknown } | undefined)?.fields,
    ]),
  );
}

const flow = (dir: string): string => `
  import * as arrow from "apache-arrow";
  import pl from "nodejs-polars";
  import { file } from "sluice";
  import { writeFileSync } from "node:fs";
  const at = (name: string) => "${dir}/" + name;
  const nested = new arrow.Struct([new arrow.Field("x", new arrow.Int32()), new arrow.Field("tags", new arrow.List(new arrow.Field("item", new arrow.Utf8())))]);
  const table = () => new arrow.Table({
    id: arrow.vectorFromArray([1n, 2n], new arrow.Int64()),
    at: arrow.vectorFromArray([1, 2], new arrow.TimestampMicrosecond("UTC")),
    place: arrow.vectorFromArray([{ x: 1, tags: ["a"] }, null], nested),
  });
  export const big = flow.saveTo("parquet", { path: at("big.parquet") }, table);
  export const wide = flow.saveTo("arrow", { path: at("wide.arrow") }, table);
  export const rows = flow.saveTo("csv", { path: at("rows.csv") }, () => [{ country: "France", "amount, net": 1 }]);
  export const raw = flow.saveTo("text", { path: at("raw.csv") }, () => "no, header\\n1,2\\n");
  export const read = flow.loadFrom("csv", { path: at("in.csv"), separator: ";" }, (rows: object[]) => rows.length);
  export const other = file(at("other.csv"));
  export const seen = flow.loadFrom("parquet", { path: at("in.parquet") }, (table: arrow.Table) => table.numRows);
  export const frame = flow.dataLoader(() => pl.DataFrame({ a: [1.5], b: ["x"], c: [true] }));
  export const client = flow.cached({ behavior: "ignore" }, flow.dataLoader(() => ({ query: () => 1 })));
  export const all = ({ read, seen, frame, client, other }: any) => other.text().then((text: string) => [read, seen, frame.height, client.query(), text.length]);
`;

const nested = [
  { name: "id", type: "Int64" },
  { name: "at", type: "Timestamp<MICROSECOND, UTC>" },
  {
    name: "place",
    type: "Struct<{x:Int32, tags:List<Utf8>}>",
    fields: [
      { name: "x", type: "Int32" },
      { name: "tags", type: "List<Utf8>", fields: [{ name: "_element", type: "Utf8" }] },
    ],
  },
];

describe("openLineage() tells the columns of datasets", () => {
  test("of Parquet, Arrow, CSV that Sluice reads or writes, and tables that loaders give; reused ones too", async () => {
    const hook = openLineage({ url, namespace: "shop", job: "features" });
    const driver = project.driver(flow(project.dir), [hook]);
    writeFileSync(path.join(project.dir, "in.csv"), 'country;"a;b"\nFrance;1\n');
    writeFileSync(path.join(project.dir, "other.csv"), "nobody,knows\n1,2\n");
    const written = ["big.saved", "wide.saved", "rows.saved", "raw.saved"];
    for (let run = 0; run < 2; run++) {
      await driver.execute(written);
      expect(columnsTold()).toEqual({
        "big.parquet": nested,
        "wide.arrow": nested,
        "rows.csv": [{ name: "country" }, { name: "amount, net" }],
        "raw.csv": undefined,
      });
    }
    writeFileSync(path.join(project.dir, "in.parquet"), readFileSync(path.join(project.dir, "big.parquet")));
    for (let run = 0; run < 2; run++) {
      expect(await driver.execute(["all"])).toEqual({ all: [1, 2, 1, 1, 17] });
      expect(columnsTold()).toEqual({
        "in.csv": [{ name: "country" }, { name: "a;b" }],
        "in.parquet": nested,
        "other.csv": undefined,
        frame: [
          { name: "a", type: "Float64" },
          { name: "b", type: "String" },
          { name: "c", type: "Bool" },
        ],
        client: undefined,
      });
    }
    expect(events).toHaveLength(8);
    for (const event of events) expect(runEvent.safeParse(event).error?.issues ?? []).toEqual([]);
    const told = events.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]);
    const schemas = told.flatMap(({ facets }) => (facets?.schema ? [facets.schema as { _schemaURL: string }] : []));
    expect(new Set(schemas.map(({ _schemaURL }) => _schemaURL))).toEqual(
      new Set(["https://openlineage.io/spec/facets/1-1-1/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet"]),
    );
  });
});

test.each<[string, string | Buffer, readonly string[] | undefined]>([
  ["an empty file", "", undefined],
  ["a header alone", "a,b", ["a", "b"]],
  ["a byte order mark", "\uFEFFa,b\n1,2", ["a", "b"]],
  ["a header of several lines", '"a\nb",c\n1,2', ["a\nb", "c"]],
  ["what is no Parquet", "PAR1 and more that is none", undefined],
  ["what is cut off", Buffer.from("PAR1\x00\x00PAR1"), undefined],
  ["what is no Arrow", "ARROW1 and more", undefined],
])("columns of %s", async (_, content, names) => {
  const file = project.write("file.csv", "");
  writeFileSync(file, content);
  const columns = await columnsOfFile(file, { format: "csv" });
  expect(columns?.map(({ name }) => name)).toEqual(names);
  expect(await columnsOfFile(`${file}.none`, { format: "csv" })).toBeUndefined();
  expect(await columnsOfFile(project.dir, { format: "csv" })).toBeUndefined();
});
