/*
 * Loads a module as a process of its own, watches it, and says what was seen:
 *   node watching-process.ts FILE ROOT [RECORD], with anything after `--` for the module to see
 * With the file of an earlier record it first says whether that still holds.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import type { LoadOptions, LoadRecord } from "../../src/analyse/load-watch/load-record.ts";
import { changeSince, loadHolds } from "../../src/analyse/load-watch/load-record.ts";
import { digestOf } from "../../src/core/digest.ts";
import { failureOf } from "../../src/core/failure.ts";

const [file = "", root = "", earlier = "--"] = process.argv.slice(2);
const { now } = performance;
const clock = now.bind(performance);

const options: LoadOptions = {
  root,
  digestOfFile: (path) => (existsSync(path) && statSync(path).isFile() ? digestOf(readFileSync(path)) : undefined),
};
const report: Record<string, unknown> = {};
if (earlier !== "--") {
  const record = JSON.parse(readFileSync(earlier, "utf8")) as LoadRecord;
  report.holds = loadHolds(record, options);
  report.change = changeSince(record, options);
}
const { watchLoad } = await import("../../src/analyse/load-watch/load-watch.ts");
const { importModule } = await import("../../src/analyse/load/loader.ts");
const derived = { get: () => undefined, put: () => {} };
const started = clock();
try {
  const load = () => importModule(file, { derived });
  // with UNWATCHED it only loads
  const { value, ...seen } = process.env.UNWATCHED ? { value: await load() } : await watchLoad(load, options);
  Object.assign(report, seen);
  report.ms = clock() - started;
  report.exports = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
  if (typeof value.after === "function") report.after = await (value.after as () => unknown)();
} catch (error) {
  const failure = failureOf(error);
  report.failure = failure ? { ...failure, cause: undefined } : { bug: String((error as Error).stack) };
}
process.stdout.write(`\n@@${JSON.stringify(report)}`, () => process.exit(0));

/** What of an export JSON can tell. */
function plain(value: unknown): unknown {
  return typeof value === "function" ? "function" : JSON.parse(JSON.stringify(value ?? null));
}
