import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Digest, digestOf } from "../../../src/core/digest.ts";
import type { Artifact, ResultRecord } from "../../../src/core/record.ts";
import { openStore } from "../../../src/run/open-store.ts";
import type { Store } from "../../../src/run/workspace.ts";

/** A store on disk, in a new folder, and what puts results into it. */
export async function newStore(root = mkdtempSync(path.join(tmpdir(), "sluice-keeping-"))): Promise<Store> {
  return openStore({ root, onWarning: ({ message }) => void console.error(message) });
}

/** Bytes that do not compress, and differ from name to name. */
export function contentOf(name: string, size: number): Uint8Array {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += 32) bytes.write(digestOf(`${name} ${at}`), at, "hex");
  return bytes;
}

export function keyOf(name: string): Digest {
  return digestOf(`key of ${name}`);
}

interface Given extends Partial<ResultRecord> {
  /** Bytes of its blob; none for 0. */
  readonly size?: number;
  /** What is in its blob; its name unless given. */
  readonly content?: string;
}

/** Stores a result whose value is a blob. */
export async function putResult(
  store: Pick<Store, "blobs" | "metadata">,
  name: string,
  given: Given = {},
): Promise<ResultRecord> {
  const { size = 5000, content = name, ...over } = given;
  const inline = Buffer.from(content);
  const artifact: Artifact =
    size === 0
      ? { name: "value", digest: digestOf(inline), size: inline.length, inline }
      : { name: "value", ...(await store.blobs.put(contentOf(content, size))) };
  const record: ResultRecord = {
    key: keyOf(name),
    node: name,
    kind: "stage",
    codeVersion: digestOf("code"),
    inputs: [],
    settings: {},
    dataVersion: artifact.digest,
    format: "bytes",
    artifacts: [artifact],
    meta: {},
    warnings: [],
    durationMs: 10,
    createdAt: Date.now(),
    runId: "run-1",
    ...over,
  };
  await store.metadata.putResults([record]);
  return record;
}

/** The names of the results that are there. */
export async function namesIn({ metadata }: Pick<Store, "metadata">): Promise<string[]> {
  const names: string[] = [];
  for await (const { node } of metadata.allResults()) names.push(node);
  return names.sort();
}

export async function digestsIn({ blobs }: Pick<Store, "blobs">): Promise<Digest[]> {
  const digests: Digest[] = [];
  for await (const { digest } of blobs.list()) digests.push(digest);
  return digests.sort();
}
