import { milliseconds } from "../../../core/duration.ts";
import { fail } from "../../../core/failure.ts";
import type { JsonValue } from "../../../core/json.ts";
import type { Behaviour } from "../../../core/node.ts";
import { kindOf, type OptionRules } from "../../declaration.ts";
import { checkNames } from "../../project.ts";
import { executorIn, retriesOf, stageRules } from "../../stage-options.ts";
import type { ExecutorOption, RetryOptions } from "../../stage-types.ts";
import type { AnyFunction, FlowSettings } from "../graph/flow-node.ts";
import type { Marked, MarkOf } from "../graph/types.ts";
import { wrap } from "../graph/wrapping.ts";

type Duration = number | string;

/** How a node's result is made and kept. */
export interface CachedOptions<Format extends string = string> {
  /** How it uses the cache: `default` (on a miss), `recompute`, `disable` or `ignore`; the driver's word counts more. */
  readonly behavior?: Behaviour;
  /** How its value is stored; as the driver says unless given. */
  readonly format?: Format;
  /** What the format takes; part of the key. */
  readonly formatOptions?: JsonValue;
  /** A salt: changing it makes earlier results stale. Also says that captured variables are looked after by hand. */
  readonly version?: string;
  /** How long one attempt may take; no limit unless given. */
  readonly timeout?: Duration;
  /** How to try again after a failure; not at all unless given. */
  readonly retries?: RetryOptions;
  /** How old a result may be before it is made again; any age unless given. */
  readonly maxAge?: Duration;
  /** Where the function is called: `inline`, in the thread of the run, or in a `thread` of its own; as the driver says unless given. */
  readonly executor?: ExecutorOption;
}

const rules: OptionRules = {
  behavior: stageRules.cache!,
  format: stageRules.format!,
  formatOptions: stageRules.formatOptions!,
  version: stageRules.version!,
  timeout: stageRules.timeout!,
  retries: stageRules.retries!,
  maxAge: stageRules.maxAge!,
  executor: stageRules.executor!,
};

/** A function of which the format is said, if it is; the outermost that says it counts. */
type Formatted<F extends AnyFunction, Format extends string> = [Format] extends [never]
  ? F
  : MarkOf<F> extends { readonly format: string }
    ? ((...args: Parameters<F>) => ReturnType<F>) & Marked<Omit<MarkOf<F>, "format"> & { readonly format: Format }>
    : F & Marked<{ readonly format: Format }>;

/**
 * Says how a node is cached: its behaviour, the format of its result, and more. Called by hand the function is what it was.
 *
 * @throws SluiceError `usage`
 *
 * @example
 * ```ts
 * import { cached } from "sluice/dataflow";
 *
 * export const prices = cached({ behavior: "recompute", retries: 2 }, async (url: string) => (await fetch(url)).text());
 * export const rows = cached({ format: "csv" }, (prices: string) => prices.split("\n").map((price) => ({ price })));
 * ```
 */
export function cached<F extends AnyFunction, const Format extends string = never>(
  options: CachedOptions<Format>,
  fn: F,
): Formatted<F, Format> {
  checkNames(options, Object.keys(rules));
  for (const [name, value] of Object.entries(options)) {
    const wanted = value === undefined ? undefined : rules[name]!(value);
    if (wanted !== undefined) fail("usage", `option "${name}" of cached() must be ${wanted}, not ${kindOf(value)}`);
  }
  const { behavior, format, formatOptions, version, timeout, retries, maxAge, executor } = options;
  const settings: FlowSettings = {
    ...(behavior === undefined ? {} : { behavior }),
    ...(format === undefined ? {} : { format }),
    ...(formatOptions === undefined ? {} : { formatOptions }),
    ...(version === undefined ? {} : { version }),
    ...(timeout === undefined ? {} : { timeout: milliseconds(timeout)! }),
    ...(maxAge === undefined ? {} : { maxAge: milliseconds(maxAge)! }),
    ...(executor === undefined ? {} : { executor: executorIn(executor) }),
    ...(retries === undefined ? {} : { retries: retriesOf(retries) }),
  };
  // How the function's value is stored says nothing of what loads and saves for it.
  const { format: _, formatOptions: __, ...aside } = settings;
  const wrapped = wrap("cached", fn, {
    expand: (nodes) =>
      nodes.map((node) => ({ ...node, settings: { ...node.settings, ...(node.isAside ? aside : settings) } })),
  });
  return wrapped as unknown as Formatted<F, Format>;
}
