import type { Digest } from "../../core/digest.ts";
import { failureOf } from "../../core/failure.ts";
import type { ResultRecord } from "../../core/record.ts";
import { HeldResult } from "../make/held.ts";
import type { Workspace } from "../workspace.ts";

/** How many results of a node are looked through for one of a version. */
const lookBack = 1000;

/** A value that a node once had, or why it cannot be had any more. */
export type PastValue = { readonly value: unknown } | { readonly missing: string };

/**
 * The value of a node that has this data version, from whichever result holds it: equal versions are equal values.
 * @param key of the result that is likely to have it
 * @throws SluiceError `unsupported-value` when it holds an instance of a class that is not registered
 */
export async function pastValue(
  workspace: Workspace,
  node: string,
  dataVersion: Digest,
  key?: Digest,
): Promise<PastValue> {
  const record = await resultOfVersion(workspace, node, dataVersion, key);
  if (!record) return { missing: "its result is not in the cache any more" };
  return loadRecord(workspace, record);
}

/** The value of a result. @throws SluiceError as {@link pastValue} */
export async function loadRecord(workspace: Workspace, record: ResultRecord): Promise<PastValue> {
  try {
    return { value: await new HeldResult(workspace, workspace.blobs, record).load(() => {}) };
  } catch (error) {
    const failed = failureOf(error);
    if (!failed || failed.reason === "unsupported-value") throw error;
    return { missing: failed.message };
  }
}

async function resultOfVersion(
  { metadata }: Workspace,
  node: string,
  dataVersion: Digest,
  key: Digest | undefined,
): Promise<ResultRecord | undefined> {
  const likely = key === undefined ? undefined : await metadata.getResult(key);
  // A result that was made again may have come out differently.
  if (likely?.dataVersion === dataVersion) return likely;
  return (await metadata.resultsOf(node, lookBack)).find((record) => record.dataVersion === dataVersion);
}
