import { type Digest, digestOf, Hasher } from "../digest.ts";
import { schemeVersion, Tag } from "./scheme.ts";

/** Bytes that a hashing writer holds at most. */
const window = 64 * 1024;
/** Code units of a long string that are turned into bytes at once; 3 bytes each at most. */
const chunk = 16 * 1024;

/** Where an encoding goes: a buffer that grows, or a hash that is fed from a buffer of constant size. */
export class Writer {
  #buffer: Buffer;
  #view: DataView;
  #position = 0;
  readonly #hashes: boolean;
  #hasher: Hasher | undefined;

  constructor(domain: string, mode: "bytes" | "hash") {
    this.#hashes = mode === "hash";
    this.#buffer = Buffer.allocUnsafe(1024);
    this.#view = viewOf(this.#buffer);
    this.begin(domain);
  }

  /** Forgets all and starts another document. */
  begin(domain: string): void {
    this.#hasher = undefined;
    this.#position = this.#buffer.write(domain, 0, "latin1");
    this.byte(schemeVersion);
  }

  /** Forgets all, and begins with nothing. */
  clear(): void {
    this.#hasher = undefined;
    this.#position = 0;
  }

  /** Bytes that were written; of a writer that does not hash. */
  get size(): number {
    return this.#position;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#position++] = value;
  }

  varint(value: number): void {
    this.#reserve(8);
    this.#position = putVarint(this.#buffer, this.#position, value);
  }

  /** A byte and a varint after it: most of what there is begins so. */
  tagged(tag: number, value: number): void {
    this.#reserve(9);
    const at = this.#position;
    this.#buffer[at] = tag;
    this.#position = putVarint(this.#buffer, at + 1, value);
  }

  double(value: number): void {
    this.#reserve(8);
    if (Number.isNaN(value)) {
      // a NaN has many bit patterns, and which one a machine keeps is its own business
      this.#view.setUint32(this.#position, 0, true);
      this.#view.setUint32(this.#position + 4, 0x7ff80000, true);
    } else this.#view.setFloat64(this.#position, value, true);
    this.#position += 8;
  }

  number(value: number): void {
    // Most numbers are such, and cost no call more.
    if (value > 0 && value === (value & 0x3fffffff)) this.tagged(Tag.Natural, value);
    else if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      this.tagged(value < 0 ? Tag.Negative : Tag.Natural, Math.abs(value));
    } else if (Number.isNaN(value)) this.byte(Tag.NaN);
    else {
      this.byte(Tag.Double);
      this.double(value);
    }
  }

  bigint(value: bigint): void {
    this.byte(value < 0n ? Tag.BigIntNegative : Tag.BigIntPositive);
    const hex = value === 0n ? "" : (value < 0n ? -value : value).toString(16);
    const magnitude = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex").reverse();
    this.varint(magnitude.length);
    this.raw(magnitude);
  }

  text(value: string): void {
    if (this.#shortAscii(value) || this.#ascii(value)) return;
    if (value.isWellFormed()) {
      this.byte(Tag.String);
      this.varint(Buffer.byteLength(value, "utf8"));
      this.#pieces(value, "utf8");
    } else {
      this.byte(Tag.String16);
      this.varint(value.length);
      this.#pieces(value, "utf16le");
    }
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    if (this.#hashes && bytes.length > chunk) {
      this.#flush();
      this.#hasher!.update(bytes);
      return;
    }
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#position);
    this.#position += bytes.length;
  }

  /** All that was written: a copy that belongs to the caller. */
  bytes(): Uint8Array {
    return new Uint8Array(this.#buffer.subarray(0, this.#position));
  }

  /** All that was written, until more is. */
  view(): Uint8Array {
    return this.#buffer.subarray(0, this.#position);
  }

  /** The digest of all that was written. */
  digest(): Digest {
    if (!this.#hasher) return digestOf(this.#buffer.subarray(0, this.#position));
    this.#flush();
    return this.#hasher.digest();
  }

  /** Most strings are short and ASCII; a loop here is faster than a call out of JavaScript. */
  #shortAscii(value: string): boolean {
    const length = value.length;
    if (length > 40) return false;
    this.#reserve(length + 2);
    const buffer = this.#buffer;
    let at = this.#position + 2;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      buffer[at++] = code;
    }
    buffer[this.#position] = Tag.String;
    buffer[this.#position + 1] = length;
    this.#position = at;
    return true;
  }

  /** A digest, a name, a path: one call out of JavaScript, which tells by what it wrote whether all of it was ASCII. */
  #ascii(value: string): boolean {
    const { length } = value;
    if (length > chunk) return false;
    this.#reserve(3 * length + 9);
    const start = this.#position;
    this.#buffer[this.#position++] = Tag.String;
    this.varint(length);
    if (this.#buffer.write(value, this.#position) === length) {
      this.#position += length;
      return true;
    }
    this.#position = start;
    return false;
  }

  #pieces(value: string, encoding: "utf8" | "utf16le"): void {
    for (let start = 0; start < value.length; ) {
      let end = Math.min(start + chunk, value.length);
      if (end < value.length && isHighSurrogate(value.charCodeAt(end - 1))) end--;
      this.#reserve((end - start) * 3);
      const piece = start === 0 && end === value.length ? value : value.slice(start, end);
      this.#position += this.#buffer.write(piece, this.#position, encoding);
      start = end;
    }
  }

  #reserve(bytes: number): void {
    if (this.#position + bytes <= this.#buffer.length) return;
    if (this.#hashes && this.#buffer.length >= window) {
      this.#flush();
      return;
    }
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#hashes ? window : this.#position + bytes));
    this.#buffer.copy(grown, 0, 0, this.#position);
    this.#buffer = grown;
    this.#view = viewOf(grown);
  }

  #flush(): void {
    this.#hasher ??= new Hasher();
    if (this.#position > 0) this.#hasher.update(this.#buffer.subarray(0, this.#position));
    this.#position = 0;
  }
}

/** Gives the place after it. */
function putVarint(buffer: Buffer, start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest >= 0x80000000) {
    buffer[at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  while (rest >= 0x80) {
    buffer[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  buffer[at++] = rest;
  return at;
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}
