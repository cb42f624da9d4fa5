import { existsSync, readdirSync, utimesSync } from "node:fs";
import path from "node:path";

/** Makes a store's blobs an hour old: gc leaves alone what was written a moment ago. */
export function makeOld(cacheDir: string): void {
  const blobs = path.join(cacheDir, "v1", "blobs");
  if (!existsSync(blobs)) return;
  const then = Date.now() / 1000 - 3600;
  for (const entry of readdirSync(blobs, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) utimesSync(path.join(entry.parentPath, entry.name), then, then);
  }
}
