import { inspect } from "node:util";
import { fail } from "../../../core/failure.ts";
import { kindOf } from "../../declaration.ts";

/** What a saver wrote, with its metadata: what `saved` gives. */
export class Saved<out Metadata = unknown> {
  readonly paths: readonly string[];
  readonly metadata: Metadata;

  constructor(paths: readonly string[], metadata: Metadata) {
    this.paths = paths;
    this.metadata = metadata;
  }

  [inspect.custom](): string {
    return `Saved (${this.paths.join(", ")})`;
  }
}

/** What a loader read, with the value that came of it: what `loaded` gives. */
export class Loaded<out Value = unknown> {
  readonly paths: readonly string[];
  readonly value: Value;

  constructor(paths: readonly string[], value: Value) {
    this.paths = paths;
    this.value = value;
  }

  [inspect.custom](): string {
    return `Loaded (${this.paths.join(", ")})`;
  }
}

/**
 * What the function of a `dataSaver` returns to say which files and folders it wrote: its result is reused only while they are there
 * and unchanged. Relative paths start from where the process runs, as they do for `node:fs`.
 *
 * @param metadata what the node gives
 * @throws SluiceError `usage`
 *
 * @example
 * ```ts
 * import { writeFileSync } from "node:fs";
 * import { dataSaver, saved } from "sluice/dataflow";
 *
 * export const report = dataSaver((totals: number[]) => {
 *   writeFileSync("report.txt", totals.join("\n"));
 *   return saved("report.txt", { lines: totals.length });
 * });
 * ```
 */
export function saved(paths: string | readonly string[]): Saved<Record<never, never>>;
export function saved<Metadata>(paths: string | readonly string[], metadata: Metadata): Saved<Metadata>;
export function saved(paths: string | readonly string[], metadata: unknown = {}): Saved {
  return new Saved(checked("saved", paths), metadata);
}

/**
 * What the function of a `dataLoader` returns to say which files and folders it read: its result is reused only while they are
 * unchanged. A loader that does not say it runs each time.
 *
 * @param value what the node gives
 * @throws SluiceError `usage`
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { dataLoader, loaded } from "sluice/dataflow";
 *
 * export const orders = dataLoader((path: string) => loaded(path, readFileSync(path, "utf8").split("\n")));
 * ```
 */
export function loaded<Value>(paths: string | readonly string[], value: Value): Loaded<Value> {
  return new Loaded(checked("loaded", paths), value);
}

function checked(what: string, paths: string | readonly string[]): readonly string[] {
  const all = typeof paths === "string" ? [paths] : paths;
  if (!Array.isArray(all) || all.length === 0 || !all.every((path) => typeof path === "string" && path !== "")) {
    fail("usage", `${what}() needs a path or an array of paths first, not ${kindOf(paths)}`);
  }
  return [...all];
}
