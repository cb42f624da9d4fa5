import { fail } from "../../../core/failure.ts";
import { shownText } from "../../../platform/shown-text.ts";
import { formatDuration } from "../../../text/quantity.ts";
import { sanitize } from "../../../text/sanitize.ts";
import { checkNames } from "../../project.ts";
import type { Hook, NodeEnd } from "./hook.ts";
import { requireKnown } from "./known-nodes.ts";
import { checkStream, type LineStream } from "./line-stream.ts";

/** What is printed of nodes. */
export interface PrintNodesOptions {
  /** `process.stderr` unless given. */
  readonly stream?: LineStream;
  /**
   * 1: how each node ended. 2: also that it begins, with what its function gets, and what it gave: these values are loaded, those of
   * results that are reused too. 1 unless given.
   */
  readonly verbosity?: 1 | 2;
  /** Only these nodes; all unless given. */
  readonly nodes?: readonly string[];
}

/**
 * Prints a line for each node that runs, is reused or fails. What may be a secret is not shown.
 *
 * @throws SluiceError `usage`
 *
 * @example
 * ```ts
 * import { Driver, printNodes } from "sluice/dataflow";
 *
 * const features = { double: ({ x }: { x: number }) => x * 2 };
 * const driver = Driver.builder().withModules(features).withHooks(printNodes({ verbosity: 2 })).build();
 * await driver.execute(["double"], { inputs: { x: 2 } });
 * ```
 */
export function printNodes(options: PrintNodesOptions = {}): Hook {
  checkNames(options, ["stream", "verbosity", "nodes"]);
  const { stream = process.stderr, verbosity = 1, nodes } = options;
  checkStream("printNodes", stream);
  if (verbosity !== 1 && verbosity !== 2) fail("usage", "the verbosity of printNodes() must be 1 or 2");
  const isWanted = (name: string): boolean => nodes === undefined || nodes.includes(name);
  const print = (line: string): void => void stream.write(`${sanitize(line)}\n`);
  const afterNode = (end: NodeEnd): void | Promise<void> => {
    if (!isWanted(end.node.name)) return;
    const line = endLine(end);
    if (verbosity === 1 || (end.status !== "hit" && end.status !== "executed")) return print(line);
    return end.value().then((value) => print(`${line}, gave ${shown(value)}`));
  };
  const common: Hook = {
    name: "printNodes",
    checkGraph: ({ nodes: all }) =>
      requireKnown(
        nodes ?? [],
        all.map(({ name }) => name),
        "to print, as printNodes() says",
      ),
    afterNode,
  };
  if (verbosity === 1) return common;
  return {
    ...common,
    beforeNode: async ({ node, inputs }) => {
      if (!isWanted(node.name)) return;
      const given = Object.entries(await inputs()).map(([name, value]) => `${name}=${shown(value)}`);
      print(`${node.name}: begins${given.length > 0 ? ` with ${given.join(", ")}` : ""}`);
    },
  };
}

function endLine({ node, status, durationMs, savedMs, failure, stoppedBy, items }: NodeEnd): string {
  switch (status) {
    case "hit":
      return `${node.name}: reused, saved ${formatDuration(savedMs)}`;
    case "executed": {
      const some = items ? `, ${items.made} of ${items.total} items` : "";
      return `${node.name}: ran in ${formatDuration(durationMs)}${some}`;
    }
    case "failed":
      return `${node.name}: failed: ${failure?.message ?? ""}`;
    case "skipped":
      return `${node.name}: skipped${stoppedBy === undefined ? "" : `, because ${stoppedBy} failed`}`;
    default:
      return `${node.name}: ${status}`;
  }
}

function shown(value: unknown): string {
  return shownText(value) ?? "***";
}
