import path from "node:path";
import { ownVersion } from "../../analyse/packages/own-package.ts";
import { type Digest, digestOf } from "../../core/digest.ts";
import { failureOf } from "../../core/failure.ts";
import { hasOutputs, outputPaths } from "../../core/graph.ts";
import type { CacheMode } from "../../core/node.ts";
import { reads } from "../decision.ts";
import { HeldResult, heldSource, openSealed, SealedValue } from "../make/held.ts";
import type { Facts } from "../prepare.ts";
import type { RunOptions } from "../run-options.ts";
import type { AllReused, RunOutcome } from "../run-outcome.ts";
import { plainVersion } from "../sources/inputs.ts";
import type { SourceVersion } from "../sources/sources.ts";
import type { Workspace } from "../workspace.ts";
import { endHolds, endOf } from "./known-end.ts";
import { Recalled } from "./recalled.ts";
import { decodeStoredRun, encodeStoredRun, type StoredRun, storedTarget } from "./stored-run.ts";

/** With fewer stages, looking at each costs less than what is remembered of all. */
const fewestStages = 50;

const kind = "known-run-2";
/** Calls, with the keys of the runs that they are. */
const callKind = "known-call-1";

/** A target of a run; with its version where it is a source. */
interface Target {
  readonly name: string;
  readonly source?: SourceVersion | undefined;
}

/**
 * A run of code that is loaded already, before anything is decided. All that it follows from is known then: the versions of code and
 * sources, the settings, the wires. Where a run before found the results of exactly these, this one does as well, as long as none of
 * them has gone: no key is taken, and no record is read.
 */
export class KnownRun {
  readonly #workspace: Workspace;
  readonly #options: RunOptions;
  readonly #cache: CacheMode;
  readonly #targets: readonly Target[];
  readonly #generation: number;
  readonly #key: Digest;

  private constructor(
    workspace: Workspace,
    options: RunOptions,
    {
      cache,
      targets,
      generation,
      key,
    }: Pick<Facts, "cache"> & {
      readonly targets: readonly Target[];
      readonly generation: number;
      readonly key: Digest;
    },
  ) {
    this.#workspace = workspace;
    this.#options = options;
    this.#cache = cache;
    this.#targets = targets;
    this.#generation = generation;
    this.#key = key;
  }

  /**
   * Undefined for a run of which nothing can be known before.
   * @param generation of the results, before anything was looked at
   */
  static of(workspace: Workspace, facts: Facts, options: RunOptions, generation: number): KnownRun | undefined {
    if (!isUsable(options, facts.stages.size) || !facts.stages.values().every(reads)) return undefined;
    const { cache, sources } = facts;
    const key = digestOf(Buffer.from(JSON.stringify([ownVersion(), cache, ...factsOf(workspace, facts)])));
    const targets = facts.targets.map((node) => ({ name: node.name, source: sources.get(node) }));
    return new KnownRun(workspace, options, { cache, targets, generation, key });
  }

  /** The same by the call alone, for which no graph is needed. Undefined where nothing is known of the call. */
  static ofCall(workspace: Workspace, options: RunOptions, generation: number): KnownRun | undefined {
    const { call, cache = "rw", targets = [] } = options;
    if (!call || !isUsable(options, call.stages)) return undefined;
    const digest = call.digest();
    const bytes = digest && workspace.metadata.derived.get(callKind, digest);
    if (!bytes) return undefined;
    const key = Buffer.from(bytes).toString() as Digest;
    return new KnownRun(workspace, options, { cache, targets: targets.map((name) => ({ name })), generation, key });
  }

  /** Has the run found by its call as well, from now on. @param facts what the run followed from */
  noteCall(facts: Facts): void {
    const { metadata } = this.#workspace;
    const { call } = this.#options;
    if (!call || metadata.readOnly || this.#targets.some(({ source }) => source)) return;
    const digest = call.digest();
    if (digest && call.isOf(facts)) metadata.derived.put(callKind, digest, Buffer.from(this.#key));
  }

  /** How the run ends, if that is known, with the values of the targets if they are asked for. */
  async recall(): Promise<RunOutcome | undefined> {
    const { metadata } = this.#workspace;
    const bytes = metadata.derived.get(kind, this.#key);
    if (!bytes) return undefined;
    const run = decodeStoredRun(bytes);
    if (!run || !(await endHolds(this.#workspace, run))) return undefined;
    const nodes = await metadata.outcomes(run.outcomes);
    const values = nodes && (await this.#valuesOf(run));
    if (!values) return undefined;
    const { targets = [], onEvent = () => {}, jobs, tellsEach = true } = this.#options;
    const options = { targets, cache: this.#cache };
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
    const { metadata } = this.#workspace;
    const keys = targets.filter((target) => typeof target === "string");
    const records = keys.length > 0 ? await metadata.readKeys(keys) : undefined;
    for (const [i, { name, source }] of this.#targets.entries()) {
      const target = targets[i];
      try {
        if (target instanceof Uint8Array) values.set(name, await this.#plainValue(target));
        else {
          const record = target ? records?.get(target) : undefined;
          if (!record && (target || !source)) return undefined;
          const held = record ? new HeldResult(this.#workspace, this.#workspace.blobs, record) : heldSource(source!);
          values.set(name, await held.load(() => {}));
        }
      } catch (error) {
        const damage = failureOf(error);
        if (!damage) throw error;
        // Whoever looks next finds that it is gone.
        this.#options.onEvent?.({ type: "warning", time: Date.now(), failure: { ...damage, node: name } });
        return undefined;
      }
    }
    return values;
  }

  #plainValue(bytes: Uint8Array): Promise<unknown> {
    const { blobs } = this.#workspace;
    const sealed = new SealedValue({ bytes, own: false, format: "auto", params: undefined, stored: [], blobs });
    return openSealed(this.#workspace, sealed, () => {});
  }

  /** Keeps how the run ended, in which every stage was reused as it was. */
  remember(reused: AllReused): void {
    const { metadata, root } = this.#workspace;
    if (metadata.readOnly) return;
    const targets = reused.prepared.targets.map((node) => storedTarget(reused.records.get(node)));
    const bytes = encodeStoredRun({ ...endOf(root, reused, this.#generation), targets });
    if (!bytes) return;
    metadata.derived.put(kind, this.#key, bytes);
    this.noteCall(reused.prepared);
  }
}

/** Whether all that a run does is to find results: what is called for each node does not repeat itself. */
function isUsable({ hooks, control, underway, signal }: RunOptions, stages: number): boolean {
  return stages >= fewestStages && !hooks && !control && !underway && !signal?.aborted;
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
