import fc from "fast-check";
import { fingerprint } from "../../../src/core/canonical.ts";
import { endsChunk } from "../../../src/run/map/list-chunks.ts";

/* Lists of short items, and what may happen to them between two runs. */

export type Item = number | string | { readonly n: number };

/** Items after which a chunk ends, so that short lists have several. */
const ends = Array.from({ length: 3000 }, (_, i) => `end ${i}`).filter((each) => endsChunk(fingerprint(each)));

export const item: fc.Arbitrary<Item> = fc.oneof(
  fc.nat(30),
  fc.constantFrom("a", "b", "c"),
  fc.nat(9).map((n) => ({ n })),
  fc.constantFrom(...ends),
);

/** Each item once: chunks of an earlier list are kept only where no two items are equal. */
export const unique = (list: readonly Item[]): Item[] => [
  ...new Map(list.map((each) => [JSON.stringify(each), each])).values(),
];

export type Edit =
  | { readonly add: Item; readonly at: number }
  | { readonly remove: number }
  | { readonly change: number; readonly to: Item }
  | { readonly move: number; readonly to: number }
  | { readonly reverse: true }
  | { readonly code: number }
  | { readonly shared: number }
  | { readonly broken: readonly number[] }
  | { readonly forget: "list" | "all" }
  | { readonly damage: true };

export const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ add: item, at: fc.nat(99) }) },
  { weight: 3, arbitrary: fc.record({ remove: fc.nat(99) }) },
  { weight: 3, arbitrary: fc.record({ change: fc.nat(99), to: item }) },
  { weight: 2, arbitrary: fc.record({ move: fc.nat(99), to: fc.nat(99) }) },
  { weight: 1, arbitrary: fc.record({ reverse: fc.constant(true as const) }) },
  { weight: 1, arbitrary: fc.record({ code: fc.integer({ min: 1, max: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ shared: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ broken: fc.array(fc.nat(30), { maxLength: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ forget: fc.constantFrom("list", "all") }) },
  { weight: 1, arbitrary: fc.record({ damage: fc.constant(true as const) }) },
);

export function apply(list: readonly Item[], change: Edit): Item[] {
  const at = (index: number): number => (list.length === 0 ? 0 : index % list.length);
  if ("add" in change) return list.toSpliced(at(change.at), 0, change.add);
  if ("remove" in change) return list.toSpliced(at(change.remove), 1);
  if ("change" in change) return list.length === 0 ? [] : list.with(at(change.change), change.to);
  if ("reverse" in change) return list.toReversed();
  if (!("move" in change) || list.length === 0) return [...list];
  return list.toSpliced(at(change.move), 1).toSpliced(at(change.to), 0, list[at(change.move)]!);
}
