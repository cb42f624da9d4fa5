import { symlinkSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FlowProject } from "../rig.ts";

let project: FlowProject;
beforeEach(() => {
  project = new FlowProject();
  const modules = path.resolve(import.meta.dirname, "../../../../node_modules");
  symlinkSync(path.join(modules, "@opentelemetry"), path.join(project.dir, "node_modules/@opentelemetry"));
  project.write("telemetry.mjs", telemetry);
  project.write("flow.mjs", flow);
  project.write("run.mjs", run);
});
afterEach(() => project[Symbol.dispose]());

/** What an SDK for Node sets up, in each thread that loads it. */
const telemetry = `
  import { AsyncLocalStorage } from "node:async_hooks";
  import { context, propagation, ROOT_CONTEXT, trace } from "@opentelemetry/api";
  import { W3CTraceContextPropagator } from "@opentelemetry/core";
  import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
  const storage = new AsyncLocalStorage();
  export const exporter = new InMemorySpanExporter();
  context.setGlobalContextManager({
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (to, fn, self, ...args) => storage.run(to, () => fn.apply(self, args)),
    bind: (to, target) => target,
    enable() { return this; },
    disable() { return this; },
  });
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
`;

/** Functions tell of the span that is active, open one of their own, and call a server. */
const flow = `
  import { threadId } from "node:worker_threads";
  import { context, propagation, trace } from "@opentelemetry/api";
  import { collect, parallel } from "sluice/dataflow";
  import "./telemetry.mjs";
  const work = async (url) => {
    const active = trace.getActiveSpan()?.spanContext();
    await new Promise((resolve) => setTimeout(resolve, 1));
    const span = trace.getTracer("user").startSpan("own");
    const inSpan = trace.setSpan(context.active(), span);
    const headers = {};
    propagation.inject(inSpan, headers);
    await fetch(url, { headers });
    span.end();
    const { traceId, spanId } = span.spanContext();
    return { thread: threadId, parent: span.parentSpanContext?.spanId, traceId, spanId, state: active?.traceState?.serialize() };
  };
  export const one = (url) => work(url);
  export const item = parallel(() => [1, 2]);
  export const each = async (item, url) => ({ item, ...(await work(url)) });
  export const all = collect("each", (each) => each);
`;

const run = `
  import { context, createTraceState, ROOT_CONTEXT, trace } from "@opentelemetry/api";
  import { Driver, openTelemetry } from "sluice/dataflow";
  import { exporter } from "./telemetry.mjs";
  const [executor, url, traced] = process.argv.slice(2);
  const hooks = traced === "traced" ? [openTelemetry()] : [];
  const driver = Driver.builder().withModules("./flow.mjs").withExecutor(executor).withHooks(...hooks).build();
  const outer = { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 1, traceState: createTraceState("vendor=x") };
  const values = await context.with(trace.setSpanContext(ROOT_CONTEXT, outer), () => driver.execute(["one", "all"], { inputs: { url } }));
  const spans = exporter.getFinishedSpans().map((span) => ({ name: span.name, id: span.spanContext().spanId }));
  console.log(JSON.stringify({ ...values, spans }));
`;

interface Told {
  readonly thread: number;
  readonly parent?: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly state?: string;
}

test.each(["inline", "thread"])("spans of functions belong to their node's, or their item's: %s", async (executor) => {
  const parents: string[] = [];
  const server = createServer((request, response) => {
    parents.push(String(request.headers.traceparent));
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const told = await project.run("run.mjs", executor, url, "traced");
    const idOf = (name: string): string => told.spans.find((span: { name: string }) => span.name === name).id;
    const works: [Told, string][] = [
      [told.one, "one"],
      [told.all[0], "each[0]"],
      [told.all[1], "each[1]"],
    ];
    for (const [work, name] of works) {
      expect(work).toMatchObject({ parent: idOf(name), traceId: "1".repeat(32), state: "vendor=x" });
      expect(work.thread === 0).toBe(executor === "inline");
    }
    expect(parents.toSorted()).toEqual(works.map(([{ traceId, spanId }]) => `00-${traceId}-${spanId}-01`).toSorted());
    // In their own threads functions have SDKs of their own, and nothing of them is lost or told twice.
    expect(told.spans.filter(({ name }: { name: string }) => name === "own")).toHaveLength(
      executor === "inline" ? 3 : 0,
    );
    const untraced = await project.run("run.mjs", "thread", url, "plain");
    expect(untraced.one.parent).toBeUndefined();
  } finally {
    server.close();
  }
});
