import { milliseconds } from "../core/duration.ts";
import { fail } from "../core/failure.ts";
import type { Graph } from "../core/graph.ts";
import { bytesOfSize } from "../core/size.ts";
import type { Loudness } from "../report/output.ts";
import type { Limits } from "../run/keeping/limits.ts";
import type { PlanOptions } from "../run/plan.ts";
import type { cacheModeOptions, limitOptions, OptionValues, planOptions } from "./options.ts";

type Given = OptionValues<Pick<typeof planOptions, "set"> & typeof cacheModeOptions>;

/** What the options say of planning and running, as the engine takes it. */
export async function planSettings(graph: Graph, targets: readonly string[], given: Given): Promise<PlanOptions> {
  return {
    ...(targets.length > 0 ? { targets } : {}),
    ...(given.set ? { params: await parseParams(graph, given.set) } : {}),
    ...(given.cache ? { cache: given.cache } : {}),
    ...(given.recompute ? { recompute: given.recompute } : {}),
  };
}

/** `NAME=VALUE` texts as values of the parameters' types; the last one of a name counts. */
async function parseParams(graph: Graph, texts: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const { parseParam } = await import("../run/sources/param-value.ts");
  const values: [string, unknown][] = [];
  for (const text of texts) {
    const equals = text.indexOf("=");
    if (equals < 1) {
      fail("usage", `--set needs NAME=VALUE, not "${text}"`, { hint: "for example: --set topN=10" });
    }
    const name = text.slice(0, equals);
    const value = text.slice(equals + 1);
    const definition = graph.get(name)?.definition;
    // a name that is no parameter goes on as it is: the engine knows best what to say of it
    values.push([name, definition?.kind === "param" ? parseParam(name, definition, value) : value]);
  }
  return Object.fromEntries(values);
}

/** How much to say. @throws SluiceError `usage` when both were asked for */
export function loudnessOf({ quiet, verbose }: { readonly quiet?: boolean; readonly verbose?: boolean }): Loudness {
  if (quiet && verbose) fail("usage", "--quiet and --verbose cannot both be meant");
  return quiet ? "quiet" : verbose ? "verbose" : "normal";
}

/** `--jobs`: a whole number from 1, or `auto`, which is the engine's own choice. */
export function jobsOf(text: string | undefined): { readonly jobs?: number } {
  if (text === undefined || text === "auto") return {};
  if (/^[1-9]\d{0,4}$/.test(text)) return { jobs: Number(text) };
  fail("usage", `--jobs takes a whole number from 1, or auto, not "${text}"`);
}

/** An option's time in milliseconds. @throws SluiceError `usage` */
export function durationOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = milliseconds(/^\d+$/.test(text) ? undefined : text);
  return time ?? fail("usage", `${option} takes a time, like 30d, 12h or 90m, not "${text}"`);
}

/** The limits that options name. @throws SluiceError `usage` */
export function limitsOf(given: OptionValues<typeof limitOptions>): Limits {
  const { "max-size": size, "max-age": age } = given;
  const maxSize = size === undefined ? undefined : bytesOfSize(size);
  if (size !== undefined && maxSize === undefined)
    fail("usage", `--max-size takes a size, like 20GB or 500MB, not "${size}"`);
  const maxAge = durationOf("--max-age", age);
  return { ...(maxSize === undefined ? {} : { maxSize }), ...(maxAge === undefined ? {} : { maxAge }) };
}

/** An option's whole number from 0. @throws SluiceError `usage` */
export function wholeNumber(option: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  fail("usage", `${option} takes a whole number, not "${text}"`);
}
