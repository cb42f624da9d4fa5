import { mkdirSync, mkdtempSync } from "node:fs";
import path from "node:path";
import { inspect } from "node:util";
import type { Digest } from "../core/digest.ts";
import { fail, failureOf } from "../core/failure.ts";
import { nearest } from "../core/graph.ts";
import type { JsonValue } from "../core/json.ts";
import { type Artifact, inlineContent, type ResultRecord } from "../core/record.ts";
import { projectFile } from "../platform/file-handle.ts";
import { placeArtifact } from "../run/make/placed-artifact.ts";
import type { BlobStore } from "../store/blob-store.ts";
import { formatOf } from "../store/formats.ts";
import { artifactOf, filesOf, type Item, itemsOf } from "./items.ts";
import { placementOf, putBelow } from "./placing.ts";

/** One piece of an entry. */
export interface ResultPiece {
  readonly name: string;
  readonly kind: "file" | "dir" | "bytes" | "value";
  /** Bytes; of a folder, of all files in it. */
  readonly size: number;
}

/** What a {@link Result} needs of the cache that it is of. */
export interface ResultHome {
  readonly root: string;
  /** Absolute path of a folder for copies; made when it is needed. */
  readonly scratch: string;
  readonly blobs: BlobStore;
  /** Values that are at hand, by the name of their artifact. */
  readonly encoded?: ReadonlyMap<string, Uint8Array>;
  /** Told once when what is read turns out damaged; the failure is thrown afterwards. */
  readonly onDamage: (error: unknown) => Promise<void>;
  readonly lastUsed: () => Promise<number | undefined>;
  readonly onClose?: () => void;
}

/**
 * An entry, as it was found. Its content is read, and checked, when it is asked for; until the result is closed no other process
 * evicts it. What turns out damaged makes the call fail with `corrupt-blob`, `missing-blob` or `corrupt-value`, and the entry is
 * gone: the next `get` finds none, and `wrap` makes it anew.
 */
export class Result implements Disposable {
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

  /** The label of the key. */
  get label(): string {
    return this.#record.node;
  }

  /** Every piece, in the order in which they were given. */
  get pieces(): readonly ResultPiece[] {
    return [...this.#itemMap().values()].map((item) => {
      const { kind, name } = item;
      const artifacts =
        kind === "dir" ? filesOf(this.#record, name).map(([, each]) => each) : [artifactOf(this.#record, item)];
      return { name, kind, size: sizeOf(artifacts) };
    });
  }

  /** The names of all pieces. */
  get names(): readonly string[] {
    return [...this.#itemMap().keys()];
  }

  /** Bytes of all that it holds; equal content counts each time. */
  get size(): number {
    return sizeOf(this.#record.artifacts);
  }

  /** What `meta` was given when it was recorded. */
  get meta(): { readonly [name: string]: JsonValue } {
    return this.#record.meta;
  }

  get createdAt(): Date {
    return new Date(this.#record.createdAt);
  }

  /** Milliseconds that it took to make. */
  get durationMs(): number {
    return this.#record.durationMs;
  }

  /** Whether what was read of it turned out damaged. */
  get isDamaged(): boolean {
    return this.#isDamaged;
  }

  /** When it was last used before now, or made; noted some time later, so a use of this moment may be missing. */
  async lastUsed(): Promise<Date> {
    return new Date((await this.#home.lastUsed()) ?? this.#record.createdAt);
  }

  has(name: string): boolean {
    return this.#itemMap().has(name);
  }

  /**
   * A copy of a file, of bytes or of a folder, checked: its absolute path. It is the caller's own, and gone when the cache is
   * closed.
   */
  file(name: string): Promise<string> {
    return this.#reading(async () => {
      const item = this.#item(name, "file", "bytes", "dir");
      const { scratch } = this.#home;
      mkdirSync(scratch, { recursive: true, mode: 0o700 });
      const target = path.join(mkdtempSync(path.join(scratch, "copy-")), fileName(name));
      await this.#place(item, target);
      return target;
    });
  }

  /**
   * Puts a file, bytes or a folder at a path, each file whole or not at all. A link at the path of a file is replaced; below that
   * of a folder none is followed, and what is there under other names stays.
   * @param target relative to the root of the cache
   */
  copyTo(name: string, target: string): Promise<void> {
    return this.#reading(() => this.#place(this.#item(name, "file", "bytes", "dir"), this.#absolute(target)));
  }

  /**
   * Puts all files, bytes and folders below a folder, under their names. Nothing is written outside of it, whatever the names are.
   * @param folder relative to the root of the cache
   * @throws SluiceError `unsupported-value` for a name that cannot be a path below a folder, and where a link is in the way
   */
  restore(folder: string): Promise<void> {
    return this.#reading(async () => {
      const all = [...this.#itemMap().values()].map((item) => placementOf(this.#record, item, item.name));
      const placement = {
        files: all.flatMap(({ files }) => files),
        folders: all.flatMap(({ folders }) => folders),
        links: all.flatMap(({ links }) => links),
      };
      await putBelow(this.#absolute(folder), placement, this.#home.blobs);
    });
  }

  /** The content of a file or of bytes, a copy of its own. */
  bytes(name: string): Promise<Uint8Array> {
    return this.#reading(async () => {
      const artifact = this.#artifact(name);
      return inlineContent(artifact)?.slice() ?? (await this.#home.blobs.read(artifact.digest));
    });
  }

  /**
   * The content of a file or of bytes in pieces, in constant memory. A piece comes one late, and the last only if all of it is what
   * was put there: who reads to the end has read no wrong byte.
   */
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

  /**
   * A value, decoded anew for each call. The type is what you say it is: nothing checks it.
   * @param name `value` unless given, which is what `wrap` keeps
   */
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

  /** Lets go of the entry, which may be evicted from now on. Copies of files stay. */
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

  async #place(item: Item, target: string): Promise<void> {
    const { blobs } = this.#home;
    if (item.kind === "dir") await putBelow(target, placementOf(this.#record, item), blobs);
    else await placeArtifact(blobs, target, artifactOf(this.#record, item));
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
