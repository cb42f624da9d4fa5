import { mkdtempSync, writeFileSync } from "node:fs";
import path from "node:path";
import { inspect } from "node:util";
import type { Digest } from "../core/digest.ts";
import { fail } from "../core/failure.ts";
import type { FileRef, fileRef } from "../core/file-ref.ts";
import { type RowsRef, rowsRef } from "../core/rows-ref.ts";
import { type FileHandle, type FileSource, storedFile } from "./file-handle.ts";
import { ensureDir } from "./files.ts";

/**
 * Rows that need not fit in memory: what a stage gives whose function returns an async iterable (or a generator, or a stream
 * of objects). Iterate it with `for await`, as often as wanted: each iteration reads from the beginning, by itself.
 *
 * What is read is checked as it comes. Should the stored rows be damaged, the iteration throws; in a stage, Sluice then makes
 * them again and calls the stage's function anew.
 *
 * @example
 * ```ts
 * import { stage } from "sluice";
 *
 * export const readings = stage({}, async function* () {
 *   for (let second = 0; second < 86_400; second++) yield { second, celsius: 20 + Math.sin(second / 1000) };
 * });
 * export const warm = stage({ readings }, async function* ({ readings }) {
 *   for await (const reading of readings) if (reading.celsius > 20) yield reading;
 * });
 * export const first = stage({ warm }, ({ warm }) => warm.first(10));
 * ```
 */
export interface RowsHandle<out Row = unknown> extends AsyncIterable<Row> {
  /** How many rows there are. */
  readonly count: number;
  /** Bytes of the rows as they are stored, before compression. */
  readonly size: number;
  /** BLAKE3 of the rows, whatever the format: equal rows in equal order have equal digests. */
  readonly digest: Digest;
  /** The format that they are stored in: `auto`, `ndjson`, `json` or `csv`. */
  readonly format: string;
  [Symbol.asyncIterator](): AsyncGenerator<Row, void, undefined>;
  /** The rows in lists, as they are stored (about 64 KiB each): several times faster than one by one. */
  batches(): AsyncGenerator<Row[], void, undefined>;
  /** The first rows; all, if there are no more. No more is read than they take. */
  first(count: number): Promise<Row[]>;
  /** All rows, in memory. */
  toArray(): Promise<Row[]>;
  /**
   * The file as which the rows are stored.
   * @throws SluiceError `unsupported-value` for the format `auto`, which no other program reads
   */
  file(): FileHandle;
  /** What stands for the rows in keys and stored values. */
  readonly [rowsRef]: RowsRef;
  /** How many rows, their size and digest, so that a handle in JSON is not an empty object by accident. */
  toJSON(): { readonly count: number; readonly size: number; readonly digest: Digest };
}

/** Where stored rows come from: what a handle of rows needs of a store. */
export interface RowsSource {
  /** The rows from the beginning, some at a time. */
  read(ref: RowsRef): AsyncGenerator<unknown[], void, undefined>;
  /** With the dot: what a file of the rows' format is called at its end. */
  readonly extension: string;
  readonly files: FileSource;
}

/** A handle of rows in the store. */
export function storedRows(options: { readonly ref: RowsRef; readonly source: RowsSource }): RowsHandle {
  const { ref, source } = options;
  const isNothing = ref.count === 0 && ref.stored.format === "auto";
  return isNothing ? new NoRows(ref, source) : new RowsInStore(ref, source);
}

class RowsInStore implements RowsHandle {
  readonly #ref: RowsRef;
  readonly #source: RowsSource;

  constructor(ref: RowsRef, source: RowsSource) {
    this.#ref = ref;
    this.#source = source;
  }

  get [rowsRef](): RowsRef {
    return this.#ref;
  }

  get count(): number {
    return this.#ref.count;
  }

  get size(): number {
    return this.#ref.stored.size;
  }

  get digest(): Digest {
    return this.#ref.version;
  }

  get format(): string {
    return this.#ref.stored.format;
  }

  batches(): AsyncGenerator<unknown[], void, undefined> {
    return this.#source.read(this.#ref);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown, void, undefined> {
    // Not `yield*`, which waits several times for each row of a list.
    for await (const batch of this.batches()) for (const row of batch) yield row;
  }

  async first(count: number): Promise<unknown[]> {
    if (!(count >= 0)) throw new TypeError(`first() takes a number of rows, not ${inspect(count)}`);
    const rows: unknown[] = [];
    if (count === 0) return rows;
    for await (const batch of this.batches()) {
      for (const row of batch) {
        rows.push(row);
        if (rows.length >= count) return rows;
      }
    }
    return rows;
  }

  async toArray(): Promise<unknown[]> {
    const rows: unknown[] = [];
    for await (const batch of this.batches()) for (const row of batch) rows.push(row);
    return rows;
  }

  file(): FileHandle {
    const { format, digest, size } = this.#ref.stored;
    const { extension, files } = this.#source;
    if (format === "auto") {
      fail("unsupported-value", "the rows are stored in a form that is Sluice's own, not as a file for others", {
        hint: 'give the stage that makes them the format "csv", "ndjson" or "json"',
      });
    }
    const ref: FileRef = { origin: "store", name: `rows${extension}`, size, digest, executable: false };
    return storedFile({ ref, source: files });
  }

  toJSON(): { readonly count: number; readonly size: number; readonly digest: Digest } {
    return { count: this.count, size: this.size, digest: this.digest };
  }

  [inspect.custom](_depth: number, options: { stylize(text: string, style: "string" | "special"): string }): string {
    return `${options.stylize("RowsHandle", "special")} (${this.count} rows, ${this.size} bytes)`;
  }
}

/**
 * What a stream leaves that gave nothing at all: nobody can tell whether it would have been bytes or rows, and the code that
 * reads it knows which it expects. So it reads as no rows and as no bytes.
 */
class NoRows extends RowsInStore implements Omit<FileHandle, "toJSON" | typeof fileRef> {
  readonly name = "stream";
  readonly executable = false;
  readonly #scratch: string;
  #path: string | undefined;

  constructor(ref: RowsRef, source: RowsSource) {
    super(ref, source);
    this.#scratch = source.files.scratch;
  }

  get path(): string {
    if (this.#path === undefined) {
      ensureDir(this.#scratch);
      const at = path.join(mkdtempSync(path.join(this.#scratch, "file-")), this.name);
      writeFileSync(at, "");
      this.#path = at;
    }
    return this.#path;
  }

  override get size(): number {
    return 0;
  }

  async text(): Promise<string> {
    return "";
  }

  async json(): Promise<never> {
    return fail("unsupported-value", "the stream was empty, which is no JSON");
  }

  async bytes(): Promise<Uint8Array> {
    return new Uint8Array(0);
  }

  stream(): ReadableStream<Uint8Array> {
    return ReadableStream.from<Uint8Array>([]);
  }
}
