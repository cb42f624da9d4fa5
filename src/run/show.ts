import { fail } from "../core/failure.ts";
import type { Graph } from "../core/graph.ts";
import type { ResultRecord } from "../core/record.ts";
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
