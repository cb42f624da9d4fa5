import { lstatSync } from "node:fs";
import path from "node:path";
import { type LoadRecord, loadHolds, locateIn } from "../../analyse/load-watch/load-record.ts";
import { holdsClock } from "../../analyse/load-watch/load-watch.ts";
import { evidenceHolds } from "../../analyse/remembered/program-evidence.ts";
import type { Digest } from "../../core/digest.ts";
import { hasOutputs, outputPaths } from "../../core/graph.ts";
import { isStage } from "../../core/node.ts";
import { folderStampAt } from "../../metadata/file-index.ts";
import { holdsSecret } from "../../platform/shown-text.ts";
import { isCommand } from "../command/command-code.ts";
import type { StageFacts } from "../decision.ts";
import type { AllReused } from "../run.ts";
import type { Store } from "../workspace.ts";
import { endOf } from "./known-end.ts";
import { digestOf } from "./recall.ts";
import { isKnownLoad, type RememberedLoad, writeRememberedLoad } from "./remembered-load.ts";
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
  const options = { root, roots: [file], derived: metadata.derived, digestOfFile: digestOf(store) };
  const { prepared } = reused;
  const stages = [...prepared.stages.values()];
  const program = stages.every(isProgramOnly) ? null : evidenceHolds(options);
  // Another process may have taken down the evidence of a program that was edited since.
  if (program === undefined || (program !== null && program !== reused.program)) return;
  const sources: RememberedSource[] = [];
  for (const [{ definition }, version] of prepared.sources) {
    const source = isStage(definition) ? undefined : rememberSource(root, definition, version);
    if (source) sources.push(source);
  }
  const stamps = stampsOf(store, load);
  // A stamp vouches for what is found after it was taken.
  if (!loadHolds(load, { root, digestOfFile: digestOf(store) })) return;
  const run: RememberedRun = {
    load,
    ...stamps,
    program,
    looked: [...new Map(stages.flatMap(({ code }) => code.paths ?? []))],
    sources,
    ignore: ignoredPaths(store, reused),
    ...endOf(root, reused, generation),
  };
  writeRememberedRun(metadata.derived, key, run);
}

/** Keeps what a load depended on, unless something of it has changed meanwhile. */
export function rememberLoad(store: Store, key: Digest, load: LoadRecord): void {
  const known: RememberedLoad = { load, ...stampsOf(store, load) };
  // A stamp vouches for what is found after it was taken.
  if (isKnownLoad(store, known)) writeRememberedLoad(store.metadata.derived, key, known);
}

function stampsOf(store: Store, load: LoadRecord): Omit<RememberedLoad, "load"> {
  const stampedAt = Date.now();
  const locate = locateIn(store.root);
  const stamps = load.files.map(([name, content]) => store.files.stampOf(locate(name), content) ?? null);
  const missing = load.kinds.flatMap(([name, kind]) => (kind === "none" ? [locate(name)] : []));
  const names = new Set(missing.map((file) => path.dirname(file)));
  // A link that leads nowhere is there: what it leads to may come without a sign in its folder.
  for (const file of missing) if (hasEntry(file)) names.delete(path.dirname(file));
  const folders = [...names].flatMap((folder) => {
    const stamp = folderStampAt(folder, BigInt(stampedAt) * 1_000_000n);
    return stamp === undefined ? [] : [[path.relative(store.root, folder), stamp] as const];
  });
  return { stamps, folders, stampedAt };
}

function hasEntry(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // What cannot be looked at may be there.
    return true;
  }
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
