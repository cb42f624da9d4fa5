import { isUtf8 } from "node:buffer";
import { fail } from "../failure.ts";
import { Tag } from "./scheme.ts";

/** Bytes that may have been made by anyone, read strictly: what no writer can have written is `corrupt-value`. */
export class Reader {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes that were not read yet. Nothing is allocated for more things than there are bytes left. */
  get left(): number {
    return this.#bytes.length - this.#position;
  }

  /** Bytes that were read. */
  get position(): number {
    return this.#position;
  }

  corrupt(what: string, cause?: unknown): never {
    fail("corrupt-value", `the encoded value is damaged: ${what} before byte ${this.#position}`, {
      ...(cause === undefined ? {} : { cause }),
    });
  }

  /** The next byte, which stays unread; -1 at the end. */
  peek(): number {
    return this.#position < this.#bytes.length ? this.#bytes[this.#position]! : -1;
  }

  byte(): number {
    if (this.#position >= this.#bytes.length) this.corrupt("it ends too early");
    return this.#bytes[this.#position++]!;
  }

  /** A byte that is 0 or 1. */
  flag(): boolean {
    const value = this.byte();
    if (value > 1) this.corrupt(`${value} for yes or no`);
    return value === 1;
  }

  varint(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    let scale = 128;
    for (;;) {
      const next = this.byte();
      value += (next & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) this.corrupt("a number too large");
      if (next < 0x80) {
        if (next === 0) this.corrupt("a number with leading zeros");
        return value;
      }
      scale *= 128;
    }
  }

  /** How many things follow, of at least so many bytes each. */
  count(bytesEach: number): number {
    const count = this.varint();
    if (count * bytesEach > this.left) this.corrupt("more announced than there is");
    return count;
  }

  double(): number {
    if (this.left < 8) this.corrupt("it ends too early");
    const value = this.#view.getFloat64(this.#position, true);
    if (Number.isNaN(value)) {
      const low = this.#view.getUint32(this.#position, true);
      const high = this.#view.getUint32(this.#position + 4, true);
      if (low !== 0 || high !== 0x7ff80000) this.corrupt("another NaN than the one");
    }
    this.#position += 8;
    return value;
  }

  /** The number that belongs to a tag; undefined when the tag is not a number's. */
  number(tag: number): number | undefined {
    switch (tag) {
      case Tag.Natural:
        return this.varint();
      case Tag.Negative: {
        const magnitude = this.varint();
        if (magnitude === 0) this.corrupt("a negative zero as an integer");
        return -magnitude;
      }
      case Tag.NaN:
        return Number.NaN;
      case Tag.Double: {
        const value = this.double();
        if (Number.isNaN(value) || (Number.isSafeInteger(value) && !Object.is(value, -0)))
          this.corrupt("a number in the wrong form");
        return value;
      }
      default:
        return undefined;
    }
  }

  bigint(tag: number): bigint {
    const size = this.count(1);
    if (size === 0) {
      if (tag === Tag.BigIntNegative) this.corrupt("a negative zero as an integer");
      return 0n;
    }
    const bytes = Buffer.from(this.raw(size)).reverse();
    if (bytes[0] === 0) this.corrupt("a number with leading zeros");
    const magnitude = this.attempt("a number too large", () => BigInt(`0x${bytes.toString("hex")}`));
    return tag === Tag.BigIntNegative ? -magnitude : magnitude;
  }

  /** A string, with its tag. */
  text(): string {
    return this.textAfter(this.byte());
  }

  textAfter(tag: number): string {
    if (tag === Tag.String) return this.#utf8(this.count(1));
    if (tag !== Tag.String16) this.corrupt(`tag ${tag} where a text must be`);
    const bytes = this.raw(this.count(2) * 2);
    const value = this.attempt("a text too long", () => bytes.toString("utf16le"));
    if (value.isWellFormed()) this.corrupt("a text in the wrong form");
    return value;
  }

  /** So many bytes as they are, not copied. */
  raw(size: number): Buffer {
    if (size > this.left) this.corrupt("it ends too early");
    const start = this.#position;
    this.#position += size;
    return this.#bytes.subarray(start, this.#position);
  }

  /** What a built-in refuses to make, no encoder can have seen. */
  attempt<T>(what: string, make: () => T): T {
    try {
      return make();
    } catch (error) {
      this.corrupt(what, error);
    }
  }

  #utf8(size: number): string {
    const bytes = this.#bytes;
    const start = this.#position;
    const end = start + size;
    if (size <= 64) {
      // most strings are short and ASCII; up to 8 bytes a loop is faster than a call out of JavaScript
      let ascii = start;
      while (ascii < end && bytes[ascii]! < 0x80) ascii++;
      if (ascii === end) {
        this.#position = end;
        if (size > 8) return bytes.toString("latin1", start, end);
        let value = "";
        for (let i = start; i < end; i++) value += String.fromCharCode(bytes[i]!);
        return value;
      }
    }
    const raw = this.raw(size);
    if (!isUtf8(raw)) this.corrupt("invalid UTF-8");
    return this.attempt("a text too long", () => raw.toString("utf8"));
  }
}
