import { digestOf } from "../digest.ts";
import { Decoder } from "./decoder.ts";
import { Reader } from "./reader.ts";
import { schemeVersion, Tag, valueDomain } from "./scheme.ts";

/** Bytes cannot be read item by item: an item leads to what is in another one, or is made by code of the user. */
export class BoundItem extends Error {}

/**
 * Reads the items of a list from its canonical encoding, one after the other. What they are follows from their bytes and from
 * the shapes that came before, and from nothing else: where both are the same as in another list, so are the items.
 */
export class EncodedItems {
  readonly count: number;
  readonly #bytes: Uint8Array;
  readonly #input: Reader;
  readonly #decoder: Decoder;
  /** What stands for the first shapes, by how many these are. */
  readonly #states: string[] = [""];

  /** Undefined for what is no list, or a list of numbers only. */
  static of(bytes: Uint8Array): EncodedItems | undefined {
    const input = new Reader(bytes);
    const head = valueDomain.length + 2;
    if (input.left <= head || input.raw(valueDomain.length).toString("latin1") !== valueDomain) return undefined;
    if (input.byte() !== schemeVersion || input.byte() !== Tag.Array) return undefined;
    return new EncodedItems(bytes, input, input.varint());
  }

  private constructor(bytes: Uint8Array, input: Reader, count: number) {
    this.count = count;
    this.#bytes = bytes;
    this.#input = input;
    this.#decoder = new Decoder(input, {
      onBound: () => {
        throw new BoundItem();
      },
    });
  }

  /** Bytes that were read. */
  get position(): number {
    return this.#input.position;
  }

  /** Shapes so far. */
  get shapeCount(): number {
    return this.#decoder.shapes.length;
  }

  /** The keys of shapes, from one number up to another. */
  shapes(from: number, to: number): readonly (readonly string[])[] {
    return this.#decoder.shapes.slice(from, to).map(({ keys }) => keys);
  }

  /** What stands for the first shapes: the same for the same, in the same order. */
  state(shapes: number): string {
    for (let i = this.#states.length; i <= shapes; i++) {
      this.#states.push(digestOf(`${this.#states[i - 1]}${JSON.stringify(this.#decoder.shapes[i - 1]!.keys)}`));
    }
    return this.#states[shapes]!;
  }

  /** The digest of bytes, from one position up to another; undefined where there are not so many. */
  digest(from: number, to: number): string | undefined {
    return to > this.#bytes.length ? undefined : digestOf(this.#bytes.subarray(from, to));
  }

  /** @throws BoundItem; SluiceError `corrupt-value` */
  read(): unknown {
    if (this.#input.peek() === Tag.Hole) throw new BoundItem();
    this.#decoder.forget();
    return this.#decoder.read();
  }

  /** Passes over items up to a position, in which these shapes are defined. */
  skip(to: number, shapes: readonly (readonly string[])[]): void {
    this.#input.raw(to - this.#input.position);
    for (const keys of shapes) this.#decoder.addShape(keys);
  }

  /** After the last item. @throws SluiceError `corrupt-value` */
  end(): void {
    if (this.#input.left > 0) this.#input.corrupt("more bytes than the value has");
  }
}
