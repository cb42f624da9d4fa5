import { AsyncLocalStorage } from "node:async_hooks";
import { fail } from "../core/failure.ts";
import { begin, isPartOfMaking } from "../run/make/making.ts";
import { isRecord } from "./declaration.ts";

interface Run {
  readonly of: UnderWay;
  isGoing: boolean;
}

/** What the code that runs now is part of, at any depth. */
const around = new AsyncLocalStorage<readonly Run[]>();

/** Options of a run that is also cancelled by another signal, if there is one. What is not right with them stays, to be refused. */
export function alsoCancelledBy<T extends { readonly signal?: AbortSignal }>(
  other: AbortSignal | undefined,
  options: T,
): T {
  if (!other || !isRecord(options)) return options;
  const { signal = other } = options;
  if (signal === other) return { ...options, signal };
  return signal instanceof AbortSignal ? { ...options, signal: AbortSignal.any([signal, other]) } : options;
}

/** The runs of a project or a driver that are under way, which are waited for before it is closed. */
export class UnderWay {
  readonly #running = new Set<Promise<unknown>>();

  /**
   * @param run handed what cancels it, if it is begun by a function: that this is given up
   * @throws SluiceError `cancelled` in what a function has begun that has failed since, or was given up
   */
  async during<T>(run: (givenUp?: AbortSignal) => Promise<T>): Promise<T> {
    const own: Run = { of: this, isGoing: true };
    const running = begin((givenUp) => around.run([...(around.getStore() ?? []), own], run, givenUp));
    this.#running.add(running);
    return running.finally(() => {
      own.isGoing = false;
      this.#running.delete(running);
    });
  }

  /**
   * Waits for all of them, once `close` was called.
   * @param what is closed
   * @throws SluiceError `usage` in a stage of one of them, which would wait for itself
   */
  async ended(what: string, close: () => void): Promise<void> {
    // What a stage began may still be there when its run is over.
    if (isPartOfMaking() && around.getStore()?.some(({ of, isGoing }) => of === this && isGoing)) {
      fail("usage", `a ${what} cannot be closed by what it runs`, { hint: "close it after the run" });
    }
    close();
    await Promise.allSettled(this.#running);
  }
}
