import { fail } from "../../../core/failure.ts";
import type { Check, CheckVerdict } from "../../../core/node.ts";
import { aString, type OptionRules, oneOf } from "../../declaration.ts";
import { checkNames } from "../../project.ts";
import { type AnyFunction, ofValue } from "../graph/flow-node.ts";
import type { FlowValue } from "../graph/types.ts";
import { wrap } from "../graph/wrapping.ts";
import { type Conditions, conditionRules, testOf } from "./conditions.ts";

/** What the value of a node must be. */
export interface OutputChecks<Value = unknown> extends Conditions {
  /** What the check is called; by its first condition unless given. */
  readonly name?: string;
  /** What a value that does not pass does: fail the node, or only warn, on every hit as well. `fail` unless given. */
  readonly importance?: "fail" | "warn";
  /** A check of your own: false or a sentence where the value is not fine. */
  readonly test?: (value: Value) => CheckVerdict | Promise<CheckVerdict>;
}

const rules: OptionRules = {
  ...conditionRules,
  name: aString,
  importance: oneOf("fail", "warn"),
  test: (value) => (typeof value === "function" ? undefined : "a function"),
};

/**
 * Checks what a node gives, before it is kept. Several of them can be around one function.
 *
 * @throws SluiceError `usage`
 *
 * @example
 * ```ts
 * import { checkOutput } from "sluice/dataflow";
 *
 * export const shares = checkOutput({ range: [0, 1], importance: "warn" }, (sales: number[], total: number) =>
 *   sales.map((sale) => sale / total),
 * );
 * ```
 */
export function checkOutput<F extends AnyFunction>(checks: OutputChecks<FlowValue<F>>, fn: F): F {
  checkNames(checks, Object.keys(rules));
  for (const [name, value] of Object.entries(checks)) {
    const wanted = value === undefined ? undefined : rules[name]!(value);
    if (wanted !== undefined) fail("usage", `option "${name}" of checkOutput() must be ${wanted}`);
  }
  const { name, importance = "fail", test, ...conditions } = checks;
  const given = Object.keys(conditions).filter((each) => conditions[each as keyof Conditions] !== undefined);
  if (test === undefined && given.length === 0) fail("usage", "checkOutput() checks nothing");
  return wrap("checkOutput", fn, {
    expand: (nodes) =>
      ofValue(nodes, (node) => {
        const called = distinct(name ?? given[0] ?? "test", node.checks);
        const check: Check = {
          name: called,
          level: importance,
          test: async (value) =>
            (await testOf(conditions, value)) ?? (await (test as Check["test"] | undefined)?.(value)),
        };
        const said = [called, importance, conditions, test ?? null];
        return { ...node, checks: [...node.checks, check], functions: ["check", said, node.functions] };
      }),
  });
}

function distinct(name: string, others: readonly Check[]): string {
  let called = name;
  for (let count = 2; others.some((other) => other.name === called); count++) called = `${name} ${count}`;
  return called;
}
