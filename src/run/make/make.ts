import path from "node:path";
import { type Digest, digestOf } from "../../core/digest.ts";
import type { ItemsOutcome, RunReason } from "../../core/event.ts";
import { fail, failureOf } from "../../core/failure.ts";
import type { FileRef } from "../../core/file-ref.ts";
import { fingerprint } from "../../core/fingerprint.ts";
import type { GraphNode } from "../../core/graph.ts";
import { disabledVersion, ignoredVersion } from "../../core/key.ts";
import type { Artifact, RecordedInput, ResultRecord } from "../../core/record.ts";
import type { Lease } from "../../metadata/lease.ts";
import type { BlobStore } from "../../store/blob-store.ts";
import { changedCodeFile } from "../code-files.ts";
import { findUsable, leases, type StageFacts, writes } from "../decision.ts";
import type { Emitter } from "../emitter.ts";
import { OutsideNotes } from "../outside/outside-notes.ts";
import type { WritersOfRun } from "../outside/writers.ts";
import type { RunHooks } from "../run-hooks.ts";
import type { Slots } from "../slots.ts";
import type { Workspace } from "../workspace.ts";
import { getReadersReady } from "./ahead.ts";
import { type Attempted, attempt } from "./attempt.ts";
import { runChecks } from "./checks.ts";
import { DamagedInput, isDamage } from "./damaged-input.ts";
import { callStage } from "./executor.ts";
import { type Held, HeldResult, heldLive } from "./held.ts";
import { loadInputs } from "./load-inputs.ts";
import { makingOf, whileMaking } from "./making.ts";
import { produce } from "./produced.ts";
import { Reads } from "./reads.ts";
import { recordWhole, unrecordable, whyUnrecorded } from "./record-whole.ts";
import type { Recorder } from "./recorder.ts";
import { progressReporter } from "./stage-progress.ts";
import { absorb } from "./streams/absorb.ts";

/** What making a result needs of the run it is part of. */
export interface MakeContext {
  readonly workspace: Workspace;
  readonly runId: string;
  /** What no other run ever has. */
  readonly nonce: string;
  /** Takes what is not to be recorded; gone after the workspace is closed. */
  readonly unrecorded: BlobStore;
  readonly recorder: Recorder;
  readonly emitter: Emitter;
  readonly signal: AbortSignal;
  /** Lets a map use what room there is beside its own; one item at a time without. */
  readonly slots?: Slots;
  /** Whether all is tried that does not depend on what failed; false unless given. */
  readonly keepGoing?: boolean;
  readonly hooks?: RunHooks | undefined;
  /** Who writes what outside of the store. */
  readonly writers: WritersOfRun;
  /** Told what became of the items of a map, before that ends. */
  noteItems?(node: GraphNode, items: ItemsOutcome): void;
  held(node: GraphNode): Held;
  /** Of a node that is a stage of the run. */
  factsOf?(node: GraphNode): StageFacts | undefined;
  expectedMs(node: GraphNode): number | undefined;
  /** What the whole run is expected to take from now on, in milliseconds. */
  runLeftMs?(): number | undefined;
}

export interface MakeRequest {
  readonly facts: StageFacts;
  readonly key: Digest;
  readonly inputs: readonly RecordedInput[];
  readonly reasons: readonly RunReason[];
  /** The recorded result is known to be damaged: only a sound one that another process has made since will do. */
  readonly damaged?: boolean;
}

export type Made =
  /** Someone else is making it. */
  | { readonly kind: "busy" }
  /** Someone else has made it. */
  | { readonly kind: "shared"; readonly record: ResultRecord }
  | {
      readonly kind: "made";
      readonly held: Held;
      readonly dataVersion: Digest;
      readonly durationMs: number;
      /** With its artifacts in `blobs`; absent when the value is handed on as it is. */
      readonly result?: { readonly record: ResultRecord; readonly blobs: BlobStore };
      /** The input that was changed while the stage ran, if one was: then it is not known what the result is the result of. */
      readonly changedInput?: string;
      /** Why the result was not recorded although it would have been. */
      readonly unrecorded?: string;
    };

export { DamagedInput, isDamage };

/**
 * Makes a stage's result, or finds that someone else is making it or has made it.
 * @throws DamagedInput when an input must be made anew first
 * @throws SluiceError when the stage fails
 */
export async function make(context: MakeContext, request: MakeRequest): Promise<Made> {
  const { workspace } = context;
  const { facts, key } = request;
  let lease: Lease | undefined;
  if (leases(workspace, facts)) {
    lease = await workspace.leases.tryAcquire(key);
    if (!lease) return { kind: "busy" };
  }
  try {
    if (lease) {
      // Between the decision and the lease its former holder may have recorded the result.
      const found = await findUsable(workspace, key, facts, Date.now());
      if (found && "record" in found && (!request.damaged || (await isSound(workspace, found.record)))) {
        return { kind: "shared", record: found.record };
      }
    }
    const { hooks, signal } = context;
    const work = (): Promise<Made> => perform(context, request);
    if (!hooks?.around && !hooks?.aroundItem) return await work();
    // What hooks run at the node, or at an item of it, is part of its making, too.
    const making = makingOf(facts.node.name, [key], { signal });
    return await whileMaking(making, () => hooks.around?.(facts.node, work) ?? work());
  } finally {
    if (lease) await context.recorder.release(lease);
  }
}

/** Reads every artifact, so that each damaged one is set aside and cannot be taken for the new one. */
async function isSound(workspace: Workspace, record: ResultRecord): Promise<boolean> {
  let sound = true;
  for (const artifact of record.artifacts) {
    if (artifact.inline ? digestOf(artifact.inline) !== artifact.digest : !(await isSoundBlob(workspace, artifact))) {
      sound = false;
    }
  }
  return sound;
}

async function isSoundBlob({ blobs }: Workspace, { digest }: Artifact): Promise<boolean> {
  return (await blobs.verify(digest)) === "ok";
}

async function perform(context: MakeContext, request: MakeRequest): Promise<Made> {
  if (request.facts.stage.kind === "map") return (await import("../map/make-map.ts")).makeMap(context, request);
  const { emitter, runId, signal, workspace } = context;
  const { facts } = request;
  const node = facts.node.name;
  const projectFiles: FileRef[] = [];
  const changedBefore: string[] = [];
  const expectedMs = context.expectedMs(facts.node);
  const progress = progressReporter(emitter, node);
  let number = 0;
  let made: Made | undefined;
  let reads: Reads | undefined;
  await attempt({
    node,
    stage: facts.stage,
    keys: [request.key],
    runId,
    signal,
    scratch: `${workspace.scratch}${path.sep}${runId}-${facts.node.index}`,
    outside: () => new OutsideNotes(workspace, node, (written) => context.writers.add(written, { node })),
    listener: {
      progress,
      log: (level, text) => emitter.emit({ type: "node-log", node, level, text }),
      retrying: (next, delayMs, failure) =>
        emitter.emit({ type: "node-retrying", node, attempt: next, delayMs, failure }),
    },
    inputs: async () => {
      const account = new Reads();
      reads = account;
      const values = await loadInputs(context, request, projectFiles, account);
      const changed = changedCode(context.workspace, facts);
      if (changed !== undefined) changedBefore.push(changed);
      number += 1;
      const runLeftMs = context.runLeftMs?.();
      emitter.emit({
        type: "node-started",
        node,
        kind: facts.stage.kind,
        attempt: number,
        reasons: request.reasons,
        key: request.key,
        ...(expectedMs === undefined ? {} : { expectedMs }),
        ...(runLeftMs === undefined ? {} : { runLeftMs }),
      });
      return values;
    },
    call: (inputs, attempt, folder) =>
      callStage(
        {
          workspace,
          facts,
          stores: storesFor(context, facts),
          scratch: context.unrecorded,
          isTakenIn: isTakenIn(facts),
          progress,
          onProjectFile: (ref) => projectFiles.push(ref),
          onChangedCapture: (name) => changedBefore.push(capturedVariable(name)),
        },
        inputs,
        attempt,
        folder,
      ),
    absorb: (value, limits) => {
      if (!isTakenIn(facts)) return value;
      const [blobs] = storesFor(context, facts);
      return absorb(value, { stage: facts.stage, blobs, scratch: context.unrecorded, progress }, limits);
    },
    cause: async (error) => reads?.cause(error),
    use: async (attempted) => {
      await reads?.settle();
      made = await keepResult(context, request, attempted, projectFiles, changedBefore[0]);
    },
  });
  return made!;
}

/** What the function gave, as the result of the node. */
export async function keepResult(
  context: MakeContext,
  request: MakeRequest,
  attempted: Attempted,
  projectFiles: readonly FileRef[],
  changedBefore: string | undefined,
): Promise<Made> {
  const { facts } = request;
  const { durationMs } = attempted;
  if (isHandedOn(facts, attempted)) {
    await runChecks(facts, attempted.value, (text) => warn(context, facts, text));
    const dataVersion = uncachedVersion(context, facts);
    return { kind: "made", held: heldLive(dataVersion, attempted.value), dataVersion, durationMs };
  }
  const settled = await attempted.outside?.settle();
  const toBeRecorded = isToBeRecorded(context, facts);
  const [sink, elsewhere] = storesFor(context, facts);
  getReadersReady(context, facts.node);
  const produced = await produce(facts, attempted, sink, elsewhere);
  const warnings: string[] = [];
  // What is spread first is copied as it is; to spread into the midst of a literal takes several times as long.
  const made: ResultRecord = {
    ...produced,
    key: request.key,
    node: facts.node.name,
    kind: facts.stage.kind,
    codeVersion: facts.codeVersion,
    inputs: request.inputs,
    settings: facts.settings,
    meta: context.emitter.cleanMembers(attempted.meta),
    warnings,
    durationMs,
    createdAt: Date.now(),
    runId: context.runId,
  };
  const record = settled && settled.outside.length > 0 ? { ...made, outside: settled.outside } : made;
  const version = cached(facts) ? record.dataVersion : uncachedVersion(context, facts);
  // A format of the user's may write to its bytes again; the bytes of this one are Sluice's own.
  const isOurs = produced.format === "auto";
  const held = new HeldResult(context.workspace, sink, record, version, isOurs);
  if (facts.stage.checks.length > 0) {
    // Checks see what consumers see.
    await runChecks(facts, await held.load(() => {}), (text) => {
      warnings.push(context.emitter.cleanText(text));
      warn(context, facts, text);
    });
  }
  const changed =
    changedBefore ??
    changedInput(context, facts.node, projectFiles) ??
    settled?.changed ??
    changedCode(context.workspace, facts) ??
    unrecordable(context.emitter, settled?.outside ?? []);
  if (context.signal.aborted) fail("cancelled", `${facts.node.name} was cancelled`, { node: facts.node.name });
  const storeAgain = async (): Promise<void> => void (await produce(facts, attempted, sink, elsewhere));
  const isWhole =
    changed !== undefined || !toBeRecorded || (await recordWhole(context.recorder, facts, record, storeAgain));
  const end = { kind: "made", held, dataVersion: version, durationMs, result: { record, blobs: sink } } as const;
  if (changed === undefined && isWhole) return end;
  return {
    ...end,
    ...(changed === undefined ? {} : { changedInput: changed }),
    ...(toBeRecorded ? { unrecorded: whyUnrecorded(changed) } : {}),
  };
}

function isToBeRecorded({ workspace }: MakeContext, facts: StageFacts): boolean {
  return writes(facts) && !workspace.metadata.readOnly;
}

/** Where a result is put, and where else there may be files that it leads to. */
function storesFor(context: MakeContext, facts: StageFacts): readonly [sink: BlobStore, elsewhere: BlobStore] {
  const { workspace, unrecorded } = context;
  return isToBeRecorded(context, facts) ? [workspace.blobs, unrecorded] : [unrecorded, workspace.blobs];
}

/** Whether a value that comes bit by bit is put into a store; else it is handed on as it is, or refused as a value. */
function isTakenIn({ behaviour, stage }: StageFacts): boolean {
  if (stage.outputs) return false;
  return behaviour !== "ignore" || stage.output !== undefined || stage.format === "file";
}

/**
 * Whether a value goes to its consumers as it is: what is not cached may be a client or a connection, which cannot be
 * copied. A value that can be is copied all the same, for `disable`.
 */
function isHandedOn(facts: StageFacts, attempted: Attempted): boolean {
  const { outputs, output, format, unrecorded } = facts.stage;
  if ((cached(facts) && !unrecorded) || outputs || output !== undefined || format === "file") return false;
  if (facts.behaviour === "ignore") return true;
  try {
    fingerprint(attempted.value);
    return false;
  } catch (error) {
    if (failureOf(error, "unversionable")) return true;
    throw error;
  }
}

export function cached(facts: StageFacts): boolean {
  return facts.behaviour === "default" || facts.behaviour === "recompute";
}

export function uncachedVersion(context: MakeContext, facts: StageFacts): Digest {
  return facts.behaviour === "ignore" ? ignoredVersion() : disabledVersion(context.nonce, facts.node.name);
}

/** The file that is no longer what the key says it is, if there is one. */
function changedInput(context: MakeContext, node: GraphNode, files: readonly FileRef[]): string | undefined {
  for (const input of node.inputs) {
    if (input.node && context.held(input.node).unchanged?.() === false) return input.node.name;
  }
  return changedFile(context.workspace, files);
}

/** The file of the project that is not what its handle says any more, if there is one. */
export function changedFile(workspace: Workspace, files: readonly FileRef[]): string | undefined {
  for (const ref of files) {
    try {
      if (workspace.files.version(path.join(workspace.root, ref.name)).digest !== ref.digest) return ref.name;
    } catch (error) {
      if (!failureOf(error)) throw error;
      return ref.name;
    }
  }
  return undefined;
}

/** The captured variable, or the file that code names, that is not what it was when the key was taken, if there is one. */
export function changedCode(workspace: Workspace, { code }: StageFacts): string | undefined {
  const name = code.changedCapture?.();
  if (name !== undefined) return capturedVariable(name);
  return code.changedFile?.() ?? changedCodeFile(workspace, code.parts);
}

/** A captured variable, in messages. */
export function capturedVariable(name: string): string {
  return `the captured variable "${name}"`;
}

export function warn(context: MakeContext, facts: StageFacts, message: string): void {
  const node = facts.node.name;
  context.emitter.emit({ type: "warning", failure: { reason: "check-failed", message, node, retryable: false } });
}
