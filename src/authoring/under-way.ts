import { AsyncLocalStorage } from "node:async_hooks";
import { fail } from "../core/failure.ts";
import { isInStage } from "../run/make/stage-output.ts";

interface Run {
  readonly of: UnderWay;
  isGoing: boolean;
}

/** What the code that runs now is part of, at any depth. */
const around = new AsyncLocalStorage<readonly Run[]>();

/** The runs of a project or a driver that are under way, which are waited for before it is closed. */
export class UnderWay {
  readonly #running = new Set<Promise<unknown>>();

  during<T>(run: () => Promise<T>): Promise<T> {
    const own: Run = { of: this, isGoing: true };
    const running = around.run([...(around.getStore() ?? []), own], run);
    this.#running.add(running);
    return running.finally(() => {
      own.isGoing = false;
      this.#running.delete(running);
    });
  }

  /**
   * Waits for all of them, once `begin` was called.
   * @param what is closed
   * @throws SluiceError `usage` in a stage of one of them, which would wait for itself
   */
  async ended(what: string, begin: () => void): Promise<void> {
    // What a stage began may still be there when its run is over.
    if (isInStage() && around.getStore()?.some(({ of, isGoing }) => of === this && isGoing)) {
      fail("usage", `a ${what} cannot be closed by what it runs`, { hint: "close it after the run" });
    }
    begin();
    await Promise.allSettled(this.#running);
  }
}
