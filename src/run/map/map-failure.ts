import type { ItemFailure, ItemsOutcome } from "../../core/event.ts";
import { type Failure, SluiceError } from "../../core/failure.ts";
import type { ItemList } from "./item-list.ts";
import type { FailedItem } from "./item-work.ts";

/** Failures that are kept of a map. */
const mostKept = 20;

/** Items that failed, as an outcome tells of them. */
export function itemFailures(items: ItemList, failed: readonly FailedItem[]): readonly ItemFailure[] {
  const ordered = failed.toSorted((a, b) => a.index - b.index).slice(0, mostKept);
  return ordered.map(({ index, failure: { message } }) => ({
    item: items.nameOf(index),
    index: items.position(index),
    message,
  }));
}

/** A map fails as the first of its items did, and says what became of the others. */
export function mapFailure(
  node: string,
  items: ItemList,
  failed: readonly FailedItem[],
  { made, reused }: ItemsOutcome,
): SluiceError {
  const { index, failure: first } = failed.reduce((a, b) => (b.index < a.index ? b : a));
  const others = failed.length === 1 ? "" : `, and ${count(failed.length - 1)} more failed`;
  const kept = made + reused;
  const message = `${first.message} (item ${items.position(index) + 1} of ${count(items.total)}: ${items.describe(index)}${others})`;
  const results = kept === 1 ? "the result of 1 item is" : `the results of ${count(kept)} items are`;
  const rest = kept === 0 ? "" : `; ${results} kept, and the next run does only the rest`;
  const hint = first.hint === undefined ? rest.slice(2) : `${first.hint}${rest}`;
  const whole: Failure = { ...first, message, node, ...(hint === "" ? {} : { hint }) };
  return new SluiceError(whole);
}

function count(number: number): string {
  return number.toLocaleString("en-US");
}
