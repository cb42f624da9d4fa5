import { statSync } from "node:fs";
import path from "node:path";
import { removeEntry } from "../../platform/files.ts";
import type { Cleaned } from "../../store/blob-store.ts";
import { entriesOf } from "../../store/leftovers.ts";
import type { Store } from "../workspace.ts";

/** Removes databases of leases that were found damaged, as a power cut may leave them, and set aside: they are of no worth to anyone. */
export function removeLeftLeases({ cacheDir }: Pick<Store, "cacheDir">, dryRun: boolean): Cleaned {
  const left = { files: 0, bytes: 0 };
  if (cacheDir === undefined) return left;
  const home = path.join(cacheDir, "v1");
  for (const { name } of entriesOf(home)) {
    if (!name.startsWith("leases.db.damaged-")) continue;
    const file = path.join(home, name);
    left.files++;
    left.bytes += statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (!dryRun) removeEntry(file);
  }
  return left;
}
