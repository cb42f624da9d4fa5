import { fail } from "../../../core/failure.ts";
import { isRecord, kindOf } from "../../declaration.ts";
import { type AnyFunction, type FlowNode, ofValue } from "../graph/flow-node.ts";
import type { FlowValue, Marked } from "../graph/types.ts";
import { wrap } from "../graph/wrapping.ts";
import { rewire } from "./wires.ts";

/**
 * Gives parameters of a function other values than those of the nodes of their names: of another node (`source`), a plain value, or
 * several in one (`group`).
 *
 * @throws SluiceError `usage`
 *
 * @example
 * ```ts
 * import { group, inject, source } from "sluice/dataflow";
 *
 * export const total = inject({ parts: group([source("food"), source("rent")]), rate: 1.2 }, (parts: number[], rate: number) =>
 *   parts.reduce((sum, part) => sum + part, 0) * rate,
 * );
 * ```
 */
export function inject<F extends AnyFunction>(wires: Readonly<Record<string, unknown>>, fn: F): F {
  if (!isRecord(wires)) fail("usage", `inject() needs an object of values by parameter first, not ${kindOf(wires)}`);
  return wrap("inject", fn, { expand: (nodes) => ofValue(nodes, (node) => rewire(node, wires, "inject", nodes)) });
}

/** What the nodes of a parameterised function give. */
type Cases<Names extends PropertyKey, F> = {
  readonly only: true;
  readonly nodes: { readonly [Name in Names]: FlowValue<F> };
};

/**
 * Makes several nodes of one function, each with values of its own for some of the parameters. No node is called after the export.
 *
 * @param cases by the name of the node: values by parameter, which are plain, or of another node (`source`)
 * @throws SluiceError `usage`
 *
 * @example
 * ```ts
 * import { parameterize, source } from "sluice/dataflow";
 *
 * export const averages = parameterize(
 *   { week: { rows: source("sales"), days: 7 }, month: { rows: source("sales"), days: 30 } },
 *   (rows: number[], days: number) => rows.slice(-days).reduce((sum, row) => sum + row, 0) / days,
 * );
 * ```
 */
export function parameterize<F extends AnyFunction, const Given extends Readonly<Record<string, object>>>(
  cases: Given,
  fn: F,
): F & Marked<Cases<keyof Given, F>> {
  if (!isRecord(cases) || Object.keys(cases).length === 0) {
    fail("usage", `parameterize() needs an object of nodes by name first, not ${kindOf(cases)}`);
  }
  for (const [name, wires] of Object.entries(cases)) {
    if (!isRecord(wires)) fail("usage", `"${name}" of parameterize() must be an object, not ${kindOf(wires)}`);
  }
  return wrap("parameterize", fn, {
    expand: (nodes) =>
      ofValue(nodes, (node) => {
        requireUnread(node, nodes);
        return Object.entries(cases).map(([name, wires]) => ({
          ...rewire(node, wires as Readonly<Record<string, unknown>>, "parameterize", nodes),
          name,
        }));
      }),
  });
}

/** What wrappers have made of the value of one node is not made of those of several. @throws SluiceError `usage` */
function requireUnread({ name }: FlowNode, nodes: readonly FlowNode[]): void {
  const reader = nodes.find(({ inputs }) => inputs.some(({ from }) => "name" in from && from.name === name));
  if (!reader) return;
  fail("usage", `parameterize() makes several nodes of "${name}", and "${reader.name}" reads it`, {
    node: name,
    hint: `put what makes "${reader.name}" around parameterize()`,
  });
}
