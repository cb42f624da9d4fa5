import path from "node:path";
import { fail } from "../../../core/failure.ts";
import { fileRef } from "../../../core/file-ref.ts";
import type { Artifact } from "../../../core/record.ts";
import type { RowsRef } from "../../../core/rows-ref.ts";
import type { BlobStore } from "../../../store/blob-store.ts";
import { formatForPath } from "../../../store/formats.ts";
import { readRows } from "../../../store/rows/read-rows.ts";
import { rowFormatOf, takesRows } from "../../../store/rows/row-formats.ts";
import { RowsDraft } from "../../../store/rows/rows-draft.ts";

/**
 * Rows as a person wants to find them at the stage's `output` path: as they are stored, or, where that is for Sluice alone, in
 * the format of the path.
 * @throws SluiceError `unsupported-format`, `unsupported-value`
 */
export async function rowsOutput(
  target: string,
  rows: RowsRef,
  blobs: BlobStore,
  scratch: BlobStore,
): Promise<Artifact> {
  const { format, digest, size } = rows.stored;
  if (format !== "auto") return { name: "output", digest, size };
  // What gave nothing at all may have been to give bytes.
  if (rows.count === 0) return { name: "output", ...(await blobs.put(new Uint8Array(0))) };
  const name = formatForPath(target);
  if (name === undefined || !takesRows(name)) {
    const file = path.basename(target);
    fail("unsupported-format", `rows that come one by one cannot be written to ${file}`, {
      hint: "name it .csv, .ndjson or .json, or give the stage one of these as its `format`",
    });
  }
  const draft = new RowsDraft({ blobs, scratch, name, format: await rowFormatOf(name) });
  try {
    for await (const batch of readRows(rows, blobs, { reviveFile: (ref) => ({ [fileRef]: ref }) })) {
      for (const row of batch) {
        const added = draft.add(row);
        if (added) await added;
      }
    }
    const { stored } = await draft.commit();
    return { name: "output", digest: stored.digest, size: stored.size };
  } finally {
    draft.discard();
  }
}
