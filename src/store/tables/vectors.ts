import { fail } from "../../core/failure.ts";
import { registerFamily } from "../../core/value-class.ts";
import type { ArrowData, ArrowTable, ArrowType } from "./arrow-shape.ts";
import { tableOfParts } from "./table-build.ts";
import { loadedArrow, otherColumns } from "./table-class.ts";
import { partsOfTable, type TableParts } from "./table-parts.ts";

/** What is used of a vector of some copy of apache-arrow. */
interface ArrowVector {
  readonly type: ArrowType;
  readonly data: readonly ArrowData[];
}

/** What stands for vectors in canonical encodings. */
export const vectorClassName = "arrow.Vector";

const marks = ["VectorName", "isMemoized", "memoize", "getChildAt", "nullCount"];

/*
 * A vector counts as a column without a name does: by its type and values, however it is cut into chunks.
 */
registerFamily({
  name: vectorClassName,
  // There is a prototype for each type, above which is that of the class.
  includes: (prototype) => {
    const above: object | null = Object.getPrototypeOf(prototype);
    const isOf = Object.hasOwn(prototype, marks[0]!) || (above !== null && Object.hasOwn(above, marks[0]!));
    return isOf && marks.every((name) => name in prototype);
  },
  encode: (value) =>
    partsOfTable(tableOf(value as ArrowVector), (what) => fail("unversionable", what, { hint: otherColumns })),
  decode: (parts) => {
    const vector = tableOfParts(loadedArrow(), parts as TableParts).getChildAt(0);
    if (!vector) throw new RangeError("the parts of a vector have no column");
    return vector;
  },
  get prototype() {
    return loadedArrow().Vector.prototype;
  },
});

function tableOf({ type, data }: ArrowVector): ArrowTable {
  const struct: ArrowType = { typeId: 13, children: [] };
  return {
    schema: { fields: [{ name: "", nullable: true, type }] },
    batches: data.map((chunk) => ({
      data: { type: struct, offset: 0, length: chunk.length, nullCount: 0, children: [chunk] },
    })),
  };
}
