import type { Codec } from "../format.ts";
import { loadArrow } from "../tables/table-class.ts";
import { decodeTabular, encodeTabular, reading } from "./tabular.ts";
import { corrupt } from "./text-bytes.ts";

/** What an Arrow file begins and ends with (https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format). */
const magic = "ARROW1";

/** A table, or an array of row objects, as an Arrow file. */
export const arrow: Codec = {
  async encode(value) {
    const { tableToIPC } = await loadArrow();
    return encodeTabular("arrow", value, (table) => tableToIPC(table, "file"));
  },
  async decode(bytes, params) {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const isFile = buffer.indexOf(magic) === 0 && buffer.lastIndexOf(magic) === buffer.length - magic.length;
    if (!isFile || buffer.length < 2 * magic.length) corrupt("it is not an Arrow file");
    const { tableFromIPC } = await loadArrow();
    // The table's buffers lie in the bytes, so they are its own copy.
    return decodeTabular(params, () => reading("an Arrow file", () => tableFromIPC(new Uint8Array(bytes))));
  },
};
