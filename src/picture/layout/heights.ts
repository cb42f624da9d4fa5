/** Something of a layer that has a height of its own: a row of cards, or one bend. */
export interface Row {
  readonly vertices: readonly number[];
  readonly height: number;
  /** How much room it keeps to the row above. */
  readonly gap: number;
}

const rounds = 6;

/**
 * The middle of each vertex, downwards, so that wires are as level as the order of the rows allows: each layer in turn is moved to
 * the mean of its neighbours, by the least sum of squares that keeps rows in order and apart.
 */
export function heightsOf(
  layers: readonly (readonly Row[])[],
  before: readonly (readonly number[])[],
  after: readonly (readonly number[])[],
): readonly number[] {
  const middles: number[] = new Array(before.length).fill(0);
  for (const rows of layers) {
    const offsets = offsetsOf(rows);
    const half = (offsets.at(-1) ?? 0) / 2;
    for (const [i, row] of rows.entries()) for (const vertex of row.vertices) middles[vertex] = offsets[i]! - half;
  }
  const level = (rows: readonly Row[], neighbours: readonly (readonly (readonly number[])[])[]) => {
    const offsets = offsetsOf(rows);
    const wanted = rows.map((row, i) => {
      let sum = 0;
      let weight = 0;
      for (const vertex of row.vertices) {
        for (const side of neighbours) {
          for (const neighbour of side[vertex]!) sum += middles[neighbour]!;
          weight += side[vertex]!.length;
        }
      }
      const free = weight === 0;
      const at = free ? middles[row.vertices[0]!]! : sum / weight;
      return { value: at - offsets[i]!, weight: free ? 0.01 : row.vertices.length };
    });
    for (const [i, value] of risingFit(wanted).entries()) {
      for (const vertex of rows[i]!.vertices) middles[vertex] = value + offsets[i]!;
    }
  };
  for (let round = 0; round < rounds; round++) {
    for (const rows of layers) level(rows, [before]);
    for (const rows of layers.toReversed()) level(rows, [after]);
  }
  for (let round = 0; round < 2; round++) for (const rows of layers) level(rows, [before, after]);
  return middles;
}

/** Where the middles of rows are when they stand as close as they may, the first one at 0. */
function offsetsOf(rows: readonly Row[]): readonly number[] {
  let at = 0;
  return rows.map((row, i) => {
    if (i > 0) at += (rows[i - 1]!.height + row.height) / 2 + row.gap;
    return at;
  });
}

/** The values that never fall and are nearest to those that are wanted: pool adjacent violators (Ayer and others, 1955). */
export function risingFit(wanted: readonly { readonly value: number; readonly weight: number }[]): readonly number[] {
  const pools: { value: number; weight: number; size: number }[] = [];
  for (const { value, weight } of wanted) {
    let pool = { value, weight, size: 1 };
    for (let last = pools.at(-1); last && last.value > pool.value; last = pools.at(-1)) {
      pools.pop();
      const sum = last.weight + pool.weight;
      pool = {
        value: (last.value * last.weight + pool.value * pool.weight) / sum,
        weight: sum,
        size: last.size + pool.size,
      };
    }
    pools.push(pool);
  }
  return pools.flatMap(({ value, size }) => new Array<number>(size).fill(value));
}
