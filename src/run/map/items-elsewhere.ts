import type { Digest } from "../../core/digest.ts";
import type { MakeContext, MakeRequest } from "../make/make.ts";
import { makingOf, whileMaking } from "../make/making.ts";
import { waitForOther } from "../make/waiting.ts";

/**
 * Waits for items that others are making, unless the run is cancelled. The list waits with them, and so does who waits for the list.
 * @param keys those of the items
 * @throws SluiceError `cycle` where the function of one of them waits for the list
 */
export async function awaitItems(
  { workspace, signal }: MakeContext,
  { facts, key }: MakeRequest,
  keys: readonly Digest[],
): Promise<void> {
  const making = makingOf(facts.node.name, [key], { signal });
  await whileMaking(making, async () => {
    for (const item of keys) {
      await waitForOther(workspace.leases, item, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
      if (signal.aborted) return;
    }
  });
}
