import type { Node } from "../core/node.ts";
import type { FileHandle } from "../platform/file-handle.ts";
import { aBoolean, Declaring, handleOf, kindOf, type NodeOptions, strings } from "./declaration.ts";

export interface GlobOptions extends NodeOptions {
  /** Whether no match is fine; false unless given, and then no match is the failure `no-match`. */
  readonly allowEmpty?: boolean;
  /** Whether names that start with a dot match; false unless given. */
  readonly dot?: boolean;
}

/**
 * Declares the files that match a pattern, as a list sorted by name in the order of code units. Files only; links to files
 * count as files. The cache folder never matches.
 *
 * Patterns have `*`, `**`, `?`, `[a-z]`, `{a,b}` and `!(x)`; one that starts with `!` takes away what others matched.
 *
 * @param patterns relative to the folder of the module that declares it, `/` between parts on every system
 * @throws SluiceError `invalid-definition`
 *
 * @example
 * ```ts
 * import { glob, stage } from "sluice";
 *
 * const days = glob(["logs/**\/*.{csv,tsv}", "!**\/draft-*"]);
 * export const bytes = stage({ days }, ({ days }) => days.reduce((sum, day) => sum + day.size, 0));
 * ```
 */
export function glob(patterns: string | readonly string[], options?: GlobOptions): Node<readonly FileHandle[]> {
  const declaring = new Declaring("glob");
  const common = declaring.options(options, rules);
  const list = typeof patterns === "string" ? [patterns] : patterns;
  if (strings(list) || list.includes("")) declaring.wrong(`glob() needs patterns, not ${kindOf(patterns)}`);
  if (!list.some((pattern) => !isNegative(pattern))) {
    declaring.wrong("glob() needs a pattern that does not start with !", 'add what to take away from, such as "**/*"');
  }
  return handleOf({
    kind: "glob",
    patterns: [...list],
    allowEmpty: options?.allowEmpty ?? false,
    dot: options?.dot ?? false,
    base: declaring.base,
    site: declaring.site,
    ...common,
  });
}

/** `!(a|b)` is a pattern of its own, not a negation. */
function isNegative(pattern: string): boolean {
  return pattern.startsWith("!") && !pattern.startsWith("!(");
}

const rules = { allowEmpty: aBoolean, dot: aBoolean };
