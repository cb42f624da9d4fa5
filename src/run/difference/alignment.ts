/** A piece of two lists: `same` where both have the same items, else what one has in place of what the other has. */
export interface Stretch {
  readonly same: boolean;
  /** The first item, and the one after the last. */
  readonly before: readonly [from: number, to: number];
  readonly after: readonly [from: number, to: number];
}

export interface Alignment {
  /** All of both lists, in their order. */
  readonly stretches: readonly Stretch[];
  /** Whether it is known that no alignment leaves fewer items over. */
  readonly smallest: boolean;
}

/** The most items left over for which the smallest alignment is looked for: the work grows with its square. */
const maxEdits = 1000;

/**
 * Finds what two lists have in common in the same order, as `diff` does for lines. The smallest difference where it is small;
 * where it is not, one that takes time in proportion to the lists, or nearly.
 * @param before what stands for each item; equal texts are equal items
 */
export async function align(before: readonly string[], after: readonly string[]): Promise<Alignment> {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  const [endBefore, endAfter] = [before.length - tail, after.length - tail];
  const out = new Stretches();
  out.same(head, head);
  let smallest = true;
  if (head < endBefore && head < endAfter) {
    const [a, b] = numbered(before.slice(head, endBefore), after.slice(head, endAfter));
    const edits = await fewestEdits(a, b);
    smallest = edits !== undefined;
    for (const [i, j, length] of edits ?? commonInOrder(a, b)) out.same(head + i + length, head + j + length, length);
  }
  out.same(before.length, after.length, tail);
  return { stretches: out.list, smallest };
}

/** Collects stretches from those that are the same; what lies between two of them differs. */
class Stretches {
  readonly list: Stretch[] = [];
  #before = 0;
  #after = 0;

  /** The next items that are the same are the last `length` before these ends. */
  same(endBefore: number, endAfter: number, length = endBefore): void {
    const [before, after] = [endBefore - length, endAfter - length];
    if (before > this.#before || after > this.#after) {
      this.list.push({ same: false, before: [this.#before, before], after: [this.#after, after] });
    }
    const last = this.list.at(-1);
    if (last?.same && last.before[1] === before && last.after[1] === after) {
      this.list.pop();
      this.list.push({ same: true, before: [last.before[0], endBefore], after: [last.after[0], endAfter] });
    } else if (length > 0) this.list.push({ same: true, before: [before, endBefore], after: [after, endAfter] });
    [this.#before, this.#after] = [endBefore, endAfter];
  }
}

/** Where a run of equal items begins in each list, and how many they are. */
type Run = readonly [before: number, after: number, length: number];

/** Numbers compare faster than long texts. */
function numbered(before: readonly string[], after: readonly string[]): [number[], number[]] {
  const numbers = new Map<string, number>();
  const numberOf = (text: string): number => {
    let number = numbers.get(text);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(text, number);
    }
    return number;
  };
  return [before.map(numberOf), after.map(numberOf)];
}

/** By the algorithm of Myers; undefined when that would take too long. */
async function fewestEdits(before: number[], after: number[]): Promise<readonly Run[] | undefined> {
  const { diffArrays } = await import("diff");
  const changes = diffArrays(before, after, { maxEditLength: maxEdits });
  if (!changes) return undefined;
  const runs: Run[] = [];
  let [i, j] = [0, 0];
  for (const { added, removed, count } of changes) {
    if (!added && !removed) runs.push([i, j, count]);
    if (!added) i += count;
    if (!removed) j += count;
  }
  return runs;
}

/**
 * Pairs the first of equal items in one list with the first in the other, the second with the second, and keeps the most
 * pairs that come in the same order in both.
 */
function commonInOrder(before: readonly number[], after: readonly number[]): readonly Run[] {
  const places = new Map<number, number[]>();
  for (let j = after.length - 1; j >= 0; j--) {
    const known = places.get(after[j]!);
    if (known) known.push(j);
    else places.set(after[j]!, [j]);
  }
  const pairs: [number, number][] = [];
  for (const [i, item] of before.entries()) {
    const j = places.get(item)?.pop();
    if (j !== undefined) pairs.push([i, j]);
  }
  return longestRising(pairs.map(([, j]) => j)).map((index) => [...pairs[index]!, 1] as const);
}

/** The indexes of the longest rising subsequence of numbers of which no two are equal. */
export function longestRising(numbers: readonly number[]): readonly number[] {
  /** By length less one: the index of the least number that a rising subsequence of this length can end in. */
  const ends: number[] = [];
  const previous = new Array<number>(numbers.length);
  for (const [index, number] of numbers.entries()) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (numbers[ends[middle]!]! < number) low = middle + 1;
      else high = middle;
    }
    previous[index] = low > 0 ? ends[low - 1]! : -1;
    ends[low] = index;
  }
  const rising = new Array<number>(ends.length);
  let at = ends.at(-1) ?? -1;
  for (let i = ends.length - 1; i >= 0; i--) {
    rising[i] = at;
    at = previous[at]!;
  }
  return rising;
}
