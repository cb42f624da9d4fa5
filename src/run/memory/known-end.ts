import path from "node:path";
import type { Digest } from "../../core/digest.ts";
import type { Failure } from "../../core/failure.ts";
import { hasOutputs } from "../../core/graph.ts";
import type { Artifact, OutsidePath } from "../../core/record.ts";
import { versionOf } from "../file-version.ts";
import { outputsOf } from "../make/placement.ts";
import type { AllReused } from "../run-outcome.ts";
import type { Store } from "../workspace.ts";

/**
 * How a run ended in which every stage was reused, and what has to be there for the same to be true again. Paths are relative to
 * the project.
 */
export interface KnownEnd {
  /** Of the results, before the run looked at them. */
  readonly generation: number;
  /** The blobs of the results, with their sizes in bytes. */
  readonly blobs: readonly (readonly [digest: Digest, size: number])[];
  /** What is placed outside the store. */
  readonly placed: readonly (readonly [file: string, digest: Digest, executable: boolean])[];
  /** What the functions said that they read and wrote outside of the store; absent where they said nothing. */
  readonly outside?: readonly OutsidePath[];
  /** When results with a `maxAge` were made, and when the first of them is too old; milliseconds since 1970. */
  readonly age?: { readonly madeAt: number; readonly until: number };
  /** Said again each time. */
  readonly warnings: readonly Failure[];
  /** The name under which it is kept how the nodes ended. */
  readonly outcomes: string;
  readonly nodes: number;
  readonly stages: number;
  /** Milliseconds. */
  readonly savedMs: number;
}

export function endOf(root: string, reused: AllReused, generation: number): KnownEnd {
  const { prepared, outcomes, warnings, savedMs } = reused;
  return {
    generation,
    ...resultsOf(root, reused),
    warnings,
    outcomes,
    nodes: prepared.nodes.length,
    stages: prepared.stages.size,
    savedMs,
  };
}

/** Whether all that the results of a run need is there, as it was. */
export async function endHolds(store: Store, end: KnownEnd): Promise<boolean> {
  return (
    isYoung(end, Date.now()) &&
    (await store.metadata.generation()) === end.generation &&
    isPlaced(store, end) &&
    (await outsideIsThere(store, end)) &&
    (await blobsAreThere(store, end))
  );
}

/** A result from the future (a clock set back) has no age that could be trusted. */
function isYoung({ age }: KnownEnd, now: number): boolean {
  return age === undefined || (age.madeAt <= now && now <= age.until);
}

function isPlaced(store: Store, { placed }: KnownEnd): boolean {
  return placed.every(([file, digest, executable]) => {
    const version = versionOf(store, path.resolve(store.root, file));
    return version?.digest === digest && version.executable === executable;
  });
}

async function outsideIsThere(store: Store, { outside = [] }: KnownEnd): Promise<boolean> {
  if (outside.length === 0) return true;
  const { outsideHolds } = await import("../outside/changed-outside.ts");
  for (const each of outside) if (!(await outsideHolds(store, each))) return false;
  return true;
}

async function blobsAreThere({ blobs }: Store, end: KnownEnd): Promise<boolean> {
  for (const [digest, size] of end.blobs) if ((await blobs.stat(digest))?.size !== size) return false;
  return true;
}

type Results = Pick<KnownEnd, "blobs" | "placed" | "outside" | "age">;

function resultsOf(root: string, { prepared, records }: AllReused): Results {
  const blobs = new Map<Digest, number>();
  const placed: (readonly [file: string, digest: Digest, executable: boolean])[] = [];
  const outside: OutsidePath[] = [];
  let [madeAt, until] = [0, Number.POSITIVE_INFINITY];
  for (const [node, record] of records) {
    const { stage } = prepared.stages.get(node)!;
    if (record.outside) outside.push(...record.outside);
    for (const artifact of record.artifacts) if (!artifact.inline) blobs.set(artifact.digest, artifact.size);
    if (hasOutputs(stage)) {
      for (const [target, artifact] of outputsOf(stage, record)) placed.push(placement(root, target, artifact));
    }
    if (stage.maxAge === undefined) continue;
    madeAt = Math.max(madeAt, record.createdAt);
    until = Math.min(until, record.createdAt + stage.maxAge);
  }
  return {
    blobs: [...blobs],
    placed,
    ...(outside.length > 0 ? { outside } : {}),
    ...(Number.isFinite(until) ? { age: { madeAt, until } } : {}),
  };
}

function placement(root: string, target: string, { digest, executable = false }: Artifact) {
  return [path.relative(root, target), digest, executable] as const;
}
