import { lstat, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { digestParts } from "../core/canonical.ts";
import { type Digest, digestOf } from "../core/digest.ts";
import { fail, fromSystemError } from "../core/failure.ts";
import type { Artifact } from "../core/record.ts";
import type { BlobStore } from "../store/blob-store.ts";
import { encodedIn } from "../store/format.ts";
import { formatOf } from "../store/formats.ts";
import { inlineLimit } from "../store/kept-bytes.ts";
import type { Piece } from "./given-pieces.ts";
import { dirPrefix, type Item, pieceArtifact } from "./items.ts";
import { listFolder } from "./listed-folder.ts";
import type { Bytes } from "./pieces.ts";

/** Bytes of small pieces that one record holds; what comes after is kept as blobs. */
const mostInline = 65_536;

/** Files that are stored at once: the disk syncs many in little more time than one. */
const atOnce = 32;

/** The pieces of an entry, in a store. */
export interface Kept {
  readonly items: readonly Item[];
  readonly artifacts: readonly Artifact[];
  /** Of all that the entry holds. */
  readonly dataVersion: Digest;
  /** Bytes of encoded values that are at hand, by the name of their artifact. */
  readonly encoded: ReadonlyMap<string, Uint8Array>;
}

/**
 * Puts the pieces of an entry into a store, durably.
 * @param root what paths are relative to
 * @throws SluiceError `missing-file`, `unversionable`, `unsupported-value`, `unsupported-format`, and what the store throws
 */
export async function keepPieces(pieces: readonly Piece[], root: string, blobs: BlobStore): Promise<Kept> {
  const keeper = new Keeper(root, blobs);
  for (const piece of pieces) await keeper.add(piece);
  return keeper.kept();
}

class Keeper {
  readonly #root: string;
  readonly #blobs: BlobStore;
  readonly #items: Item[] = [];
  readonly #artifacts: Artifact[] = [];
  readonly #encoded = new Map<string, Uint8Array>();
  readonly #versions: unknown[] = [];
  #inline = 0;

  constructor(root: string, blobs: BlobStore) {
    this.#root = root;
    this.#blobs = blobs;
  }

  kept(): Kept {
    return {
      items: this.#items,
      artifacts: this.#artifacts,
      dataVersion: digestParts("entry-content", this.#versions),
      encoded: this.#encoded,
    };
  }

  async add(piece: Piece): Promise<void> {
    const { name } = piece;
    this.#versions.push(piece.kind, name);
    switch (piece.kind) {
      case "value":
        return this.#addValue(name, piece.value, piece.format);
      case "bytes": {
        const artifact = await this.#keepBytes(pieceArtifact("bytes", name), piece.content);
        this.#take({ kind: "bytes", name }, [artifact], [artifact.digest]);
        return;
      }
      case "file": {
        const artifact = await this.#keepFile(pieceArtifact("file", name), path.resolve(this.#root, piece.path));
        this.#take({ kind: "file", name }, [artifact], [artifact.digest, artifact.executable]);
        return;
      }
      case "dir":
        return this.#addFolder(name, path.resolve(this.#root, piece.path), piece.exclude);
    }
  }

  #take(item: Item, artifacts: readonly Artifact[], version: readonly unknown[]): void {
    this.#items.push(item);
    for (const artifact of artifacts) this.#artifacts.push(artifact);
    this.#versions.push(version);
  }

  async #addValue(name: string, value: unknown, formatName: string): Promise<void> {
    const format = await formatOf(formatName);
    const { bytes, dataVersion, params, files = [] } = await encodedIn(format, value);
    if (files.some(({ origin }) => origin === "store")) {
      fail("unsupported-value", `the value ${JSON.stringify(name)} holds a handle of a file in a store`, {
        hint: "keep its content by itself: .file(name, handle.path)",
      });
    }
    const artifactName = pieceArtifact("value", name);
    const artifact = await this.#keep(artifactName, bytes, formatName === "auto" ? dataVersion : undefined);
    if (!artifact.inline) this.#encoded.set(artifactName, bytes);
    const item: Item = { kind: "value", name, format: formatName, ...(params === undefined ? {} : { params }) };
    this.#take(item, [artifact], [dataVersion]);
  }

  async #addFolder(name: string, folder: string, exclude: readonly string[]): Promise<void> {
    const { files, folders, links } = await listFolder(name, folder, exclude);
    const artifacts: Artifact[] = [];
    for (let i = 0; i < files.length; i += atOnce) {
      const some = files.slice(i, i + atOnce);
      const keep = (inside: string) => this.#keepFile(dirPrefix(name) + inside, path.join(folder, inside));
      artifacts.push(...(await Promise.all(some.map(keep))));
    }
    const version = artifacts.map(({ name, digest, executable }) => [name, digest, executable]);
    this.#take({ kind: "dir", name, folders, links }, artifacts, [version, folders, links]);
  }

  async #keepFile(name: string, file: string): Promise<Artifact> {
    const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
      throw fromSystemError(error, "looking at a file", file);
    });
    if (!found?.isFile()) {
      const isLink = !found && (await lstat(file).catch(() => undefined))?.isSymbolicLink();
      const what = found?.isDirectory()
        ? "is a folder"
        : found
          ? "is not a file"
          : isLink
            ? "leads nowhere"
            : "is not there";
      fail("missing-file", `${file} ${what}`, {
        where: { file },
        ...(found?.isDirectory() ? { hint: "keep a folder with .dir(name, path)" } : {}),
      });
    }
    const executable = (found.mode & 0o100) !== 0;
    if (this.#fits(found.size)) {
      const content = await readFile(file).catch((error) => {
        throw fromSystemError(error, "reading a file", file);
      });
      // A file that grew meanwhile is no small one.
      if (this.#fits(content.length)) return { ...(await this.#keep(name, content)), executable };
    }
    return { name, ...(await this.#blobs.putFile(file)), executable };
  }

  async #keepBytes(name: string, content: Bytes): Promise<Artifact> {
    if (typeof content === "string") return this.#keep(name, Buffer.from(content));
    if (content instanceof Uint8Array) return this.#keep(name, content.slice());
    const draft = this.#blobs.draft();
    try {
      for await (const chunk of content as AsyncIterable<unknown>) {
        const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
        if (!(bytes instanceof Uint8Array)) {
          fail("unsupported-value", `the stream of ${JSON.stringify(name)} gave what is neither bytes nor a string`);
        }
        await draft.write(bytes);
      }
      return { name, ...(await draft.commit()) };
    } finally {
      draft.discard();
    }
  }

  async #keep(name: string, bytes: Uint8Array, known?: Digest): Promise<Artifact> {
    if (!this.#fits(bytes.length)) return { name, ...(await this.#blobs.put(bytes)) };
    this.#inline += bytes.length;
    return { name, digest: known ?? digestOf(bytes), size: bytes.length, inline: bytes };
  }

  #fits(size: number): boolean {
    return size <= inlineLimit && this.#inline + size <= mostInline;
  }
}
