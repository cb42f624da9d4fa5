import type { ItemsOutcome, NodeOutcome, RunReason, RunStatus } from "../core/event.ts";
import type { Failure } from "../core/failure.ts";
import type { Plan, PlanCost, PlannedNode } from "../run/plan.ts";

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
  /** In a plan: what it took when it last ran; absent for what hits, and for what never ran. */
  readonly expectedMs?: number;
  readonly savedMs: number;
  readonly reasons: readonly RunReason[];
  readonly failure?: FailureDocument;
  /** Of a map that ran. */
  readonly items?: ItemsOutcome;
}

export interface RunDocument {
  /** null for a plan, which is no run. */
  readonly runId: string | null;
  readonly status: RunStatus;
  readonly durationMs: number;
  readonly savedMs: number;
  readonly nodes: Readonly<Record<string, NodeDocument>>;
  /** What was warned of, each once, with the node it is about; absent where nothing was. */
  readonly warnings?: readonly FailureDocument[];
}

/** What `plan --json` prints. */
export interface PlanDocument extends RunDocument {
  readonly cost: PlanCost;
}

interface Outcome {
  readonly runId: string;
  readonly status: RunStatus;
  readonly durationMs: number;
  readonly savedMs: number;
  readonly nodes: ReadonlyMap<string, NodeOutcome>;
}

/**
 * What `run --json` prints: a {@link RunDocument}.
 * @param nodes what {@link nodesText} makes of the outcome's nodes
 */
export function runText(outcome: Outcome, warnings: readonly Failure[] = [], nodes = nodesText(outcome.nodes)): string {
  const { runId, status } = outcome;
  const times = { durationMs: milliseconds(outcome.durationMs), savedMs: milliseconds(outcome.savedMs) };
  const before = pretty({ runId, status, ...times });
  const after = pretty(warningsDocument(warnings));
  // Of two objects one: the braces between them become a comma and the nodes.
  return `${before.slice(0, -"\n}".length)},\n  "nodes": ${nodes}${after === "{}" ? "\n}" : `,${after.slice("{".length)}`}\n`;
}

/** How the nodes ended, as it stands in the document of a run. It is most of it, and the same for runs that end alike. */
export function nodesText(nodes: ReadonlyMap<string, NodeOutcome>): string {
  return pretty(Object.fromEntries([...nodes].map(([name, node]) => [name, nodeDocument(node)]))).replaceAll(
    "\n",
    "\n  ",
  );
}

function pretty(document: unknown): string {
  return JSON.stringify(document, undefined, 2);
}

function warningsDocument(warnings: readonly Failure[]): Pick<RunDocument, "warnings"> {
  const distinct = new Map(warnings.map((warning) => [JSON.stringify([warning.message, warning.where]), warning]));
  return distinct.size === 0 ? {} : { warnings: [...distinct.values()].map(failureDocument) };
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
    ...(node.items === undefined ? {} : { items: node.items }),
  };
}

/** What `plan --json` prints: times are what the nodes took last: spent where they run, saved where they hit. */
export function planDocument({ nodes, cost }: Plan): PlanDocument {
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
      ...(node.expectedMs === undefined ? {} : { expectedMs: expected }),
      savedMs: saved,
      reasons: node.reasons,
    };
    return [node.node, document];
  });
  const total = { durationMs: milliseconds(durationMs), savedMs: milliseconds(savedMs) };
  const warnings = nodes.flatMap(({ node, warnings: own }) => own.map((warning) => ({ ...warning, node })));
  const { runMs, pathMs, maybeMs, unknown } = cost;
  const expected = {
    runMs: milliseconds(runMs),
    pathMs: milliseconds(pathMs),
    maybeMs: milliseconds(maybeMs),
    savedMs: total.savedMs,
    unknown,
  };
  const byName = Object.fromEntries(entries);
  return { runId: null, status: "ok", ...total, cost: expected, nodes: byName, ...warningsDocument(warnings) };
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
export function milliseconds(value: number): number {
  return Math.round(value * 1000) / 1000;
}
