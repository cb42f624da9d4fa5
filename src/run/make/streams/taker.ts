import type { ProgressUnit } from "../../../core/event.ts";
import { fail } from "../../../core/failure.ts";
import { rowsRef } from "../../../core/rows-ref.ts";
import { RowsDraft } from "../../../store/rows/rows-draft.ts";

/** Takes what comes bit by bit into the store. It ends with `commit` or `discard`. */
export interface Taker {
  readonly unit: ProgressUnit;
  /** How much it has taken. */
  readonly done: number;
  /** A promise is to be awaited before the next. */
  add(item: unknown): void | Promise<void>;
  /** What stands for all of it in a value. */
  commit(): Promise<unknown>;
  /** Leaves nothing behind; at any time. */
  discard(): void;
}

/** Takes rows. */
export class RowsTaker implements Taker {
  readonly unit = "rows";
  readonly #draft: RowsDraft;
  readonly #isAuto: boolean;

  constructor(options: ConstructorParameters<typeof RowsDraft>[0]) {
    this.#draft = new RowsDraft(options);
    this.#isAuto = options.name === "auto";
  }

  get done(): number {
    return this.#draft.count;
  }

  add(row: unknown): void | Promise<void> {
    if (this.#isAuto && isBytes(row)) {
      const what = typeof row === "string" ? "a string" : "bytes";
      fail("unsupported-value", `result[${this.done}] is ${what}, where the stream began with rows`, {
        hint: 'give only bytes and strings, or only rows; or name a `format`, such as "ndjson"',
      });
    }
    return this.#draft.add(row);
  }

  async commit(): Promise<unknown> {
    return { [rowsRef]: await this.#draft.commit() };
  }

  discard(): void {
    this.#draft.discard();
  }
}

/** What tells a stream of bytes from one of rows, where no format does. */
export function isBytes(item: unknown): boolean {
  return typeof item === "string" || item instanceof Uint8Array;
}
