import type { Failure } from "../../core/failure.ts";
import type { GraphNode } from "../../core/graph.ts";

/** A value that the cache was to give turned out to be damaged or gone. */
export class DamagedInput extends Error {
  readonly node: GraphNode;
  readonly failure: Failure;

  constructor(node: GraphNode, failure: Failure) {
    super(failure.message);
    this.node = node;
    this.failure = failure;
  }
}

/** Whether a failure says that a stored value is not what it was. */
export function isDamage(failure: Failure): boolean {
  return failure.reason === "corrupt-blob" || failure.reason === "missing-blob" || failure.reason === "corrupt-value";
}
