import { decode, encode } from "../../core/canonical.ts";
import { digestOf } from "../../core/digest.ts";
import type { FileRef } from "../../core/file-ref.ts";
import type { Codec } from "../format.ts";
import { loadArrow, tableClassName } from "../tables/table-class.ts";

/**
 * The canonical encoding: any value that can be versioned, with its cycles and shared objects. The digest of the bytes is the
 * data version. Tables are held by their parts, at any depth, so they are versioned by what is in them here too.
 */
export const auto: Codec = {
  encode(value) {
    const files: FileRef[] = [];
    const bytes = encode(value, { onFile: (ref) => files.push(ref) });
    return { bytes, dataVersion: digestOf(bytes), ...(files.length > 0 ? { files } : {}) };
  },
  decode(bytes, _params, options = {}) {
    const { reviveFile } = options;
    const read = () => decode(bytes, reviveFile ? { reviveFile } : {});
    // Decoding cannot wait for a library, so look ahead; to find the name in a text instead does no harm.
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return buffer.includes(tableClassName) ? loadArrow().then(read) : read();
  },
};
