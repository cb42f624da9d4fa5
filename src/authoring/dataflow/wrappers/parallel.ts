import { fail } from "../../../core/failure.ts";
import { shownText } from "../../../platform/shown-text.ts";
import { type AnyFunction, type FlowInput, type FlowNode, ofValue, valuesOf } from "../graph/flow-node.ts";
import type { FlowValue, Marked, MarkOf } from "../graph/types.ts";
import { wrap } from "../graph/wrapping.ts";

type Sequence = Iterable<unknown> | AsyncIterable<unknown>;

/** What the nodes get that read a parallel one. */
export type ParallelItem<F> = F extends (...args: never) => infer Given
  ? Awaited<Given> extends Iterable<infer Item> | AsyncIterable<infer Item>
    ? Item
    : never
  : never;

/**
 * Says of a function that gives a list, or anything that can be gone through, that its items go their ways one by one: nodes that read
 * it run once for each of them, and so do nodes that read these, until one {@link collect}s what they give. How many there are is known
 * when it has run. The node itself gives the list.
 *
 * Each item has keys of its own: with one more item, only that is run. Branches may be inside of branches.
 *
 * @throws SluiceError `usage`
 *
 * @example
 * ```ts
 * import { readdir, readFile } from "node:fs/promises";
 * import { collect, parallel } from "sluice/dataflow";
 *
 * export const file = parallel(async (folder: string) => (await readdir(folder)).toSorted());
 * export const lines = async (folder: string, file: string) => (await readFile(`${folder}/${file}`, "utf8")).split("\n").length;
 * export const total = collect("lines", (lines: number[]) => lines.reduce((sum, each) => sum + each, 0));
 * ```
 */
export function parallel<F extends (...args: never) => Sequence | Promise<Sequence>>(
  fn: F,
): F & Marked<{ readonly gives: ParallelItem<F>[]; readonly item: ParallelItem<F> }> {
  return wrap("parallel", fn, {
    expand: (nodes) => {
      // What is only read by others of them is a step on the way.
      const steps = new Set(
        valuesOf(nodes).flatMap(({ inputs }) => inputs.flatMap(({ from }) => ("name" in from ? [from.name] : []))),
      );
      const parallel = new Set(valuesOf(nodes).flatMap(({ name }) => (steps.has(name) ? [] : [name])));
      return ofValue(collecting(nodes, parallel), (node) => (parallel.has(node.name) ? parallelNode(node) : node));
    },
  });
}

/** What was made of the list before it was said to be one of items (its fields, a file with it) reads all of it. */
function collecting(nodes: readonly FlowNode[], parallel: ReadonlySet<string>): readonly FlowNode[] {
  const isOf = ({ from }: FlowInput): boolean => "name" in from && parallel.has(from.name);
  return nodes.map((node) => {
    if (!node.isAside || !node.inputs.some(isOf)) return node;
    return { ...node, inputs: node.inputs.map((input) => (isOf(input) ? { ...input, collected: true } : input)) };
  });
}

function parallelNode(node: FlowNode): FlowNode {
  return {
    ...node,
    isParallel: true,
    run: (values, context) => listOf(node.name, node.run(values, context)),
    functions: ["parallel", node.functions],
  };
}

async function listOf(node: string, given: unknown): Promise<unknown[]> {
  const sequence = await given;
  if (sequence !== null && typeof sequence === "object") {
    if (Symbol.iterator in sequence) return Array.from(sequence as Iterable<unknown>);
    if (Symbol.asyncIterator in sequence) return Array.fromAsync(sequence as AsyncIterable<unknown>);
  }
  return fail("unsupported-value", `"${node}" is parallel, and gave ${shownText(sequence) ?? "something else"}`, {
    node,
    hint: "let it return an array, or anything else that can be gone through; of a text: [...text]",
  });
}

/**
 * Says to the compiler that a node runs once for each item of a parallel one: as a target it gives the list of what it gave. A driver
 * does as much without; where a node is in no branch, `build` throws.
 *
 * @throws SluiceError `usage`
 *
 * @example
 * ```ts
 * import { Driver, each, parallel } from "sluice/dataflow";
 *
 * const words = {
 *   word: parallel(({ text }: { text: string }) => text.split(" ")),
 *   length: each(({ word }: { word: string }) => word.length),
 * };
 * const { length } = await Driver.builder().withModules(words).build().execute(["length"], { inputs: { text: "to be" } });
 * console.log(Math.max(...length));
 * ```
 */
export function each<F extends AnyFunction>(fn: F): Each<F> {
  const wrapped = wrap("each", fn, {
    expand: (nodes) => ofValue(nodes, (node) => ({ ...node, depth: (node.depth ?? 0) + 1 })),
  });
  return wrapped as unknown as Each<F>;
}

/** A function in a branch: what it gave is a list, whatever was said of it before. */
type Each<F extends AnyFunction> = ((...args: Parameters<F>) => ReturnType<F>) &
  Marked<Omit<MarkOf<F>, "gives" | "piped"> & { readonly gives: FlowValue<F>[] }>;
