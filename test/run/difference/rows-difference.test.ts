import { describe, expect, test } from "vitest";
import { digestOf } from "../../../src/core/digest.ts";
import { rowsRef } from "../../../src/core/rows-ref.ts";
import { differenceOf } from "../../../src/run/difference/difference.ts";

/** A handle of rows, of which `size` says whether they are too many to be loaded. */
function handle(rows: readonly unknown[], size = 100) {
  const version = digestOf(JSON.stringify(rows));
  async function* batches() {
    for (let i = 0; i < rows.length; i += 7) yield rows.slice(i, i + 7);
  }
  return {
    [rowsRef]: { version, count: rows.length, stored: { format: "auto", digest: version, size, files: [] } },
    count: rows.length,
    size,
    batches,
    async *[Symbol.asyncIterator]() {
      for await (const batch of batches()) yield* batch;
    },
    toArray: async () => {
      if (size > 100) throw new Error("too large to be loaded");
      return [...rows];
    },
  };
}

const list = Array.from({ length: 40 }, (_, id) => ({ id, name: `row ${id}` }));
const huge = 2 ** 40;

describe("rows that are stored", () => {
  test("are compared as lists while they are small", async () => {
    const changed = [...list.slice(1), { id: 99, name: "new" }];
    const difference = await differenceOf(handle(list), handle(changed), { key: ["id"] });
    expect(difference).toEqual(await differenceOf(list, changed, { key: ["id"] }));
    expect(difference).toMatchObject({ matchedBy: "key", rows: { added: 1, removed: 1, changed: 0 } });
  });

  test("are compared one by one, by their place, when they are large", async () => {
    const changed = list.map((row) => (row.id === 5 ? { ...row, name: "five", more: 1 } : row));
    const longer = [...changed, { id: 40, name: "last" }];
    const forth = await differenceOf(handle(list, huge), handle(longer, huge));
    expect(forth).toMatchObject({
      kind: "table",
      equal: false,
      matchedBy: "position",
      rows: { before: 40, after: 41, added: 1, removed: 0, changed: 1, moved: 0 },
      columns: {
        changed: [
          { name: "name", rows: 1 },
          { name: "more", rows: 1 },
        ],
      },
      sample: [
        {
          change: "changed",
          rowBefore: 5,
          rowAfter: 5,
          cells: [
            { column: "name", before: "'row 5'", after: "'five'" },
            { column: "more", after: "1" },
          ],
        },
        { change: "added", rowAfter: 40 },
      ],
    });
    const back = await differenceOf(handle(longer, huge), handle(list, huge), { limit: 1 });
    expect(back).toMatchObject({ rows: { added: 0, removed: 1, changed: 1 }, sample: [{ change: "changed" }] });
    await expect(differenceOf(handle(list, huge), handle(longer, huge), { key: ["id"] })).rejects.toMatchObject({
      reason: "usage",
    });
    const values = await differenceOf(handle([1, 2], huge), handle([1, 3], huge));
    expect(values).toMatchObject({ rows: { changed: 1 }, columns: { changed: [{ name: "value", rows: 1 }] } });
  });

  test("of one version are not read", async () => {
    expect(await differenceOf(handle(list, huge), handle(list, huge + 1))).toMatchObject({
      equal: true,
      rows: { before: 40 },
    });
  });

  test("are found inside of values", async () => {
    const difference = await differenceOf({ a: 1, rows: handle(list) }, { a: 1, rows: handle(list.slice(1)) });
    expect(difference).toMatchObject({
      kind: "value",
      total: 1,
      entries: [{ path: "result.rows", change: "changed", within: { kind: "table", rows: { removed: 1 } } }],
    });
  });
});
