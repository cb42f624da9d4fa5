import { readFileSync } from "node:fs";
import { milliseconds } from "../../core/duration.ts";
import { fail } from "../../core/failure.ts";
import { nearest } from "../../core/graph.ts";
import { bytesOfSize } from "../../core/size.ts";
import { attempt } from "../../platform/files.ts";
import type { Limits } from "./limits.ts";

/** The settings of a project, beside its pipeline. */
export const settingsName = "sluice.json";

const fields = ["maxSize", "maxAge", "pins"];

/**
 * The limits that a settings file names: `{ "cache": { "maxSize": "20GB", "maxAge": "30d", "pins": ["report"] } }`. It is read without
 * loading any code.
 * @param file absolute path
 * @throws SluiceError `invalid-definition`, `io`, `read-only`
 */
export function readLimits(file: string): Limits {
  const text = attempt("reading the settings", file, () => readFileSync(file, "utf8"));
  const settings = asObject(file, parse(file, text), "the file");
  requireKnown(file, settings, ["cache"], "");
  if (settings.cache === undefined) return {};
  const cache = asObject(file, settings.cache, '"cache"');
  requireKnown(file, cache, fields, "cache.");
  const { maxSize, maxAge, pins } = cache;
  return {
    ...(maxSize === undefined ? {} : { maxSize: sizeOf(file, maxSize) }),
    ...(maxAge === undefined ? {} : { maxAge: timeOf(file, maxAge) }),
    ...(pins === undefined ? {} : { pins: namesOf(file, pins) }),
  };
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    return wrong(file, `it is not JSON (${(error as Error).message})`, error);
  }
}

function asObject(file: string, value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  return wrong(file, `${what} must be an object`);
}

function requireKnown(file: string, given: object, known: readonly string[], prefix: string): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    const hint = near
      ? `did you mean "${prefix}${near}"?`
      : `it may have ${known.map((each) => `"${prefix}${each}"`).join(", ")}`;
    fail("invalid-definition", `${settingsName}: there is no setting "${prefix}${name}"`, { where: { file }, hint });
  }
}

function sizeOf(file: string, value: unknown): number {
  return (
    bytesOfSize(value) ?? wrong(file, `"cache.maxSize" must be a size, like "20GB" or "500MB", or a number of bytes`)
  );
}

function timeOf(file: string, value: unknown): number {
  const time = typeof value === "string" ? milliseconds(value) : undefined;
  return time ?? wrong(file, `"cache.maxAge" must be a time, like "30d" or "12h"`);
}

function namesOf(file: string, value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((name) => typeof name === "string" && name !== "")) return value;
  return wrong(file, `"cache.pins" must be a list of names of nodes, like ["report", "train-*"]`);
}

function wrong(file: string, what: string, cause?: unknown): never {
  return fail("invalid-definition", `${settingsName}: ${what}`, {
    where: { file },
    hint: 'for example: { "cache": { "maxSize": "20GB", "maxAge": "30d", "pins": ["report"] } }',
    ...(cause === undefined ? {} : { cause }),
  });
}
