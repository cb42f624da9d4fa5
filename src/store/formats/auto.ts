import { type DecodeOptions, decode, encode } from "../../core/canonical.ts";
import { digestOf } from "../../core/digest.ts";
import type { FileRef } from "../../core/file-ref.ts";
import type { RowsRef } from "../../core/rows-ref.ts";
import type { Codec } from "../format.ts";
import { rowsByVersion, rowsParams } from "../rows/stored-rows.ts";
import { loadArrow } from "../tables/table-class.ts";
import { needsArrow } from "../tables/value-classes.ts";

/** Without parameters a value has no rows: bytes that say otherwise are damaged. */
const noRows = rowsByVersion(rowsParams([]));

/**
 * The canonical encoding: any value that can be versioned, with its cycles and shared objects. The digest of the bytes is the
 * data version. Tables are held by their parts, at any depth, so they are versioned by what is in them here too.
 */
export const auto: Codec = {
  encode(value) {
    const files: FileRef[] = [];
    const rows: RowsRef[] = [];
    const bytes = encode(value, { onFile: (ref) => files.push(ref), onRows: (ref) => rows.push(ref) });
    for (const { stored } of rows) files.push(...filesOf(stored));
    const digest = digestOf(bytes);
    const encoded = { bytes, dataVersion: digest, digest };
    if (files.length === 0 && rows.length === 0) return encoded;
    return {
      ...encoded,
      ...(files.length > 0 ? { files } : {}),
      ...(rows.length > 0 ? { params: rowsParams(rows) } : {}),
    };
  },
  decode(bytes, params, options = {}) {
    const { reviveFile, reviveRows } = options;
    const how: { -readonly [name in keyof DecodeOptions]: DecodeOptions[name] } = {};
    if (reviveFile) how.reviveFile = reviveFile;
    if (reviveRows) {
      const stored = params === undefined ? noRows : rowsByVersion(params);
      how.reviveRows = (ref) => reviveRows(stored(ref));
    }
    const read = () => decode(bytes, how);
    // Decoding cannot wait for a library, so look ahead.
    return needsArrow(bytes) ? loadArrow().then(read) : read();
  },
};

/** The bytes of rows are a file too, to whoever keeps what a value leads to. */
function filesOf({ digest, size, files }: RowsRef["stored"]): readonly FileRef[] {
  return [{ origin: "store", name: "rows", digest, size, executable: false }, ...files];
}
