/** A linear model: what each feature counts, after them what is there without any. */
export type Weights = readonly number[];

/**
 * Ridge regression by the normal equations: the weights that miss `targets` least, by squares, and are small.
 * @param ridge how much large weights are held against a model; 0 for least squares
 */
export function fit(rows: readonly (readonly number[])[], targets: readonly number[], ridge: number): Weights {
  const size = rows[0]!.length + 1;
  const system = Array.from({ length: size }, () => new Array<number>(size + 1).fill(0));
  for (const [i, row] of rows.entries()) {
    const full = [...row, 1];
    for (let a = 0; a < size; a++) {
      for (let b = 0; b < size; b++) system[a]![b]! += full[a]! * full[b]!;
      system[a]![size]! += full[a]! * targets[i]!;
    }
  }
  for (let a = 0; a < size - 1; a++) system[a]![a]! += ridge;
  return solve(system);
}

export function predict(weights: Weights, row: readonly number[]): number {
  return row.reduce((sum, value, i) => sum + value * weights[i]!, weights.at(-1)!);
}

/** Gauss, with the largest pivot of each column. */
function solve(system: number[][]): Weights {
  const size = system.length;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++) {
      if (Math.abs(system[row]![column]!) > Math.abs(system[pivot]![column]!)) pivot = row;
    }
    [system[column], system[pivot]] = [system[pivot]!, system[column]!];
    for (let row = 0; row < size; row++) {
      if (row === column) continue;
      const factor = system[row]![column]! / system[column]![column]!;
      for (let i = column; i <= size; i++) system[row]![i]! -= factor * system[column]![i]!;
    }
  }
  return system.map((row, i) => row[size]! / row[i]!);
}
