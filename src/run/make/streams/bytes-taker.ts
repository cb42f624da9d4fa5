import { type FileRef, fileRef } from "../../../core/file-ref.ts";
import type { BlobDraft, BlobStore } from "../../../store/blob-store.ts";
import { cannotCarry, indexStep, nameOf } from "../../../store/formats/refusal.ts";
import type { Taker } from "./taker.ts";

interface BytesOptions {
  readonly blobs: BlobStore;
  /** The name of the format; `text` takes UTF-8 only. */
  readonly format: string;
  /** What the file is called. */
  readonly name: string;
}

/** Takes bytes and strings, which become their UTF-8, for a file. */
export class BytesTaker implements Taker {
  readonly unit = "bytes";
  readonly #options: BytesOptions;
  readonly #draft: BlobDraft;
  /** Looks at bytes that are to be text. */
  readonly #utf8 = new TextDecoder("utf-8", { fatal: true });
  #chunks = 0;
  /** The first half of a surrogate pair, whose other half begins the next string. */
  #half = "";

  constructor(options: BytesOptions) {
    this.#options = options;
    this.#draft = options.blobs.draft();
  }

  get done(): number {
    return this.#draft.size;
  }

  add(chunk: unknown): void | Promise<void> {
    const index = this.#chunks++;
    if (typeof chunk === "string") {
      this.#checkEnd(index);
      return this.#draft.write(this.#encoded(chunk, index));
    }
    if (!(chunk instanceof Uint8Array)) this.#refuse(index, `is ${nameOf(chunk)}, and neither bytes nor a string`);
    if (this.#half !== "") this.#refuseHalf(index - 1);
    if (this.#options.format === "text") this.#checkUtf8(index, () => this.#utf8.decode(chunk, { stream: true }));
    return this.#draft.write(chunk);
  }

  async commit(): Promise<unknown> {
    if (this.#half !== "") this.#refuseHalf(this.#chunks - 1);
    this.#checkEnd(this.#chunks - 1);
    const { digest, size } = await this.#draft.commit();
    const ref: FileRef = { origin: "store", name: this.#options.name, size, digest, executable: false };
    return { [fileRef]: ref };
  }

  discard(): void {
    this.#draft.discard();
  }

  #encoded(chunk: string, index: number): Uint8Array {
    let text = this.#half + chunk;
    this.#half = "";
    const last = text.charCodeAt(text.length - 1);
    if (last >= 0xd800 && last < 0xdc00) {
      this.#half = text.slice(-1);
      text = text.slice(0, -1);
    }
    if (!text.isWellFormed()) this.#refuseHalf(index);
    return Buffer.from(text, "utf8");
  }

  /** Bytes that were to be text must not end in the midst of a character. */
  #checkEnd(index: number): void {
    if (this.#options.format === "text") this.#checkUtf8(index, () => this.#utf8.decode());
  }

  #checkUtf8(index: number, decode: () => void): void {
    try {
      decode();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.#refuse(index, "holds bytes that are not UTF-8");
    }
  }

  #refuseHalf(index: number): never {
    this.#refuse(index, "holds half a surrogate pair, which UTF-8 has no bytes for");
  }

  #refuse(index: number, what: string): never {
    const hint = 'yield strings, Buffers and Uint8Arrays, or give the stage the format "ndjson" to keep rows';
    cannotCarry(this.#options.format, [indexStep(Math.max(0, index))], what, hint);
  }
}
