import { AsyncLocalStorage } from "node:async_hooks";
import path from "node:path";
import { type Context, type ContextManager, context, ROOT_CONTEXT, SpanStatusCode, trace } from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { openTelemetry } from "sluice/dataflow";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { failing } from "../rig.ts";
import { HookProject } from "./support.ts";

/** What an SDK for Node sets up: contexts that go along with what is waited for. */
class Contexts implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();
  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT;
  }
  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    to: Context,
    fn: F,
    self?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.#storage.run(to, () => fn.apply(self, args));
  }
  bind<T>(to: Context, target: T): T {
    if (typeof target !== "function") return target;
    return ((...args: unknown[]) => this.#storage.run(to, () => target(...args))) as T;
  }
  enable(): this {
    return this;
  }
  disable(): this {
    return this;
  }
}

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
let project: HookProject;
beforeAll(() => {
  context.setGlobalContextManager(new Contexts());
  trace.setGlobalTracerProvider(provider);
});
afterAll(() => {
  context.disable();
  trace.disable();
});
beforeEach(() => {
  exporter.reset();
  project = new HookProject();
  Object.assign(globalThis, { tracer: provider.getTracer("user") });
});
afterEach(() => project.end());

const flow = `
  const tracer = () => (globalThis as any).tracer;
  export const words = async (text: string) => {
    const span = tracer().startSpan("read");
    await new Promise((resolve) => setTimeout(resolve, 2));
    tracer().startSpan("later").end();
    span.end();
    return text.split(" ");
  };
  export const count = (words: string[]) => words.length;
  export const bad = (words: string[]): number => { throw new Error("bad words"); };
  export const after = (bad: number) => bad;
`;

/** The finished spans by name, with the name of the parent. */
function spans() {
  const all = exporter.getFinishedSpans();
  const nameOf = (id: string | undefined) => all.find((span) => span.spanContext().spanId === id)?.name;
  return Object.fromEntries(
    all.map((span) => [
      span.name,
      { parent: nameOf(span.parentSpanContext?.spanId), status: span.status, ...span.attributes, events: span.events },
    ]),
  );
}

describe("openTelemetry()", () => {
  test("makes a span of the run and of each node, in which those of functions are", async () => {
    const driver = project.driver(flow, [openTelemetry()]);
    const outer = provider.getTracer("user").startSpan("request");
    await context.with(trace.setSpan(context.active(), outer), () =>
      driver.execute(["count"], { inputs: { text: "to be" } }),
    );
    outer.end();
    const made = spans();
    expect(Object.keys(made).toSorted()).toEqual(["count", "later", "read", "request", "sluice run", "words"]);
    expect(made["sluice run"]).toMatchObject({
      parent: "request",
      "sluice.run": driver.cache!.lastRunId,
      "sluice.status": "ok",
      "sluice.targets": ["count"],
    });
    expect(made.words).toMatchObject({
      parent: "sluice run",
      "sluice.node": "words",
      "sluice.status": "executed",
      "sluice.cache.hit": false,
      "sluice.key": driver.cache!.cacheKeys.words,
      "sluice.data_version": driver.cache!.dataVersions.words,
    });
    expect(made.count!.parent).toBe("sluice run");
    expect([made.read!.parent, made.later!.parent]).toEqual(["words", "words"]);
  });

  test("tells hits apart, and leaves them out where they are not wanted", async () => {
    const inputs = { text: "to be" };
    await project.driver(flow, [openTelemetry()]).execute(["count"], { inputs });
    exporter.reset();
    await project.driver(flow, [openTelemetry()]).execute(["count"], { inputs });
    expect(spans()).toMatchObject({
      count: { "sluice.cache.hit": true, "sluice.status": "hit", parent: "sluice run" },
    });
    exporter.reset();
    await project.driver(flow, [openTelemetry({ hits: false })]).execute(["count"], { inputs });
    expect(Object.keys(spans())).toEqual(["sluice run"]);
  });

  test("marks what failed, without the secrets in its message", async () => {
    process.env.SPAN_API_TOKEN = "s3cret-of-spans";
    try {
      const text = flow.replace('"bad words"', '"bad words, " + process.env.SPAN_API_TOKEN');
      const driver = project.driver(text, [openTelemetry()]);
      await failing(() => driver.execute(["after"], { inputs: { text: "to be" } }));
    } finally {
      delete process.env.SPAN_API_TOKEN;
    }
    const made = spans();
    const failed = { code: SpanStatusCode.ERROR, message: "bad failed: Error: bad words, ***" };
    expect(made.bad).toMatchObject({ status: failed, "sluice.status": "failed" });
    expect(made.bad!.events).toMatchObject([
      { name: "exception", attributes: { "exception.message": failed.message } },
    ]);
    expect(made.after).toMatchObject({ "sluice.status": "skipped", "sluice.stopped_by": "bad" });
    expect(made["sluice run"]).toMatchObject({ "sluice.status": "failed", status: { code: SpanStatusCode.ERROR } });
    expect(JSON.stringify(made)).not.toContain("s3cret");
  });

  test("makes spans of items", async () => {
    const text = `
      const tracer = () => (globalThis as any).tracer;
      export const word = flow.parallel((text: string) => text.split(" "));
      export const length = (word: string) => { tracer().startSpan("measure " + word).end(); if (word === "bad") throw new Error("no"); return word.length; };
      export const total = flow.collect("length", (length: number[]) => length.join());
    `;
    const driver = project.driver(text, [openTelemetry()]);
    await driver.execute(["total"], { inputs: { text: "to be" } });
    expect(spans()).toMatchObject({
      "length[0]": { parent: "length", "sluice.node": "length", "sluice.item": "0", "sluice.status": "executed" },
      "measure be": { parent: "length[1]" },
      length: { parent: "sluice run", "sluice.items.total": 2, "sluice.items.made": 2 },
    });
    await failing(() => driver.execute(["total"], { inputs: { text: "to bad" } }));
    expect(spans()).toMatchObject({
      "length[1]": { parent: "length", "sluice.status": "failed", status: { code: SpanStatusCode.ERROR } },
      length: { "sluice.items.reused": 1, "sluice.items.failed": 1 },
    });
  });

  test("uses the tracer that it is given, and leaves no span open when a run is cut off", async () => {
    const own = new InMemorySpanExporter();
    const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(own)] }).getTracer("own");
    const strict = {
      beforeNode: () => {
        throw new Error("strict");
      },
    };
    const driver = project.driver(flow, [openTelemetry({ tracer }), strict]);
    await failing(() => driver.execute(["count"], { inputs: { text: "to be" } }));
    expect(own.getFinishedSpans().map(({ name, ended }) => [name, ended])).toEqual([
      ["words", true],
      ["count", true],
      ["sluice run", true],
    ]);
    expect(exporter.getFinishedSpans()).toEqual([]);
    expect(await failing(() => openTelemetry({ tracer: {} as never }))).toMatchObject({ reason: "usage" });
    expect(await failing(() => openTelemetry({ hits: 1 as never }))).toMatchObject({ reason: "usage" });
  });

  test("says what to install where the package is missing", { timeout: 60_000 }, async () => {
    project.write("flow.ts", "export const one = () => 1;");
    // The package as it is for those who have not installed it.
    project.write(
      "missing.mjs",
      `import { registerHooks } from "node:module";
       registerHooks({ resolve(name, context, next) {
         if (name !== "@opentelemetry/api") return next(name, context);
         throw Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
       } });`,
    );
    const run = project.write(
      "run.ts",
      `import "./missing.mjs";
       import { Driver, openTelemetry } from "sluice/dataflow";
       import * as flow from "./flow.ts";
       const driver = Driver.builder().withModules(flow).withHooks(openTelemetry()).build();
       await driver.execute(["one"]).catch((error) => console.log(JSON.stringify(error.failure)));`,
    );
    expect(await project.run(path.basename(run))).toMatchObject({
      reason: "usage",
      message:
        'hook "openTelemetry" failed before the run: openTelemetry() needs the package @opentelemetry/api, which is not installed',
      hint: "npm install @opentelemetry/api, and an SDK that sends spans somewhere",
    });
  });
});
