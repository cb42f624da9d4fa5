import type { Node } from "../core/node.ts";
import { aString, Declaring, handleOf, kindOf, type NodeOptions } from "./declaration.ts";

export interface EnvOptions extends NodeOptions {
  /** What it is when the variable is not set. */
  readonly default?: string | undefined;
}

/**
 * Declares a variable of the environment. It is treated as a secret: its digest is part of keys, and the value is never
 * stored or shown. An empty variable is set; it is the empty string.
 *
 * A variable that is not set and has no default fails the run with `missing-variable`; with `default: undefined` it gives
 * undefined.
 *
 * @throws SluiceError `invalid-definition`
 *
 * @example
 * ```ts
 * import { env, stage } from "sluice";
 *
 * const region = env("REGION", { default: "eu" });
 * const proxy = env("PROXY", { default: undefined });
 * export const target = stage({ region, proxy }, ({ region, proxy }) => `${proxy ?? ""}/${region}`);
 * ```
 */
export function env(name: string, options: NodeOptions & { readonly default: undefined }): Node<string | undefined>;
export function env(name: string, options?: NodeOptions & { readonly default?: never }): Node<string>;
export function env(name: string, options: NodeOptions & { readonly default: string }): Node<string>;
export function env(name: string, options: EnvOptions): Node<string | undefined>;
export function env(name: string, options?: EnvOptions): Node<string | undefined> {
  const declaring = new Declaring("env");
  const common = declaring.options(options, rules);
  if (typeof name !== "string" || !/^[^=\0]+$/.test(name)) {
    declaring.wrong(`env() needs the name of a variable, not ${kindOf(name)}`);
  }
  return handleOf({
    kind: "env",
    variable: name,
    site: declaring.site,
    ...(options && "default" in options ? { fallback: { value: options.default } } : {}),
    ...common,
  });
}

const rules = { default: aString };
