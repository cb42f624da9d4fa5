import { type Failure, failureOf } from "../../core/failure.ts";
import type { Graph } from "../../core/graph.ts";
import { isStage } from "../../core/node.ts";
import { formatVersion } from "../../store/formats.ts";
import { checkCommand } from "../command/check-command.ts";
import { isCommand } from "../command/command-code.ts";
import type { PlanOptions } from "../plan.ts";
import { codeOf, poolLimits, sourceContext } from "../prepare.ts";
import { recordedInputs } from "../sources/inputs.ts";
import { checkParams } from "../sources/params.ts";
import { type SourceGraphNode, versionSource } from "../sources/sources.ts";
import type { Workspace } from "../workspace.ts";
import { type CodedStage, type UndeclaredInputs, undeclaredInputs } from "./undeclared-inputs.ts";

/** What a check of a pipeline found. */
export interface CheckReport extends UndeclaredInputs {
  readonly nodes: number;
  readonly stages: number;
  /** What would stop a run before anything has run: missing files, wrong parameters, code that cannot be versioned. */
  readonly problems: readonly Failure[];
}

/**
 * Checks all that can be checked without running anything, and goes on after a problem, so that all are said at once.
 * @throws SluiceError `unknown-node` for a target
 */
export async function checkGraph(
  workspace: Workspace,
  graph: Graph,
  options: Pick<PlanOptions, "targets" | "params">,
): Promise<CheckReport> {
  const nodes = graph.needed(options.targets?.flatMap((name) => graph.resolve(name)));
  const problems: Failure[] = [];
  const attempt = async <Result>(work: () => Result): Promise<Awaited<Result> | undefined> => {
    try {
      return await work();
    } catch (error) {
      const found = failureOf(error);
      if (!found) throw error;
      problems.push(found);
      return undefined;
    }
  };
  const params = new Map<string, unknown>();
  for (const [name, value] of Object.entries(options.params ?? {})) {
    const checked = await attempt(() => checkParams(graph, { [name]: value }));
    if (checked) params.set(name, value);
  }
  await attempt(() => poolLimits(nodes));
  const context = sourceContext(workspace, graph, params);
  const stages: CodedStage[] = [];
  for (const node of nodes) {
    const { definition: stage } = node;
    if (!isStage(stage)) {
      await attempt(() => versionSource(node as SourceGraphNode, context));
      continue;
    }
    // Plain values among the inputs can be versioned, or not.
    await attempt(() => recordedInputs(node, () => undefined));
    await attempt(() => formatVersion(stage.format));
    if (isCommand(stage)) await attempt(() => checkCommand(graph, node, stage));
    const code = await attempt(() => codeOf(workspace, node, stage));
    if (code) stages.push({ node, stage, code });
  }
  const count = nodes.filter(({ definition }) => isStage(definition)).length;
  return { nodes: nodes.length, stages: count, problems, ...(await undeclaredInputs(workspace, stages)) };
}
