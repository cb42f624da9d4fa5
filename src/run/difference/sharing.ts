/**
 * Tells whether objects that are reached twice in one of two values are so in the other. An object's partner is the one that
 * it is first compared with.
 */
export class Sharing {
  readonly #after = new Map<object, object>();
  readonly #before = new Map<object, object>();

  meet(before: object, after: object): Met {
    const partner = this.#after.get(before);
    const [metBefore, metAfter] = [partner !== undefined, this.#before.has(after)];
    if (!metBefore) this.#after.set(before, after);
    if (!metAfter) this.#before.set(after, before);
    // Each comparison takes in an object that was in none before: so cycles end, and the work grows with the values only.
    const first = !metBefore || !metAfter;
    return { first, differs: (metBefore || metAfter) && partner !== after, metBefore, metAfter };
  }
}

interface Met {
  /** Whether one of the two was not compared with anything yet. */
  readonly first: boolean;
  readonly differs: boolean;
  readonly metBefore: boolean;
  readonly metAfter: boolean;
}
