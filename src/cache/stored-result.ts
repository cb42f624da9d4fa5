import { mkdirSync, mkdtempSync } from "node:fs";
import path from "node:path";
import { inspect } from "node:util";
import type { Digest } from "../core/digest.ts";
import { fail, failureOf } from "../core/failure.ts";
import { nearest } from "../core/graph.ts";
import type { JsonValue } from "../core/json.ts";
import { type Artifact, inlineContent, type ResultRecord } from "../core/record.ts";
import type { FileIndex } from "../metadata/file-index.ts";
import { projectFile } from "../platform/file-handle.ts";
import { isPlaced, placeArtifact } from "../run/make/placed-artifact.ts";
import type { BlobStore } from "../store/blob-store.ts";
import { formatOf } from "../store/formats.ts";
import { artifactOf, filesOf, type Item, itemsOf } from "./items.ts";
import { type Place, placementOf, putBelow } from "./placing.ts";
import type { Result, ResultPiece } from "./result.ts";

/** What a {@link StoredResult} needs of the cache that it is of. */
export interface ResultHome {
  readonly root: string;
  /** Absolute path of a folder for copies; made when it is needed. */
  readonly scratch: string;
  readonly blobs: BlobStore;
  /** Knows what files are without reading them. */
  readonly files: Pick<FileIndex, "version">;
  /** Values that are at hand, by the name of their artifact. */
  readonly encoded?: ReadonlyMap<string, Uint8Array>;
  /** Told once when what is read turns out damaged; the failure is thrown afterwards. */
  readonly onDamage: (error: unknown) => Promise<void>;
  readonly lastUsed: () => Promise<number | undefined>;
  readonly onClose?: () => void;
}

/** An entry in a store. */
export class StoredResult implements Result {
  readonly #record: ResultRecord;
  readonly #home: ResultHome;
  #items: ReadonlyMap<string, Item> | undefined;
  #isClosed = false;
  #isDamaged = false;

  constructor(record: ResultRecord, home: ResultHome) {
    this.#record = record;
    this.#home = home;
  }

  get key(): Digest {
    return this.#record.key;
  }

  get label(): string {
    return this.#record.node;
  }

  get pieces(): readonly ResultPiece[] {
    return [...this.#itemMap().values()].map((item) => {
      const { kind, name } = item;
      const artifacts =
        kind === "dir" ? filesOf(this.#record, name).map(([, each]) => each) : [artifactOf(this.#record, item)];
      return { name, kind, size: sizeOf(artifacts) };
    });
  }

  get names(): readonly string[] {
    return [...this.#itemMap().keys()];
  }

  get size(): number {
    return sizeOf(this.#record.artifacts);
  }

  get meta(): { readonly [name: string]: JsonValue } {
    return this.#record.meta;
  }

  get createdAt(): Date {
    return new Date(this.#record.createdAt);
  }

  get durationMs(): number {
    return this.#record.durationMs;
  }

  get isDamaged(): boolean {
    return this.#isDamaged;
  }

  async lastUsed(): Promise<Date> {
    return new Date((await this.#home.lastUsed()) ?? this.#record.createdAt);
  }

  has(name: string): boolean {
    return this.#itemMap().has(name);
  }

  file(name: string): Promise<string> {
    return this.#reading(async () => {
      const item = this.#item(name, "file", "bytes", "dir");
      const { scratch } = this.#home;
      mkdirSync(scratch, { recursive: true, mode: 0o700 });
      const target = path.join(mkdtempSync(path.join(scratch, "copy-")), fileName(name));
      await this.#place(item, target, (at, artifact) => placeArtifact(this.#home.blobs, at, artifact));
      return target;
    });
  }

  copyTo(name: string, target: string): Promise<void> {
    const place: Place = (at, artifact) => this.#placeUnlessThere(at, artifact);
    return this.#reading(() => this.#place(this.#item(name, "file", "bytes", "dir"), this.#absolute(target), place));
  }

  mirror(name: string, target: string): Promise<boolean> {
    return this.#reading(async () => {
      const { mirror } = await import("./mirror.ts");
      return mirror(this.#record, this.#item(name, "file", "bytes", "dir"), this.#absolute(target), this.#home);
    });
  }

  restore(folder: string): Promise<void> {
    return this.#reading(async () => {
      const all = [...this.#itemMap().values()].map((item) => placementOf(this.#record, item, item.name));
      const placement = {
        files: all.flatMap(({ files }) => files),
        folders: all.flatMap(({ folders }) => folders),
        links: all.flatMap(({ links }) => links),
      };
      await putBelow(this.#absolute(folder), placement, (at, artifact) => this.#placeUnlessThere(at, artifact));
    });
  }

  bytes(name: string): Promise<Uint8Array> {
    return this.#reading(async () => {
      const artifact = this.#artifact(name);
      return inlineContent(artifact)?.slice() ?? (await this.#home.blobs.read(artifact.digest));
    });
  }

  async *stream(name: string): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      this.#requireOpen();
      const artifact = this.#artifact(name);
      const content = inlineContent(artifact);
      if (content) yield content.slice();
      else yield* this.#home.blobs.stream(artifact.digest);
    } catch (error) {
      await this.#noteDamage(error);
      throw error;
    }
  }

  value<T = unknown>(name = "value"): Promise<T> {
    return this.#reading(async () => {
      const item = this.#item(name, "value");
      const { format, params } = item as Item & { readonly kind: "value" };
      const artifact = artifactOf(this.#record, item);
      const known = inlineContent(artifact) ?? this.#home.encoded?.get(artifact.name);
      const bytes = known ?? (await this.#home.blobs.read(artifact.digest));
      const { root } = this.#home;
      return (await (
        await formatOf(format)
      ).decode(bytes, params, {
        reviveFile: (ref) =>
          ref.origin === "project"
            ? projectFile({ root, ref })
            : fail("corrupt-value", `the value ${JSON.stringify(name)} leads to a file that is not kept`),
      })) as T;
    });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#home.onClose?.();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [inspect.custom](): string {
    return `[result ${JSON.stringify(this.label)} ${this.key.slice(0, 12)}]`;
  }

  #itemMap(): ReadonlyMap<string, Item> {
    this.#items ??= itemsOf(this.#record);
    return this.#items;
  }

  #item(name: string, ...kinds: readonly Item["kind"][]): Item {
    const items = this.#itemMap();
    const item = items.get(name);
    if (!item) {
      const near = nearest(name, items.keys());
      const hint =
        near === undefined ? `it has: ${[...items.keys()].join(", ") || "nothing"}` : `did you mean "${near}"?`;
      fail("usage", `the entry holds nothing of the name ${JSON.stringify(name)}`, { hint });
    }
    if (kinds.includes(item.kind)) return item;
    const what = { file: "a file", bytes: "bytes", dir: "a folder", value: "a value" }[item.kind];
    const hint =
      item.kind === "value"
        ? "read it with value()"
        : item.kind === "dir"
          ? "read it with file() or copyTo()"
          : "read it with bytes(), stream() or file()";
    return fail("usage", `${JSON.stringify(name)} of the entry is ${what}`, { hint });
  }

  #artifact(name: string): Artifact {
    return artifactOf(this.#record, this.#item(name, "file", "bytes"));
  }

  async #place(item: Item, target: string, place: Place): Promise<void> {
    if (item.kind === "dir") await putBelow(target, placementOf(this.#record, item), place);
    else await place(target, artifactOf(this.#record, item));
  }

  /** A file that has the right content already is left alone; what the file system says of it is enough to know. */
  async #placeUnlessThere(target: string, artifact: Artifact): Promise<void> {
    const { files, blobs } = this.#home;
    if (!isPlaced(files, target, artifact)) await placeArtifact(blobs, target, artifact);
  }

  #absolute(target: string): string {
    if (typeof target !== "string" || target === "") fail("usage", "a path is missing");
    return path.resolve(this.#home.root, target);
  }

  async #reading<T>(read: () => Promise<T>): Promise<T> {
    try {
      this.#requireOpen();
      return await read();
    } catch (error) {
      await this.#noteDamage(error);
      throw error;
    }
  }

  #requireOpen(): void {
    if (this.#isClosed) fail("usage", "the result is closed", { hint: "read it before you close it" });
  }

  async #noteDamage(error: unknown): Promise<void> {
    const { reason } = failureOf(error) ?? {};
    if (reason !== "corrupt-blob" && reason !== "missing-blob" && reason !== "corrupt-value") return;
    if (this.#isDamaged) return;
    this.#isDamaged = true;
    await this.#home.onDamage(error);
  }
}

export function sizeOf(artifacts: readonly Artifact[]): number {
  let sum = 0;
  for (const { size } of artifacts) sum += size;
  return sum;
}

/** A name for a copy in a folder of its own: the last part of what it is called, where that can be one. */
function fileName(name: string): string {
  const last = name.slice(name.lastIndexOf("/") + 1);
  const fits = /^[^\0/\\:*?"<>|]{1,100}$/.test(last) && last !== "." && last !== "..";
  return fits && Buffer.byteLength(last) <= 200 ? last : "file";
}
