/** The keys of an object, in order, with the number by which later objects refer to them. */
export class Shape {
  /** -1 until it was given a number. */
  index = -1;
  /** Most key sequences go on in one way only; the others are in `#others`. */
  #key: string | undefined;
  #next: Shape | undefined;
  #others: Map<string, Shape> | undefined;

  /** The shape that has one key more. */
  with(key: string): Shape {
    if (this.#key === key) return this.#next!;
    if (this.#next === undefined) {
      this.#key = key;
      this.#next = new Shape();
      return this.#next;
    }
    this.#others ??= new Map();
    let next = this.#others.get(key);
    if (!next) {
      next = new Shape();
      this.#others.set(key, next);
    }
    return next;
  }
}

/** The key sequences met so far. Encoder and decoder keep equal tables. */
export class ShapeTable {
  readonly #empty = new Shape();
  readonly #numbered: Shape[] = [];

  get size(): number {
    return this.#numbered.length;
  }

  find(keys: readonly string[]): Shape {
    let shape = this.#empty;
    for (let i = 0; i < keys.length; i++) shape = shape.with(keys[i]!);
    return shape;
  }

  number(shape: Shape): void {
    shape.index = this.#numbered.push(shape) - 1;
  }

  /** Starts numbering anew. */
  reset(): void {
    for (const shape of this.#numbered) shape.index = -1;
    this.#numbered.length = 0;
  }
}
