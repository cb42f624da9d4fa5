import type { CodeArgument, CodeVersion } from "../analyse/code-version.ts";
import { failureOf, SluiceError } from "../core/failure.ts";
import type { GraphNode } from "../core/graph.ts";
import { placeOf, type StageNode } from "../core/node.ts";
import type { Workspace } from "./workspace.ts";

/** A node, as far as messages name it. */
type Named = Pick<GraphNode, "name" | "definition">;

/** The arguments of the declaring call that count: the function, and the checks. */
export function functionArguments(stage: StageNode): readonly CodeArgument[] {
  return [stage.functionAt ?? 1, ...checkArguments(stage)];
}

/** The checks decide whether there is a result at all, so they are part of the code. */
export function checkArguments({ checks, functionAt = 1 }: StageNode): readonly CodeArgument[] {
  return checks.length > 0 ? [[functionAt + 1, "check"]] : [];
}

/**
 * The version of functions that a stage was given.
 * @param captured what becomes of captured variables that cannot be versioned; an error, unless the stage has a salt
 * @throws SluiceError `captured-variable`
 */
export function functionsOf(
  { analyser }: Pick<Workspace, "analyser">,
  node: Named,
  stage: StageNode,
  args: readonly CodeArgument[],
  captured: "error" | "ignore" = stage.version === undefined ? "error" : "ignore",
): CodeVersion {
  if (stage.functions !== undefined) {
    try {
      return analyser.versionOfValue(stage.functions, stage.site, { captured, name: node.name });
    } catch (error) {
      throw withNode(error, node);
    }
  }
  const live = (argument: CodeArgument): unknown => (typeof argument === "number" ? stage.run : checkOf(stage));
  try {
    return analyser.versionOf(stage.site, args, { captured, name: node.name, live });
  } catch (error) {
    throw withNode(error, node);
  }
}

/** What the option `check` holds: a function by itself where it may have been given as that, else all that counts of them. */
function checkOf({ checks }: StageNode): unknown {
  return checks.length === 1 && checks[0]!.level === "fail" ? checks[0]!.test : checks;
}

/** A failure with the node that it concerns, and its place. */
export function withNode(error: unknown, node: Named): unknown {
  const found = failureOf(error);
  if (!found) return error;
  const where = found.where ?? placeOf(node.definition);
  return new SluiceError({ ...found, node: found.node ?? node.name, ...(where ? { where } : {}) });
}
