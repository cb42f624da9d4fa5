import { type DecodeOptions, Decoder } from "./decoder.ts";
import { type EncodeOptions, Encoder } from "./encoder.ts";
import { Reader } from "./reader.ts";
import { rowsDomain, schemeVersion } from "./scheme.ts";
import type { Step } from "./unversionable.ts";
import { Writer } from "./writer.ts";

/*
 * Rows, one after the other, in constant memory:
 *
 *   sequence  = domain, scheme version (one byte), blocks, end
 *   block     = varint of bytes, varint of rows, a value for each row
 *   end       = varint 0, varint of all rows
 *
 * A row is written as by itself: its objects are numbered from 0, and no reference leads to another row. Shapes are shared
 * in a block. A block ends with the row that makes it `blockSize` bytes or longer, so equal rows have one sequence only.
 */

/** Bytes of the values of a block, its last row left out, are fewer than this. */
const blockSize = 64 * 1024;

/** Writes the sequence of rows, whose digest is their version. */
export class RowSequenceEncoder {
  readonly #block = new Writer("", "bytes");
  readonly #head = new Writer("", "bytes");
  readonly #options: EncodeOptions;
  #encoder: Encoder;
  #rowsInBlock = 0;
  #count = 0;
  #isBegun = false;

  constructor(options: Pick<EncodeOptions, "shared" | "onFile" | "onRows"> = {}) {
    const inRow: Step = () => `result[${this.#count}]`;
    this.#options = { versionOnly: "refuse", ...options, above: [inRow] };
    this.#block.clear();
    this.#encoder = new Encoder(this.#block, this.#options);
  }

  /** Rows so far. */
  get count(): number {
    return this.#count;
  }

  /** @throws SluiceError `unversionable` with the number of the row and the path to what has no encoding */
  add(row: unknown): void {
    this.#encoder.forget();
    this.#encoder.write(row);
    this.#count++;
    this.#rowsInBlock++;
  }

  /** Whether a block is done: `take` it before the next row. */
  get isFull(): boolean {
    return this.#block.size >= blockSize;
  }

  /** The next bytes of the sequence: the block, as it is. Only when it `isFull`, or at the end. */
  take(): Uint8Array {
    const head = this.#beginning();
    if (this.#rowsInBlock > 0) {
      head.varint(this.#block.size);
      head.varint(this.#rowsInBlock);
    }
    head.raw(this.#block.view());
    this.#block.clear();
    this.#rowsInBlock = 0;
    this.#encoder = new Encoder(this.#block, this.#options);
    return head.bytes();
  }

  /** The last bytes of the sequence. */
  end(): Uint8Array {
    const rest = this.take();
    this.#head.clear();
    this.#head.varint(0);
    this.#head.varint(this.#count);
    return Buffer.concat([rest, this.#head.view()]);
  }

  #beginning(): Writer {
    if (this.#isBegun) this.#head.clear();
    else this.#head.begin(rowsDomain);
    this.#isBegun = true;
    return this.#head;
  }
}

/** A block of a sequence. */
export interface RowBlock {
  /** What holds the values, for a look at it before they are decoded. */
  readonly bytes: Buffer;
  /** @throws SluiceError as `decode` does */
  rows(): unknown[];
}

/** Reads a sequence from pieces, as strictly as `decode` reads a value. */
export class RowSequenceDecoder {
  readonly #options: DecodeOptions;
  #rest: Buffer = Buffer.alloc(0);
  #isBegun = false;
  /** Bytes of the block before; it must have been full if another follows. */
  #lastSize = blockSize;
  #count = 0;
  #ended = false;

  constructor(options: DecodeOptions = {}) {
    this.#options = options;
  }

  /** Takes the next bytes and gives the blocks that are whole now; their bytes are shared with the pieces. */
  *push(piece: Uint8Array): Generator<RowBlock> {
    const fresh = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    this.#rest = this.#rest.length === 0 ? fresh : Buffer.concat([this.#rest, fresh]);
    if (!this.#isBegun && !this.#begin()) return;
    for (;;) {
      const block = this.#ended ? undefined : this.#next();
      if (!block) break;
      yield block;
    }
    if (this.#ended && this.#rest.length > 0) new Reader(this.#rest).corrupt("more bytes than the rows have");
  }

  /** After the last piece. @returns how many rows there were */
  end(): number {
    if (!this.#ended) new Reader(this.#rest).corrupt("it ends too early");
    return this.#count;
  }

  #begin(): boolean {
    const length = rowsDomain.length + 1;
    if (this.#rest.length < length) return false;
    const input = new Reader(this.#rest.subarray(0, length));
    if (input.raw(rowsDomain.length).toString("latin1") !== rowsDomain) input.corrupt("no encoded rows");
    const version = input.byte();
    if (version !== schemeVersion) input.corrupt(`scheme version ${version}, not ${schemeVersion},`);
    this.#rest = this.#rest.subarray(length);
    this.#isBegun = true;
    return true;
  }

  /** The next block; undefined when its bytes are not all there yet, or when the end has come. */
  #next(): RowBlock | undefined {
    const headSize = sizeOfVarints(this.#rest, 2);
    if (headSize === undefined) return undefined;
    const head = new Reader(this.#rest.subarray(0, headSize));
    const size = head.varint();
    const count = head.varint();
    if (size === 0) {
      if (count !== this.#count) head.corrupt("another number of rows than there were");
      this.#ended = true;
      this.#rest = this.#rest.subarray(headSize);
      return undefined;
    }
    if (this.#rest.length < headSize + size) return undefined;
    if (this.#lastSize < blockSize || count === 0 || count > size) head.corrupt("rows in the wrong blocks");
    const bytes = this.#rest.subarray(headSize, headSize + size);
    this.#rest = this.#rest.subarray(headSize + size);
    this.#lastSize = size;
    this.#count += count;
    return { bytes, rows: () => rowsOfBlock(bytes, count, this.#options) };
  }
}

function rowsOfBlock(bytes: Buffer, count: number, options: DecodeOptions): unknown[] {
  const input = new Reader(bytes);
  const decoder = new Decoder(input, options);
  const rows: unknown[] = [];
  for (let i = 0; i < count; i++) {
    if (bytes.length - input.left >= blockSize) input.corrupt("rows in the wrong blocks");
    decoder.forget();
    rows.push(decoder.read());
  }
  if (input.left > 0) input.corrupt("more bytes than the rows have");
  return rows;
}

/** How many bytes the first varints take; undefined when they are not all there. */
function sizeOfVarints(bytes: Buffer, count: number): number | undefined {
  let found = 0;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i]! < 0x80 && ++found === count) return i + 1;
    // No varint is longer than 8 bytes: let the reader say so.
    if (i === 16) return i + 1;
  }
  return undefined;
}
