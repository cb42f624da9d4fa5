import { encode } from "../../core/canonical.ts";
import { type Digest, digestOf } from "../../core/digest.ts";
import { failureOf } from "../../core/failure.ts";
import type { GraphNode } from "../../core/graph.ts";
import type { InputDetail } from "../../core/input-detail.ts";
import type { RecordedInput } from "../../core/record.ts";
import { textsIn } from "../../core/texts-in.ts";
import { holdsSecret } from "../../platform/shown-text.ts";
import type { SourceVersion } from "./sources.ts";

/** More files than this, and only their number is known later. */
const mostFiles = 10_000;

/** Bytes of a parameter or plain value; what is larger is told by its start only. */
const mostBytes = 16 << 10;

/** So much of a version tells two apart for a reader. */
const cut = 16;

/** What an input of a node is made of, as far as that is worth keeping: see {@link InputDetail}. */
export function inputDetail(
  node: GraphNode,
  { name, version, preview }: RecordedInput,
  sources: ReadonlyMap<GraphNode, SourceVersion>,
): InputDetail | undefined {
  const input = node.inputs.find((each) => each.name === name);
  const source = input?.node && sources.get(input.node);
  if (source?.parts) return filesDetail(source.parts);
  // Without a preview it is a secret; with all of it in the preview, that is enough.
  if (preview === undefined || (input?.node && input.node.definition.kind !== "param")) return undefined;
  const value = source ? source.value() : input && !input.node ? input.value : undefined;
  return value instanceof Promise ? undefined : valueDetail(value, version);
}

/** The files that a source consists of. */
export function filesDetail(parts: NonNullable<SourceVersion["parts"]>): InputDetail | undefined {
  if (parts.length > mostFiles) return undefined;
  return { kind: "files", files: parts.map(({ name, digest }) => [name, digest.slice(0, cut)]) };
}

function valueDetail(value: unknown, version: Digest): InputDetail | undefined {
  const isShort = typeof value === "string" ? value.length <= 60 : value === null || typeof value !== "object";
  if (isShort) return undefined;
  const bytes = encodedAs(value, version);
  // A secret may be deeper inside than a preview shows.
  if (!bytes || bytes.length > mostBytes || holdsSecret(textsIn(value))) return undefined;
  return { kind: "value", encoded: Buffer.from(bytes).toString("base64") };
}

/** The encoding of a value, if it still is what was versioned: an object may have been changed since. */
function encodedAs(value: unknown, version: Digest): Uint8Array | undefined {
  try {
    const bytes = encode(value);
    return digestOf(bytes) === version ? bytes : undefined;
  } catch (error) {
    if (failureOf(error)) return undefined;
    throw error;
  }
}
