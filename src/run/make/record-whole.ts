import { failureOf } from "../../core/failure.ts";
import type { OutsidePath, ResultRecord } from "../../core/record.ts";
import type { StageFacts } from "../decision.ts";
import type { Recorder } from "./recorder.ts";

/** How often blobs are stored again that another process removes. */
const mostTimes = 3;

/**
 * Records a result. What cleans the cache may have removed a blob of it that was there when it was stored: then that is stored again.
 * @returns false when it could not be recorded all the same
 */
export async function recordWhole(
  recorder: Recorder,
  facts: StageFacts,
  record: ResultRecord,
  storeAgain: () => Promise<void>,
): Promise<boolean> {
  for (let times = 1; ; times++) {
    try {
      if (times > 1) await storeAgain();
      await recorder.record(record, facts);
      return true;
    } catch (error) {
      if (!failureOf(error, "missing-blob")) throw error;
      if (times === mostTimes) return false;
    }
  }
}

/** What stands in the way of a record that would hold a path with a secret in it. */
const secret = "the path that it named holds a secret";

/** What stands in the way of a record of these paths, if something does. */
export function unrecordable(
  emitter: { cleanText(text: string): string },
  outside: readonly OutsidePath[],
): string | undefined {
  return outside.some(({ path }) => emitter.cleanText(path) !== path) ? secret : undefined;
}

/** Why a result is not recorded. @param changed what was changed while it was made, or else stands in the way, if something does */
export function whyUnrecorded(changed: string | undefined): string {
  if (changed === secret) return secret;
  return changed === undefined ? "its blobs were removed as it was stored" : `${changed} changed while it ran`;
}
