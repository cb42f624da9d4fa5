import type { Digest } from "../core/digest.ts";

/**
 * Lets go of a run while it is under way: nothing new starts, and of what runs only that goes on which somebody still wants.
 * What goes on is recorded as ever, so that the run which takes this one's place finds it.
 */
export class RunControl {
  readonly #making = new Map<Digest, AbortController>();
  readonly #drain = new AbortController();

  /** Aborted by {@link drain}. */
  get drained(): AbortSignal {
    return this.#drain.signal;
  }

  get isDraining(): boolean {
    return this.#drain.signal.aborted;
  }

  /** The making of a result begins: the signal that ends it, with the run's own. */
  begin(key: Digest, run: AbortSignal): AbortSignal {
    const controller = new AbortController();
    if (this.isDraining) controller.abort();
    else this.#making.set(key, controller);
    return AbortSignal.any([controller.signal, run]);
  }

  /** The making of a result has ended. */
  end(key: Digest): void {
    this.#making.delete(key);
  }

  /** Cancels what is being made, those keys apart that are wanted. @returns those that go on */
  drain(isWanted: (key: Digest) => boolean): readonly Digest[] {
    const kept: Digest[] = [];
    for (const [key, controller] of this.#making) {
      if (isWanted(key)) kept.push(key);
      else controller.abort();
    }
    this.#drain.abort();
    return kept;
  }
}
