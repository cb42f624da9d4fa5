import type { Digest } from "../../core/digest.ts";
import { failureOf, SluiceError } from "../../core/failure.ts";
import { fingerprint } from "../../core/fingerprint.ts";
import type { GraphNode } from "../../core/graph.ts";
import type { KeyInput } from "../../core/key.ts";
import { placeOf } from "../../core/node.ts";
import type { RecordedInput } from "../../core/record.ts";
import { shownText } from "../../platform/shown-text.ts";

/** What is known of a node's value when a key is taken. */
export interface KnownVersion {
  readonly version: Digest;
  readonly preview?: string;
}

/** What a node's key sees of its inputs; undefined when the version of one is not known yet. */
export function keyInputs(
  node: GraphNode,
  known: (node: GraphNode) => KnownVersion | undefined,
): readonly KeyInput[] | undefined {
  const inputs: KeyInput[] = [];
  for (const input of node.inputs) {
    const version = input.node ? known(input.node)?.version : plainVersion(node, input.name, input.value);
    if (version === undefined) return undefined;
    inputs.push({ name: input.name, version });
  }
  return inputs;
}

/** The inputs of a node as a record keeps them; undefined for those whose version is not known yet. */
export function recordedInputs(
  node: GraphNode,
  known: (node: GraphNode) => KnownVersion | undefined,
): readonly (RecordedInput | undefined)[] {
  return node.inputs.map((input): RecordedInput | undefined => {
    if (!input.node) {
      const version = plainVersion(node, input.name, input.value);
      const preview = shownText(input.value);
      return { name: input.name, kind: "value", version, ...(preview === undefined ? {} : { preview }) };
    }
    const value = known(input.node);
    if (!value) return undefined;
    return {
      name: input.name,
      kind: input.node.definition.kind,
      node: input.node.name,
      version: value.version,
      ...(value.preview === undefined ? {} : { preview: value.preview }),
    };
  });
}

export function allKnown(inputs: readonly (RecordedInput | undefined)[]): inputs is readonly RecordedInput[] {
  return !inputs.includes(undefined);
}

/** The version of a plain value. @throws SluiceError `invalid-definition` for one that has none */
export function plainVersion(node: GraphNode, name: string, value: unknown): Digest {
  try {
    return fingerprint(value);
  } catch (error) {
    const found = failureOf(error);
    if (!found) throw error;
    const where = placeOf(node.definition);
    const message = `input "${name}" of "${node.name}" cannot be versioned: ${found.message.replace(/^result/, () => name)}`;
    throw new SluiceError({
      ...found,
      reason: "invalid-definition",
      message,
      node: node.name,
      ...(where ? { where } : {}),
    });
  }
}
