import type { Digest } from "../../core/digest.ts";
import type { NodeOutcome, NodeStatus } from "../../core/event.ts";
import { failureOf } from "../../core/failure.ts";
import { isWork } from "../../core/node.ts";
import type { ResultRecord } from "../../core/record.ts";
import { HeldResult } from "../make/held.ts";
import type { Workspace } from "../workspace.ts";

/** How many results of a node are looked through for one of a version. */
const lookBack = 1000;

/** A value that a node once had, or why it cannot be had any more. */
export type PastValue = { readonly value: unknown } | { readonly missing: string };

const statusText: Readonly<Record<NodeStatus, string>> = {
  hit: "it has no value",
  executed: "it has no value",
  failed: "it failed",
  skipped: "it was not run",
  cancelled: "it was cancelled",
};

/**
 * The result with the value that a node had when it ended so, or why it cannot be had: whichever result holds it, for equal versions are
 * equal values.
 */
export async function pastResult(
  workspace: Workspace,
  node: string,
  { kind, status, key, dataVersion }: Pick<NodeOutcome, "kind" | "status" | "key" | "dataVersion">,
): Promise<ResultRecord | { readonly missing: string }> {
  if (!isWork(kind)) return { missing: "the values of sources are not kept" };
  if (dataVersion === undefined) return { missing: statusText[status] };
  const record = await resultOfVersion(workspace, node, dataVersion, key);
  return record ?? { missing: "its result is not in the cache" };
}

/** The value of a result. @throws SluiceError `unsupported-value` when it holds an instance of a class that is not registered */
export async function loadRecord(workspace: Workspace, record: ResultRecord): Promise<PastValue> {
  try {
    return { value: await new HeldResult(workspace, workspace.blobs, record).load(() => {}) };
  } catch (error) {
    const failed = failureOf(error);
    if (!failed || failed.reason === "unsupported-value") throw error;
    return { missing: failed.message };
  }
}

/**
 * What `load` gives, after a second try where it needs classes that are not registered.
 * @param registerClasses makes known those that values may be instances of
 */
export async function knowingClasses<T>(load: () => Promise<T>, registerClasses?: () => Promise<void>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!registerClasses || !failureOf(error, "unsupported-value")) throw error;
    await registerClasses();
    return load();
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
