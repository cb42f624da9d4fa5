import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Writable } from "node:stream";
import { digestOf } from "../../../src/core/digest.ts";
import type { Artifact, ResultRecord } from "../../../src/core/record.ts";
import { type Exported, type ExportOptions, exportStore } from "../../../src/run/archive/export.ts";
import { type Imported, type ImportOptions, importArchive } from "../../../src/run/archive/import.ts";
import { openStore } from "../../../src/run/open-store.ts";
import type { Store } from "../../../src/run/workspace.ts";

/** A store in a folder of its own, gone afterwards. */
export async function tempStore(): Promise<Store & AsyncDisposable> {
  const root = mkdtempSync(path.join(tmpdir(), "sluice-archive-"));
  const store = await openStore({ root });
  return {
    ...store,
    [Symbol.asyncDispose]: async () => {
      await store.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** A record of a result with this name and these artifacts, the same every time. */
export function record(name: string, artifacts: readonly Artifact[], over: Partial<ResultRecord> = {}): ResultRecord {
  return {
    key: digestOf(`key of ${name}`),
    node: name,
    kind: "stage",
    codeVersion: digestOf("code"),
    inputs: [{ name: "in", kind: "value", version: digestOf(name), preview: name }],
    settings: { format: "auto" },
    dataVersion: digestOf(`data of ${name}`),
    format: "auto",
    artifacts,
    meta: { name },
    warnings: [],
    durationMs: 12.5,
    createdAt: 1_700_000_000_000,
    runId: "a-run",
    ...over,
  };
}

export function inline(name: string, content: string | Uint8Array): Artifact {
  const bytes = Uint8Array.from(typeof content === "string" ? Buffer.from(content) : content);
  return { name, digest: digestOf(bytes), size: bytes.length, inline: bytes };
}

/** Keeps a content as a blob. */
export async function blob({ blobs }: Store, name: string, content: string | Uint8Array): Promise<Artifact> {
  return { name, ...(await blobs.put(typeof content === "string" ? Buffer.from(content) : content)) };
}

export async function exported(store: Store, options: ExportOptions = {}): Promise<[bytes: Buffer, what: Exported]> {
  const chunks: Buffer[] = [];
  const to = new Writable({
    write: (chunk: Buffer, _, done) => {
      chunks.push(chunk);
      done();
    },
  });
  const what = await exportStore(store, options, to);
  return [Buffer.concat(chunks), what];
}

/** Imports bytes as they might come: in chunks of this size. */
export function imported(
  store: Store,
  bytes: Uint8Array,
  options: ImportOptions & { readonly chunk?: number } = {},
): Promise<Imported> {
  const { chunk = 64 << 10, ...rest } = options;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  }
  return importArchive(store, chunks(), rest);
}

export async function resultsIn({ metadata }: Store): Promise<readonly ResultRecord[]> {
  const all: ResultRecord[] = [];
  for await (const each of metadata.allResults()) all.push(each);
  return all.sort((a, b) => (a.key < b.key ? -1 : 1));
}
