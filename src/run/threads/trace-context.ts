/** Where work stands in a trace, as https://www.w3.org/TR/trace-context/ writes it. */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate?: string;
}

type Api = typeof import("@opentelemetry/api");

let known: Api | undefined;

/** From here on calls in threads belong to the span that is active where they are made. */
export function carryTraces(api: Api): void {
  known = api;
}

/** Of the span that is active here; undefined without one, or where nobody traces. */
export function activeTrace(): TraceContext | undefined {
  const span = known?.trace.getSpanContext(known.context.active());
  if (!span || !known?.isSpanContextValid(span)) return undefined;
  const { traceId, spanId, traceFlags, traceState } = span;
  const flags = (traceFlags & 0xff).toString(16).padStart(2, "0");
  const tracestate = traceState?.serialize();
  return { traceparent: `00-${traceId}-${spanId}-${flags}`, ...(tracestate ? { tracestate } : {}) };
}

/**
 * Calls a function as part of a span of another thread. What is traced here, and where it is sent, is up to the SDK that is set up in this
 * thread; without one this makes no difference.
 */
export async function whileTraced<T>(
  { traceparent, tracestate }: TraceContext,
  call: () => T | Promise<T>,
): Promise<T> {
  const { context, createTraceState, ROOT_CONTEXT, trace } = await import("@opentelemetry/api");
  const [, traceId = "", spanId = "", flags = ""] = traceparent.split("-");
  const span = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
    ...(tracestate ? { traceState: createTraceState(tracestate) } : {}),
  };
  return context.with(trace.setSpanContext(ROOT_CONTEXT, span), call);
}
