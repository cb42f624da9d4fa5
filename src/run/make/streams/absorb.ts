import type { ProgressUnit } from "../../../core/event.ts";
import type { StageNode } from "../../../core/node.ts";
import { rowsRefOf } from "../../../core/rows-ref.ts";
import type { BlobStore } from "../../../store/blob-store.ts";
import { type StreamSource, streamSourceOf } from "./stream-source.ts";

export interface AbsorbOptions {
  readonly stage: StageNode;
  /** Aborted when the stage is given up. */
  readonly signal: AbortSignal;
  /** Where what comes is put. */
  readonly blobs: BlobStore;
  /** Takes what is not needed afterwards. */
  readonly scratch: BlobStore;
  /** Told how far it is, often. */
  readonly progress: (done: number, total: number | undefined, unit: ProgressUnit) => void;
}

/**
 * Puts a value that comes bit by bit into a store, and gives what stands for it (see `streamed`); gives back every other value
 * at once. What that takes is loaded when there is such a value, and only then is the signal asked for.
 * @throws SluiceError `stage-failed` for a `Response` that says that the request failed
 */
export function absorb(
  value: unknown,
  options: Omit<AbsorbOptions, "signal">,
  limits: Pick<AbsorbOptions, "signal">,
): unknown {
  const source = sourceOf(value, options.stage);
  if (!source) return value;
  const { signal } = limits;
  return import("./streamed.ts").then(({ streamed }) => streamed(source, { ...options, signal }));
}

function sourceOf(value: unknown, { format }: StageNode): StreamSource | undefined {
  const rows = rowsRefOf(value);
  if (!rows) return streamSourceOf(value);
  // Rows that are stored already, as they should be, are handed on as they are.
  if (format === "auto" || format === rows.stored.format) return undefined;
  const iterator = (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator]?.();
  return iterator && { next: () => iterator.next(), stop: async () => iterator.return?.() };
}
