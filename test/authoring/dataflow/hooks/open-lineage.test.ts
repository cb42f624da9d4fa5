import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { gracefulErrors, openLineage } from "sluice/dataflow";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { LineageEvent } from "../../../../src/authoring/dataflow/hooks/lineage-events.ts";
import { failing } from "../rig.ts";
import { HookProject } from "./support.ts";

let project: HookProject;
beforeEach(() => {
  project = new HookProject();
});
afterEach(() => project.end());

const flow = `
  import { file } from "sluice";
  import { readFile, writeFile } from "node:fs/promises";
  export const orders = file("orders.csv");
  export const rates = flow.dataLoader((text: string) => text.split(","));
  export const report = ({ orders, rates }: any) => orders.text().then((text: string) => text.length * rates.length);
  export const saved = flow.dataSaver(async (report: number) => { return { rows: report }; });
  export const bad = (rates: string[]): number => { throw new Error("bad rates"); };
`;

function events(file: string): LineageEvent[] {
  return readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

function driverTo(options: object, text = flow) {
  const driver = project.driver(text, [openLineage({ namespace: "shop", job: "features", ...options })]);
  writeFileSync(path.join(project.dir, "flow0/orders.csv"), "a,b\n");
  return driver;
}

const inputs = { text: "1,2" };
const uuid = /^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

describe("openLineage() to a file", () => {
  test("tells of a run and of what it reads and writes", async () => {
    const file = path.join(project.dir, "logs/lineage.jsonl");
    const driver = driverTo({ file });
    await driver.execute(["saved"], { inputs });
    const [start, complete, ...more] = events(file);
    expect(more).toEqual([]);
    const facet = (name: string) => ({
      _producer: "pkg:npm/sluice",
      _schemaURL: expect.stringMatching(
        `^https://openlineage\\.io/spec/facets/\\d+-\\d+-\\d+/${name}\\.json#/\\$defs/${name}$`,
      ),
    });
    expect(start).toEqual({
      eventType: "START",
      eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      producer: "pkg:npm/sluice",
      schemaURL: "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
      run: {
        runId: expect.stringMatching(uuid),
        facets: { sluice: expect.objectContaining({ runId: driver.cache!.lastRunId, targets: ["saved"] }) },
      },
      job: {
        namespace: "shop",
        name: "features",
        facets: {
          jobType: { ...facet("JobTypeJobFacet"), processingType: "BATCH", integration: "SLUICE", jobType: "JOB" },
        },
      },
      inputs: [{ namespace: "file", name: path.join(project.dir, "flow0/orders.csv") }],
      outputs: [],
    });
    const version = (name: string) => ({
      facets: { version: { ...facet("DatasetVersionDatasetFacet"), datasetVersion: driver.cache!.dataVersions[name] } },
    });
    expect(complete).toMatchObject({ eventType: "COMPLETE", run: { runId: start!.run.runId } });
    expect(complete!.inputs).toEqual([
      { namespace: "file", name: path.join(project.dir, "flow0/orders.csv"), ...version("orders") },
      { namespace: "shop", name: "rates", ...version("rates") },
    ]);
    expect(complete!.outputs).toEqual([{ namespace: "shop", name: "saved", ...version("saved") }]);
  });

  test("tells the same of what is reused, under an id of its own", async () => {
    const file = path.join(project.dir, "lineage.jsonl");
    const cached = { defaultLoaderBehavior: "default", defaultSaverBehavior: "default" } as const;
    const driver = project.driver(flow, [openLineage({ file, namespace: "shop", job: "features" })], cached);
    writeFileSync(path.join(project.dir, "flow0/orders.csv"), "a,b\n");
    await driver.execute(["saved"], { inputs });
    await driver.execute(["saved"], { inputs });
    const [, first, , second] = events(file);
    expect(second!.inputs).toEqual(first!.inputs);
    expect(second!.outputs).toEqual(first!.outputs);
    expect(second!.run.runId).not.toBe(first!.run.runId);
  });

  test("knows the files that loaders read and savers wrote, of results that are reused too", async () => {
    const file = path.join(project.dir, "lineage.jsonl");
    const text = `
      export const rows = flow.loadFrom("json", { path: "${project.dir}/in.json" }, (rows: number[]) => rows);
      export const totals = flow.saveTo("json", { path: "${project.dir}/out.json" }, (rows: number[]) => ({ total: rows.length }));
    `;
    project.write("in.json", "[1, 2]");
    const driver = project.driver(text, [openLineage({ file, namespace: "shop", job: "features" })]);
    for (let run = 0; run < 2; run++) {
      await driver.execute(["totals.saved"]);
      const { inputs, outputs } = events(file).at(-1)!;
      expect(inputs.map(({ namespace, name }) => [namespace, name])).toEqual([["file", `${project.dir}/in.json`]]);
      expect(outputs.map(({ namespace, name }) => [namespace, name])).toEqual([["file", `${project.dir}/out.json`]]);
      expect(outputs[0]!.facets).toMatchObject({ version: { datasetVersion: expect.stringMatching(/^[\da-f]{64}$/) } });
    }
  });

  test("tells of failures and of cancelled runs", async () => {
    const file = path.join(project.dir, "lineage.jsonl");
    const driver = driverTo({ file });
    await failing(() => driver.execute(["bad"], { inputs }));
    const signal = AbortSignal.abort();
    await failing(() => driver.execute(["report"], { inputs, signal }));
    const [, fail, , abort] = events(file);
    expect(fail).toMatchObject({
      eventType: "FAIL",
      run: { facets: { errorMessage: { message: "bad failed: Error: bad rates", programmingLanguage: "TypeScript" } } },
      inputs: [{ namespace: "shop", name: "rates" }],
    });
    expect(abort!.eventType).toBe("ABORT");
  });

  test("tells of what failed where something stands in for it", async () => {
    const file = path.join(project.dir, "lineage.jsonl");
    const lineage = openLineage({ namespace: "shop", job: "features", file });
    const driver = project.driver(flow, [gracefulErrors({ sentinel: "none" }), lineage]);
    expect(await driver.execute(["bad"], { inputs })).toEqual({ bad: "none" });
    expect(events(file)[1]).toMatchObject({
      eventType: "FAIL",
      run: { facets: { errorMessage: { message: "bad failed: Error: bad rates" } } },
    });
  });

  test("adds what it is told of datasets", async () => {
    const file = path.join(project.dir, "lineage.jsonl");
    const table = { namespace: "postgres://db:5432", name: "shop.public.orders" };
    const datasets = ({ node }: { node: { name: string } }) =>
      node.name === "rates" ? { inputs: [table], outputs: [{ ...table, name: "shop.public.rates" }] } : undefined;
    await driverTo({ file, datasets }).execute(["rates"], { inputs });
    const complete = events(file)[1]!;
    expect(complete.inputs).toContainEqual(table);
    expect(complete.outputs).toEqual([{ ...table, name: "shop.public.rates" }]);
  });

  test("warns, and goes on, where the file cannot be written", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    try {
      const driver = driverTo({ file: path.join(project.write("taken", ""), "lineage.jsonl") });
      expect(await driver.execute(["rates"], { inputs })).toEqual({ rates: ["1", "2"] });
      expect(warn.mock.calls.map(([message]) => String(message))).toEqual([
        expect.stringContaining("lineage was not written: "),
        expect.stringContaining("lineage was not written: "),
      ]);
    } finally {
      warn.mockRestore();
    }
  });
});

describe("openLineage() to a server", () => {
  let server: Server;
  let requests: { readonly request: IncomingMessage; readonly event: LineageEvent }[];
  let answer: (response: ServerResponse) => void;
  let url: string;
  beforeEach(async () => {
    requests = [];
    answer = (response) => response.writeHead(201).end();
    server = createServer(async (request, response) => {
      const text = (await Array.fromAsync(request)).join("");
      requests.push({ request, event: JSON.parse(text) });
      answer(response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  async function warnings(run: () => Promise<unknown>): Promise<readonly string[]> {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    try {
      await run();
      return warn.mock.calls.map((call) => JSON.stringify(call));
    } finally {
      warn.mockRestore();
    }
  }

  test("posts events in their order, with the key", async () => {
    const driver = driverTo({ url: `${url}/lineage`, apiKey: "k3y-of-lineage" });
    expect(await warnings(() => driver.execute(["saved"], { inputs }))).toEqual([]);
    expect(requests.map(({ event }) => event.eventType)).toEqual(["START", "COMPLETE"]);
    for (const { request } of requests) {
      expect([request.method, request.url]).toEqual(["POST", "/lineage/api/v1/lineage"]);
      expect(request.headers).toMatchObject({
        authorization: "Bearer k3y-of-lineage",
        "content-type": "application/json",
      });
    }
  });

  test.each<[string, (response: ServerResponse) => void, RegExp]>([
    ["refuses", (response) => response.writeHead(401).end("who is k3y-of-lineage?"), /it answered 401/],
    ["never answers", () => {}, /it did not answer within 500 ms/],
    ["breaks off", (response) => response.destroy(), /UND_ERR_SOCKET|ECONNRESET/],
    [
      "leads elsewhere",
      (response) => response.writeHead(307, { location: "http://127.0.0.1:1/" }).end(),
      /unexpected redirect/,
    ],
  ])("warns, and goes on, where the server %s", async (_, answers, said) => {
    answer = answers;
    const driver = driverTo({ url, apiKey: "k3y-of-lineage", timeout: 500 });
    let values: unknown;
    const warned = await warnings(async () => {
      values = await driver.execute(["rates"], { inputs });
    });
    expect(values).toEqual({ rates: ["1", "2"] });
    expect(warned).toHaveLength(2);
    for (const text of warned) {
      expect(text).toMatch(said);
      expect(text).toContain("lineage was not delivered to 127.0.0.1:");
      expect(text).not.toContain("k3y");
    }
    expect(JSON.stringify(await driver.cache!.metadataStore.lastRun())).not.toContain("k3y");
  });

  test("takes no delivery for lost while a function computes", async () => {
    const text = `export const busy = (text: string) => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1200); return text; };`;
    const driver = project.driver(text, [openLineage({ url, namespace: "shop", job: "features", timeout: 1000 })]);
    expect(await warnings(() => driver.execute(["busy"], { inputs }))).toEqual([]);
    expect(requests.map(({ event }) => event.eventType)).toEqual(["START", "COMPLETE"]);
  });

  test("warns where there is no server", async () => {
    const closed = url;
    await new Promise((resolve) => server.close(resolve));
    const warned = await warnings(() => driverTo({ url: closed }).execute(["rates"], { inputs }));
    expect(warned[0]).toContain("ECONNREFUSED");
    server = createServer();
  });

  test("has a run that breaks off told of as well, and its failure thrown", async () => {
    answer = (response) => response.writeHead(500).end();
    const driver = driverTo({ url });
    const warned = await warnings(async () => {
      expect(await failing(() => driver.execute(["bad"], { inputs }))).toMatchObject({ reason: "stage-failed" });
    });
    expect(warned).toHaveLength(2);
    expect(requests.map(({ event }) => event.eventType)).toEqual(["START", "FAIL"]);
  });

  test.each<[object, string]>([
    [{}, "openLineage() needs a `file` or a `url`, and not both"],
    [{ file: "a", url: "http://a" }, "openLineage() needs a `file` or a `url`, and not both"],
    [{ url: "nowhere" }, "the url of openLineage() is no URL"],
    [{ url: "ftp://host" }, "openLineage() sends to http: and https:, not to ftp:"],
    [{ url: "http://ann:secret@host" }, "the url of openLineage() holds credentials"],
    [{ url: "http://host", apiKey: "a\nb" }, "the apiKey of openLineage() has characters that no header can have"],
    [{ url: "http://host", timeout: 0 }, 'option "timeout" of openLineage() must be a number of milliseconds'],
    [{ file: "a", job: "" }, "openLineage() needs a `namespace` and a `job`"],
  ])("refuses %j", async (options, message) => {
    const failure = await failing(() => openLineage({ namespace: "shop", job: "features", ...options }));
    expect(failure).toMatchObject({ reason: "usage", message });
  });
});
