import { fail, failureOf } from "../../core/failure.ts";
import type { RowsRef } from "../../core/rows-ref.ts";
import type { BlobStore } from "../blob-store.ts";
import type { DecodeOptions } from "../format.ts";
import { corrupt } from "../formats/text-bytes.ts";
import type { RowBatches } from "./row-format.ts";
import { rowFormatOf } from "./row-formats.ts";

/**
 * Stored rows, some at a time, in constant memory. What is read is checked as it comes: damage may show only at the end, so
 * whoever reads must forget what was made of the rows when this throws.
 * @throws SluiceError `corrupt-blob`, `missing-blob`
 */
export async function* readRows(
  { stored, count }: Pick<RowsRef, "stored" | "count">,
  blobs: Pick<BlobStore, "stream" | "verify">,
  options: DecodeOptions = {},
): RowBatches {
  const { format, params, digest } = stored;
  const { read } = await rowFormatOf(format);
  let rows = 0;
  try {
    for await (const batch of read(blobs.stream(digest), params, options)) {
      rows += batch.length;
      yield batch;
    }
    if (rows !== count) corrupt(`it has ${rows} rows, not ${count}`);
  } catch (error) {
    // Bytes that are no rows, or rows of something unknown, may be those of a damaged blob, which is to be set aside.
    const strange = failureOf(error, "corrupt-value") ?? failureOf(error, "unsupported-value");
    if (strange && (await blobs.verify(digest)) !== "ok") {
      fail("corrupt-blob", `blob ${digest.slice(0, 12)} is damaged: it does not hold the rows that it should`, {
        hint: "it was set aside; the next run makes it again",
        retryable: true,
        cause: error,
      });
    }
    throw error;
  }
}
