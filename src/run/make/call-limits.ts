import { type Failure, failure, SluiceError } from "../../core/failure.ts";
import type { StageNode } from "../../core/node.ts";
import { isInThread } from "./executor.ts";

interface LimitedCall {
  readonly node: string;
  /** What is called, in messages: the node unless given. */
  readonly called?: string;
  readonly stage: StageNode;
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal;
}

/**
 * What ends a call of a stage's function before the function does: its time limit, and the run's cancellation. Most functions end at
 * once and look at no signal: then nothing is listened to, and no signal is made.
 */
export class CallLimits {
  readonly #call: LimitedCall;
  #controller: AbortController | undefined;
  /** Why the call was given up. */
  #error: SluiceError | undefined;
  /** Tells whoever waits for the end of the call; absent as long as nobody does. */
  #giveUp: ((error: SluiceError) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isListening = false;
  #isOver = false;

  constructor(call: LimitedCall) {
    this.#call = call;
  }

  get isGivenUp(): boolean {
    return this.#error !== undefined;
  }

  /** Aborted when the call is given up. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      this.#listen();
      if (this.#error) this.#controller.abort(this.#error);
    }
    return this.#controller.signal;
  }

  /**
   * What the call gives: at its end, unless its time limit or the run's cancellation comes first. It is not made in a run that is cancelled
   * already.
   * @throws SluiceError `timed-out`, `cancelled`, and whatever the call throws
   */
  async settle(call: () => unknown): Promise<unknown> {
    const { signal, stage } = this.#call;
    try {
      if (signal.aborted) this.#cancel();
      if (this.#error) throw this.#error;
      if (stage.timeout !== undefined) this.#timer = setTimeout(() => this.#stop(this.#timedOut()), stage.timeout);
      const given = begun(call);
      // The function itself may have cancelled the run.
      return given instanceof Promise || signal.aborted ? await this.#untilEnd(given) : given;
    } finally {
      this.#isOver = true;
      clearTimeout(this.#timer);
      if (this.#isListening) signal.removeEventListener("abort", this.#cancel);
    }
  }

  #untilEnd(given: unknown): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const { stage } = this.#call;
    // A program or a thread ends soon after, and until then it may write: it is waited for, a function here is not.
    if (!stage.command && !isInThread(stage)) this.#giveUp = reject;
    this.#listen();
    if (this.#error) this.#giveUp?.(this.#error);
    Promise.resolve(given).then(resolve, reject);
    return promise;
  }

  #listen(): void {
    const { signal } = this.#call;
    if (this.#isListening || this.#isOver) return;
    this.#isListening = true;
    if (signal.aborted) this.#cancel();
    else signal.addEventListener("abort", this.#cancel, { once: true });
  }

  readonly #cancel = (): void => {
    const { node, called = node } = this.#call;
    this.#stop(failure("cancelled", `${called} was cancelled`, { node }));
  };

  #timedOut(): Failure {
    const { node, called = node, stage } = this.#call;
    const hint = stage.command
      ? "raise its `timeout`"
      : "raise its `timeout`, or make it give up by itself through `context.signal`";
    return failure("timed-out", `${called} took longer than ${stage.timeout} ms`, { node, hint, retryable: true });
  }

  #stop(reason: Failure): void {
    this.#error ??= new SluiceError(reason);
    this.#giveUp?.(this.#error);
    this.#controller?.abort(this.#error);
  }
}

/** What a call gives; a promise that is rejected where it throws. */
function begun(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return Promise.reject(error);
  }
}
