import { RowSequenceDecoder, RowSequenceEncoder } from "../../core/canonical/row-sequence.ts";
import { Hasher } from "../../core/digest.ts";
import { fail } from "../../core/failure.ts";
import type { FileRef } from "../../core/file-ref.ts";
import type { JsonValue } from "../../core/json.ts";
import type { RowsRef, StoredRows } from "../../core/rows-ref.ts";
import type { BlobDraft, BlobStore } from "../blob-store.ts";
import type { RowFormat, RowSurvey, RowWriter } from "./row-format.ts";

/** The most files that handles in the rows of one result may lead to: they are listed in its record. */
const mostFiles = 10_000;

interface RowsDraftOptions {
  /** Where the rows are put. */
  readonly blobs: BlobStore;
  /** Takes what is not needed afterwards. */
  readonly scratch: BlobStore;
  /** The name of the format. */
  readonly name: string;
  readonly format: RowFormat;
}

/** Rows in the making: versioned and written as they come, in constant memory. It ends with `commit` or `discard`. */
export class RowsDraft {
  readonly #options: RowsDraftOptions;
  readonly #sequence: RowSequenceEncoder;
  readonly #files = new Map<string, FileRef>();
  /** Takes the sequence, where that is what is stored, or what the format is made of at the end. */
  readonly #sequenceDraft: BlobDraft | undefined;
  readonly #hasher = new Hasher();
  readonly #survey: RowSurvey | undefined;
  readonly #writer: RowWriter | undefined;
  /** Takes what the format writes. */
  #draft: BlobDraft | undefined;
  #sequenceSize = 0;

  constructor(options: RowsDraftOptions) {
    const { blobs, scratch, format, name } = options;
    this.#options = options;
    this.#writer = format.writer?.();
    this.#survey = format.survey?.();
    this.#sequence = new RowSequenceEncoder({
      shared: format.shared,
      onFile: (ref) => this.#addFile(ref),
      onRows: () => {
        fail("unsupported-value", `result[${this.count}] holds a handle of rows, which a row cannot`, {
          hint: "return the handle beside the rows, or yield its rows: yield* rows",
        });
      },
    });
    if (name === "auto") this.#sequenceDraft = blobs.draft();
    else if (this.#survey) this.#sequenceDraft = scratch.draft();
    else this.#draft = blobs.draft();
  }

  /** Rows so far. */
  get count(): number {
    return this.#sequence.count;
  }

  /** Bytes of the rows so far. */
  get size(): number {
    return this.#sequenceSize;
  }

  /**
   * Takes a row. A promise is to be awaited before the next.
   * @throws SluiceError `unversionable`, `unsupported-value` with the number of the row and the path to what is wrong
   */
  add(row: unknown): void | Promise<void> {
    this.#sequence.add(row);
    this.#survey?.add(row);
    this.#writer?.add(row);
    const isFull = this.#sequence.isFull;
    const text = this.#writer?.take();
    if (isFull || text) return this.#write(isFull ? this.#sequence.take() : undefined, text);
  }

  async commit(): Promise<RowsRef> {
    await this.#write(this.#sequence.end(), this.#writer?.end());
    const { name } = this.#options;
    const { count } = this;
    const files = [...this.#files.values()];
    if (name === "auto") {
      const { digest, size } = await this.#sequenceDraft!.commit();
      return { version: digest, count, stored: { format: name, digest, size, files } };
    }
    const version = this.#hasher.digest();
    const params = this.#survey ? await this.#writeSurveyed(this.#survey) : undefined;
    const { digest, size } = await this.#draft!.commit();
    const stored: StoredRows = { format: name, digest, size, files, ...(params === undefined ? {} : { params }) };
    return { version, count, stored };
  }

  discard(): void {
    this.#sequenceDraft?.discard();
    this.#draft?.discard();
  }

  async #write(sequence: Uint8Array | undefined, text: Uint8Array | undefined): Promise<void> {
    if (sequence) {
      this.#sequenceSize += sequence.length;
      // The digest of a draft is only known when it is committed.
      if (this.#options.name !== "auto") this.#hasher.update(sequence);
      await this.#sequenceDraft?.write(sequence);
    }
    if (text) await this.#draft!.write(text);
  }

  /** Goes through the rows again, now that it is known how to write them. */
  async #writeSurveyed(survey: RowSurvey): Promise<JsonValue> {
    const { blobs, scratch } = this.#options;
    const { writer, params } = survey.end();
    const { digest } = await this.#sequenceDraft!.commit();
    const draft = blobs.draft();
    this.#draft = draft;
    const decoder = new RowSequenceDecoder();
    for await (const piece of scratch.stream(digest)) {
      for (const block of decoder.push(piece)) {
        for (const row of block.rows()) {
          writer.add(row);
          const text = writer.take();
          if (text) await draft.write(text);
        }
      }
    }
    decoder.end();
    await draft.write(writer.end());
    await scratch.remove(digest);
    return params;
  }

  #addFile(ref: FileRef): void {
    if (ref.origin !== "store") return;
    this.#files.set(ref.executable ? `${ref.digest}x` : ref.digest, ref);
    if (this.#files.size > mostFiles) {
      fail("unsupported-value", `the rows lead to more than ${mostFiles} files by their handles`, {
        hint: "yield the content of the files, or write them to one folder",
      });
    }
  }
}
