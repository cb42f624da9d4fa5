import path from "node:path";
import { digestParts } from "../core/canonical.ts";
import type { DerivedCache } from "../core/derived.ts";
import type { Digest } from "../core/digest.ts";
import type { Graph } from "../core/graph.ts";
import type { NodeKind } from "../core/node.ts";

/** The name of a node, as the pipeline had it when it was last loaded. */
export type KnownName = readonly [name: string, kind: NodeKind];

const kind = "node-names-1";

/** No person looks for a name among more. */
const mostNames = 20_000;

/** Keeps the names of a pipeline's nodes for who must not load it: shells that complete them. @param file its absolute path */
export function keepNames(derived: DerivedCache, root: string, file: string, { nodes }: Graph): void {
  const names = nodes.slice(0, mostNames).map(({ name, definition }): KnownName => [name, definition.kind]);
  const bytes = Buffer.from(JSON.stringify(names));
  const key = keyOf(root, file);
  const kept = derived.get(kind, key);
  if (!kept || !bytes.equals(kept)) derived.put(kind, key, bytes);
}

/** The names that were kept last; none where the pipeline was not loaded yet. */
export function keptNames(derived: DerivedCache, root: string, file: string): readonly KnownName[] {
  const bytes = derived.get(kind, keyOf(root, file));
  return bytes ? (JSON.parse(Buffer.from(bytes).toString()) as KnownName[]) : [];
}

function keyOf(root: string, file: string): Digest {
  return digestParts("node-names", [path.relative(root, file)]);
}
