import type { Codec } from "../format.ts";
import { loadArrow } from "../tables/table-class.ts";
import { decodeTabular, encodeTabular, reading } from "./tabular.ts";

/**
 * A table, or an array of row objects, as an Arrow IPC file
 * (https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format).
 */
export const arrow: Codec = {
  async encode(value) {
    const { tableToIPC } = await loadArrow();
    return encodeTabular("arrow", value, (table) => tableToIPC(table, "file"));
  },
  async decode(bytes, params) {
    const { tableFromIPC } = await loadArrow();
    // The table's buffers lie in the bytes, so they are its own copy.
    return decodeTabular(bytes, params, () => reading("an Arrow file", () => tableFromIPC(new Uint8Array(bytes))));
  },
};
