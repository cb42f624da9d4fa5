import { RowSequenceDecoder } from "../../core/canonical/row-sequence.ts";
import type { DecodeOptions } from "../format.ts";
import { loadArrow } from "../tables/table-class.ts";
import { needsArrow } from "../tables/value-classes.ts";
import type { RowBatches, RowFormat } from "./row-format.ts";

/** The sequence of the rows itself: any values that can be versioned, each by itself. */
export const autoRows: RowFormat = {
  shared: "reference",
  read: readSequence,
};

async function* readSequence(
  pieces: AsyncIterable<Uint8Array>,
  _params: unknown,
  { reviveFile }: DecodeOptions,
): RowBatches {
  const decoder = new RowSequenceDecoder(reviveFile ? { reviveFile } : {});
  for await (const piece of pieces) {
    for (const block of decoder.push(piece)) {
      // Decoding cannot wait for a library, so look ahead; to find the name in a text instead does no harm.
      if (needsArrow(block.bytes)) await loadArrow();
      yield block.rows();
    }
  }
  decoder.end();
}
