import { milliseconds } from "../core/duration.ts";
import { fail } from "../core/failure.ts";
import { nearest } from "../core/graph.ts";
import { bytesOfSize } from "../core/size.ts";

/** What each option of a call must be: the end of a sentence where a value is not that (`must be ...`), else undefined. */
export type OptionRules = Readonly<Record<string, (value: unknown) => string | undefined>>;

/**
 * Checks the options of a call. `undefined` counts as not given.
 * @throws SluiceError `usage`, with the nearest name for one that does not exist
 */
export function checkOptions(call: string, given: unknown, rules: OptionRules): void {
  if (given === undefined) return;
  if (given === null || typeof given !== "object" || Array.isArray(given)) {
    fail("usage", `the options of ${call} must be an object`);
  }
  for (const [name, value] of Object.entries(given)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!rule) {
      const near = nearest(name, Object.keys(rules));
      const hint = near ? `did you mean "${near}"?` : `the options are ${Object.keys(rules).join(", ")}`;
      fail("usage", `${call} has no option "${name}"`, { hint });
    }
    const wanted = value === undefined ? undefined : rule(value);
    if (wanted !== undefined) fail("usage", `the option "${name}" of ${call} must be ${wanted}`);
  }
}

export function aText(value: unknown): string | undefined {
  return typeof value === "string" ? undefined : "a string";
}

export function aBoolean(value: unknown): string | undefined {
  return typeof value === "boolean" ? undefined : "true or false";
}

export function texts(value: unknown): string | undefined {
  return Array.isArray(value) && value.every((item) => typeof item === "string") ? undefined : "an array of strings";
}

export function aFunction(value: unknown): string | undefined {
  return typeof value === "function" ? undefined : "a function";
}

export function aSignal(value: unknown): string | undefined {
  return value instanceof AbortSignal ? undefined : "an AbortSignal";
}

export function aNumber(value: unknown): string | undefined {
  return typeof value === "number" && value >= 0 && Number.isFinite(value) ? undefined : "a number of milliseconds";
}

export function aDuration(value: unknown): string | undefined {
  return milliseconds(value) === undefined ? 'a time, like "30d" or "12h", or a number of milliseconds' : undefined;
}

export function aSize(value: unknown): string | undefined {
  return bytesOfSize(value) === undefined ? 'a size, like "20GB" or "500MB", or a number of bytes' : undefined;
}
