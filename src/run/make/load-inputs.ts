import { encode } from "../../core/canonical.ts";
import { type Digest, digestOf } from "../../core/digest.ts";
import { fail, failureOf } from "../../core/failure.ts";
import type { FileRef } from "../../core/file-ref.ts";
import { fingerprint } from "../../core/fingerprint.ts";
import type { GraphNode } from "../../core/graph.ts";
import { decoded } from "../sources/sources.ts";
import { DamagedInput, isDamage } from "./damaged-input.ts";
import { isInThread } from "./executor.ts";
import { HeldResult, type SealedValue } from "./held.ts";
import type { MakeContext, MakeRequest } from "./make.ts";
import type { Reads } from "./reads.ts";

/**
 * The values of a node's inputs.
 * @param isWanted unless given, all are
 * @throws DamagedInput
 */
export async function loadInputs(
  context: MakeContext,
  { facts, inputs }: MakeRequest,
  projectFiles: FileRef[],
  reads: Reads,
  isWanted: (name: string) => boolean = () => true,
): Promise<Readonly<Record<string, unknown>>> {
  const { node } = facts;
  const values: Record<string, unknown> = {};
  // In the order of their names, because the key does not tell one order from another.
  const inOrder = node.inputs.length > 1 ? node.inputs.toSorted((a, b) => (a.name < b.name ? -1 : 1)) : node.inputs;
  for (const input of inOrder) {
    const { name } = input;
    if (!isWanted(name)) continue;
    const value = input.node
      ? await loadInput(context, input.node, projectFiles, reads, isInThread(facts.stage))
      : await plainCopy(node, name, input.value, versionOf(inputs, name));
    Object.defineProperty(values, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return values;
}

function versionOf(inputs: MakeRequest["inputs"], name: string): Digest {
  return inputs.find((input) => input.name === name)!.version;
}

/** A copy of a plain value, so that no stage sees what another did to it; it must still be what the key says. */
function plainCopy(node: GraphNode, name: string, value: unknown, version: Digest): unknown {
  if (value === null || typeof value !== "object") return value;
  let isWhole = true;
  const bytes = encode(value, { versionOnly: () => (isWhole = false) });
  if (digestOf(bytes) !== version) failChanged(node, name);
  // What only has a version cannot be copied.
  return isWhole ? decoded(bytes) : value;
}

/** @throws SluiceError `input-changed` when a plain value is not what the key says any more */
export function requireUnchanged(node: GraphNode, name: string, value: unknown, version: Digest): void {
  if (fingerprint(value) !== version) failChanged(node, name);
}

function failChanged(node: GraphNode, name: string): never {
  const hint = "some code changed the object while the run went on: change a copy of it, or give it as a stage";
  return fail("input-changed", `input "${name}" of "${node.name}" is not what it was when its key was taken`, {
    node: node.name,
    hint,
  });
}

/**
 * @param known the value as it is stored, where that was read already
 * @throws DamagedInput
 */
export function loadInput(
  context: MakeContext,
  node: GraphNode,
  projectFiles: FileRef[],
  reads: Reads,
  sealed: boolean,
  known?: SealedValue,
): Promise<unknown> {
  return noticing(node, async () => {
    const held = context.held(node);
    // What goes to a thread is decoded there, and what handles read there is accounted for there.
    if (sealed && held instanceof HeldResult) return held.sealed();
    return held.load(
      (ref) => projectFiles.push(ref),
      (blobs, digests) => reads.through(node, blobs, digests),
      known,
    );
  });
}

/**
 * What a node gave, as it is stored; undefined where it is not.
 * @throws DamagedInput
 */
export function loadSealed(context: MakeContext, node: GraphNode): Promise<SealedValue | undefined> {
  return noticing(node, async () => {
    const held = context.held(node);
    return held instanceof HeldResult ? held.sealed() : undefined;
  });
}

async function noticing<T>(node: GraphNode, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const failed = failureOf(error);
    if (failed && isDamage(failed)) throw new DamagedInput(node, failed);
    throw error;
  }
}
