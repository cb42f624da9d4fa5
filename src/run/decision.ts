import type { CodeVersion } from "../analyse/code-version.ts";
import type { Digest } from "../core/digest.ts";
import type { RunReason } from "../core/event.ts";
import type { GraphNode } from "../core/graph.ts";
import type { JsonValue } from "../core/json.ts";
import { type KeyInput, resultKey } from "../core/key.ts";
import type { Behaviour, CacheMode, StageNode } from "../core/node.ts";
import type { Artifact, RecordedInput, ResultRecord } from "../core/record.ts";
import type { ResultsAhead } from "../metadata/metadata.ts";
import { reasonsAgainst } from "./explain/reasons.ts";
import type { Workspace } from "./workspace.ts";

/** What is known of a stage before its inputs are: its code, its settings, and how it uses the cache in this run. */
export interface StageFacts {
  readonly node: GraphNode;
  readonly stage: StageNode;
  readonly code: CodeVersion;
  /** With the user's salt. */
  readonly codeVersion: Digest;
  readonly settings: { readonly [name: string]: JsonValue };
  readonly settingsVersion: Digest;
  readonly behaviour: Behaviour;
  readonly cache: CacheMode;
}

/** Whether a stage may take its result from the cache. */
export function reads(facts: StageFacts): boolean {
  return facts.behaviour === "default" && (facts.cache === "rw" || facts.cache === "ro");
}

/** Whether a stage's result is recorded. */
export function writes(facts: StageFacts): boolean {
  const cached = facts.behaviour === "default" || facts.behaviour === "recompute";
  return cached && (facts.cache === "rw" || facts.cache === "wo");
}

/** Whether a stage takes a lease before it runs, and looks for a result under its key once more when it has got it. */
export function leases({ metadata }: Pick<Workspace, "metadata">, facts: StageFacts): boolean {
  return reads(facts) && writes(facts) && !metadata.readOnly;
}

/** What becomes of a stage once the versions of its inputs are known. The plan and the run share this one function. */
export type Decision =
  | { readonly status: "hit"; readonly key: Digest; readonly record: ResultRecord }
  | {
      readonly status: "run";
      readonly key: Digest;
      readonly reasons: readonly RunReason[];
      /** The key of the earlier result that the reasons compare with. */
      readonly comparedWith?: Digest;
    };

/**
 * Decides at once where a result that was read ahead is all that it takes: most stages of most runs hit.
 * @param inputs as `key` sees them; asked for when there is a difference to tell
 */
export function decide(
  workspace: Workspace,
  ahead: ResultsAhead,
  facts: StageFacts,
  key: Digest,
  inputs: () => readonly RecordedInput[],
  now: number,
): Decision | Promise<Decision> {
  const forced = forcedToRun(facts);
  if (forced) return { status: "run", key, reasons: [forced] };
  const record = ahead.get(key);
  if (record && isFresh(record, facts, now) && isWhole(record) && !looksOutside(record, facts)) {
    return { status: "hit", key, record };
  }
  return decideWithStore(workspace, ahead, facts, key, inputs, now);
}

async function decideWithStore(
  workspace: Workspace,
  ahead: ResultsAhead,
  facts: StageFacts,
  key: Digest,
  inputs: () => readonly RecordedInput[],
  now: number,
): Promise<Decision> {
  // What others have recorded since the run began is found when the lease is got.
  const isNew = ahead.hasNone(facts.node.name) && leases(workspace, facts);
  const found = isNew ? undefined : await findUsable(workspace, key, facts, now);
  if (found && "record" in found) return { status: "hit", key, record: found.record };
  if (found) return { status: "run", key, reasons: [found.unusable] };
  return { status: "run", key, ...(await reasonsAgainst(workspace, ahead, facts, inputs())) };
}

export function keyOf(facts: StageFacts, inputs: readonly KeyInput[]): Digest {
  const { node, stage, codeVersion, settingsVersion } = facts;
  return resultKey({ node: node.name, kind: stage.kind, codeVersion, inputs, settings: settingsVersion });
}

/** Why a stage runs whatever the cache holds, if it does. */
export function forcedToRun(facts: StageFacts): RunReason | undefined {
  if (facts.behaviour !== "default") return { kind: "behaviour", name: facts.behaviour };
  if (!reads(facts)) return { kind: "behaviour", name: `cache ${facts.cache}` };
  return undefined;
}

/** The result under a key, if it may be reused; else why it may not; nothing where there is none. */
export async function findUsable(
  workspace: Workspace,
  key: Digest,
  facts: StageFacts,
  now: number,
): Promise<{ readonly record: ResultRecord } | { readonly unusable: RunReason } | undefined> {
  const record = await workspace.metadata.getResult(key);
  if (!record) return undefined;
  if (!isFresh(record, facts, now)) {
    return { unusable: { kind: "expired", detail: `made ${new Date(record.createdAt).toISOString()}` } };
  }
  const missing = await missingArtifact(workspace, record);
  if (missing) return { unusable: { kind: "missing-result", name: missing.name } };
  if (looksOutside(record, facts)) {
    const { changedOutside } = await import("./outside/changed-outside.ts");
    const changed = await changedOutside(workspace, facts.stage, record);
    if (changed) return { unusable: changed };
  }
  return { record };
}

function isWhole({ artifacts }: ResultRecord): boolean {
  return artifacts.every(({ inline }) => inline);
}

/** Whether a result holds only while something outside of the store is as it was. */
function looksOutside({ outside }: ResultRecord, { stage }: StageFacts): boolean {
  return outside !== undefined || stage.outside !== undefined;
}

/** A result from the future (a clock set back) has no age that could be trusted. */
function isFresh({ createdAt }: ResultRecord, { stage }: StageFacts, now: number): boolean {
  return stage.maxAge === undefined || (now - createdAt <= stage.maxAge && createdAt <= now);
}

/** Looks, without reading: damage inside a blob shows when it is read, and is healed then. */
async function missingArtifact(workspace: Workspace, record: ResultRecord): Promise<Artifact | undefined> {
  for (const artifact of record.artifacts) {
    if (artifact.inline) continue;
    const stat = await workspace.blobs.stat(artifact.digest);
    if (stat?.size !== artifact.size) return artifact;
  }
  return undefined;
}
