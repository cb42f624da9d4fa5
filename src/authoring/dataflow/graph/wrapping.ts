import { fail } from "../../../core/failure.ts";
import { definitionOf } from "../../../core/node.ts";
import { kindOf } from "../../declaration.ts";
import type { AnyFunction, Config, FlowNode } from "./flow-node.ts";
import type { Slot } from "./parameters.ts";

/** By this symbol a wrapper's function leads to what it says. Shared by all copies of Sluice in a process. */
const wrapping: unique symbol = Symbol.for("sluice.dataflow.wrapping");

/** What a wrapper says of the function in it. */
export interface Wrapping {
  /** What it wraps: a function, which may be a wrapper's again. */
  readonly inner: AnyFunction;
  /** The names of the arguments, where the function's text does not count. */
  readonly slots?: readonly Slot[];
  /** Makes nodes of those that the inner function makes; they stay as they are where it is absent. */
  readonly expand?: (nodes: readonly FlowNode[], config: Config) => readonly FlowNode[];
  /** Whether it is one of several functions for one name, which ends before `__`. */
  readonly isVariant?: true;
  /** For which configs it is a node, in words. */
  readonly condition?: () => string;
  /** The names of the config's values that this depends on. */
  readonly asks?: readonly string[];
}

/**
 * A function that does what the inner one does, called by hand, and that makes nodes as a wrapper says.
 * @throws SluiceError `usage` where there is no function to wrap
 */
export function wrap<F extends AnyFunction>(what: string, inner: F, says: Omit<Wrapping, "inner">): F {
  if (typeof inner !== "function" || definitionOf(inner)) {
    fail("usage", `${what}() needs a function as its last argument, not ${kindOf(inner)}`);
  }
  const fn = (...args: unknown[]): unknown => (inner as unknown as (...args: unknown[]) => unknown)(...args);
  Object.defineProperty(fn, "name", { value: inner.name, configurable: true });
  Object.defineProperty(fn, "length", { value: inner.length, configurable: true });
  Object.defineProperty(fn, wrapping, { value: { ...says, inner } satisfies Wrapping });
  return fn as unknown as F;
}

/** What a wrapper says of a function; undefined for one that is not wrapped. */
export function wrappingOf(fn: AnyFunction): Wrapping | undefined {
  return (fn as { readonly [wrapping]?: Wrapping })[wrapping];
}
