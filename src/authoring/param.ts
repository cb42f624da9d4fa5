import type { Node, ParamType } from "../core/node.ts";
import { aBoolean, Declaring, handleOf, type NodeOptions, oneOf } from "./declaration.ts";

export interface ParamOptions extends NodeOptions {
  /** Whether its value must never be shown or stored; only its digest counts then. False unless given. */
  readonly secret?: boolean;
  /** How text from the command line is read; that of the default unless given, and `string` where there is no default. */
  readonly type?: ParamType;
}

/** The name of the type of a parameter that has no default to tell it by. */
export type ParamTypeOf<Value> = [Value] extends [string]
  ? "string"
  : [Value] extends [number]
    ? "number"
    : [Value] extends [boolean]
      ? "boolean"
      : [Value] extends [bigint]
        ? "bigint"
        : "json";

/**
 * Declares a value that a run may set: `sluice run --set topN=10`, or `run(report, { params: { topN: 10 } })`. A default and a
 * given value that are equal are one version, so setting a parameter to its default re-runs nothing.
 *
 * Text from the command line is read by the type of the default: number, boolean, bigint, string, else as JSON. Without a
 * default the parameter must be given (else the run fails with `missing-parameter`), and anything but a string says its `type`.
 *
 * @throws SluiceError `invalid-definition`
 *
 * @example
 * ```ts
 * import { param, stage } from "sluice";
 *
 * const topN = param(5, { description: "how many films to show" });
 * const mode = param<"fast" | "exact">("fast");
 * const user = param<string>();
 * const limit = param<number>(undefined, { type: "number" });
 * export const text = stage({ topN, mode, user, limit }, (all) => `${all.user}: ${all.topN} of ${all.limit}, ${all.mode}`);
 * ```
 */
export function param<Value extends string = string>(
  fallback?: undefined,
  options?: ParamOptions & { readonly type?: "string" },
): Node<Value>;
export function param<Value>(
  fallback: undefined,
  options: ParamOptions & { readonly type: ParamTypeOf<Value> },
): Node<Value>;
export function param<Value>(fallback: Value, options?: ParamOptions): Node<Value>;
export function param(fallback?: unknown, options?: ParamOptions): Node {
  const declaring = new Declaring("param");
  const common = declaring.options(options, rules);
  const type = options?.type;
  if (fallback !== undefined && type !== undefined && type !== "json" && typeof fallback !== type) {
    declaring.wrong(`the default of a param() of type "${type}" cannot be of type ${typeof fallback}`);
  }
  return handleOf({
    kind: "param",
    secret: options?.secret ?? false,
    site: declaring.site,
    ...(type === undefined ? {} : { type }),
    ...(fallback === undefined ? {} : { fallback: { value: fallback } }),
    ...common,
  });
}

const rules = { secret: aBoolean, type: oneOf("string", "number", "boolean", "bigint", "json") };
