import type { NodeOutcome, RunReason, RunStatus } from "../core/event.ts";
import type { Failure } from "../core/failure.ts";
import type { PlannedNode } from "../run/plan.ts";

/** A failure as it appears in `--json`. */
export interface FailureDocument {
  readonly reason: string;
  readonly message: string;
  readonly node?: string;
  readonly where?: Failure["where"];
  readonly hint?: string;
  readonly retryable: boolean;
  /** The error underneath, as text. */
  readonly cause?: string;
}

/** One node in `run --json` and `plan --json`. */
export interface NodeDocument {
  readonly status: NodeOutcome["status"] | PlannedNode["status"];
  readonly kind: string;
  readonly key?: string;
  readonly dataVersion?: string;
  readonly durationMs: number;
  readonly savedMs: number;
  readonly reasons: readonly RunReason[];
  readonly failure?: FailureDocument;
}

export interface RunDocument {
  /** null for a plan, which is no run. */
  readonly runId: string | null;
  readonly status: RunStatus;
  readonly durationMs: number;
  readonly savedMs: number;
  readonly nodes: Readonly<Record<string, NodeDocument>>;
}

interface Outcome {
  readonly runId: string;
  readonly status: RunStatus;
  readonly durationMs: number;
  readonly savedMs: number;
  readonly nodes: ReadonlyMap<string, NodeOutcome>;
}

/** What `run --json` prints. */
export function runDocument(outcome: Outcome): RunDocument {
  const { runId, status, nodes } = outcome;
  return {
    runId,
    status,
    durationMs: milliseconds(outcome.durationMs),
    savedMs: milliseconds(outcome.savedMs),
    nodes: Object.fromEntries([...nodes].map(([name, node]) => [name, nodeDocument(node)])),
  };
}

function nodeDocument(node: NodeOutcome): NodeDocument {
  return {
    status: node.status,
    kind: node.kind,
    ...(node.key === undefined ? {} : { key: node.key }),
    ...(node.dataVersion === undefined ? {} : { dataVersion: node.dataVersion }),
    durationMs: milliseconds(node.durationMs),
    savedMs: milliseconds(node.savedMs),
    reasons: node.reasons,
    ...(node.failure === undefined ? {} : { failure: failureDocument(node.failure) }),
  };
}

/** What `plan --json` prints: times are what the nodes took last: spent where they run, saved where they hit. */
export function planDocument(nodes: readonly PlannedNode[]): RunDocument {
  let durationMs = 0;
  let savedMs = 0;
  const entries = nodes.map((node): [string, NodeDocument] => {
    const expected = milliseconds(node.expectedMs ?? 0);
    const saved = milliseconds(node.savedMs ?? 0);
    durationMs += expected;
    savedMs += saved;
    const document: NodeDocument = {
      status: node.status,
      kind: node.kind,
      ...(node.key === undefined ? {} : { key: node.key }),
      ...(node.dataVersion === undefined ? {} : { dataVersion: node.dataVersion }),
      durationMs: expected,
      savedMs: saved,
      reasons: node.reasons,
    };
    return [node.node, document];
  });
  const total = { durationMs: milliseconds(durationMs), savedMs: milliseconds(savedMs) };
  return { runId: null, status: "ok", ...total, nodes: Object.fromEntries(entries) };
}

export function failureDocument(failure: Failure): FailureDocument {
  const cause = causeText(failure.cause);
  return {
    reason: failure.reason,
    message: failure.message,
    ...(failure.node === undefined ? {} : { node: failure.node }),
    ...(failure.where === undefined ? {} : { where: failure.where }),
    ...(failure.hint === undefined ? {} : { hint: failure.hint }),
    retryable: failure.retryable,
    ...(cause === undefined ? {} : { cause }),
  };
}

function causeText(cause: unknown): string | undefined {
  if (cause === null || typeof cause !== "object") return typeof cause === "string" ? cause : undefined;
  const { name, message, stack } = cause as { name?: unknown; message?: unknown; stack?: unknown };
  if (typeof stack === "string" && stack !== "") return stack;
  if (typeof message !== "string") return undefined;
  return typeof name === "string" ? `${name}: ${message}` : message;
}

/** To a thousandth: the clock gives no more, and longer numbers only make documents long. */
function milliseconds(value: number): number {
  return Math.round(value * 1000) / 1000;
}
