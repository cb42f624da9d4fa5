import type { Digest } from "../../core/digest.ts";
import { itemKey, itemsBase } from "../../core/key.ts";
import { pathsOf, type Shape } from "../../core/nested.ts";
import type { ResultRecord } from "../../core/record.ts";
import type { Workspace } from "../workspace.ts";
import { readListed } from "./stored-list.ts";

/** An item of a map that went over several lists, as its record tells of it. */
export interface ItemOfResult {
  /** Its positions in the lists, from 0, the outermost first. */
  readonly path: readonly number[];
  readonly key: Digest;
  readonly dataVersion: Digest;
}

/**
 * The items of a result, in their order, without a look at what they gave.
 * @throws SluiceError `corrupt-blob`, `missing-blob`, `corrupt-value`
 */
export async function itemsOfResult({ blobs }: Workspace, record: ResultRecord): Promise<readonly ItemOfResult[]> {
  const listed = await readListed(blobs, record);
  const [lists] = (record.settings.spread ?? [[]]) as unknown as readonly [readonly (readonly [string, number])[]];
  const given = new Set(lists.map(([name]) => name));
  const shared = record.inputs.filter(({ name }) => !given.has(name));
  const base = itemsBase(record.node, record.codeVersion, shared);
  // Of a list in a format of its own, the parameters are the format's.
  const { shape = [] } = (record.format === "list" ? record.params : {}) as { readonly shape?: Shape };
  const paths = pathsOf(listed.length, shape);
  return listed.map(({ item, result }, i) => ({ path: paths[i]!, key: itemKey(base, item), dataVersion: result }));
}
