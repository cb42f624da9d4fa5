import { type Digest, Hasher } from "../../core/digest.ts";
import { badArchive } from "./layout.ts";

/** The bytes of an archive, as many at a time as are asked for; never more in memory than that and a chunk of the source. */
export class ArchiveReader {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #hasher = new Hasher();
  #chunk: Buffer = Buffer.alloc(0);
  #at = 0;
  #taken = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Bytes that were taken so far. */
  get taken(): number {
    return this.#taken;
  }

  /** Of all that was taken so far. */
  get digest(): Digest {
    return this.#hasher.digest();
  }

  /** The next bytes, exactly so many. @throws SluiceError `bad-archive` where the archive ends before */
  async take(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let missing = length; missing > 0; ) {
      if (this.#at === this.#chunk.length && !(await this.#more())) badArchive("it ends too early");
      const part = this.#chunk.subarray(this.#at, this.#at + missing);
      this.#at += part.length;
      missing -= part.length;
      parts.push(part);
    }
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts, length);
    this.#hasher.update(bytes);
    this.#taken += length;
    return bytes;
  }

  /** Whether nothing is left. */
  async isOver(): Promise<boolean> {
    return this.#at === this.#chunk.length && !(await this.#more());
  }

  /** Lets go of the source, wherever it is. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #more(): Promise<boolean> {
    for (;;) {
      const { done, value } = await this.#source.next();
      if (done) return false;
      if (value.length === 0) continue;
      this.#chunk = Buffer.from(value.buffer, value.byteOffset, value.length);
      this.#at = 0;
      return true;
    }
  }
}
