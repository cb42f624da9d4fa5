import type { Digest } from "../../core/digest.ts";

const digestSize = 32;

/** Digests with a number each, in 40 bytes: a million of them are no burden, as they would be in a Map. */
export class DigestTable {
  #digests = Buffer.alloc(digestSize * 64);
  #numbers = new Float64Array(64);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(digest: Digest, number = 0): void {
    if (this.#size === this.#numbers.length) this.#grow();
    this.#digests.write(digest, this.#size * digestSize, "hex");
    this.#numbers[this.#size] = number;
    this.#size++;
  }

  /** All of them by ascending digest. Of those that are there more than once, the one that was added first. */
  *sorted(): Generator<readonly [digest: Digest, number: number]> {
    // The beginning of a digest as a number decides nearly always.
    const first = new Float64Array(this.#size);
    for (let i = 0; i < this.#size; i++) first[i] = this.#digests.readUIntBE(i * digestSize, 6);
    const order = Uint32Array.from(first.keys()).sort(
      (a, b) => first[a]! - first[b]! || Buffer.compare(this.#bytes(a), this.#bytes(b)) || a - b,
    );
    let last: Buffer | undefined;
    for (const i of order) {
      const bytes = this.#bytes(i);
      if (last?.equals(bytes)) continue;
      last = bytes;
      yield [bytes.toString("hex"), this.#numbers[i]!];
    }
  }

  #bytes(i: number): Buffer {
    return this.#digests.subarray(i * digestSize, (i + 1) * digestSize);
  }

  #grow(): void {
    this.#digests = Buffer.concat([this.#digests, Buffer.alloc(this.#digests.length)]);
    const numbers = new Float64Array(this.#numbers.length * 2);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
  }
}
