import type { NodeOutcome } from "../core/event.ts";
import type { Failure } from "../core/failure.ts";
import type { GraphNode } from "../core/graph.ts";
import { isStage } from "../core/node.ts";
import { HookError, type RunHooks, type StandIn } from "./run-hooks.ts";

/** The calls of a run's hooks that nodes' ends make. */
export class HookCalls {
  readonly #hooks: RunHooks;
  readonly #onBug: (error: unknown) => void;
  readonly #wake: () => void;
  readonly #going = new Set<Promise<void>>();
  #failure: Failure | undefined;

  /** @param wake has the run look for what may start, or end */
  constructor(hooks: RunHooks = {}, onBug: (error: unknown) => void, wake: () => void) {
    this.#hooks = hooks;
    this.#onBug = onBug;
    this.#wake = wake;
  }

  /** Of the first hook that failed: it stops the run. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** Whether some hook has not returned. */
  get areGoing(): boolean {
    return this.#going.size > 0;
  }

  /** Whether an error is a hook's; then it is the run's failure. */
  takes(error: unknown): boolean {
    if (!(error instanceof HookError)) return false;
    this.#failure ??= error.failure;
    return true;
  }

  /** Tells of the end of a node that does work; `then` is called after that, at once where nobody is told. */
  tell(node: GraphNode, outcome: NodeOutcome, then: () => void = () => {}): void {
    const told = isStage(node.definition) ? this.#call(node, outcome) : undefined;
    if (!told) return then();
    const going = told
      .catch((error: unknown) => this.#caught(error))
      .then(() => {
        this.#going.delete(going);
        then();
        this.#wake();
      });
    this.#going.add(going);
  }

  #call(node: GraphNode, outcome: NodeOutcome): ReturnType<NonNullable<RunHooks["ended"]>> {
    try {
      return this.#hooks.ended?.(node, outcome);
    } catch (error) {
      return this.#caught(error);
    }
  }

  #caught(error: unknown): void {
    if (!this.takes(error)) this.#onBug(error);
  }

  /** Waits for all hooks that are being told. */
  async idle(): Promise<void> {
    while (this.#going.size > 0) await Promise.all(this.#going);
  }

  standIn(node: GraphNode, outcome: NodeOutcome): StandIn | undefined {
    return this.#failure ? undefined : this.#hooks.standIn?.(node, outcome);
  }

  takesStandIns(node: GraphNode): boolean {
    return this.#hooks.takesStandIns?.(node) ?? false;
  }
}
