import path from "node:path";
import type { CompilerSettings } from "../../analyse/load/compiler-settings.ts";
import { transform } from "../../analyse/load/transform.ts";
import { watchLoad } from "../../analyse/load-watch/load-watch.ts";
import { analyseModule } from "../../analyse/syntax/analysed-module.ts";
import { summarise } from "../../analyse/syntax/summarise.ts";
import type { DerivedCache } from "../../core/derived.ts";
import { digestOf } from "../../core/digest.ts";
import { formatOf } from "../../store/formats.ts";
import { loadMatcher } from "../explain/file-match.ts";

/** What most pipelines have some of. */
const sample = `import { file, stage } from "sluice";
import { helper } from "./helper.ts";
export const input = file("data.csv");
const limit: number = 3;
export const rows = stage({ input }, async ({ input }) => (await input.text()).split("\\n").slice(0, limit));
export const total = stage({ rows }, ({ rows }) => rows.map((row) => helper(row)).length, { output: "total.txt" });
`;

const forgetful: DerivedCache = { get: () => undefined, put: () => {} };

/**
 * Does once, on a module of no pipeline, what a run does with the user's: whatever is loaded when it is first used is loaded
 * then, the compiler's process runs, and the code is warm. Leaves no trace in what this process knows of the user's code.
 */
export async function warmUp(): Promise<void> {
  const file = path.join(process.cwd(), "sluice-warm-up.ts");
  const settings: CompilerSettings = { options: {}, digest: digestOf(""), aliases: () => [] };
  const compiled = transform({ file, source: sample, digest: digestOf(sample), settings, format: "module" }, forgetful);
  compiled.positions();
  const analysed = analyseModule(file, sample, settings);
  if (!("problem" in analysed)) summarise(analysed, settings);
  await Promise.all([loadMatcher(), formatOf("auto"), import("../../metadata/local-leases.ts")]);
  await watchLoad(async () => {}, { root: process.cwd(), digestOfFile: () => undefined });
}
