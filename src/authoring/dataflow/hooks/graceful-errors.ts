import { type Failure, fail, type Reason } from "../../../core/failure.ts";
import { kindOf, strings } from "../../declaration.ts";
import { checkNames } from "../../project.ts";
import type { GivesStandIns, Hook, HookNode } from "./hook.ts";
import { requireKnown } from "./known-nodes.ts";

/** What becomes of failures. */
export interface GracefulOptions<Sentinel = null> {
  /**
   * What `execute` gives for nodes, and for items of a branch, that failed or were skipped, and what nodes in `accept` get for them:
   * `null` unless given. Functions get a copy of it, as of every value; `execute` gives the sentinel itself.
   */
  readonly sentinel?: Sentinel;
  /** Nodes whose functions are called with the sentinel; what reads a failed node is skipped otherwise. None unless given. */
  readonly accept?: readonly string[] | ((node: HookNode) => boolean);
  /** Which failures: unless given those of nodes, and not those of the machine (a full disk) or the call. */
  readonly catch?: (failure: Failure) => boolean;
}

/** What says that a node failed. */
const ofNodes: ReadonlySet<Reason> = new Set<Reason>([
  "stage-failed",
  "timed-out",
  "check-failed",
  "missing-output",
  "unversionable",
  "unsupported-value",
]);

/**
 * Lets a run go on when nodes fail: `execute` gives the sentinel for those that failed and for what they kept from running. A sentinel
 * is never kept as a result, so a node that failed runs again, and a node that was computed from a sentinel is never reused where there
 * is a value, nor the other way round. Where items of a branch fail, the others go on, and what collects them gets sentinels among them.
 *
 * @throws SluiceError `usage`; `unknown-node`, by `build`
 *
 * @example
 * ```ts
 * import { Driver, gracefulErrors } from "sluice/dataflow";
 *
 * const features = {
 *   risky: ({ x }: { x: number }) => { if (x < 0) throw new Error("negative"); return x; },
 *   safe: ({ x }: { x: number }) => -x,
 * };
 * const driver = Driver.builder().withModules(features).withHooks(gracefulErrors({ sentinel: "failed" })).build();
 * const { risky, safe } = await driver.execute(["risky", "safe"], { inputs: { x: -1 } });
 * console.log(risky === "failed", safe);
 * ```
 */
export function gracefulErrors<const Sentinel = null>(
  options: GracefulOptions<Sentinel> = {},
): Hook & GivesStandIns<Sentinel> {
  checkNames(options, ["sentinel", "accept", "catch"]);
  const { accept = [], catch: takes = ({ reason }) => ofNodes.has(reason) } = options;
  const sentinel = "sentinel" in options ? options.sentinel : null;
  if (typeof takes !== "function")
    fail("usage", `option "catch" of gracefulErrors() must be a function, not ${kindOf(takes)}`);
  if (typeof accept !== "function" && strings(accept) !== undefined) {
    fail("usage", 'option "accept" of gracefulErrors() must be an array of names of nodes, or a function');
  }
  return {
    name: "gracefulErrors",
    checkGraph: ({ nodes }) => {
      if (typeof accept === "function") return;
      requireKnown(
        accept,
        nodes.map(({ name }) => name),
        "to accept sentinels, as gracefulErrors() says",
      );
    },
    standIn: ({ status, failure }) =>
      status === "skipped" || (failure !== undefined && takes(failure)) ? { value: sentinel } : undefined,
    standInTask: ({ status, failure }) => (status === "skipped" || takes(failure) ? { value: sentinel } : undefined),
    takesStandIns: (node) => (typeof accept === "function" ? accept(node) : accept.includes(node.name)),
  };
}
