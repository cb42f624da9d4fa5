import type { RunReason } from "../../core/event.ts";
import { failureOf } from "../../core/failure.ts";
import type { StageNode } from "../../core/node.ts";
import type { OutsidePath, ResultRecord } from "../../core/record.ts";
import { type Outlook, outsideVersion, placesOfOutside } from "./outside-version.ts";

/** Why a result may not be reused, by what its function read and wrote outside of the store; undefined where it may. */
export async function changedOutside(
  outlook: Outlook,
  { outside: wanted }: Pick<StageNode, "outside">,
  { outside = [] }: Pick<ResultRecord, "outside">,
): Promise<RunReason | undefined> {
  if (wanted !== undefined && !outside.some(({ use }) => use === wanted)) {
    return { kind: "behaviour", detail: `it does not say what it ${wanted === "read" ? "reads" : "writes"}` };
  }
  for (const each of outside) {
    const reason = await reasonOf(outlook, each);
    if (reason) return reason;
  }
  return undefined;
}

/** Whether a path outside of the store still is what it was. */
export async function outsideHolds(outlook: Outlook, outside: OutsidePath): Promise<boolean> {
  return (await reasonOf(outlook, outside)) === undefined;
}

async function reasonOf(outlook: Outlook, outside: OutsidePath): Promise<RunReason | undefined> {
  const { path, table, use, version } = outside;
  const name = table ? `${path} (${table})` : path;
  if (version === null) return { kind: "file", name, detail: "it was written to when it was last read" };
  const places = placesOfOutside(outlook.root, outside);
  if (!places) return { kind: use === "read" ? "file" : "external", name, detail: "the project may have been moved" };
  let now: string | undefined;
  try {
    for (const place of places) {
      now = await outsideVersion(outlook, place, outside);
      if (now !== version) break;
    }
  } catch (error) {
    const trouble = failureOf(error);
    if (!trouble) throw error;
    // Nobody knows what is there now. If that is wrong for good, the function comes upon it as well.
    return { kind: use === "read" ? "file" : "external", name, detail: trouble.message };
  }
  if (now === version) return undefined;
  if (use === "read") return { kind: "file", name, ...(now === undefined ? { detail: "removed" } : {}) };
  return { kind: "external", name, ...(now === undefined ? { detail: "gone" } : {}) };
}
