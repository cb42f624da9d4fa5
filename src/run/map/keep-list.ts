import path from "node:path";
import type { Digest } from "../../core/digest.ts";
import { fail } from "../../core/failure.ts";
import type { FileRef } from "../../core/file-ref.ts";
import { listVersion } from "../../core/key.ts";
import { givesItems } from "../../core/node.ts";
import type { OutsidePath, ResultRecord } from "../../core/record.ts";
import type { BlobStore } from "../../store/blob-store.ts";
import { encodeChunks } from "../../store/formats/list.ts";
import { keep } from "../../store/kept-bytes.ts";
import { writes } from "../decision.ts";
import { HeldResult } from "../make/held.ts";
import type { Made, MakeContext, MakeRequest } from "../make/make.ts";
import { keepFiles, produce } from "../make/produced.ts";
import { recordWhole, whyUnrecorded } from "../make/record-whole.ts";
import { encodeIndex } from "./index-bytes.ts";
import type { ItemList } from "./item-list.ts";
import { chunkList } from "./list-chunks.ts";
import { IndexBuilder, type Stretch } from "./list-index.ts";
import { decodeReference, type Piece } from "./piece.ts";
import { chunksName, indexName } from "./stored-list.ts";

/** Warnings of checks that are kept with a list. */
const mostWarnings = 20;

/** The result of each item of a list. */
export interface Gathered {
  /** By the positions of items; of equal ones, of the first. */
  readonly pieces: readonly (Piece | undefined)[];
  /** Chunks of an earlier list that can be taken over, by what is in them. */
  readonly chunks: ReadonlyMap<string, Uint8Array>;
  /** What was changed while items ran: then the list is not recorded. */
  readonly changed: string | undefined;
}

/**
 * Puts the list of a map together and records it.
 * @throws DamagedPiece
 * @throws SluiceError `cancelled`, `unsupported-value`, and what the store throws
 */
export async function keepList(
  context: MakeContext,
  request: MakeRequest,
  items: ItemList,
  { pieces: byFirst, chunks, changed: changedFile }: Gathered,
): Promise<Made> {
  const { workspace, runId, signal } = context;
  const { facts, key, inputs } = request;
  const node = facts.node.name;
  const pieces = items.spread(byFirst);
  const index = indexOf(items, pieces);
  const isToBeRecorded = writes(facts) && !workspace.metadata.readOnly;
  const [sink, elsewhere] = isToBeRecorded
    ? [workspace.blobs, context.unrecorded]
    : [context.unrecorded, workspace.blobs];
  const tmp = path.join(workspace.scratch, `${runId}-${facts.node.index}-list`);
  const record: ResultRecord = {
    key,
    node,
    kind: facts.stage.kind,
    codeVersion: facts.codeVersion,
    inputs,
    settings: facts.settings,
    ...(await storeList({ request, items, pieces, index, chunks, sink, elsewhere, tmp })),
    dataVersion: listVersion(index.columns.results, items.shape),
    meta: {},
    ...outsideOf(pieces),
    warnings: warningsOf(pieces),
    durationMs: index.durationMs,
    createdAt: createdAt(request, pieces),
    runId,
  };
  const changed = changedFile ?? changedSource(context, request);
  if (signal.aborted) fail("cancelled", `${node} was cancelled`, { node });
  const storeAgain = async (): Promise<void> =>
    void (await storeList({ request, items, pieces, index, chunks, sink, elsewhere, tmp }));
  const isWhole =
    changed !== undefined || !isToBeRecorded || (await recordWhole(context.recorder, facts, record, storeAgain));
  return {
    kind: "made",
    held: new HeldResult(workspace, sink, record),
    dataVersion: record.dataVersion,
    durationMs: record.durationMs,
    result: { record, blobs: sink },
    ...(changed === undefined ? {} : { changedInput: changed }),
    ...((changed === undefined && isWhole) || !isToBeRecorded ? {} : { unrecorded: whyUnrecorded(changed) }),
  };
}

interface Storing {
  readonly request: MakeRequest;
  readonly items: ItemList;
  readonly pieces: readonly Piece[];
  readonly index: IndexBuilder;
  readonly chunks: ReadonlyMap<string, Uint8Array>;
  readonly sink: BlobStore;
  readonly elsewhere: BlobStore;
  readonly tmp: string;
}

/** The list as it was asked for, and the index by which the next run finds what is in it. */
async function storeList(storing: Storing): Promise<Pick<ResultRecord, "format" | "params" | "artifacts">> {
  const { request, items, pieces, sink, elsewhere, tmp } = storing;
  const { shape } = items;
  const chunks = await chunkList(items, pieces, storing.chunks);
  const keepIndex = () => {
    const bytes = encodeIndex(storing.index, lengthsOf(items), sourceOf(items));
    // most of it is digests
    return keep(indexName, bytes, sink, undefined, { compress: false });
  };
  const { stage } = request.facts;
  if (stage.format === "auto" && stage.output === undefined) {
    // Each of them waits for the disk.
    const [value, index] = await Promise.all([keep("value", encodeChunks(chunks), sink), keepIndex()]);
    const files = await keepFiles(filesOf(pieces), sink, elsewhere, tmp);
    return {
      format: "list",
      params: { items: items.total, ...(shape.length === 0 ? {} : { shape }) },
      artifacts: [value, index, ...files],
    };
  }
  const value: unknown[] = [];
  for (const chunk of chunks) for (const each of (await decodeReference(chunk)) as unknown[]) value.push(each);
  const { dataVersion: _, ...produced } = await produce(
    request.facts,
    { value: items.nested(value), meta: {}, outputs: {}, tmp, durationMs: 0 },
    sink,
    elsewhere,
  );
  const [list, index] = await Promise.all([keep(chunksName, encodeChunks(chunks), sink), keepIndex()]);
  return { ...produced, artifacts: [...produced.artifacts, index, list] };
}

function indexOf({ parts, kept, versions, total }: ItemList, pieces: readonly Piece[]): IndexBuilder {
  const index = new IndexBuilder(total);
  for (const part of parts) {
    if ("kept" in part) index.addStored(kept!.index, ...kept!.range(part.kept));
    else index.add(versions.slice(part.from, part.to), pieces.slice(part.from, part.to));
  }
  return index;
}

function lengthsOf({ parts, kept }: ItemList): readonly number[] {
  return parts.map((part) => ("kept" in part ? kept!.index.chunks[part.kept]! : part.to - part.from));
}

/** How the items were stored that a list was made of, so that a later one can keep chunks without a look at each item. */
function sourceOf({ parts, kept, versions, distinct }: ItemList): readonly Stretch[] | undefined {
  if (distinct.length < versions.length) return undefined;
  const stretches = parts.flatMap((part) => ("kept" in part ? kept!.index.source![part.kept]! : (part.stretch ?? [])));
  return stretches.length === parts.length ? stretches : undefined;
}

/** Each file once, however many results refer to it. */
function filesOf(pieces: readonly Piece[]): readonly FileRef[] {
  const files = new Map<Digest, FileRef>();
  for (const piece of pieces) {
    for (const { name, digest, size, executable = false } of piece.files) {
      files.set(digest, { origin: "store", name, digest, size, executable });
    }
  }
  return [...files.values()];
}

/** A list is too old as soon as one of its items is. */
function createdAt({ facts }: MakeRequest, pieces: readonly Piece[]): number {
  const now = Date.now();
  if (facts.stage.maxAge === undefined) return now;
  return pieces.reduce((oldest, piece) => Math.min(oldest, piece.createdAt), now);
}

/** The source that a list comes from, if that is not what it was any more. */
function changedSource(context: MakeContext, { facts }: MakeRequest): string | undefined {
  for (const { name, node } of facts.node.inputs) {
    if (node && givesItems(facts.stage, name) && context.held(node).unchanged?.() === false) return node.name;
  }
  return undefined;
}

/** A list holds only while what all of its items named is as it was. */
function outsideOf(pieces: readonly Piece[]): Pick<ResultRecord, "outside"> {
  const distinct = new Map<string, OutsidePath>();
  for (const { outside = [] } of pieces) for (const each of outside) distinct.set(JSON.stringify(each), each);
  return distinct.size === 0 ? {} : { outside: [...distinct.values()] };
}

function warningsOf(pieces: readonly Piece[]): readonly string[] {
  const distinct = new Set<string>();
  for (const piece of pieces) for (const warning of piece.warnings) distinct.add(warning);
  const warnings = [...distinct];
  if (warnings.length <= mostWarnings) return warnings;
  return [...warnings.slice(0, mostWarnings), `and ${warnings.length - mostWarnings} more items did not pass a check`];
}
