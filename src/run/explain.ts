import type { CodePart } from "../core/code-part.ts";
import type { NodeStatus, RunReason } from "../core/event.ts";
import { type Failure, fail } from "../core/failure.ts";
import type { Graph } from "../core/graph.ts";
import type { NodeKind } from "../core/node.ts";
import type { RecordedInput, ResultRecord } from "../core/record.ts";
import { type PlannedStatus, Planner, type PlanOptions } from "./plan.ts";
import { prepare } from "./prepare.ts";
import { type CodeChange, compareCode, nearestResult } from "./reasons.ts";
import type { Workspace } from "./workspace.ts";

/** One input beside what it was in the result that is compared with. */
export interface ExplainedInput {
  readonly name: string;
  readonly kind: RecordedInput["kind"];
  readonly node?: string;
  /** Versions, or values where they are small and no secret; absent where there is none (yet). */
  readonly before?: string;
  readonly after?: string;
  readonly changed: boolean;
}

/** Why a node ran or did not, or what it would do now. */
export interface Explanation {
  readonly node: string;
  readonly kind: NodeKind;
  readonly status: PlannedStatus | NodeStatus;
  readonly key?: string;
  readonly reasons: readonly RunReason[];
  /** The earlier result that is nearest to what is wanted. */
  readonly comparedWith?: { readonly runId: string; readonly createdAt: number };
  /** For a hit: the run that made the result. */
  readonly madeBy?: string;
  readonly madeAt?: number;
  readonly inputs: readonly ExplainedInput[];
  readonly code: readonly (Pick<CodePart, "name" | "file" | "line"> & { readonly change: CodeChange["change"] })[];
  readonly warnings: readonly Failure[];
}

/**
 * Explains a node: what a run would do with it now, or, with `run`, what that run did.
 * @throws SluiceError `unknown-node`, `unknown-run`
 */
export async function explain(
  workspace: Workspace,
  graph: Graph,
  name: string,
  options: PlanOptions & { readonly run?: string } = {},
): Promise<Explanation> {
  return options.run === undefined
    ? explainNow(workspace, graph, name, options)
    : explainPast(workspace, name, options.run);
}

async function explainNow(
  workspace: Workspace,
  graph: Graph,
  name: string,
  options: PlanOptions,
): Promise<Explanation> {
  const [node, ...more] = graph.resolve(name);
  if (!node || more.length > 0) {
    const hint = `name one of ${[node, ...more]
      .slice(0, 5)
      .map((member) => member?.name)
      .join(", ")}`;
    fail("unknown-node", `"${name}" is several nodes`, { node: name, hint });
  }
  const prepared = await prepare(workspace, graph, { ...options, targets: [name] });
  const planner = new Planner(workspace, prepared);
  let planned = await planner.plan(prepared.nodes[0]!);
  for (const next of prepared.nodes.slice(1)) planned = await planner.plan(next);
  const facts = prepared.stages.get(node);
  const { status, reasons, warnings, key, madeBy, madeAt } = planned;
  const base = {
    node: node.name,
    kind: node.definition.kind,
    status,
    reasons,
    warnings,
    ...(key === undefined ? {} : { key }),
    ...(madeBy === undefined ? {} : { madeBy }),
    ...(madeAt === undefined ? {} : { madeAt }),
  };
  if (!facts) return { ...base, inputs: [], code: [] };
  const inputs = planner.inputsOf(node);
  const known = inputs.filter((input) => input !== undefined);
  const same = key === undefined ? undefined : await workspace.metadata.getResult(key);
  const nearest = same ?? nearestResult(await workspace.metadata.resultsOf(node.name, 50), facts, known);
  const was = nearest && (await workspace.metadata.getCode(nearest.codeVersion));
  return {
    ...base,
    ...(nearest ? { comparedWith: { runId: nearest.runId, createdAt: nearest.createdAt } } : {}),
    inputs: node.inputs.map(({ name: input, node: from }, i) =>
      explainInput(input, inputs[i], nearest, from?.definition.kind ?? "value", from?.name),
    ),
    code: was ? compareCode(was, facts.code.parts).map(plainChange) : [],
  };
}

function explainInput(
  name: string,
  now: RecordedInput | undefined,
  nearest: ResultRecord | undefined,
  kind: RecordedInput["kind"],
  node: string | undefined,
): ExplainedInput {
  const was = nearest?.inputs.find((input) => input.name === name);
  return {
    name,
    kind,
    ...(node === undefined ? {} : { node }),
    ...(was ? { before: was.preview ?? was.version } : {}),
    ...(now ? { after: now.preview ?? now.version } : {}),
    changed: now !== undefined && was !== undefined && now.version !== was.version,
  };
}

function plainChange({ part, change }: CodeChange): Explanation["code"][number] {
  const { name, file, line } = part;
  return { name, change, ...(file === undefined ? {} : { file }), ...(line === undefined ? {} : { line }) };
}

async function explainPast(workspace: Workspace, name: string, runId: string): Promise<Explanation> {
  const run = await workspace.metadata.run(runId);
  if (!run) fail("unknown-run", `there is no run ${runId}`, { hint: "run `sluice runs` to see them" });
  const outcome = (await workspace.metadata.runNodes(run.id)).get(name);
  if (!outcome) fail("unknown-node", `"${name}" was not part of run ${run.id}`, { node: name });
  const record = outcome.key === undefined ? undefined : await workspace.metadata.getResult(outcome.key);
  const { status, kind, reasons, key, madeBy, failure } = outcome;
  return {
    node: name,
    kind,
    status,
    reasons,
    ...(key === undefined ? {} : { key }),
    ...(madeBy === undefined ? {} : { madeBy }),
    ...(record ? { madeAt: record.createdAt } : {}),
    inputs: (record?.inputs ?? []).map((input) => ({
      name: input.name,
      kind: input.kind,
      ...(input.node === undefined ? {} : { node: input.node }),
      after: input.preview ?? input.version,
      changed: reasons.some((reason) => reason.name === (input.node ?? input.name)),
    })),
    code: [],
    warnings: failure ? [failure] : [],
  };
}
