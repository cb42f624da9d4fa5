import path from "node:path";
import { ownVersion } from "../../analyse/packages/own-package.ts";
import { type Digest, digestOf } from "../../core/digest.ts";
import { failureOf } from "../../core/failure.ts";
import { hasOutputs, outputPaths } from "../../core/graph.ts";
import { reads } from "../decision.ts";
import { HeldResult, heldSource } from "../make/held.ts";
import type { Facts } from "../prepare.ts";
import type { RunOptions } from "../run-options.ts";
import type { AllReused, RunOutcome } from "../run-outcome.ts";
import { plainVersion } from "../sources/inputs.ts";
import type { Workspace } from "../workspace.ts";
import { endHolds, endOf, type KnownEnd } from "./known-end.ts";
import { Recalled } from "./recalled.ts";

/** With fewer stages, looking at each costs less than what is remembered of all. */
const fewestStages = 50;

/** What is kept of a run, at most: each that follows from something else takes room from what is known of programs. */
const mostBytes = 1 << 20;

/** The end of a run in which every stage was reused, and the keys of its targets; null for a source. */
interface StoredRun extends KnownEnd {
  readonly targets: readonly (Digest | null)[];
}

const kind = "known-run-1";

/**
 * A run of code that is loaded already, before anything is decided. All that it follows from is known then: the versions of code and
 * sources, the settings, the wires. Where a run before found the results of exactly these, this one does as well, as long as none of
 * them has gone: no key is taken, and no record is read.
 */
export class KnownRun {
  readonly #workspace: Workspace;
  readonly #facts: Facts;
  readonly #options: RunOptions;
  readonly #generation: number;
  readonly #key: Digest;

  private constructor(workspace: Workspace, facts: Facts, options: RunOptions, generation: number) {
    this.#workspace = workspace;
    this.#facts = facts;
    this.#options = options;
    this.#generation = generation;
    this.#key = digestOf(Buffer.from(JSON.stringify([ownVersion(), facts.cache, ...factsOf(workspace, facts)])));
  }

  /**
   * Undefined for a run of which nothing can be known before.
   * @param generation of the results, before anything was looked at
   */
  static of(workspace: Workspace, facts: Facts, options: RunOptions, generation: number): KnownRun | undefined {
    return isUsable(facts, options) ? new KnownRun(workspace, facts, options, generation) : undefined;
  }

  /** How the run ends, if that is known, with the values of the targets if they are asked for. */
  async recall(): Promise<RunOutcome | undefined> {
    const { metadata } = this.#workspace;
    const bytes = metadata.derived.get(kind, this.#key);
    if (!bytes) return undefined;
    const run = JSON.parse(Buffer.from(bytes).toString()) as StoredRun;
    if (!(await endHolds(this.#workspace, run))) return undefined;
    const nodes = await metadata.outcomes(run.outcomes);
    const values = nodes && (await this.#valuesOf(run));
    if (!values) return undefined;
    const { targets = [], onEvent = () => {}, jobs, tellsEach = true } = this.#options;
    const options = { targets, cache: this.#facts.cache };
    const recalled = new Recalled(this.#workspace, run, options, tellsEach ? { nodes: nodes() } : {});
    const { runId, status, durationMs, savedMs } = await recalled.complete({
      onEvent,
      ...(jobs === undefined ? {} : { jobs }),
    });
    return {
      runId,
      status,
      durationMs,
      savedMs,
      get nodes() {
        return nodes();
      },
      standIns: new Set(),
      value: (name) => values.get(name),
      outside: () => run.outside ?? [],
    };
  }

  /** Undefined where one cannot be read: the long way makes it anew. */
  async #valuesOf({ targets }: StoredRun): Promise<ReadonlyMap<string, unknown> | undefined> {
    const values = new Map<string, unknown>();
    if (!this.#options.values) return values;
    const { blobs, metadata } = this.#workspace;
    const records = await metadata.readKeys(targets.filter((key) => key !== null));
    for (const [i, node] of this.#facts.targets.entries()) {
      const key = targets[i];
      const record = key ? records.get(key) : undefined;
      if (key && !record) return undefined;
      const held = record ? new HeldResult(this.#workspace, blobs, record) : heldSource(this.#facts.sources.get(node)!);
      try {
        values.set(node.name, await held.load(() => {}));
      } catch (error) {
        const damage = failureOf(error);
        if (!damage) throw error;
        // Whoever looks next finds that it is gone.
        this.#options.onEvent?.({ type: "warning", time: Date.now(), failure: { ...damage, node: node.name } });
        return undefined;
      }
    }
    return values;
  }

  /** Keeps how the run ended, in which every stage was reused as it was. */
  remember(reused: AllReused): void {
    const { metadata, root } = this.#workspace;
    if (metadata.readOnly) return;
    const targets = this.#facts.targets.map((node) => reused.records.get(node)?.key ?? null);
    const run: StoredRun = { ...endOf(root, reused, this.#generation), targets };
    const bytes = Buffer.from(JSON.stringify(run));
    if (bytes.length <= mostBytes) metadata.derived.put(kind, this.#key, bytes);
  }
}

/** Whether all that a run does is to find results; what is called for each node, or runs each time, does not repeat itself. */
function isUsable({ stages }: Facts, { hooks, control, underway, signal }: RunOptions): boolean {
  if (stages.size < fewestStages || hooks || control || underway || signal?.aborted) return false;
  for (const facts of stages.values()) if (!reads(facts)) return false;
  return true;
}

/** All that keys follow from, and what else decides whether a result is reused. A list, whose parts are told apart by their lengths. */
function factsOf({ root }: Workspace, { nodes, targets, sources, stages }: Facts): readonly unknown[] {
  const flat: unknown[] = [targets.length];
  for (const { name } of targets) flat.push(name);
  for (const node of nodes) {
    const facts = stages.get(node);
    if (!facts) {
      flat.push(node.name, node.definition.kind, sources.get(node)!.dataVersion);
      continue;
    }
    const { stage, codeVersion, settingsVersion } = facts;
    const { kind, maxAge = null, outside = null } = stage;
    flat.push(node.name, kind, codeVersion, settingsVersion, maxAge, outside);
    const outputs = hasOutputs(stage) ? outputPaths(stage) : [];
    flat.push(outputs.length);
    for (const output of outputs) flat.push(path.relative(root, output));
    flat.push(node.inputs.length);
    for (const input of node.inputs) {
      if (input.node) flat.push(input.name, input.node.name);
      else flat.push(input.name, null, plainVersion(node, input.name, input.value));
    }
  }
  return flat;
}
