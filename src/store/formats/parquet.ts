import type { Table } from "apache-arrow";
import type { Codec } from "../format.ts";
import { isTable } from "../tables/arrow-shape.ts";
import { loadArrow, tableFingerprint } from "../tables/table-class.ts";
import { cannotCarry } from "./refusal.ts";
import { decodeTabular, encodeTabular, reading } from "./tabular.ts";

/** Rows in each chunk of a table that is read. */
const batchSize = 1 << 16;

const useArrow = 'use the format "arrow"';

/** A table, or an array of row objects, as Parquet with zstd, readable by every engine; Arrow's schema is kept in it. */
export const parquet: Codec = {
  async encode(value) {
    const { read, write } = await library();
    return encodeTabular("parquet", value, (table) => {
      let bytes: Uint8Array;
      try {
        bytes = write(table);
      } catch (error) {
        return cannotCarry("parquet", [], `is a table that Parquet has no form for (${error})`, useArrow);
      }
      // Parquet is known to keep what rows become. Of other columns, such as decimals too long for their type, it is not.
      if (isTable(value) && tableFingerprint(read(bytes)) !== tableFingerprint(table)) {
        cannotCarry("parquet", [], "is a table with values that Parquet changes", useArrow);
      }
      return bytes;
    });
  },
  async decode(bytes, params) {
    const { read } = await library();
    return decodeTabular(bytes, params, () => reading("Parquet", () => read(bytes)));
  },
};

async function library(): Promise<{ read(bytes: Uint8Array): Table; write(table: Table): Uint8Array }> {
  const { tableFromIPC, tableToIPC } = await loadArrow();
  const wasm = await import("parquet-wasm");
  return {
    read: (bytes) => tableFromIPC(wasm.readParquet(bytes, { batchSize }).intoIPCStream()),
    write(table) {
      const properties = new wasm.WriterPropertiesBuilder().setCompression(wasm.Compression.ZSTD).build();
      return wasm.writeParquet(wasm.Table.fromIPCStream(tableToIPC(table, "stream")), properties);
    },
  };
}
