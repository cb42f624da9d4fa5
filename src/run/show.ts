import type { NodeStatus } from "../core/event.ts";
import { fail } from "../core/failure.ts";
import type { Graph } from "../core/graph.ts";
import type { ResultRecord } from "../core/record.ts";
import type { RunRecord } from "../metadata/metadata.ts";
import { failNotPart } from "./explain/named-run.ts";
import { knowingClasses, loadRecord, pastResult } from "./explain/past-value.ts";
import { HeldResult, heldSource } from "./make/held.ts";
import { Planner, type PlanOptions } from "./plan.ts";
import { prepare } from "./prepare.ts";
import { isSecret } from "./redaction.ts";
import type { Workspace } from "./workspace.ts";

/** A node's value as it is in the cache, or that it must be made first. */
export type Shown =
  | { readonly status: "hit"; readonly value: unknown; readonly record?: ResultRecord }
  /** It is a secret: nothing shows it. */
  | { readonly status: "secret" }
  | { readonly status: "run" };

/**
 * The value of a node, without running anything.
 * @throws SluiceError `unknown-node`, and `corrupt-blob` and the like when the value is damaged
 */
export async function loadValue(
  workspace: Workspace,
  graph: Graph,
  name: string,
  options: PlanOptions = {},
): Promise<Shown> {
  const [node, ...more] = graph.resolve(name);
  if (!node || more.length > 0) fail("unknown-node", `"${name}" is several nodes`, { node: name, hint: "name one" });
  if (isSecret(node.definition)) return { status: "secret" };
  const prepared = await prepare(workspace, graph, { ...options, targets: [name] });
  const source = prepared.sources.get(node);
  if (source) return { status: "hit", value: await heldSource(source).load(() => {}) };
  const planner = new Planner(workspace, prepared);
  let planned = await planner.plan(prepared.nodes[0]!);
  for (const next of prepared.nodes.slice(1)) planned = await planner.plan(next);
  const record = planned.status === "hit" && planned.key ? await workspace.metadata.getResult(planned.key) : undefined;
  if (!record) return { status: "run" };
  return { status: "hit", value: await new HeldResult(workspace, workspace.blobs, record).load(() => {}), record };
}

/** The value that a node had in a run. */
export interface PastShown {
  readonly status: NodeStatus;
  readonly value: unknown;
  readonly record: ResultRecord;
}

/**
 * The value that a node had in a run, of a pipeline or of a driver.
 * @param registerClasses makes known those that the value may be an instance of
 * @throws SluiceError `unknown-node`; `unsupported-value` when it holds an instance of a class that is not known
 */
export async function loadPastValue(
  workspace: Workspace,
  run: RunRecord,
  name: string,
  registerClasses?: () => Promise<void>,
): Promise<PastShown | { readonly status: NodeStatus; readonly missing: string }> {
  const nodes = await workspace.metadata.runNodes(run.id);
  const outcome = nodes.get(name) ?? failNotPart(run, name, nodes.keys());
  const { status } = outcome;
  const record = await pastResult(workspace, name, outcome);
  if ("missing" in record) return { status, missing: record.missing };
  const loaded = await knowingClasses(() => loadRecord(workspace, record), registerClasses);
  return "missing" in loaded ? { status, missing: loaded.missing } : { status, value: loaded.value, record };
}
