import type { Codec } from "../format.ts";
import { loadArrow } from "../tables/table-class.ts";
import { cannotCarry } from "./refusal.ts";
import { decodeTabular, encodeTabular, reading } from "./tabular.ts";

/** Rows in each chunk of a table that is read. */
const batchSize = 1 << 16;

/** A table, or an array of row objects, as Parquet with zstd, readable by every engine; Arrow's schema is kept in it. */
export const parquet: Codec = {
  async encode(value) {
    const { tableToIPC } = await loadArrow();
    const { Compression, Table, WriterPropertiesBuilder, writeParquet } = await import("parquet-wasm");
    return encodeTabular("parquet", value, (table) => {
      const properties = new WriterPropertiesBuilder().setCompression(Compression.ZSTD).build();
      try {
        return writeParquet(Table.fromIPCStream(tableToIPC(table, "stream")), properties);
      } catch (error) {
        return cannotCarry(
          "parquet",
          [],
          `is a table that Parquet has no form for (${error})`,
          'use the format "arrow"',
        );
      }
    });
  },
  async decode(bytes, params) {
    const { tableFromIPC } = await loadArrow();
    const { readParquet } = await import("parquet-wasm");
    return decodeTabular(params, () =>
      reading("Parquet", () => tableFromIPC(readParquet(bytes, { batchSize }).intoIPCStream())),
    );
  },
};
