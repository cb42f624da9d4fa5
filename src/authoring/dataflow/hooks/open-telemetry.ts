import type { ItemsOutcome } from "../../../core/event.ts";
import { type Failure, fail } from "../../../core/failure.ts";
import { carryTraces } from "../../../run/threads/trace-context.ts";
import { checkNames } from "../../project.ts";
import type { Hook, HookRun, NodeEnd } from "./hook.ts";

/** A tracer of `@opentelemetry/api`. */
export interface TracerLike {
  startSpan(name: string, options?: never, context?: never): object;
}

/** How spans are made. */
export interface OpenTelemetryOptions {
  /** That of the global provider, called `sluice`, unless given. */
  readonly tracer?: TracerLike;
  /** Whether a result that is reused has a span of its own, without duration; true unless given. */
  readonly hits?: boolean;
}

type Api = typeof import("@opentelemetry/api");
type Span = import("@opentelemetry/api").Span;
type Context = import("@opentelemetry/api").Context;

/** What is open of one run. */
interface Traced {
  readonly api: Api;
  readonly tracer: import("@opentelemetry/api").Tracer;
  readonly span: Span;
  readonly context: Context;
  /** Of nodes that run, by name. */
  readonly nodes: Map<string, Span>;
  /** Of items, by key. */
  readonly tasks: Map<string, Span>;
}

/**
 * Makes OpenTelemetry spans: one for each run, in it one for each node, and in these one for each item that runs. The span of a run is a
 * child of the one that is active where `execute` is called, and the spans that a function opens are children of its node's, in threads
 * too, where an SDK is set up there. It needs the package `@opentelemetry/api`; without an SDK that is set up it does nothing.
 *
 * Attributes: `sluice.run`, `sluice.status`, `sluice.targets` of runs; `sluice.run`, `sluice.node`, `sluice.status`, `sluice.cache.hit`,
 * `sluice.key`, `sluice.data_version` of nodes; `sluice.item` of items. No value of a node is among them.
 *
 * @throws SluiceError `usage`, by `execute` where the package is missing
 *
 * @example
 * ```ts
 * import { Driver, openTelemetry } from "sluice/dataflow";
 *
 * const features = { double: ({ x }: { x: number }) => x * 2 };
 * Driver.builder().withModules(features).withHooks(openTelemetry()).build();
 * ```
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): Hook {
  checkNames(options, ["tracer", "hits"]);
  const { tracer: given, hits = true } = options;
  if (given !== undefined && typeof given?.startSpan !== "function") {
    fail("usage", "the tracer of openTelemetry() must have a method `startSpan`");
  }
  if (typeof hits !== "boolean") fail("usage", 'option "hits" of openTelemetry() must be true or false');
  const runs = new WeakMap<HookRun, Traced>();
  return {
    name: "openTelemetry",
    beforeRun: async (run) => {
      const api = await loadApi();
      carryTraces(api);
      const tracer = (given as Traced["tracer"] | undefined) ?? api.trace.getTracer("sluice");
      const span = tracer.startSpan("sluice run", {}, api.context.active());
      span.setAttributes({ "sluice.run": run.runId, "sluice.targets": [...run.targets] });
      const context = api.trace.setSpan(api.context.active(), span);
      runs.set(run, { api, tracer, span, context, nodes: new Map(), tasks: new Map() });
    },
    aroundNode: ({ run, node }, work) => {
      const { api, tracer, context, nodes } = runs.get(run)!;
      const span = tracer.startSpan(node.name, {}, context);
      // One that was made before was of a result that turned out damaged.
      nodes.get(node.name)?.end();
      nodes.set(node.name, span);
      return api.context.with(api.trace.setSpan(context, span), work);
    },
    afterNode: (end) => endNode(runs.get(end.run)!, end, hits),
    aroundTask: ({ run, node, item, key }, work) => {
      const { api, tracer, context, nodes, tasks } = runs.get(run)!;
      const parent = nodes.get(node.name);
      const inNode = parent ? api.trace.setSpan(context, parent) : context;
      const span = tracer.startSpan(`${node.name}[${item.name}]`, {}, inNode);
      span.setAttributes({
        "sluice.run": run.runId,
        "sluice.node": node.name,
        "sluice.item": item.name,
        "sluice.key": key,
      });
      tasks.set(key, span);
      return api.context.with(api.trace.setSpan(inNode, span), work);
    },
    afterTask: ({ run, key, status, failure }) => {
      const { api, tasks } = runs.get(run)!;
      const span = tasks.get(key);
      tasks.delete(key);
      span?.setAttribute("sluice.status", status);
      if (span && failure) markFailed(api, span, failure);
      span?.end();
    },
    afterRun: ({ run, status, durationMs, savedMs, failure }) => {
      const { api, span, nodes, tasks } = runs.get(run)!;
      // Of nodes that were cut off.
      for (const open of [...tasks.values(), ...nodes.values()]) open.end();
      span.setAttributes({ "sluice.status": status, "sluice.duration_ms": durationMs, "sluice.saved_ms": savedMs });
      if (failure) span.setStatus({ code: api.SpanStatusCode.ERROR, message: failure.message });
      span.end();
    },
  };
}

function endNode({ api, tracer, context, nodes }: Traced, end: NodeEnd, hits: boolean): void {
  const { run, node, status, key, dataVersion, failure, savedMs, stoppedBy, items } = end;
  const open = nodes.get(node.name);
  nodes.delete(node.name);
  if (!open && status === "hit" && !hits) return;
  const span = open ?? tracer.startSpan(node.name, {}, context);
  span.setAttributes({
    "sluice.run": run.runId,
    "sluice.node": node.name,
    "sluice.status": status,
    "sluice.cache.hit": status === "hit",
    ...(key === undefined ? {} : { "sluice.key": key }),
    ...(dataVersion === undefined ? {} : { "sluice.data_version": dataVersion }),
    ...(status === "hit" ? { "sluice.saved_ms": savedMs } : {}),
    ...(stoppedBy === undefined ? {} : { "sluice.stopped_by": stoppedBy }),
    ...(items ? countsOf(items) : {}),
  });
  if (status === "failed" && failure) markFailed(api, span, failure);
  span.end();
}

/** By the failure, and not by the error underneath: that may have a secret in its message. */
function markFailed(api: Api, span: Span, { reason, message }: Failure): void {
  span.recordException({ name: reason, message });
  span.setStatus({ code: api.SpanStatusCode.ERROR, message });
}

function countsOf({ total, made, reused, failed }: ItemsOutcome): Readonly<Record<string, number>> {
  const name = "sluice.items";
  return { [`${name}.total`]: total, [`${name}.made`]: made, [`${name}.reused`]: reused, [`${name}.failed`]: failed };
}

async function loadApi(): Promise<Api> {
  try {
    return await import("@opentelemetry/api");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    return fail("usage", "openTelemetry() needs the package @opentelemetry/api, which is not installed", {
      hint: "npm install @opentelemetry/api, and an SDK that sends spans somewhere",
    });
  }
}
