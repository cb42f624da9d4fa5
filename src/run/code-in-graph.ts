import type { Digest } from "../core/digest.ts";
import type { Graph, GraphNode } from "../core/graph.ts";
import { saltedCodeVersion } from "../core/key.ts";
import { isStage, type StageNode } from "../core/node.ts";
import { ClassCode, digestWithClasses } from "./class-code.ts";
import { codeOf } from "./prepare.ts";
import type { Workspace } from "./workspace.ts";

/**
 * The code version that a stage would have in the key of a run of this graph: with the classes whose instances may come to it.
 * @throws SluiceError `captured-variable`
 */
export function codeInGraph(workspace: Workspace, graph: Graph, node: GraphNode, stage: StageNode): Digest {
  const classes = new ClassCode(workspace);
  const salted = (digest: Digest): Digest => saltedCodeVersion(digest, stage.version);
  if (!classes.isConcerned) return salted(codeOf(workspace, node, stage).digest);
  let found: Digest | undefined;
  for (const each of graph.needed([node])) {
    const { definition } = each;
    if (isStage(definition)) {
      const code = codeOf(workspace, each, definition);
      const counted = classes.of(each, code);
      if (each === node) found = counted ? digestWithClasses(code.digest, counted) : code.digest;
    } else if (definition.kind === "param") classes.source(each, definition.fallback?.value);
  }
  return salted(found!);
}
