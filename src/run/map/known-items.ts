import type { Digest } from "../../core/digest.ts";
import { failureOf } from "../../core/failure.ts";
import { itemKey } from "../../core/key.ts";
import { givesItems, type StageNode } from "../../core/node.ts";
import { type Artifact, inlineContent, type ResultRecord } from "../../core/record.ts";
import type { BlobStore } from "../../store/blob-store.ts";
import { reads, type StageFacts } from "../decision.ts";
import { isDamage } from "../make/damaged-input.ts";
import type { MakeContext, MakeRequest } from "../make/make.ts";
import type { Workspace } from "../workspace.ts";
import type { ItemList } from "./item-list.ts";
import { type Piece, pieceOf } from "./piece.ts";
import { readStoredList, type StoredList } from "./stored-list.ts";

/** Records that are looked up at once. */
const batch = 2000;

/** Earlier lists among which one is looked for with the code and the shared inputs of now. */
const lookBack = 10;

/** What is known of a map's items before any of them runs. */
export interface KnownItems {
  /** By the positions of items; of equal ones, of the first. */
  readonly pieces: (Piece | undefined)[];
  /** Chunks of an earlier list that can be taken over, by what is in them. */
  readonly chunks: ReadonlyMap<string, Uint8Array>;
}

/**
 * Finds the results of items that are there: first in the last list that the map gave with the same code and shared inputs,
 * which is one look at one record, then one by one under their keys, in batches.
 * @param base see `itemsBase`
 * @param list see {@link earlierList}
 * @param broken positions of items whose results turned out damaged, and which are to run again
 */
export async function findKnown(
  context: MakeContext,
  request: MakeRequest,
  base: Digest,
  items: ItemList,
  list: StoredList | undefined,
  broken: ReadonlySet<number>,
): Promise<KnownItems> {
  const pieces: (Piece | undefined)[] = new Array(items.versions.length).fill(undefined);
  if (!reads(request.facts)) return { pieces, chunks: new Map() };
  const usable = new Usable(context, request);
  const chunks = new Map<string, Uint8Array>();
  // No two items are equal where chunks are kept: none of these is among those that were read.
  const kept = new Set(items.parts.flatMap((part) => ("kept" in part ? part.kept : [])));
  for (let chunk = 0; list && chunk < list.starts.length; chunk++) {
    if (kept.has(chunk)) continue;
    chunks.set(list.id(chunk), list.content(chunk));
    for (const [place, version] of list.itemsIn(chunk).entries()) {
      const index = items.first.get(version);
      if (index === undefined || pieces[index] || broken.has(index)) continue;
      const piece = list.pieceAt(chunk, place);
      const takes = usable.takes(piece);
      // What is known at once is not waited for: ten thousand waits would cost more than all else.
      if (takes === true || (await takes)) pieces[index] = piece;
    }
  }
  const missing = items.distinct.filter((index) => !pieces[index] && !broken.has(index));
  const { metadata, blobs } = context.workspace;
  for (let start = 0; start < missing.length; start += batch) {
    const some = missing.slice(start, start + batch);
    const keys = some.map((index) => itemKey(base, items.versions[index]!));
    const records = await metadata.readKeys(keys);
    for (const [i, index] of some.entries()) {
      const record = records.get(keys[i]!);
      if (record && (await usable.takesRecord(record))) pieces[index] = pieceOf(record, blobs);
    }
  }
  return { pieces, chunks };
}

/** The newest list that the map gave with the code and the shared inputs of now, if results may be reused. */
export async function earlierList(
  { workspace, emitter }: MakeContext,
  { facts, inputs, damaged }: MakeRequest,
): Promise<StoredList | undefined> {
  // What is damaged is put together again from the results of its items.
  if (damaged || !reads(facts)) return undefined;
  const wanted = shared(facts.stage, inputs);
  const earlier = await workspace.metadata.resultsOf(facts.node.name, lookBack);
  const record = earlier.find(
    ({ codeVersion, inputs: had }) => codeVersion === facts.codeVersion && shared(facts.stage, had) === wanted,
  );
  // What its items named outside is told by their own records.
  if (!record || record.outside || facts.stage.outside) return undefined;
  const early = ahead.get(facts);
  ahead.delete(facts);
  try {
    return await (early && isSame(early.record, record) ? early.list : readStoredList(workspace.blobs, record));
  } catch (error) {
    const damage = failureOf(error);
    if (!damage || !isDamage(damage)) throw error;
    // Each result of an item is there by itself, too.
    if (damage.reason !== "missing-blob")
      emitter.emit({ type: "warning", failure: { ...damage, node: facts.node.name } });
    return undefined;
  }
}

/** Bytes of a list that is read though it may turn out that nobody needs it. */
const mostAhead = 4 << 20;

/** Lists that are read before it is known whether their maps run. */
const ahead = new WeakMap<StageFacts, { readonly record: ResultRecord; readonly list: Promise<StoredList> }>();

/**
 * Begins to read the list that {@link earlierList} will most likely ask for. Whatever is wrong with it is told then.
 * @throws SluiceError what the database throws
 */
export async function readAhead({ workspace }: MakeContext, facts: StageFacts): Promise<void> {
  if (!reads(facts)) return;
  const [record] = await workspace.metadata.resultsOf(facts.node.name, 1);
  if (record?.codeVersion !== facts.codeVersion || record.outside) return;
  if (record.artifacts.reduce((sum, { size }) => sum + size, 0) > mostAhead) return;
  const list = readStoredList(workspace.blobs, record);
  list.catch(() => {});
  ahead.set(facts, { record, list });
}

function isSame(record: ResultRecord, other: ResultRecord): boolean {
  const artifacts = ({ artifacts: all }: ResultRecord) => all.map(({ name, digest }) => `${name} ${digest}`).join();
  return record.key === other.key && artifacts(record) === artifacts(other);
}

function shared(stage: StageNode, inputs: ResultRecord["inputs"]): string {
  return inputs
    .flatMap(({ name, version }) => (givesItems(stage, name) ? [] : [JSON.stringify([name, version])]))
    .sort()
    .join();
}

/** Which results of items may be reused. */
export class Usable {
  readonly #workspace: Workspace;
  readonly #stage: StageNode;
  readonly #blobs: BlobStore;
  readonly #maxAge: number | undefined;
  readonly #isDoubtful: boolean;
  readonly #now = Date.now();

  constructor({ workspace }: MakeContext, { facts, damaged = false }: MakeRequest) {
    this.#workspace = workspace;
    this.#stage = facts.stage;
    this.#blobs = workspace.blobs;
    this.#maxAge = facts.stage.maxAge;
    this.#isDoubtful = damaged;
  }

  takes({ createdAt, files }: Pick<Piece, "createdAt" | "files">): boolean | Promise<boolean> {
    if (!this.#isFresh(createdAt)) return false;
    return files.length === 0 || this.#hasAll(files);
  }

  async takesRecord(record: ResultRecord): Promise<boolean> {
    const { createdAt, artifacts, outside } = record;
    if (!this.#isFresh(createdAt) || !(await this.#hasAll(artifacts))) return false;
    if (!outside && !this.#stage.outside) return true;
    const { changedOutside } = await import("../outside/changed-outside.ts");
    return (await changedOutside(this.#workspace, this.#stage, record)) === undefined;
  }

  /** A result from the future (a clock set back) has no age that could be trusted. */
  #isFresh(createdAt: number): boolean {
    return this.#maxAge === undefined || (this.#now - createdAt <= this.#maxAge && createdAt <= this.#now);
  }

  /** Looks at blobs, without reading them, unless some of the map's are known to be damaged. */
  async #hasAll(artifacts: readonly Artifact[]): Promise<boolean> {
    for (const artifact of artifacts) {
      if (artifact.inline) {
        try {
          inlineContent(artifact);
        } catch (error) {
          if (!failureOf(error, "corrupt-blob")) throw error;
          return false;
        }
      } else if (this.#isDoubtful) {
        if ((await this.#blobs.verify(artifact.digest)) !== "ok") return false;
      } else if ((await this.#blobs.stat(artifact.digest))?.size !== artifact.size) return false;
    }
    return true;
  }
}
