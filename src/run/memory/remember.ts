import path from "node:path";
import type { LoadRecord } from "../../analyse/load-watch/load-record.ts";
import { holdsClock } from "../../analyse/load-watch/load-watch.ts";
import type { Digest } from "../../core/digest.ts";
import { hasOutputs, outputPaths } from "../../core/graph.ts";
import { isStage } from "../../core/node.ts";
import { holdsSecret } from "../../platform/shown-text.ts";
import { isCommand } from "../command/command-code.ts";
import type { StageFacts } from "../decision.ts";
import type { AllReused } from "../run.ts";
import type { Store } from "../workspace.ts";
import { codeOf } from "./known-code.ts";
import { endOf } from "./known-end.ts";
import { readLoad } from "./remembered-load.ts";
import { type RememberedRun, writeRememberedRun } from "./remembered-run.ts";
import { type RememberedSource, rememberSource } from "./remembered-source.ts";

interface Known {
  readonly key: Digest;
  /** Absolute path of the pipeline. */
  readonly file: string;
  readonly load: LoadRecord;
  readonly generation: number;
}

/** Keeps a run in which every stage was reused, for {@link RunMemory.recall}; unless something of it may not repeat itself. */
export async function remember(store: Store, reused: AllReused, known: Known): Promise<void> {
  const { root, metadata } = store;
  const { key, file, load, generation } = known;
  if (hasPlainClock(reused) || looksAtSecret(reused)) return;
  const { prepared } = reused;
  const stages = [...prepared.stages.values()];
  const code = codeOf(store, file, load, !stages.every(isProgramOnly));
  // Another process may have taken down the evidence of a program that was edited since.
  if (!code || (code.program !== null && code.program !== reused.program)) return;
  const sources: RememberedSource[] = [];
  for (const [{ definition }, version] of prepared.sources) {
    const source = isStage(definition) ? undefined : rememberSource(root, definition, version);
    if (source) sources.push(source);
  }
  const run: RememberedRun = {
    ...code,
    looked: [...new Map(stages.flatMap(({ code }) => code.paths ?? []))],
    sources,
    ignore: ignoredPaths(store, reused),
    ...endOf(root, reused, generation),
  };
  writeRememberedRun(metadata.derived, key, run);
}

/** Seals a run again of which files were written since, to what they were: else each run had to look into them. */
export function sealAnew(store: Store, run: RememberedRun, { key, file }: Pick<Known, "key" | "file">): void {
  const { derived } = store.metadata;
  const load = readLoad(derived, run.load);
  const code = load && codeOf(store, file, load, run.program !== null);
  if (code?.seal && code.program === run.program) writeRememberedRun(derived, key, { ...run, ...code });
}

/** Whether no function has a part in what a stage gives: then its version does not follow from the modules' code. */
function isProgramOnly({ stage }: StageFacts): boolean {
  return isCommand(stage) && stage.checks.length === 0;
}

/** A plain input or a default that is made of the time at which the pipeline was loaded is another at the next load. */
function hasPlainClock({ prepared }: AllReused): boolean {
  return prepared.nodes.some(({ definition, inputs }) => {
    if (definition.kind === "param") return holdsClock(definition.fallback?.value);
    return inputs.some((input) => input.node === undefined && holdsClock(input.value));
  });
}

/** What an argument of a command may mean is kept as it is written: where that may be a secret, the run is not remembered. */
function looksAtSecret({ prepared }: AllReused): boolean {
  return [...prepared.stages.values()].some(({ code }) => code.paths && holdsSecret(code.paths.map(([at]) => at)));
}

function ignoredPaths({ root, cacheDir }: Store, { graph }: AllReused): readonly string[] {
  const ignored = cacheDir === undefined ? [] : [cacheDir];
  for (const { definition } of graph.nodes) if (hasOutputs(definition)) ignored.push(...outputPaths(definition));
  return ignored.map((each) => path.relative(root, each));
}
