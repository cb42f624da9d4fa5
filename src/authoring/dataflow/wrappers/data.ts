import type { StageContext } from "../../../core/node.ts";
import { type AnyFunction, type FlowNode, ofValue } from "../graph/flow-node.ts";
import type { Marked } from "../graph/types.ts";
import { wrap } from "../graph/wrapping.ts";
import { Loaded, Saved } from "../sinks/saved.ts";

type Given<F> = F extends (...args: never) => infer Result ? Awaited<Result> : never;

/** What a loader's node gives, where that is not what its function returns. */
type LoaderMark<F> = [Given<F>] extends [Loaded<infer Value>] ? Marked<{ readonly gives: Value }> : unknown;
type SaverMark<F> = [Given<F>] extends [Saved<infer Metadata>] ? Marked<{ readonly gives: Metadata }> : unknown;

/**
 * Says that a node loads data from outside of the dataflow: `defaultLoaderBehavior` is about such nodes. Where its function says what
 * it read (see `loaded`) the result is reused while that is unchanged; else it runs each time, unless something is said of it.
 */
export function dataLoader<F extends AnyFunction>(fn: F): F & LoaderMark<F> {
  return wrap("dataLoader", fn, {
    expand: (nodes) =>
      ofValue(nodes, (node) => ({
        ...node,
        role: "loader" as const,
        run: (values, context) => loading(node, values, context),
        functions: ["loader", node.functions],
      })),
  }) as F & LoaderMark<F>;
}

/**
 * Says that a node writes data to where the dataflow does not look: `defaultSaverBehavior` is about such nodes. Where its function says
 * what it wrote (see `saved`) the result is reused while that is there and unchanged; else it runs whenever it is asked for, unless
 * something is said of it.
 */
export function dataSaver<F extends AnyFunction>(fn: F): F & SaverMark<F> {
  return wrap("dataSaver", fn, {
    expand: (nodes) =>
      ofValue(nodes, (node) => ({
        ...node,
        role: "saver" as const,
        run: (values, context) => saving(node, values, context),
        functions: ["saver", node.functions],
      })),
  }) as F & SaverMark<F>;
}

async function loading(
  node: FlowNode,
  values: Readonly<Record<string, unknown>>,
  context: StageContext,
): Promise<unknown> {
  const since = Date.now();
  const given = await node.run(values, context);
  if (!(given instanceof Loaded)) return given;
  for (const path of given.paths) context.read(path, { since });
  return given.value;
}

async function saving(
  node: FlowNode,
  values: Readonly<Record<string, unknown>>,
  context: StageContext,
): Promise<unknown> {
  const given = await node.run(values, context);
  if (!(given instanceof Saved)) return given;
  for (const path of given.paths) context.wrote(path);
  return given.metadata;
}
